//! What to keep, as the command line or the settings say it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ArchiveItem, ArchiveState, Span};

/// How many to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// At most this many; 0 switches the rule off.
    Limit(u32),
    /// All of them.
    Unlimited,
}

/// Tags that an archive must have all of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagList(pub Vec<String>);

/// How many of the best to keep, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// How many.
    pub n: Count,
    /// The agent's figure, such as `sharpe`. Higher is better, except
    /// for drawdowns, volatility, turnover, errors and costs.
    pub metric: String,
}

/// Which archives stay: those that at least one rule keeps.
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
    /// All that are younger than this, seen from the newest.
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
    /// The newest failed or interrupted ones, which no other rule but
    /// that of tags looks at; 2 unless it is given.
    pub failed: Option<Count>,
}

/// How many failed sessions stay when nothing is said.
pub const FAILED_DEFAULT: Count = Count::Limit(2);

/// Why a policy is refused. Nothing is deleted then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyError {
    /// No rule is given, or all are zero.
    Empty,
    /// A tag that no archive has.
    UnknownTag(String),
    /// A metric that no archive has, and those there are.
    UnknownMetric(String, Vec<String>),
    /// The rules fit none of the archives.
    KeepsNothing {
        /// How many archives there are.
        n_archives: usize,
    },
}

impl Count {
    /// Whether the rule is switched off.
    pub fn is_zero(self) -> bool {
        self == Self::Limit(0)
    }

    /// Whether a rule that has kept `n` may keep one more.
    pub fn allows_after(self, n: usize) -> bool {
        match self {
            Self::Limit(limit) => n < limit as usize,
            Self::Unlimited => true,
        }
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::Limit(0)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => write!(f, "{limit}"),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            text => text
                .parse()
                .map(Self::Limit)
                .map_err(|_| "give a whole number, or `unlimited`".to_owned()),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Limit(limit) => serializer.serialize_u32(*limit),
            Self::Unlimited => serializer.serialize_str("unlimited"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or `unlimited`")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Count, E> {
                let unexpected = serde::de::Unexpected::Unsigned(value);
                let limit = u32::try_from(value);
                limit.map(Count::Limit).map_err(|_| E::invalid_value(unexpected, &self))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Count, E> {
                let unexpected = serde::de::Unexpected::Str(value);
                let count = (value == "unlimited").then_some(Count::Unlimited);
                count.ok_or_else(|| E::invalid_value(unexpected, &self))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A whole number, or `unlimited`; 0 switches the rule off.",
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": u32::MAX},
                {"const": "unlimited"}
            ]
        })
    }
}

impl FromStr for TagList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tags: Vec<String> = text.split(',').map(|tag| tag.trim().to_owned()).collect();
        let are_words =
            tags.iter().all(|tag| !tag.is_empty() && !tag.contains(char::is_whitespace));
        are_words.then_some(Self(tags)).ok_or_else(|| "give tags, separated by commas".to_owned())
    }
}

impl fmt::Display for TagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

impl Policy {
    /// Returns the policy that keeps the newest ones only.
    pub fn keep_last(n: u32) -> Self {
        Self { last: Count::Limit(n), ..Self::default() }
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
        let metrics: BTreeSet<&String> =
            items.iter().filter(judged).flat_map(|item| item.metrics.keys()).collect();
        match self.best.as_ref().filter(|best| !best.n.is_zero()) {
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
