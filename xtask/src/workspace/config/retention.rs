//! The retention policy, as `config/config.json` says it.

use serde::{Deserialize, Serialize};

use crate::vault::retention::{Best, Count, Policy, Span, TagList};

/// How many of the newest stay when the settings hold no rule.
const KEEP_DEFAULT: u32 = 5;

/// Which old sessions stay. One rule that keeps an archive is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// How many of the newest archives, and of the newest backups,
    /// `train` and `prune` keep. Default: 5, or 0 when another rule is
    /// given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Count>,
    /// Of how many hours that have an archive the newest is kept.
    pub keep_hourly: Count,
    /// The same for days.
    pub keep_daily: Count,
    /// The same for ISO weeks.
    pub keep_weekly: Count,
    /// The same for months.
    pub keep_monthly: Count,
    /// The same for years.
    pub keep_yearly: Count,
    /// Keep all that are at most this much older than the newest.
    pub keep_within: Option<Span>,
    /// Within this time keep the newest of each hour.
    pub keep_within_hourly: Option<Span>,
    /// Within this time keep the newest of each day.
    pub keep_within_daily: Option<Span>,
    /// Within this time keep the newest of each ISO week.
    pub keep_within_weekly: Option<Span>,
    /// Within this time keep the newest of each month.
    pub keep_within_monthly: Option<Span>,
    /// Within this time keep the newest of each year.
    pub keep_within_yearly: Option<Span>,
    /// Keep what has these tags: a text names tags that an archive must
    /// all have, such as `paper,final`; one text that fits is enough.
    pub keep_tags: Vec<KeepTags>,
    /// How many failed or interrupted sessions are kept, beside the
    /// others. Default: 2.
    pub keep_failed: Option<Count>,
    /// Keep the best by a figure.
    pub keep_best: Option<Best>,
    /// How many days a pruned archive stays in the trash before it is
    /// deleted; 0 deletes at the next prune. Default: 7.
    pub trash_days: u32,
}

/// Tags, separated by commas, that an archive must all have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct KeepTags(#[cfg_attr(feature = "schema", schemars(with = "String"))] pub TagList);

impl TryFrom<String> for KeepTags {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

impl From<KeepTags> for String {
    fn from(tags: KeepTags) -> Self {
        tags.0.to_string()
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        let none = Count::default();
        Self {
            keep: None,
            keep_hourly: none,
            keep_daily: none,
            keep_weekly: none,
            keep_monthly: none,
            keep_yearly: none,
            keep_within: None,
            keep_within_hourly: None,
            keep_within_daily: None,
            keep_within_weekly: None,
            keep_within_monthly: None,
            keep_within_yearly: None,
            keep_tags: Vec::new(),
            keep_failed: None,
            keep_best: None,
            trash_days: 7,
        }
    }
}

impl RetentionConfig {
    /// Returns the policy that these settings say.
    pub fn policy(&self) -> Policy {
        let span = |span: Option<Span>| span.unwrap_or_default();
        let mut policy = Policy {
            last: self.keep.unwrap_or_default(),
            hourly: self.keep_hourly,
            daily: self.keep_daily,
            weekly: self.keep_weekly,
            monthly: self.keep_monthly,
            yearly: self.keep_yearly,
            within: span(self.keep_within),
            within_hourly: span(self.keep_within_hourly),
            within_daily: span(self.keep_within_daily),
            within_weekly: span(self.keep_within_weekly),
            within_monthly: span(self.keep_within_monthly),
            within_yearly: span(self.keep_within_yearly),
            tags: self.keep_tags.iter().map(|tags| tags.0.clone()).collect(),
            best: self.keep_best.clone(),
            failed: self.keep_failed,
        };
        if self.keep.is_none() && policy.check().is_err() {
            policy.last = Count::Limit(KEEP_DEFAULT);
        }
        policy
    }

    /// Returns how many of the newest stay by default, when these
    /// settings say nothing else.
    pub fn default_keep(&self) -> Option<u32> {
        // No rule but this one keeps the newest ones alone.
        let by_default = Policy { failed: self.keep_failed, ..Policy::keep_last(KEEP_DEFAULT) };
        (self.keep.is_none() && self.policy() == by_default).then_some(KEEP_DEFAULT)
    }
}
