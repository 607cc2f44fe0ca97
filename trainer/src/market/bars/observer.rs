//! Observes the bars of one pass: the first and last bars, likely splits,
//! a constant volume.

use super::price_scale::{Close, PriceScale};
use super::{Bar, timestamp};

/// The number of bars that are shown at either end.
const N_SHOWN: usize = 3;

/// The number of splits that are listed one by one.
const N_SPLITS_SHOWN: usize = 3;

/// Split ratios that are not whole, new shares to old, as price ratios.
const SMALL_SPLITS: [(f64, &str); 6] = [
    (1.5, "3:2"),
    (2.5, "5:2"),
    (3.5, "7:2"),
    (4.0 / 3.0, "4:3"),
    (1.25, "5:4"),
    (2.0 / 3.0, "2:3"),
];

/// The most digits after the point of a price.
const N_DIGITS_MAX: i32 = 12;

/// The highest split ratio, forward or reverse.
const N_SHARES_MAX: f64 = 1000.0;

/// How far the price may have moved apart from the split.
const SPLIT_TOLERANCE: f64 = 0.08;
/// The same for a small split: the market itself often moves as far.
const SMALL_TOLERANCE: f64 = 0.02;

/// What is observed in one pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Observer {
    pub(super) n_bars: u64,
    first: Vec<Bar>,
    last: Vec<Bar>,
    close: f64,
    /// The lowest and the highest close.
    range: [f64; 2],
    /// The volume of all bars, if it is the same.
    pub(super) constant_volume: Option<f64>,
    pub(super) splits: Vec<Split>,
    pub(super) n_splits: usize,
}

/// A bar whose open differs from the previous close as after a split.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub(super) time_ms: i64,
    pub(super) ratio: String,
}

impl Observer {
    #[inline]
    pub(super) fn push(&mut self, bar: &Bar) {
        if self.n_bars == 0 {
            self.constant_volume = Some(bar.volume);
            self.range = [bar.close; 2];
        } else {
            let ratio = self.close / bar.open;
            // Ratios of negative prices are meaningless.
            let ratio = if bar.open > 0.0 { ratio } else { 1.0 };
            // Most bars open near the previous close.
            if !(0.8..1.2).contains(&ratio) {
                self.add_split(bar, ratio);
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
        self.range = [self.range[0].min(bar.close), self.range[1].max(bar.close)];
    }

    #[cold]
    fn add_split(&mut self, bar: &Bar, ratio: f64) {
        let (Some(ratio), false) = (split_like(ratio), is_few_ticks([self.close, bar.open])) else {
            return;
        };
        let time_ms = bar.time_ms;
        self.n_splits += 1;
        if self.splits.len() < N_SPLITS_SHOWN {
            self.splits.push(Split { time_ms, ratio });
        }
    }

    /// Returns how high the prices are, if all are above 0.
    pub(super) fn prices(&self) -> Option<PriceScale> {
        let [lowest, highest] = self.range;
        let first = self.first.first()?;
        let last = self.first.iter().chain(&self.last).max_by_key(|bar| bar.time_ms)?;
        let ends = Some([first, last].map(|bar| Close { time_ms: bar.time_ms, price: bar.close }));
        (lowest > 0.0).then_some(PriceScale { lowest, highest, ends })
    }

    pub(super) fn sample_lines(&self) -> Vec<String> {
        let mut last = self.last.clone();
        last.sort_by_key(|bar| bar.time_ms);
        self.first.iter().chain(&last).map(line_of).collect()
    }
}

/// Whether the prices differ by one or two units of their last digit: a
/// tick of a cheap share may halve its price.
fn is_few_ticks(prices: [f64; 2]) -> bool {
    let scale = (0..N_DIGITS_MAX).map(|n_digits| 10_f64.powi(n_digits)).find(|scale| {
        prices.iter().all(|price| ((price * scale).round() / scale - price).abs() < f64::EPSILON)
    });
    scale.is_some_and(|scale| ((prices[0] - prices[1]) * scale).abs() < 2.5)
}

/// Returns the split ratio that is close to this price ratio, if any.
fn split_like(ratio: f64) -> Option<String> {
    let is_near = |known: f64, most: f64| (ratio / known - 1.0).abs() < most;
    let small = SMALL_SPLITS.iter().find(|(known, name)| {
        is_near(*known, if *name == "3:2" { SPLIT_TOLERANCE } else { SMALL_TOLERANCE })
    });
    if let Some((_, name)) = small {
        return Some((*name).to_owned());
    }
    let n_shares = ratio.max(1.0 / ratio).round();
    let whole = if ratio > 1.0 { n_shares } else { 1.0 / n_shares };
    let is_split = (2.0..=N_SHARES_MAX).contains(&n_shares) && is_near(whole, SPLIT_TOLERANCE);
    is_split.then(|| if ratio > 1.0 { format!("{n_shares}:1") } else { format!("1:{n_shares}") })
}

fn line_of(bar: &Bar) -> String {
    let Bar { time_ms, open, high, low, close, volume, .. } = *bar;
    format!("{}  {open} {high} {low} {close}  {volume}", timestamp::format_utc(time_ms))
}
