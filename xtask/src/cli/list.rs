//! The arguments of `list`.

use std::num::NonZeroUsize;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;

use crate::tasks::steps::parse_tag;
use crate::vault::manifest::SessionStatus;
use crate::vault::name::parse_time;

/// The arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Sort by `time`, `name`, `size`, or a figure of the agent such as `sharpe`: the newest, largest or
    /// best first [default: time]
    #[arg(long, value_name = "KEY")]
    pub sort: Option<String>,
    /// Only those with this tag; may be repeated, and all must fit
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag)]
    pub tags: Vec<String>,
    /// Only those whose session ended with this status
    #[arg(long, value_name = "STATUS")]
    pub status: Option<SessionStatus>,
    /// Only those made on this day or later, such as 2026-01-31 (UTC), or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_since)]
    pub since: Option<DateTime<Utc>>,
    /// List those of the remote repository
    #[arg(long)]
    pub remote: bool,
    /// Only the first N of these
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
}

fn parse_since(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let of_day = || day().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let exact = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    of_day()
        .or_else(exact)
        .or_else(|| parse_time(text))
        .ok_or_else(|| "give a day such as 2026-01-31, or a time, 2026-01-31T08:00:00Z".to_owned())
}
