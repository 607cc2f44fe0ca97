//! Learns when to hold which exposure: fitted Q iteration on bars.
//!
//! The trader moves no prices and knows its costs, so one ensemble a
//! target exposure, on market features alone, is the whole value
//! function: every bar teaches every exposure, and nothing has to be
//! explored. After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005).

mod config;
mod learner;
mod memory;
mod policy;

pub use config::AgentConfig;
pub use learner::{BackupReport, FittedQ, LearnerSetup};
pub use policy::FittedPolicy;

pub(crate) use policy::choose;
