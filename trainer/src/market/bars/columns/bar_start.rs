//! Of several columns of times, the one in UTC, and the one at which a bar
//! begins.

use std::collections::HashSet;

use super::hour_ending::{is_hour_ending, split_hour};
use super::names::words;
use super::resolve::{all, is_whole};
use super::time_names::{is_start, is_time_of_bar};
use super::zone_names::zone_of;
use super::{Columns, TimeColumn};
use crate::market::bars::printable;
use crate::market::bars::timestamp::{TimeParser, TimeZone, is_numeric_time, is_zoned};

/// The most by which a local time differs from UTC; all differences are
/// multiples of the step.
const OFFSET_MS_MAX: i64 = 14 * 60 * 60_000;
const OFFSET_STEP_MS: i64 = 15 * 60_000;

impl Columns {
    /// Finds the column that has the same times in UTC, by its name, where
    /// those of the bars name no zone.
    pub(super) fn same_in_utc(&self, rows: &[Vec<String>]) -> Option<usize> {
        let texts: Vec<Vec<u8>> = rows.iter().map(|row| self.time.joined(row)).collect();
        let is_local =
            |text: &Vec<u8>| text.contains(&b':') && !is_numeric_time(text) && !is_zoned(text);
        if self.zone().is_some() || !texts.iter().all(is_local) {
            return None;
        }
        let parser = TimeParser::new();
        let is_offset = |(text, utc_ms): (&Vec<u8>, i64)| {
            parser.parse(text).is_none_or(|local_ms| {
                let ms = (utc_ms - local_ms).abs();
                ms <= OFFSET_MS_MAX && ms % OFFSET_STEP_MS == 0
            })
        };
        let is_same = |idx: &usize| {
            let (words, zone) = (words(&self.names[*idx]), zone_of(&self.names[*idx]));
            let name = words.concat();
            let is_named = is_time_of_bar(&words) || ["utc", "gmt"].contains(&name.as_str());
            let is_utc = is_named && zone == TimeZone::parse("UTC")
                || ["unix", "epoch"].iter().any(|epoch| name.starts_with(epoch));
            is_utc
                && all(rows, &is_whole, *idx)
                && times_of(rows, *idx).is_none_or(|utc| texts.iter().zip(utc).all(is_offset))
        };
        (0..self.width).find(is_same)
    }

    /// Finds the column with the times at which bars begin, where the one
    /// at `time` is one interval later in each row, and in the same zone.
    pub(super) fn start_of_bar(&self, time: usize, rows: &[Vec<String>]) -> Option<usize> {
        let starts: Vec<(usize, i64)> = self.earlier_starts(time, rows).collect();
        starts.first()?;
        let step_ms = usual_step(&times_of(rows, time)?)?;
        let is_alike = |idx: usize| {
            let are_all = |is: fn(&[u8]) -> bool, idx: usize| {
                rows.iter().all(|row| is(row[idx].trim().as_bytes()))
            };
            let is_same = |is: fn(&[u8]) -> bool| are_all(is, time) == are_all(is, idx);
            is_same(is_zoned)
                && is_same(is_numeric_time)
                && zone_of(&self.names[time]) == zone_of(&self.names[idx])
        };
        // Bars may end a second before the next one begins.
        let is_step = |ms: i64| (step_ms - 1000..=step_ms).contains(&ms);
        starts.into_iter().find(|&(idx, ms)| is_step(ms) && is_alike(idx)).map(|(idx, _)| idx)
    }

    /// Returns the columns that are called the start of a bar and are
    /// earlier than the one at `time`, by the same in each row, and by how
    /// many milliseconds.
    fn earlier_starts(
        &self,
        time: usize,
        rows: &[Vec<String>],
    ) -> impl Iterator<Item = (usize, i64)> {
        let is_named = move |idx: &usize| *idx != time && is_start(&self.names[*idx]);
        let mut named = (0..self.width).filter(is_named).peekable();
        let ends = named.peek().and_then(|_| times_of(rows, time)).filter(|ends| ends.len() > 1);
        let earlier = move |idx: usize| {
            let (ends, starts) = (ends.as_ref()?, times_of(rows, idx)?);
            let mut later = ends.iter().zip(&starts).map(|(end, start)| end - start);
            let first = later.next().filter(|ms| *ms > 0)?;
            later.all(|ms| ms == first).then_some((idx, first))
        };
        named.filter_map(earlier)
    }

    /// Returns the warning that another column may have the times at which
    /// bars begin, unless both name their zone.
    pub(in crate::market::bars) fn start_time_warning(
        &self,
        rows: &[Vec<String>],
    ) -> Option<String> {
        let TimeColumn::Whole(time) = self.time else {
            return None;
        };
        let has_zone = |idx: usize| {
            let name = &self.names[idx];
            zone_of(name).is_some() || words(name).iter().any(|word| word == "local")
        };
        let mut starts = self.earlier_starts(time, rows).filter(|_| !self.is_time_configured);
        let (start, _) = starts.find(|(idx, _)| !(has_zone(time) && has_zone(*idx)))?;
        let [time, start] = [time, start].map(|idx| printable(self.names[idx].as_bytes()));
        Some(format!(
            "`{time}` is taken for the time at which a bar begins, not `{start}`, which is earlier, \
             but not by one interval in the same zone; say which by `--column time=NAME`"
        ))
    }

    /// Returns the warning that the times are the ends of the bars.
    pub(in crate::market::bars) fn end_time_warning(&self, rows: &[Vec<String>]) -> Option<String> {
        let is_word =
            |word: &String| ["end", "ending", "close", "closing"].contains(&word.as_str());
        let is_end = |name: &&str| is_hour_ending(name) || words(name).iter().any(is_word);
        let Some(name) = self.time_names().into_iter().find(is_end) else {
            return self.late_midnight_warning(rows);
        };
        let taken = if self.are_hours_ending {
            ": it is taken to begin an hour earlier"
        } else {
            ", but is taken for its start: all bars are one interval late"
        };
        (!self.is_time_configured).then(|| {
            format!("`{}` is the time at which a bar ends{taken}", printable(name.as_bytes()))
        })
    }

    /// Returns the warning that the times may be the ends of the bars, since
    /// midnight is written as 24:00.
    fn late_midnight_warning(&self, rows: &[Vec<String>]) -> Option<String> {
        let times = rows.iter().map(|row| self.time.joined(row));
        let hours: HashSet<Vec<u8>> = times.map(|time| split_hour(&time).0.to_vec()).collect();
        let has = |hour: &[u8]| hours.contains(hour);
        (!self.is_time_configured && has(b"24") && !has(b"00") && !has(b"0")).then(|| {
            format!(
                "`{}` has 24:00 and never 00:00: if its times are the ends of the bars, all bars are \
                 one interval late",
                printable(self.time_names().join("` and `").as_bytes())
            )
        })
    }
}

/// Returns the times in the column at `idx`, if all cells are times.
fn times_of(rows: &[Vec<String>], idx: usize) -> Option<Vec<i64>> {
    let parser = TimeParser::new();
    rows.iter().map(|row| parser.parse(row.get(idx)?.trim().as_bytes())).collect()
}

/// Returns the most frequent step between the times of consecutive rows,
/// in milliseconds; of several the shortest.
fn usual_step(times: &[i64]) -> Option<i64> {
    let steps = times.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let mut steps: Vec<i64> = steps.filter(|ms| *ms > 0).collect();
    steps.sort_unstable();
    let same = steps.chunk_by(|one, other| one == other).rev().max_by_key(|same| same.len())?;
    same.first().copied()
}
