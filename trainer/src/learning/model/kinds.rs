//! The table of the kinds of policy.
//!
//! A new kind is a variant of [`ModelKind`], a file in `kinds/` with its
//! [`KindEntry`], and a line below.

use anyhow::{Context, Result};

use super::kind_entry::KindEntry;
use crate::config::{ModelKind, TrainingConfig};
use crate::learning::{Learner, LearnerSetup};

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

        /// All kinds of policy.
        const KINDS: &[KindEntry] = &[$($module::KIND),+];
    };
}

kinds! {
    fitted_q: FittedQ;
    forecast: Forecast;
}

impl ModelKind {
    /// Returns the name of the setting for the number of bars that a
    /// learner remembers, and its value in `config`.
    pub fn memory_bars(self, config: &TrainingConfig) -> (&'static str, usize) {
        (self.entry().memory_bars)(config)
    }

    /// Returns a learner of this kind with the settings of `config`.
    ///
    /// Fails when a setting is out of range.
    pub fn learner(self, config: &TrainingConfig, setup: LearnerSetup) -> Result<Box<dyn Learner>> {
        (self.entry().learner)(config, setup)
    }
}

/// Returns the kind with the name `name`.
pub(super) fn find(name: &str) -> Result<&'static KindEntry> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.with_context(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        format!("the kind `{name}` is unknown; this program knows `{}`", known.join("`, `"))
    })
}
