//! Times such as `30d` or `1y6m`, counted back from an archive.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The largest number before a unit: longer than any archive is old.
const NUMBER_MAX: u32 = 1_000_000;

/// A length of time in the calendar's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    years: u32,
    months: u32,
    days: u32,
    hours: u32,
}

impl Span {
    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the time this long before `time`.
    ///
    /// A day that the month lacks continues into the next month: a month
    /// before 31 March is 3 March, or 2 March in a leap year.
    pub fn before(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        self.checked_before(time).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    fn checked_before(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let date = time.date_naive();
        let months = i64::from(date.year()) * 12 + i64::from(date.month0())
            - i64::from(self.years) * 12
            - i64::from(self.months);
        let year = i32::try_from(months.div_euclid(12)).ok()?;
        let month = u32::try_from(months.rem_euclid(12)).ok()? + 1;
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let days = i64::from(date.day0()) - i64::from(self.days);
        let date = first.checked_add_signed(Duration::days(days))?;
        let time = date.and_time(time.time()).and_utc();
        time.checked_sub_signed(Duration::hours(i64::from(self.hours)))
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no length of time; write numbers with h, d, w, m or y, as in `1y6m`"
            )
        };
        let mut span = Self::default();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let number: u32 = rest[..end].parse().map_err(|_| wrong())?;
            let unit = rest[end..].chars().next().ok_or_else(wrong)?;
            let (field, factor) = match unit {
                'y' => (&mut span.years, 1),
                'm' => (&mut span.months, 1),
                'w' => (&mut span.days, 7),
                'd' => (&mut span.days, 1),
                'h' => (&mut span.hours, 1),
                _ => return Err(wrong()),
            };
            if number > NUMBER_MAX {
                return Err(format!("`{text}` is too long a time"));
            }
            *field += number * factor;
            rest = &rest[end + 1..];
            if *field > 100 * NUMBER_MAX {
                return Err(format!("`{text}` is too long a time"));
            }
        }
        Ok(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.years, 'y'), (self.months, 'm'), (self.days, 'd'), (self.hours, 'h')];
        if self.is_zero() {
            return f.write_str("0d");
        }
        parts.iter().filter(|(n, _)| *n > 0).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Numbers with the units h, d, w, m (months), y, such as `30d`, `1y6m`.",
            "type": "string",
            "pattern": "^([0-9]+[hdwmy])+$"
        })
    }
}
