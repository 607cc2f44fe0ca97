//! Fitted Q iteration on bars: learns which exposure to hold when.
//!
//! Trades do not move prices and their costs are known. So each bar
//! gives the outcome of every exposure, no exploration is needed, and
//! the value function consists of one ensemble per exposure on market
//! features alone. After Ernst, Geurts and Wehenkel, Tree-based batch
//! mode reinforcement learning, JMLR 6 (2005).

mod learner;
mod policy;

mod iteration;

pub use crate::config::AgentConfig;
pub use learner::FittedQ;
pub use policy::FittedPolicy;
