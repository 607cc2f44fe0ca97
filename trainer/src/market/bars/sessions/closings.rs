//! The holidays of many exchanges, and days with shorter trading hours.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::local_days::{MINUTES_PER_DAY, Minutes, WHOLE_DAY, is_weekend};

/// For each market, a line with its name and time zone, then a line for
/// each year: `MMDD` is a day without trading, `MMDD@HHMM-HHMM` are
/// hours.
const TABLE: &str = include_str!("../../../../data/closings.txt");

/// The parts of a night, before and after midnight.
const EVENING: Minutes = (18 * 60, MINUTES_PER_DAY);
const MORNING: Minutes = (0, 6 * 60);

/// The closings of one market.
pub(super) struct Market {
    pub(super) zone: Tz,
    closings: BTreeMap<NaiveDate, Vec<Minutes>>,
}

impl Market {
    /// Returns all markets of the table.
    pub(super) fn all() -> Vec<Self> {
        let mut markets: Vec<Self> = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (first, rest) = line.split_once(' ').expect("the table is well formed");
            match first.parse() {
                Ok(year) => {
                    let market = markets.last_mut().expect("its name is above");
                    for text in rest.split(' ') {
                        let (date, minutes) = closing(year, text).expect("it is well formed");
                        market.closings.entry(date).or_default().push(minutes);
                    }
                }
                Err(_) => markets.push(Self {
                    zone: rest.parse().expect("the zone is known"),
                    closings: BTreeMap::new(),
                }),
            }
        }
        markets
    }

    /// Returns the closed minutes of `date`, in local time.
    pub(super) fn on(&self, date: NaiveDate) -> &[Minutes] {
        self.closings.get(&date).map_or(&[], Vec::as_slice)
    }

    /// Returns the minutes of `date` that are part of a night without
    /// trading: futures in China have none before a holiday.
    pub(super) fn closed_nights(&self, date: NaiveDate) -> Vec<Minutes> {
        if self.zone != Tz::Asia__Shanghai {
            return Vec::new();
        }
        let is_holiday = |date: NaiveDate| self.on(date) == [WHOLE_DAY];
        let next = date.iter_days().skip(1).find(|date| !is_weekend(*date));
        let is_before = next.is_some_and(is_holiday);
        let is_after = date.pred_opt().is_some_and(is_holiday);
        let is_morning = is_after || is_before && date.weekday() == Weekday::Sat;
        let nights = [(is_morning, MORNING), (is_before, EVENING)];
        nights.into_iter().filter(|(is_closed, _)| *is_closed).map(|(_, night)| night).collect()
    }

    /// Returns the days without trading from `first` to `last`.
    pub(super) fn holidays(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> impl Iterator<Item = NaiveDate> {
        self.closings
            .range(first..=last)
            .filter(|(_, minutes)| **minutes == [WHOLE_DAY])
            .map(|(date, _)| *date)
    }
}

fn closing(year: i32, text: &str) -> Option<(NaiveDate, Minutes)> {
    let (day, hours) = text.split_once('@').unwrap_or((text, "0000-2400"));
    let number = |text: &str, at: usize| text.get(at..at + 2)?.parse::<u32>().ok();
    let minute = |at| Some(i64::from(number(hours, at)? * 60 + number(hours, at + 2)?));
    let date = NaiveDate::from_ymd_opt(year, number(day, 0)?, number(day, 2)?)?;
    Some((date, (minute(0)?, minute(5)?)))
}
