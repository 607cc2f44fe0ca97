//! Learns when to hold which exposure: fitted Q iteration on bars.
//!
//! The trader moves no prices and knows its costs, so one ensemble a
//! target exposure, on market features alone, is the whole value
//! function: every bar teaches every exposure, and nothing has to be
//! explored. After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005).

mod learner;
mod policy;

mod backup;
mod experience;
mod iteration;

mod inner;
mod memory;

pub use crate::config::AgentConfig;
pub use backup::{Backup, DiscountedBackup, NextValues, Outcome, TradingBackup};
pub use experience::{Experience, Step, Steps, Transition};
pub use iteration::{
    FittedIteration, IterationInput, IterationOptions, IterationResult, LinearStart, PreviousValues,
};
pub use learner::{FittedQ, LearnerSetup, RefitStats};
pub use policy::FittedPolicy;

pub(crate) use policy::choose;
