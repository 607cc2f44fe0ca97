//! The names of archives and backups: a prefix, a UTC time, a number.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};

/// More archives than can be made in one second.
const N_OF_A_SECOND_MAX: u32 = 100_000;
const TIME_FORMAT: &str = "%Y%m%d_%H%M%S";

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// `training_backup_YYYYMMDD_HHMMSS.zip`
    Archive,
    /// `session_YYYYMMDD_HHMMSS`
    Backup,
}

impl NameKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Archive => "training_backup_",
            Self::Backup => "session_",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Archive => ".zip",
            Self::Backup => "",
        }
    }
}

/// The name of an archive or backup. Sorts by time, then by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StampedName {
    time: DateTime<Utc>,
    number: u32,
    kind: NameKind,
}

impl StampedName {
    /// Returns the first free name at `now`: the plain one, or with
    /// `_2`, `_3`, … when `is_taken` says so.
    pub fn first_free(kind: NameKind, now: DateTime<Utc>, is_taken: impl Fn(&str) -> bool) -> Self {
        let time = now.naive_utc().format(TIME_FORMAT).to_string();
        let time = parse_time(&time).unwrap_or(now);
        // If all seem to be taken, the disk does not answer; the first use of
        // the name then fails with the cause.
        (1..N_OF_A_SECOND_MAX)
            .map(|number| Self { time, number, kind })
            .find(|name| !is_taken(&name.to_string()))
            .unwrap_or(Self { time, number: N_OF_A_SECOND_MAX, kind })
    }

    /// Parses `text` as a name of `kind`.
    pub fn parse(kind: NameKind, text: &str) -> Option<Self> {
        let middle = text.strip_prefix(kind.prefix())?.strip_suffix(kind.suffix())?;
        let time = parse_time(middle.get(..15)?)?;
        let number = match middle.get(15..)? {
            "" => 1,
            rest => rest.strip_prefix('_')?.parse().ok().filter(|number| *number > 1)?,
        };
        // Refuse other spellings, such as `_02`, of the same name.
        let name = Self { time, number, kind };
        (name.to_string() == text).then_some(name)
    }

    /// Returns the name without its prefix and suffix, such as
    /// `20260102_030405_2`.
    pub fn short(&self) -> String {
        let name = self.to_string();
        let name = name.strip_prefix(self.kind.prefix()).unwrap_or(&name);
        name.strip_suffix(self.kind.suffix()).unwrap_or(name).to_owned()
    }

    /// Returns the time in the name.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }
}

impl fmt::Display for StampedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind.prefix(), stamp(self.time))?;
        if self.number > 1 {
            write!(f, "_{}", self.number)?;
        }
        f.write_str(self.kind.suffix())
    }
}

/// Returns the name of an archive without `training_backup_` and `.zip`,
/// if `text` has them.
pub fn short_archive_name(text: &str) -> &str {
    text.trim_start_matches(NameKind::Archive.prefix()).trim_end_matches(NameKind::Archive.suffix())
}

/// Formats `time` as in names: `YYYYMMDD_HHMMSS`, UTC.
pub fn stamp(time: DateTime<Utc>) -> String {
    time.format(TIME_FORMAT).to_string()
}

/// Parses the UTC time `text`, given as `YYYYMMDD_HHMMSS`.
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, TIME_FORMAT).ok().map(|time| time.and_utc())
}
