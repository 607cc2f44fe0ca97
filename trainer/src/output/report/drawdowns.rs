//! The deepest drawdowns of a curve.

use serde::Serialize;

/// How many drawdowns are kept.
const N_WORST: usize = 10;

/// A drawdown: from a peak until the curve is back at its level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Drawdown {
    /// The bar of the peak.
    pub(super) peak_ms: i64,
    /// The lowest bar.
    pub(super) low_ms: i64,
    /// The first bar at the peak's level again; none if not recovered.
    pub(super) recovered_ms: Option<i64>,
    /// The last bar of the drawdown.
    pub(super) end_ms: i64,
    /// The fall from the peak, as a positive fraction of it.
    pub(super) depth: f64,
    /// Bars below the peak.
    pub(super) n_bars: u64,
}

/// Finds the worst drawdowns, bar by bar.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawdowns {
    peak: Option<(i64, f64)>,
    current: Option<Drawdown>,
    worst: Vec<Drawdown>,
}

impl Drawdowns {
    /// Records the next bar; returns its drawdown, a positive fraction.
    pub(super) fn push(&mut self, time_ms: i64, level: f64) -> f64 {
        let (peak_ms, peak) = *self.peak.get_or_insert((time_ms, level));
        if level >= peak {
            if let Some(current) = self.current.take() {
                self.keep(Drawdown { recovered_ms: Some(time_ms), end_ms: time_ms, ..current });
            }
            self.peak = Some((time_ms, level));
            return 0.0;
        }
        let depth = if peak > 0.0 { 1.0 - level / peak } else { f64::NAN };
        let current = self.current.get_or_insert(Drawdown {
            peak_ms,
            low_ms: time_ms,
            recovered_ms: None,
            end_ms: time_ms,
            depth,
            n_bars: 0,
        });
        current.n_bars += 1;
        current.end_ms = time_ms;
        if depth > current.depth {
            (current.depth, current.low_ms) = (depth, time_ms);
        }
        depth
    }

    /// Returns the worst, the deepest first, including one that has not
    /// recovered.
    pub(super) fn worst(mut self) -> Vec<Drawdown> {
        if let Some(current) = self.current.take() {
            self.keep(current);
        }
        self.worst
    }

    fn keep(&mut self, drawdown: Drawdown) {
        self.worst.push(drawdown);
        self.worst.sort_by(|a, b| b.depth.total_cmp(&a.depth));
        self.worst.truncate(N_WORST);
    }
}
