//! The policy of the command line or the settings: its default, and
//! whether it can be applied.

use std::collections::BTreeSet;
use std::fmt;

use super::{ArchiveItem, ArchiveState};
use crate::workspace::config::{Count, RetentionConfig, Span};

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

impl RetentionConfig {
    /// Returns the policy of these settings; without any rule, the newest
    /// ones are kept.
    pub fn or_default(&self) -> Self {
        let keep = self.default_keep().map(Count::Limit).or(self.keep);
        Self { keep, ..self.clone() }
    }

    /// Returns how many of the newest are kept by default, if there is no
    /// rule.
    pub fn default_keep(&self) -> Option<u32> {
        (self.keep.is_none() && self.check().is_err()).then_some(KEEP_DEFAULT)
    }

    /// Checks that at least one rule is given.
    ///
    /// # Errors
    /// [`PolicyError::Empty`]. A count of failed sessions alone is not
    /// enough: it says nothing on the others.
    pub fn check(&self) -> Result<(), PolicyError> {
        let (last, within) = (self.keep.unwrap_or_default(), self.keep_within.unwrap_or_default());
        let has_rule = self.counts().iter().chain([&last]).any(|count| !count.is_zero())
            || self.spans().iter().chain([&within]).any(|span| !span.is_zero())
            || !self.keep_tags.is_empty()
            || self.keep_best.as_ref().is_some_and(|best| !best.n.is_zero());
        if has_rule { Ok(()) } else { Err(PolicyError::Empty) }
    }

    /// Returns of how many hours, days, weeks, months and years the newest
    /// is kept.
    pub(super) fn counts(&self) -> [Count; 5] {
        [self.keep_hourly, self.keep_daily, self.keep_weekly, self.keep_monthly, self.keep_yearly]
            .map(Option::unwrap_or_default)
    }

    /// Returns within which time the newest of each hour, day, week, month
    /// and year is kept.
    pub(super) fn spans(&self) -> [Span; 5] {
        [
            self.keep_within_hourly,
            self.keep_within_daily,
            self.keep_within_weekly,
            self.keep_within_monthly,
            self.keep_within_yearly,
        ]
        .map(Option::unwrap_or_default)
    }

    pub(super) fn check_against(&self, items: &[ArchiveItem]) -> Result<(), PolicyError> {
        let known: BTreeSet<&String> = items.iter().flat_map(|item| &item.tags).collect();
        let mut wanted = self.keep_tags.iter().flat_map(|list| &list.0);
        if let Some(tag) = wanted.find(|tag| !known.contains(tag)) {
            return Err(PolicyError::UnknownTag(tag.clone()));
        }
        let judged = |item: &&ArchiveItem| {
            matches!(item.state, ArchiveState::Complete | ArchiveState::Unknown)
        };
        // If it is the only rule, a metric that is undefined everywhere would
        // keep nothing.
        let is_alone = Self { keep_best: None, ..self.clone() }.check().is_err();
        let metrics: BTreeSet<&String> = items
            .iter()
            .filter(judged)
            .flat_map(|item| &item.metrics)
            .filter(|(_, value)| !is_alone || value.is_finite())
            .map(|(name, _)| name)
            .collect();
        match self.keep_best.as_ref().filter(|best| !best.n.is_zero()) {
            Some(best) if !metrics.contains(&best.metric) => Err(PolicyError::UnknownMetric(
                best.metric.clone(),
                metrics.into_iter().cloned().collect(),
            )),
            _ => Ok(()),
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
