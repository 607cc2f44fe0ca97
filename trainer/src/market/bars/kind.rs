//! What kind of bars a model was made for, and whether others are like
//! them: what changes the meaning of a feature.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::observer::Observer;
use super::price_scale::{Distance, PriceScale};
use super::summary::{DataSummary, duration};

/// Bars that tell what they are; fewer may be alike by chance.
const N_TELLING: u64 = 10;
/// A span that has a weekend in it, if the market keeps one.
const TELLING_SPAN_MS: i64 = 8 * 86_400_000;
/// Months are of 28 to 31 days, and the same kind of bar.
const INTERVAL_RATIO_MAX: f64 = 1.15;
/// Around the clock against weekdays only is a ratio of 1.4.
const COVER_RATIO_MAX: f64 = 1.25;

/// What bars are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BarKind {
    /// The most common step between bars; 0 of a single one.
    pub interval_seconds: f64,
    /// The part of the time, from the first bar to the last, in which
    /// there are bars; none where that is too short to tell.
    pub time_covered: Option<f64>,
    /// What they say of volume.
    pub volume: Volume,
    /// How high their prices are; none in older models, and where some
    /// are not above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceScale>,
    /// Bars looked at.
    #[serde(skip)]
    pub n_bars: u64,
}

/// What bars say of volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volume {
    /// It is 0 everywhere, or there is no such column.
    None,
    /// It is the same everywhere.
    Constant,
    /// It is a volume.
    Varies,
}

/// Two kinds of bars that a model takes for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What differs, as a sentence without an end.
    pub what: String,
    /// Whether nothing that the model says can then be meant.
    pub is_fatal: bool,
}

impl BarKind {
    /// Returns the kind of bars of which this was seen.
    pub(super) fn of(summary: &DataSummary, observer: &Observer) -> Self {
        let n_bars = observer.n_bars;
        let span_ms = summary.last_ms - summary.first_ms + summary.interval_ms;
        let is_telling = span_ms >= TELLING_SPAN_MS && n_bars >= N_TELLING;
        let covered = n_bars as f64 * summary.interval_ms as f64 / span_ms.max(1) as f64;
        Self {
            interval_seconds: summary.interval_ms as f64 / 1000.0,
            // Three digits are enough for people.
            time_covered: is_telling.then_some((1000.0 * covered.min(1.0)).round() / 1000.0),
            volume: match observer.constant_volume {
                Some(volume) if volume > 0.0 => Volume::Constant,
                None if n_bars > 0 => Volume::Varies,
                _ => Volume::None,
            },
            prices: observer.prices(),
            n_bars,
        }
    }

    /// Returns how `self`, the bars that a model is given, differs from
    /// those that it was `made_for`; `uses_volume` where it looks at it.
    pub fn mismatches(&self, made_for: &Self, uses_volume: bool) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let is_telling = self.n_bars >= N_TELLING;
        let intervals = [self.interval_seconds, made_for.interval_seconds];
        if is_apart(intervals, INTERVAL_RATIO_MAX) {
            let [given, made_for] = intervals.map(interval);
            let what = format!(
                "the bars are of {given}, and the model was trained on bars of {made_for}: its \
                 features and its holding times mean something else"
            );
            found.push(Mismatch { what, is_fatal: is_telling });
        } else if let (Some(given), Some(made_for)) = (self.time_covered, made_for.time_covered)
            && is_apart([given, made_for], COVER_RATIO_MAX)
        {
            let [given, made_for] = [given, made_for].map(|part| 100.0 * part);
            let what = format!(
                "there are bars for {given:.0} % of the time, and the model was trained on bars \
                 for {made_for:.0} %: a market with other hours"
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        let lacks_volume = match self.volume {
            Volume::None => true,
            Volume::Constant => is_telling,
            Volume::Varies => false,
        };
        if uses_volume && made_for.volume == Volume::Varies && lacks_volume {
            let what = format!(
                "the volume {}, and the model was trained with volume: its feature of it is 0 in \
                 each row",
                self.volume.problem()
            );
            found.push(Mismatch { what, is_fatal: false });
        }
        found.extend(self.price_mismatch(made_for));
        found
    }

    fn price_mismatch(&self, made_for: &Self) -> Option<Mismatch> {
        let (given, trained_on) = (self.prices?, made_for.prices?);
        #[expect(clippy::cast_possible_truncation, reason = "it was a whole number")]
        let step_ms = (made_for.interval_seconds * 1000.0) as i64;
        let Distance { ratio, is_fatal } = given.distance(&trained_on, step_ms)?;
        let times = if ratio > 1.0 {
            format!("about {ratio:.0} times")
        } else {
            format!("about 1/{:.0} of", 1.0 / ratio)
        };
        let [low, high] = [given.lowest, given.highest];
        let [made_low, made_high] = [trained_on.lowest, trained_on.highest];
        let what = format!(
            "the prices, {low} to {high}, are {times} those that the model was trained on, \
             {made_low} to {made_high}: another unit, such as cents for dollars, or another market"
        );
        Some(Mismatch { what, is_fatal })
    }
}

impl Volume {
    /// Says what is wrong with it.
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

/// Whether two numbers are further apart than by the factor `most`; of
/// a 0 nothing is known.
fn is_apart([left, right]: [f64; 2], most: f64) -> bool {
    let is_known = left > 0.0 && right > 0.0;
    is_known && (left / right).max(right / left) > most
}

fn interval(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "it was a whole number")]
    duration((seconds * 1000.0).round() as i64)
}
