//! Watches the bars of one pass: the first and last, splits, the volume.

use super::{Bar, timestamp};

/// Bars that are shown at either end.
const N_SHOWN: usize = 3;

/// Splits that are told one by one.
const N_SPLITS_SHOWN: usize = 3;

/// Ratios of splits: so many new shares for so many old.
const SPLITS: [(f64, &str); 22] = [
    (2.0, "2:1"),
    (3.0, "3:1"),
    (4.0, "4:1"),
    (5.0, "5:1"),
    (6.0, "6:1"),
    (7.0, "7:1"),
    (8.0, "8:1"),
    (10.0, "10:1"),
    (15.0, "15:1"),
    (20.0, "20:1"),
    (25.0, "25:1"),
    (50.0, "50:1"),
    (100.0, "100:1"),
    (1.5, "3:2"),
    (1.0 / 2.0, "1:2"),
    (1.0 / 3.0, "1:3"),
    (1.0 / 4.0, "1:4"),
    (1.0 / 5.0, "1:5"),
    (1.0 / 8.0, "1:8"),
    (1.0 / 10.0, "1:10"),
    (1.0 / 20.0, "1:20"),
    (1.0 / 50.0, "1:50"),
];

/// How far a market itself may have moved beside a split.
const SPLIT_TOLERANCE: f64 = 0.08;

/// What is seen of the bars in one pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Observer {
    pub(super) n_bars: u64,
    first: Vec<Bar>,
    last: Vec<Bar>,
    close: f64,
    /// That of all bars, if it is one.
    pub(super) constant_volume: Option<f64>,
    pub(super) splits: Vec<Split>,
    pub(super) n_splits: usize,
}

/// A bar that opens as after a split.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub(super) time_ms: i64,
    pub(super) ratio: &'static str,
}

impl Observer {
    #[inline]
    pub(super) fn push(&mut self, bar: &Bar) {
        if self.n_bars == 0 {
            self.constant_volume = Some(bar.volume);
        } else {
            let ratio = self.close / bar.open;
            // Most bars open near the close before.
            if !(0.7..1.35).contains(&ratio) {
                self.look_at(bar.time_ms, ratio);
            }
            #[expect(clippy::float_cmp, reason = "it is the same number or not")]
            if self.constant_volume.is_some_and(|volume| volume != bar.volume) {
                self.constant_volume = None;
            }
        }
        if self.first.len() < N_SHOWN {
            self.first.push(*bar);
        } else {
            let idx = usize::try_from(self.n_bars % N_SHOWN as u64).expect("it is small");
            match self.last.get_mut(idx) {
                Some(last) => *last = *bar,
                None => self.last.push(*bar),
            }
        }
        self.n_bars += 1;
        self.close = bar.close;
    }

    #[cold]
    fn look_at(&mut self, time_ms: i64, ratio: f64) {
        let is_near = |known: f64| (ratio / known - 1.0).abs() < SPLIT_TOLERANCE;
        let Some((_, ratio)) = SPLITS.iter().find(|(known, _)| is_near(*known)) else {
            return;
        };
        self.n_splits += 1;
        if self.splits.len() < N_SPLITS_SHOWN {
            self.splits.push(Split { time_ms, ratio });
        }
    }

    pub(super) fn shown(&self) -> Vec<String> {
        let mut last = self.last.clone();
        last.sort_by_key(|bar| bar.time_ms);
        self.first.iter().chain(&last).map(line_of).collect()
    }
}

fn line_of(bar: &Bar) -> String {
    let Bar { time_ms, open, high, low, close, volume, .. } = *bar;
    format!("{}  {open} {high} {low} {close}  {volume}", timestamp::format(time_ms))
}
