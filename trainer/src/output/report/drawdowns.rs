//! The worst falls of a curve from its peaks.

use serde::Serialize;

/// How many drawdowns are kept.
const N_WORST: usize = 10;

/// A fall from a peak until the peak is passed again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Drawdown {
    /// The bar of the peak.
    pub(super) peak_ms: i64,
    /// The lowest bar.
    pub(super) low_ms: i64,
    /// The first bar at the peak's level again; none if not recovered.
    pub(super) recovered_ms: Option<i64>,
    /// The last bar of it.
    pub(super) end_ms: i64,
    /// How far it fell, as a positive fraction of the peak.
    pub(super) depth: f64,
    /// Bars below the peak.
    pub(super) n_bars: u64,
}

/// Finds the worst drawdowns, bar by bar.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawdowns {
    peak: Option<(i64, f64)>,
    fall: Option<Drawdown>,
    worst: Vec<Drawdown>,
}

impl Drawdowns {
    /// Takes the next bar in; returns its drawdown, a positive fraction.
    pub(super) fn push(&mut self, time_ms: i64, level: f64) -> f64 {
        let (peak_ms, peak) = *self.peak.get_or_insert((time_ms, level));
        if level >= peak {
            if let Some(fall) = self.fall.take() {
                self.keep(Drawdown { recovered_ms: Some(time_ms), end_ms: time_ms, ..fall });
            }
            self.peak = Some((time_ms, level));
            return 0.0;
        }
        let depth = if peak > 0.0 { 1.0 - level / peak } else { f64::NAN };
        let fall = self.fall.get_or_insert(Drawdown {
            peak_ms,
            low_ms: time_ms,
            recovered_ms: None,
            end_ms: time_ms,
            depth,
            n_bars: 0,
        });
        fall.n_bars += 1;
        fall.end_ms = time_ms;
        if depth > fall.depth {
            (fall.depth, fall.low_ms) = (depth, time_ms);
        }
        depth
    }

    /// Returns the worst, the deepest first, including one that has not
    /// recovered.
    pub(super) fn worst(mut self) -> Vec<Drawdown> {
        if let Some(fall) = self.fall.take() {
            self.keep(fall);
        }
        self.worst
    }

    fn keep(&mut self, fall: Drawdown) {
        self.worst.push(fall);
        self.worst.sort_by(|a, b| b.depth.total_cmp(&a.depth));
        self.worst.truncate(N_WORST);
    }
}
