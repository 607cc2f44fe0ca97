//! The time zone of the times, from a column of zones or the name of the
//! time column.

use super::names::words;
use super::time_parts::{ClockColumns, DateColumns, TimeParts};
use super::zone_names::{unknown_zone_of, zone_of};
use super::{Columns, TimeColumn};
use crate::market::bars::printable;
use crate::market::bars::timestamp::{TimeZone, is_numeric_time, is_zoned};

/// Words in the name of a column of time zones.
const ZONES: [&str; 2] = ["tz", "timezone"];

impl Columns {
    /// Returns the time zone in the name of the time column.
    pub(in crate::market::bars) fn zone(&self) -> Option<TimeZone> {
        self.time.all().into_iter().rev().find_map(|idx| zone_of(&self.names[idx]))
    }

    /// Uses a column of time zones, if there is one. The error is the message
    /// that a zone is ambiguous or unknown.
    pub(in crate::market::bars) fn resolve_zone(
        &mut self,
        rows: &[Vec<String>],
    ) -> Result<(), String> {
        let times: Vec<String> = rows
            .iter()
            .map(|row| String::from_utf8_lossy(&self.time.joined(row)).into_owned())
            .collect();
        let all = |is: &dyn Fn(&str) -> bool| times.iter().all(|time| is(time));
        if times.is_empty()
            || all(&|time| is_numeric_time(time.as_bytes()) || is_zoned(time.as_bytes()))
        {
            return Ok(());
        }
        if self.zone().is_none() {
            let unknown = |idx: &usize| unknown_zone_of(&self.names[*idx]);
            if let Some(zone) = self.time.all().iter().find_map(unknown) {
                return Err(unknown_zone(&self.time_names().join("` and `"), &zone));
            }
        }
        let taken = self.time.all();
        let is_of_zones = |idx: &usize| {
            let words = words(self.name(*idx));
            let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
            // A `zone` may also be a price zone, as of electricity.
            let are_known = || rows.iter().all(|row| is_known(row[*idx].trim()));
            let is_named = has(&ZONES) || has(&["zone"]) && are_known();
            let is_zone = |row: &Vec<String>| {
                row[*idx].starts_with(|l: char| l.is_ascii_alphabetic() || l == '+' || l == '-')
                    && row[*idx].trim().parse::<f64>().is_err()
            };
            is_named && !taken.contains(idx) && rows.iter().all(is_zone)
        };
        let has_clock = times.iter().any(|time| time.contains(':'));
        let Some(idx) = (0..self.width).find(is_of_zones).filter(|_| has_clock) else {
            return Ok(());
        };
        let with_zone = |time: &String, row: &Vec<String>| format!("{time} {}", row[idx].trim());
        let mut joined = times.iter().zip(rows).map(|(time, row)| with_zone(time, row));
        if joined.all(|text| is_zoned(text.as_bytes())) {
            self.time = TimeColumn::Parts(self.time.with_zone(idx));
            return Ok(());
        }
        let is_other = |row: &&Vec<String>| TimeZone::parse(row[idx].trim()).is_none();
        let unknown = rows.iter().find(is_other).map(|row| row[idx].trim().to_owned());
        unknown.map_or(Ok(()), |zone| Err(unknown_zone(self.name(idx), &zone)))
    }
}

fn is_known(zone: &str) -> bool {
    TimeZone::parse(zone).is_some() || unknown_zone_of(zone).is_some()
}

fn unknown_zone(column: &str, zone: &str) -> String {
    let [column, zone] = [column, zone].map(|text| printable(text.as_bytes()));
    format!(
        "has times in the zone `{zone}`, as `{column}` says, which is ambiguous or unknown: name \
         it in `bars.time_zone`, or by `--time-zone`, such as `--time-zone Asia/Kolkata`"
    )
}

impl TimeColumn {
    /// Returns the same columns with a time zone.
    fn with_zone(self, zone: usize) -> TimeParts {
        let parts = |date, clock| TimeParts { date, clock, zone: Some(zone) };
        match self {
            Self::Whole(idx) => parts(DateColumns::Whole(idx), None),
            Self::Split(date, clock) => {
                parts(DateColumns::Whole(date), Some(ClockColumns::Whole(clock)))
            }
            Self::Parts(TimeParts { date, clock, .. }) => parts(date, clock),
        }
    }
}
