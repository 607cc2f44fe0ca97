//! The kind of bars that a model was trained on, compared with the bars
//! that it is given.
//!
//! Features mean something else on bars of another interval, of other
//! trading hours or without volume.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::wording::DAY_MS;

use super::observer::Observer;
use super::price_scale::{Distance, PriceScale};
use super::summary::{DataSummary, INTERVAL_RATIO_MAX, duration};

/// The fewest bars to judge by; fewer may agree by chance.
const N_BARS_MIN: u64 = 10;
/// The shortest span to judge by: it includes a weekend.
const SPAN_MS_MIN: i64 = 8 * DAY_MS;
/// Times that are not exact are the same interval; 60 and 65 minutes are not.
const FIXED_RATIO_MAX: f64 = 1.02;
/// Trading every day against weekdays only is a ratio of 1.4.
const COVER_RATIO_MAX: f64 = 1.25;

/// The properties of bars that features depend on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BarKind {
    /// The most common step between bars; 0 for a single bar.
    pub interval_seconds: f64,
    /// The fraction of the time from the first bar to the last that bars
    /// cover, 0 to 1; `None` if that span is too short to judge.
    pub time_covered: Option<f64>,
    /// Whether the bars have a volume.
    pub volume: Volume,
    /// The level of the prices; `None` in older models, and if some are
    /// not above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceScale>,
    /// The number of bars seen; not stored.
    #[serde(skip)]
    pub n_bars: u64,
}

/// Whether bars have a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volume {
    /// It is 0 in every bar, or there is no such column.
    None,
    /// It is the same in every bar.
    Constant,
    /// It differs from bar to bar.
    Varies,
}

/// A difference between the bars that a model is given and those that it
/// was trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What differs, as a sentence without a period.
    pub what: String,
    /// Whether the model's predictions are meaningless on these bars.
    pub is_fatal: bool,
}

impl BarKind {
    /// Returns the kind of the bars that were summarized and observed.
    pub(super) fn of(summary: &DataSummary, observer: &Observer) -> Self {
        let n_bars = observer.n_bars;
        let span_ms = summary.last_ms - summary.first_ms + summary.interval_ms;
        let is_conclusive = span_ms >= SPAN_MS_MIN && n_bars >= N_BARS_MIN;
        let covered = n_bars as f64 * summary.interval_ms as f64 / span_ms.max(1) as f64;
        Self {
            interval_seconds: summary.interval_ms as f64 / 1000.0,
            // Three digits are enough for a reader.
            time_covered: is_conclusive.then_some((1000.0 * covered.min(1.0)).round() / 1000.0),
            volume: match observer.constant_volume {
                Some(volume) if volume > 0.0 => Volume::Constant,
                None if n_bars > 0 => Volume::Varies,
                _ => Volume::None,
            },
            prices: observer.prices(),
            n_bars,
        }
    }

    /// Returns how `self`, the kind of bars that a model is given, differs
    /// from the kind that it was `trained_on`. A missing volume counts
    /// only if the model `uses_volume`.
    pub fn mismatches(&self, trained_on: &Self, uses_volume: bool) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let is_conclusive = self.n_bars >= N_BARS_MIN;
        let intervals = [self.interval_seconds, trained_on.interval_seconds];
        // Longer bars, such as months, differ among themselves.
        let is_fixed = trained_on.interval_seconds < DAY_MS as f64 / 1000.0;
        if differ(intervals, if is_fixed { FIXED_RATIO_MAX } else { INTERVAL_RATIO_MAX }) {
            let [given, trained_on] = intervals.map(interval);
            let what = format!(
                "the bars are of {given}, and the model was trained on bars of {trained_on}: its \
                 features and its holding times mean something else"
            );
            found.push(Mismatch { what, is_fatal: is_conclusive });
        } else if let (Some(given), Some(trained_on)) = (self.time_covered, trained_on.time_covered)
            && differ([given, trained_on], COVER_RATIO_MAX)
        {
            let [given, trained_on] = [given, trained_on].map(|part| 100.0 * part);
            let what = format!(
                "there are bars for {given:.0} % of the time, and the model was trained on bars \
                 for {trained_on:.0} %: a market with other hours"
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        let lacks_volume = match self.volume {
            Volume::None => true,
            Volume::Constant => is_conclusive,
            Volume::Varies => false,
        };
        if uses_volume && trained_on.volume == Volume::Varies && lacks_volume {
            let what = format!(
                "the volume {}, and the model was trained with volume: its feature of it is 0 in \
                 each row",
                self.volume.problem()
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        found.extend(self.price_mismatch(trained_on));
        found
    }

    fn price_mismatch(&self, trained_on: &Self) -> Option<Mismatch> {
        let (given, training) = (self.prices?, trained_on.prices?);
        #[expect(clippy::cast_possible_truncation, reason = "it was a whole number")]
        let step_ms = (trained_on.interval_seconds * 1000.0) as i64;
        let Distance { ratio, is_fatal } = given.distance(&training, step_ms)?;
        let times = if ratio > 1.0 {
            format!("about {ratio:.0} times")
        } else {
            format!("about 1/{:.0} of", 1.0 / ratio)
        };
        let [low, high] = [given.lowest, given.highest];
        let [made_low, made_high] = [training.lowest, training.highest];
        let what = format!(
            "the prices, {low} to {high}, are {times} those that the model was trained on, \
             {made_low} to {made_high}: another unit, such as cents for dollars, or another market"
        );
        Some(Mismatch { what, is_fatal })
    }
}

impl Volume {
    /// Returns the predicate of a sentence about the volume, such as `is
    /// the same in each bar`.
    pub fn problem(self) -> &'static str {
        match self {
            Self::None => "is missing, or 0 in each bar",
            Self::Constant => "is the same in each bar",
            Self::Varies => "varies",
        }
    }
}

impl std::fmt::Display for BarKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("bars of {}", interval(self.interval_seconds));
        if let Some(part) = self.time_covered {
            write!(text, " for {:.0} % of the time", 100.0 * part)?;
        }
        match self.volume {
            Volume::Varies => write!(text, ", with volume")?,
            other => write!(text, ", whose volume {}", other.problem())?,
        }
        f.write_str(&text)
    }
}

/// Whether two numbers differ by more than the factor `ratio_max`; 0 is
/// unknown and differs from nothing.
fn differ([left, right]: [f64; 2], ratio_max: f64) -> bool {
    let is_known = left > 0.0 && right > 0.0;
    is_known && (left / right).max(right / left) > ratio_max
}

fn interval(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "it was a whole number")]
    duration((seconds * 1000.0).round() as i64)
}
