//! The kinds of policy that models may hold.
//!
//! A new kind is a variant of [`ModelKind`], a file in `kinds/` and its
//! line below: from that line come how to train it and how to read it
//! back.

use anyhow::{Context, Result};

use super::learner::{KindEntry, Learner};
use crate::config::{ModelKind, TrainingConfig};
use crate::learning::agent::LearnerSetup;

macro_rules! kinds {
    ($($module:ident: $kind:ident;)+) => {
        $(mod $module;)+

        impl ModelKind {
            fn entry(self) -> &'static KindEntry {
                match self {
                    $(Self::$kind => &$module::KIND,)+
                }
            }
        }

        /// The kinds of policy that a model may hold.
        const KINDS: &[KindEntry] = &[$($module::KIND),+];
    };
}

kinds! {
    fitted_q: FittedQ;
    forecast: Forecast;
}

impl ModelKind {
    /// Returns its name, as in the settings and in models.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns the setting that says how many bars a learner remembers,
    /// and what `config` has there.
    pub fn memory_bars(self, config: &TrainingConfig) -> (&'static str, usize) {
        (self.entry().memory_bars)(config)
    }

    /// Returns a learner of this kind with the settings of `config`.
    ///
    /// Fails when one of them is out of range.
    pub fn learner(self, config: &TrainingConfig, setup: LearnerSetup) -> Result<Box<dyn Learner>> {
        (self.entry().learner)(config, setup)
    }
}

pub(super) fn find(name: &str) -> Result<&'static KindEntry> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.with_context(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        format!("the kind `{name}` is unknown; this program knows `{}`", known.join("`, `"))
    })
}
