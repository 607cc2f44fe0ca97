//! What to keep, from the command line or the settings.

use std::collections::BTreeSet;
use std::fmt;

use super::{ArchiveItem, ArchiveState};
use crate::workspace::config::{Best, Count, RetentionConfig, Span, TagList};

/// The rules for archives: one that at least one rule keeps is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The newest ones.
    pub last: Count,
    /// The newest of each of the newest hours that have any.
    pub hourly: Count,
    /// The same for days.
    pub daily: Count,
    /// The same for ISO weeks.
    pub weekly: Count,
    /// The same for months.
    pub monthly: Count,
    /// The same for years.
    pub yearly: Count,
    /// All that are less than this much older than the newest.
    pub within: Span,
    /// The newest of each hour within this time.
    pub within_hourly: Span,
    /// The newest of each day within this time.
    pub within_daily: Span,
    /// The newest of each ISO week within this time.
    pub within_weekly: Span,
    /// The newest of each month within this time.
    pub within_monthly: Span,
    /// The newest of each year within this time.
    pub within_yearly: Span,
    /// All that have every tag of one of these lists.
    pub tags: Vec<TagList>,
    /// The best ones.
    pub best: Option<Best>,
    /// The newest failed or interrupted ones, to which only this rule and
    /// that of tags apply; 2 by default.
    pub failed: Option<Count>,
}

/// How many of the newest are kept if the settings have no rule.
const KEEP_DEFAULT: u32 = 5;

/// How many failed sessions are kept by default.
pub const FAILED_DEFAULT: Count = Count::Limit(2);

/// Why a policy is refused; nothing is deleted then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyError {
    /// No rule is given, or all are zero.
    Empty,
    /// A tag that no archive has.
    UnknownTag(String),
    /// A metric that no archive has, and those there are.
    UnknownMetric(String, Vec<String>),
    /// The rules would keep none of the archives.
    KeepsNothing {
        /// How many archives there are.
        n_archives: usize,
    },
}

impl Policy {
    /// Returns the policy that keeps the newest ones only.
    pub fn keep_last(n: u32) -> Self {
        Self { last: Count::Limit(n), ..Self::default() }
    }

    /// Returns the policy of `settings`; without any rule, the newest ones
    /// are kept.
    pub fn of_settings(settings: &RetentionConfig) -> Self {
        let policy = Self::from(settings);
        if settings.keep.is_none() && policy.check().is_err() {
            return Self { last: Count::Limit(KEEP_DEFAULT), ..policy };
        }
        policy
    }

    /// Returns how many of the newest are kept by default, if `settings` have
    /// no other rule.
    pub fn default_keep(settings: &RetentionConfig) -> Option<u32> {
        let by_default = Self { failed: settings.keep_failed, ..Self::keep_last(KEEP_DEFAULT) };
        let is_default = settings.keep.is_none() && Self::of_settings(settings) == by_default;
        is_default.then_some(KEEP_DEFAULT)
    }

    /// Checks that at least one rule is given.
    ///
    /// # Errors
    /// [`PolicyError::Empty`]. A count of failed sessions alone is not
    /// enough: it says nothing on the others.
    pub fn check(&self) -> Result<(), PolicyError> {
        let counts = [self.last, self.hourly, self.daily, self.weekly, self.monthly, self.yearly];
        let spans = [
            self.within,
            self.within_hourly,
            self.within_daily,
            self.within_weekly,
            self.within_monthly,
            self.within_yearly,
        ];
        let has_rule = counts.iter().any(|count| !count.is_zero())
            || spans.iter().any(|span| !span.is_zero())
            || !self.tags.is_empty()
            || self.best.as_ref().is_some_and(|best| !best.n.is_zero());
        if has_rule { Ok(()) } else { Err(PolicyError::Empty) }
    }

    pub(super) fn check_against(&self, items: &[ArchiveItem]) -> Result<(), PolicyError> {
        let known: BTreeSet<&String> = items.iter().flat_map(|item| &item.tags).collect();
        let mut wanted = self.tags.iter().flat_map(|list| &list.0);
        if let Some(tag) = wanted.find(|tag| !known.contains(tag)) {
            return Err(PolicyError::UnknownTag(tag.clone()));
        }
        let judged = |item: &&ArchiveItem| {
            matches!(item.state, ArchiveState::Complete | ArchiveState::Unknown)
        };
        // If it is the only rule, a metric that is undefined everywhere would
        // keep nothing.
        let is_alone = Self { best: None, ..self.clone() }.check().is_err();
        let metrics: BTreeSet<&String> = items
            .iter()
            .filter(judged)
            .flat_map(|item| &item.metrics)
            .filter(|(_, value)| !is_alone || value.is_finite())
            .map(|(name, _)| name)
            .collect();
        match self.best.as_ref().filter(|best| !best.n.is_zero()) {
            Some(best) if !metrics.contains(&best.metric) => Err(PolicyError::UnknownMetric(
                best.metric.clone(),
                metrics.into_iter().cloned().collect(),
            )),
            _ => Ok(()),
        }
    }
}

impl From<&RetentionConfig> for Policy {
    /// Converts exactly these rules.
    fn from(rules: &RetentionConfig) -> Self {
        let count = |count: Option<Count>| count.unwrap_or_default();
        let span = |span: Option<Span>| span.unwrap_or_default();
        Self {
            last: count(rules.keep),
            hourly: count(rules.keep_hourly),
            daily: count(rules.keep_daily),
            weekly: count(rules.keep_weekly),
            monthly: count(rules.keep_monthly),
            yearly: count(rules.keep_yearly),
            within: span(rules.keep_within),
            within_hourly: span(rules.keep_within_hourly),
            within_daily: span(rules.keep_within_daily),
            within_weekly: span(rules.keep_within_weekly),
            within_monthly: span(rules.keep_within_monthly),
            within_yearly: span(rules.keep_within_yearly),
            tags: rules.keep_tags.clone(),
            best: rules.keep_best.clone(),
            failed: rules.keep_failed,
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the policy keeps nothing: give at least one rule above 0, such as `--keep 5` \
                 (`--keep-failed` decides on failed sessions only); nothing was deleted",
            ),
            Self::UnknownTag(tag) => write!(
                f,
                "no archive has the tag `{tag}` that the policy keeps; `cargo xtask list` shows \
                 the tags (nothing was deleted)"
            ),
            Self::UnknownMetric(metric, known) if known.is_empty() => {
                write!(
                    f,
                    "no archive has the metric `{metric}`, nor any other; nothing was deleted"
                )
            }
            Self::UnknownMetric(metric, known) => write!(
                f,
                "no archive has the metric `{metric}`; there are `{}` (nothing was deleted)",
                known.join("`, `")
            ),
            Self::KeepsNothing { n_archives } => write!(
                f,
                "the policy would keep none of {n_archives} archives; add a rule such as \
                 `--keep 1` (nothing was deleted)"
            ),
        }
    }
}

impl std::error::Error for PolicyError {}
