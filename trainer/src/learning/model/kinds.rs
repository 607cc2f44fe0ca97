//! What a policy must offer, and the kinds that models may hold.
//!
//! A new kind is a file in `kinds/` and its line below: from that line
//! come the `model` setting, the kind's own settings, how to train it,
//! and how to read it back.

use std::collections::BTreeMap;
use std::fmt::Debug;

use anyhow::{Context, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::learner::Learner;
use crate::config::{FieldError, TrainingConfig};
use crate::learning::agent::LearnerSetup;

/// A file of the model's zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in the zip, such as `forests/0.json`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What every kind of policy has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape<'a> {
    /// The exposures to choose from, increasing.
    pub exposures: &'a [f64],
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// Features of a row.
    pub n_features: usize,
}

/// A trained way to choose exposures: what a model wraps.
pub trait Policy: Debug + Send + Sync {
    /// Returns the name of its kind, as stored.
    fn kind(&self) -> &'static str;

    /// Returns what every kind has.
    fn shape(&self) -> Shape<'_>;

    /// Writes the value of each exposure into `values`, allocating
    /// nothing.
    fn values(&self, row: &[f64], values: &mut [f64]);

    /// Returns the exposure to hold when `position` is held,
    /// allocating nothing.
    fn act(&self, row: &[f64], position: f64) -> f64;

    /// Does as [`Policy::values`], and returns what [`Policy::act`] does.
    fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.values(row, values);
        self.act(row, position)
    }

    /// Returns what must be stored besides the shape.
    fn parts(&self) -> Result<Vec<Part>>;

    /// Returns how many splits ask for each feature, where the policy
    /// is made of trees.
    fn split_counts(&self) -> Option<Vec<u64>> {
        None
    }
}

/// How to train a policy, and how to read it back: given its shape and
/// the model's parts.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// How many bars a learner remembers, and the setting that says so.
    pub(super) memory_bars: fn(&TrainingConfig) -> (&'static str, usize),
    pub(super) learner: fn(&TrainingConfig, LearnerSetup) -> Result<Box<dyn Learner>>,
    pub(super) read: fn(Shape<'_>, &Parts) -> Result<Box<dyn Policy>>,
}

macro_rules! kinds {
    ($($module:ident: $kind:ident, $doc:literal $(, settings $settings:ty)?;)+) => {
        $(mod $module;)+

        /// Which kind of model is trained.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ModelKind {
            $(#[doc = $doc] $kind,)+
        }

        /// The settings of the kinds that have some of their own.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct ModelSettings {
            $($(#[doc = $doc] pub $module: $settings,)?)+
        }

        impl ModelSettings {
            /// Checks every setting against its range.
            pub fn validate(&self) -> Result<(), FieldError> {
                $($(<$settings>::validate(&self.$module)?;)?)+
                Ok(())
            }
        }

        impl ModelKind {
            fn kind(self) -> &'static Kind {
                match self {
                    $(Self::$kind => &$module::KIND,)+
                }
            }
        }

        /// The kinds of policy that a model may hold.
        const KINDS: &[Kind] = &[$($module::KIND),+];
    };
}

kinds! {
    fitted_q: FittedQ, "Fitted Q iteration; its settings are `agent`'s.";
    forecast: Forecast, "A forecast and a threshold.", settings crate::learning::forecast::ForecastConfig;
}

#[expect(clippy::derivable_impls, reason = "the macro gives its variants no attribute")]
impl Default for ModelKind {
    fn default() -> Self {
        Self::FittedQ
    }
}

impl ModelKind {
    /// Returns its name, as in the settings and in models.
    pub fn name(self) -> &'static str {
        self.kind().name
    }

    /// Returns the setting that says how many bars a learner remembers,
    /// and what `config` has there.
    pub fn memory_bars(self, config: &TrainingConfig) -> (&'static str, usize) {
        (self.kind().memory_bars)(config)
    }

    /// Returns a learner of this kind with the settings of `config`.
    ///
    /// Fails when one of them is out of range.
    pub fn learner(self, config: &TrainingConfig, setup: LearnerSetup) -> Result<Box<dyn Learner>> {
        (self.kind().learner)(config, setup)
    }
}

pub(super) fn find(name: &str) -> Result<&'static Kind> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.with_context(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        format!("the kind `{name}` is unknown; this program knows `{}`", known.join("`, `"))
    })
}

/// The parts of a model by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parts(pub(super) BTreeMap<String, Vec<u8>>);

impl Parts {
    pub(super) fn get(&self, name: &str) -> Result<&[u8]> {
        self.0.get(name).map(Vec::as_slice).with_context(|| format!("the part `{name}` is missing"))
    }

    /// Reads the part `name` as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let bytes = self.get(name)?;
        serde_json::from_slice(bytes).with_context(|| format!("the part `{name}` is damaged"))
    }
}
