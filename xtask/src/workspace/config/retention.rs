//! The retention policy of `config/config.json` and of the flags of
//! `prune`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Best, Count, Span, TagList};

/// Which old sessions stay. One rule that keeps an archive is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Args)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default = "RetentionConfig::of_settings", deny_unknown_fields)]
pub struct RetentionConfig {
    /// How many of the newest archives, and of the newest backups,
    /// `train` and `prune` keep. Default: 5, or 0 when another rule is
    /// given.
    #[arg(
        long,
        visible_alias = "keep-last",
        value_name = "N|unlimited",
        help = "Keep the newest N [default: `retention` of config/config.json, else 5]"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Count>,
    /// Of how many hours that have an archive the newest is kept.
    #[arg(
        long,
        value_name = "N|unlimited",
        help = "Keep the newest of each of the last N hours that have any"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Count"))]
    pub keep_hourly: Option<Count>,
    /// The same for days.
    #[arg(long, value_name = "N|unlimited", help = "The same for days (UTC)")]
    #[cfg_attr(feature = "schema", schemars(with = "Count"))]
    pub keep_daily: Option<Count>,
    /// The same for ISO weeks.
    #[arg(long, value_name = "N|unlimited")]
    #[cfg_attr(feature = "schema", schemars(with = "Count"))]
    pub keep_weekly: Option<Count>,
    /// The same for months.
    #[arg(long, value_name = "N|unlimited")]
    #[cfg_attr(feature = "schema", schemars(with = "Count"))]
    pub keep_monthly: Option<Count>,
    /// The same for years.
    #[arg(long, value_name = "N|unlimited")]
    #[cfg_attr(feature = "schema", schemars(with = "Count"))]
    pub keep_yearly: Option<Count>,
    /// Keep all that are at most this much older than the newest.
    #[arg(
        long,
        value_name = "TIME",
        help = "Keep all younger than this, seen from the newest; units h d w m y, as in 1y6m"
    )]
    pub keep_within: Option<Span>,
    /// Within this time keep the newest of each hour.
    #[arg(long, value_name = "TIME")]
    pub keep_within_hourly: Option<Span>,
    /// Within this time keep the newest of each day.
    #[arg(long, value_name = "TIME")]
    pub keep_within_daily: Option<Span>,
    /// Within this time keep the newest of each ISO week.
    #[arg(long, value_name = "TIME")]
    pub keep_within_weekly: Option<Span>,
    /// Within this time keep the newest of each month.
    #[arg(long, value_name = "TIME")]
    pub keep_within_monthly: Option<Span>,
    /// Within this time keep the newest of each year.
    #[arg(long, value_name = "TIME")]
    pub keep_within_yearly: Option<Span>,
    /// Keep what has these tags: a text names tags that an archive must
    /// all have, such as `paper,final`; one text that fits is enough.
    #[arg(
        long = "keep-tag",
        value_name = "TAG[,TAG]",
        help = "Keep what has all these tags; may be repeated for other tags"
    )]
    pub keep_tags: Vec<TagList>,
    /// How many failed or interrupted sessions are kept, beside the
    /// others. Default: 2.
    #[arg(
        long,
        value_name = "N|unlimited",
        help = "Keep the newest N failed or interrupted ones, counted apart [default: 2]"
    )]
    pub keep_failed: Option<Count>,
    /// Keep the best by a figure.
    #[arg(skip)]
    pub keep_best: Option<Best>,
    /// How many days a pruned archive stays in the trash before it is
    /// deleted; 0 deletes at the next prune. Default: 7.
    #[arg(skip)]
    pub trash_days: u32,
}

impl RetentionConfig {
    /// Returns the policy of settings that say nothing. The default has no
    /// rule either, and is that of the flags: none is given.
    pub fn of_settings() -> Self {
        let off = Some(Count::default());
        Self {
            keep_hourly: off,
            keep_daily: off,
            keep_weekly: off,
            keep_monthly: off,
            keep_yearly: off,
            trash_days: 7,
            ..Self::default()
        }
    }
}
