//! The retention policy, as the command line says it.

use clap::Args;

use crate::vault::retention::{Best, Count, Policy, Span, TagList};

/// What to keep. Any of these flags replaces the settings' policy.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to keep (one rule that fits is enough)")]
pub struct KeepArgs {
    /// Keep the newest N [default: `retention` of config/config.json, else 5]
    #[arg(long, visible_alias = "keep-last", value_name = "N|unlimited")]
    pub keep: Option<Count>,
    /// Keep the newest of each of the last N hours that have any
    #[arg(long, value_name = "N|unlimited")]
    pub keep_hourly: Option<Count>,
    /// The same for days (UTC)
    #[arg(long, value_name = "N|unlimited")]
    pub keep_daily: Option<Count>,
    /// The same for ISO weeks
    #[arg(long, value_name = "N|unlimited")]
    pub keep_weekly: Option<Count>,
    /// The same for months
    #[arg(long, value_name = "N|unlimited")]
    pub keep_monthly: Option<Count>,
    /// The same for years
    #[arg(long, value_name = "N|unlimited")]
    pub keep_yearly: Option<Count>,
    /// Keep all younger than this, seen from the newest; units h d w m y, as in 1y6m
    #[arg(long, value_name = "TIME")]
    pub keep_within: Option<Span>,
    /// Within this time keep the newest of each hour
    #[arg(long, value_name = "TIME")]
    pub keep_within_hourly: Option<Span>,
    /// Within this time keep the newest of each day
    #[arg(long, value_name = "TIME")]
    pub keep_within_daily: Option<Span>,
    /// Within this time keep the newest of each ISO week
    #[arg(long, value_name = "TIME")]
    pub keep_within_weekly: Option<Span>,
    /// Within this time keep the newest of each month
    #[arg(long, value_name = "TIME")]
    pub keep_within_monthly: Option<Span>,
    /// Within this time keep the newest of each year
    #[arg(long, value_name = "TIME")]
    pub keep_within_yearly: Option<Span>,
    /// Keep what has all these tags; may be repeated for other tags
    #[arg(long = "keep-tag", value_name = "TAG[,TAG]")]
    pub keep_tags: Vec<TagList>,
    /// Keep the newest N failed or interrupted ones, counted apart [default: 2]
    #[arg(long, value_name = "N|unlimited")]
    pub keep_failed: Option<Count>,
    /// Keep the best N by --metric
    #[arg(long, value_name = "N|unlimited", requires = "metric")]
    pub keep_best: Option<Count>,
    /// The agent's figure that --keep-best goes by; drawdowns, volatility, turnover, errors and
    /// costs are better when lower
    #[arg(long, value_name = "NAME", requires = "keep_best")]
    pub metric: Option<String>,
}

impl KeepArgs {
    /// Returns the policy that the flags say; `None` without any.
    pub fn policy(&self) -> Option<Policy> {
        let count = |count: Option<Count>| count.unwrap_or_default();
        let span = |span: Option<Span>| span.unwrap_or_default();
        let policy = Policy {
            last: count(self.keep),
            hourly: count(self.keep_hourly),
            daily: count(self.keep_daily),
            weekly: count(self.keep_weekly),
            monthly: count(self.keep_monthly),
            yearly: count(self.keep_yearly),
            within: span(self.keep_within),
            within_hourly: span(self.keep_within_hourly),
            within_daily: span(self.keep_within_daily),
            within_weekly: span(self.keep_within_weekly),
            within_monthly: span(self.keep_within_monthly),
            within_yearly: span(self.keep_within_yearly),
            tags: self.keep_tags.clone(),
            best: self.best(),
            failed: self.keep_failed,
        };
        (policy != Policy::default() || self.is_any_given()).then_some(policy)
    }

    fn best(&self) -> Option<Best> {
        Some(Best { n: self.keep_best?, metric: self.metric.clone()? })
    }

    /// Whether a rule is given, be it as 0.
    fn is_any_given(&self) -> bool {
        let counts = [
            self.keep,
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        ];
        let spans = [
            self.keep_within,
            self.keep_within_hourly,
            self.keep_within_daily,
            self.keep_within_weekly,
            self.keep_within_monthly,
            self.keep_within_yearly,
        ];
        counts.iter().any(Option::is_some) || spans.iter().any(Option::is_some)
    }
}
