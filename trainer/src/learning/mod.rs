//! Machine learning: the regressions and the two learners that use them.
//!
//! `forest` holds the regressions, `agent` is fitted Q iteration,
//! `forecast` trades by a forecast of the next return, `judgement` decides
//! on held-out bars whether either has an edge, and `model` saves and
//! loads policies. `policy` and `learner` are what all kinds have in
//! common, `memory` remembers the bars of both. Only `forest/library` uses
//! smartcore. This folder may use `session`, `account`, `market` and
//! `config`.

pub mod agent;
pub mod forecast;
pub mod forest;
pub mod judgement;
pub mod model;

mod learner;
mod memory;
mod policy;

pub use learner::{Learner, LearnerSetup, RefitStats};
pub use policy::{ModelPart, Policy, Shape};
