//! The types of retention rules: a count, a list of tags, the best.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// At most this many; 0 switches the rule off.
    Limit(u32),
    /// All of them.
    Unlimited,
}

/// Tags, separated by commas, that an archive must all have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "KeepTags"))]
#[serde(try_from = "String", into = "String")]
pub struct TagList(#[cfg_attr(feature = "schema", schemars(with = "String"))] pub Vec<String>);

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

impl TryFrom<String> for TagList {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TagList> for String {
    fn from(tags: TagList) -> Self {
        tags.to_string()
    }
}
