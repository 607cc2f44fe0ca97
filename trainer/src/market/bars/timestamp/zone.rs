//! Time zones: offsets, names of the IANA database, common abbreviations.

use std::fmt;

use chrono::{DateTime, LocalResult, Offset as _, TimeZone as _};
use chrono_tz::{OffsetName as _, TZ_VARIANTS, Tz};

use super::digits::{MS_PER_MINUTE, parse_digits};

const MINUTES_PER_HOUR: i64 = 60;

/// The most letters of an abbreviation.
const N_LETTERS_MAX: usize = 5;

/// Abbreviations that the database lacks, in minutes ahead of UTC.
/// Ambiguous ones (`IST`, `CST`) are left out, or mean what they mean in
/// e-mail and at exchanges.
const ABBREVIATIONS: [(&str, i64); 26] = [
    ("EDT", -4 * MINUTES_PER_HOUR),
    ("CDT", -5 * MINUTES_PER_HOUR),
    ("MDT", -6 * MINUTES_PER_HOUR),
    ("PST", -8 * MINUTES_PER_HOUR),
    ("PDT", -7 * MINUTES_PER_HOUR),
    ("BST", MINUTES_PER_HOUR),
    ("WEST", MINUTES_PER_HOUR),
    ("CEST", 2 * MINUTES_PER_HOUR),
    ("EEST", 3 * MINUTES_PER_HOUR),
    ("MSK", 3 * MINUTES_PER_HOUR),
    ("SGT", 8 * MINUTES_PER_HOUR),
    ("HKT", 8 * MINUTES_PER_HOUR),
    ("JST", 9 * MINUTES_PER_HOUR),
    ("KST", 9 * MINUTES_PER_HOUR),
    ("AEST", 10 * MINUTES_PER_HOUR),
    ("AEDT", 11 * MINUTES_PER_HOUR),
    ("NZST", 12 * MINUTES_PER_HOUR),
    ("NZDT", 13 * MINUTES_PER_HOUR),
    ("AKST", -9 * MINUTES_PER_HOUR),
    ("AKDT", -8 * MINUTES_PER_HOUR),
    ("SAST", 2 * MINUTES_PER_HOUR),
    ("PKT", 5 * MINUTES_PER_HOUR),
    ("WIB", 7 * MINUTES_PER_HOUR),
    ("AWST", 8 * MINUTES_PER_HOUR),
    ("ACST", 9 * MINUTES_PER_HOUR + 30),
    ("ACDT", 10 * MINUTES_PER_HOUR + 30),
];

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeZone {
    /// A fixed offset in milliseconds ahead of UTC.
    Offset(i64),
    /// A zone of the IANA database.
    Named(Tz),
    /// An abbreviation that only the zone of the file explains.
    Abbreviated(ZoneAbbreviation),
}

/// An ambiguous or unknown abbreviation, such as `IST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZoneAbbreviation {
    letters: [u8; N_LETTERS_MAX],
    n_letters: usize,
}

impl ZoneAbbreviation {
    fn parse(text: &str) -> Option<Self> {
        let is_name = (2..=N_LETTERS_MAX).contains(&text.len())
            && text.bytes().all(|letter| letter.is_ascii_uppercase());
        let mut letters = [0; N_LETTERS_MAX];
        letters.get_mut(..text.len()).filter(|_| is_name)?.copy_from_slice(text.as_bytes());
        Some(Self { letters, n_letters: text.len() })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.n_letters]).unwrap_or_default()
    }
}

impl TimeZone {
    /// Parses an offset, a name or an unambiguous abbreviation.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(offset_ms) = parse_offset(text.as_bytes()) {
            return Some(Self::Offset(offset_ms));
        }
        let short = ABBREVIATIONS.iter().find(|(name, _)| *name == text);
        if let Some((_, minutes)) = short {
            return Some(Self::Offset(minutes * MS_PER_MINUTE));
        }
        match text {
            "ET" => Some(Self::Named(Tz::America__New_York)),
            "CT" => Some(Self::Named(Tz::America__Chicago)),
            "MT" => Some(Self::Named(Tz::America__Denver)),
            "PT" => Some(Self::Named(Tz::America__Los_Angeles)),
            _ => text.parse().ok().map(Self::Named),
        }
    }

    /// Returns the zone that is named after a city of Europe, Asia or
    /// America, without blanks and in small letters.
    pub(crate) fn of_city(name: &str) -> Option<Self> {
        let is_named = |zone: &&Tz| {
            zone.name().split_once('/').is_some_and(|(area, city)| {
                ["Europe", "Asia", "America"].contains(&area)
                    && city.replace('_', "").eq_ignore_ascii_case(name)
            })
        };
        TZ_VARIANTS.iter().find(is_named).copied().map(Self::Named)
    }

    /// Parses the zone after a time, which may also be an abbreviation that
    /// only the zone of the file explains.
    pub(super) fn parse_after_time(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| ZoneAbbreviation::parse(text).map(Self::Abbreviated))
    }

    /// Returns the zones of the database with the abbreviation `name` at
    /// local time `wall_ms`, the best known first.
    pub(super) fn zones_abbreviated(name: &str, wall_ms: i64) -> Vec<Tz> {
        let Some(name) = ZoneAbbreviation::parse(name) else {
            return Vec::new();
        };
        let known = [
            Tz::Asia__Kolkata,
            Tz::Asia__Jerusalem,
            Tz::America__Chicago,
            Tz::Asia__Shanghai,
            Tz::Asia__Manila,
            Tz::America__Halifax,
        ];
        let others = TZ_VARIANTS.iter().filter(|zone| zone.name().contains('/')).copied();
        let is_called = |zone: &Tz| Self::Named(*zone).to_utc_abbreviated(wall_ms, name).is_some();
        known.into_iter().chain(others).filter(is_called).collect()
    }

    /// Converts local time with the abbreviation `name` to UTC; `None` if
    /// the zone does not have this abbreviation then.
    pub(super) fn to_utc_abbreviated(self, wall_ms: i64, name: ZoneAbbreviation) -> Option<i64> {
        let Self::Named(zone) = self else {
            return None;
        };
        let wall = DateTime::from_timestamp_millis(wall_ms)?.naive_utc();
        let offsets = match zone.offset_from_local_datetime(&wall) {
            LocalResult::Single(offset) => vec![offset],
            LocalResult::None => Vec::new(),
            LocalResult::Ambiguous(one, other) => vec![one, other],
        };
        let called = offsets.iter().find(|offset| offset.abbreviation() == Some(name.text()))?;
        Some(wall_ms - i64::from(called.fix().local_minus_utc()) * 1000)
    }

    /// Converts local time to UTC; `None` in the hour that is skipped at the
    /// begin of daylight saving time. In the hour that is repeated at its
    /// end, `previous` decides between the two possible times.
    pub(super) fn to_utc(self, wall_ms: i64, previous: &PreviousRow) -> Option<i64> {
        let zone = match self {
            Self::Offset(offset_ms) => return Some(wall_ms - offset_ms),
            Self::Named(zone) => zone,
            Self::Abbreviated(_) => return None,
        };
        let wall = DateTime::from_timestamp_millis(wall_ms)?.naive_utc();
        let at = |offset: chrono_tz::TzOffset| {
            wall_ms - i64::from(offset.fix().local_minus_utc()) * 1000
        };
        match zone.offset_from_local_datetime(&wall) {
            LocalResult::Single(offset) => Some(at(offset)),
            LocalResult::None => None,
            LocalResult::Ambiguous(one, other) => {
                let (first, second) = (at(one).min(at(other)), at(one).max(at(other)));
                Some(previous.choose(first, second))
            }
        }
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(0) => write!(f, "UTC"),
            Self::Offset(ms) => {
                let minutes = ms.abs() / MS_PER_MINUTE;
                let sign = if *ms < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::Named(zone) => write!(f, "{zone}"),
            Self::Abbreviated(name) => f.write_str(name.text()),
        }
    }
}

/// The time of the previous row, and the order of the rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PreviousRow {
    pub(crate) time_ms: Option<i64>,
    pub(crate) is_newest_first: bool,
}

impl PreviousRow {
    /// Chooses between the two times that an ambiguous local time can be.
    fn choose(&self, first: i64, second: i64) -> i64 {
        match self.time_ms {
            Some(before) if self.is_newest_first && before > second => second,
            Some(_) if self.is_newest_first => first,
            Some(before) if before >= first => second,
            None if self.is_newest_first => second,
            _ => first,
        }
    }
}

/// Parses an offset to milliseconds ahead of UTC: `Z`, `UTC`, `GMT`,
/// `+HH:MM`, `+HHMM`, `+HH`, `+H`, `GMT+HHMM`.
fn parse_offset(text: &[u8]) -> Option<i64> {
    let offset = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'U' | b'u', b'T' | b't', b'C' | b'c', rest @ ..]
        | [b'G' | b'g', b'M' | b'm', b'T' | b't', rest @ ..] => {
            if rest.is_empty() {
                return Some(0);
            }
            rest
        }
        rest => rest,
    };
    let (sign, digits) = match offset {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits, &b"0"[..]),
        4 if digits[1] == b':' => (&digits[..1], &digits[2..]),
        4 => digits.split_at(2),
        5 if digits[2] == b':' => (&digits[..2], &digits[3..]),
        _ => return None,
    };
    let (hours, minutes) = (parse_digits(hours)?, parse_digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * MS_PER_MINUTE)
}
