//! Chooses among the styles that dates as text can have, row by row.

use std::collections::HashSet;

use super::column_errors::{TimeText, ambiguous_order};
use super::digits::{of_last_century, parse_iso_seconds};
use super::steps::TimeSteps;
use super::style::{DateOrder, Style, StyleSetting, WallTime};
use super::text::parse_text;
use super::zone::{PreviousRow, TimeZone};

/// The styles that fit all rows so far, with the steps of the times that
/// each reads.
pub(super) struct StyleCandidates {
    candidates: Vec<(Style, TimeSteps)>,
    /// The first text that the candidates read differently.
    ambiguous_text: Option<Vec<u8>>,
    /// The latest possible time, in milliseconds since 1970 UTC.
    latest_ms: i64,
    /// A year of two digits that would be after this is one of the last
    /// century.
    century_ms: i64,
}

impl StyleCandidates {
    /// Returns the candidates of these `styles`. No time is after
    /// `latest_ms`; years of two digits after `century_ms` are of the last
    /// century.
    pub(super) fn new(styles: &[Style], latest_ms: i64, century_ms: i64) -> Self {
        let candidates = styles.iter().map(|style| (*style, TimeSteps::default())).collect();
        Self { candidates, ambiguous_text: None, latest_ms, century_ms }
    }

    /// Removes the candidates that do not fit `row`; a row that fits none is
    /// ignored.
    pub(super) fn push(&mut self, row: &TimeText) {
        // The usual form is the same in all styles.
        let iso_ms = parse_iso_seconds(&row.text);
        let time_of = |style| iso_ms.or_else(|| self.time_of(row, style));
        let times: Vec<Option<i64>> =
            self.candidates.iter().map(|(style, _)| time_of(*style)).collect();
        if times.iter().all(Option::is_none) {
            return;
        }
        let mut known = times.iter();
        self.candidates.retain(|_| known.next().is_some_and(Option::is_some));
        let times: Vec<i64> = times.into_iter().flatten().collect();
        if self.ambiguous_text.is_none() && times.iter().any(|time_ms| *time_ms != times[0]) {
            self.ambiguous_text = Some(row.text.clone());
        }
        for ((_, steps), time_ms) in self.candidates.iter_mut().zip(times) {
            steps.push(row, Some(time_ms));
        }
    }

    /// Returns the time of `row`, without the zone of the file.
    fn time_of(&self, row: &TimeText, style: Style) -> Option<i64> {
        let WallTime { wall_ms, zone } = parse_text(&row.text, style)?;
        let time_ms = match zone {
            None | Some(TimeZone::Abbreviated(_)) => wall_ms,
            Some(zone) => zone.to_utc(wall_ms, &PreviousRow::default())?,
        };
        Some(of_last_century(&row.text, time_ms, self.century_ms))
    }

    /// Whether later rows could still resolve the ambiguity.
    pub(super) fn needs_more(&self) -> bool {
        let Some((_, first)) = self.candidates.first() else {
            return false;
        };
        self.ambiguous_text.is_some()
            && self.candidates.iter().any(|(_, steps)| steps.hash != first.hash)
    }

    /// Whether the times of a candidate are in order, none in the future.
    pub(super) fn is_any_likely(&self) -> bool {
        self.candidates.iter().any(|(_, steps)| self.is_likely(steps))
    }

    fn is_likely(&self, steps: &TimeSteps) -> bool {
        steps.is_likely() && steps.latest_ms <= self.latest_ms
    }

    /// Returns the style that fits best. The error is the message that two
    /// styles fit equally well.
    pub(super) fn finish(self, setting: StyleSetting) -> Result<Style, String> {
        let is_any_likely = self.is_any_likely();
        let is_kept = |(_, steps): &&(Style, TimeSteps)| !is_any_likely || self.is_likely(steps);
        let mut likely: Vec<&(Style, TimeSteps)> = self.candidates.iter().filter(is_kept).collect();
        let clock = likely.iter().map(|(style, _)| style.clock).min();
        likely.retain(|(style, _)| Some(style.clock) == clock);
        let mut styles: Vec<Style> = Vec::new();
        let mut hashes = HashSet::new();
        for (style, steps) in likely {
            if hashes.insert(steps.hash) {
                styles.push(*style);
            }
        }
        match styles[..] {
            // With points, as in Europe, the order needs no decision.
            [style] | [style @ Style { order: DateOrder::Unknown, .. }, ..] => Ok(style),
            _ => Err(ambiguous_order(&self.ambiguous_text.unwrap_or_default(), &styles, setting)),
        }
    }
}
