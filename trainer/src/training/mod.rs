//! Training and evaluation: the loop over windows, episodes and batches.
//!
//! `train` is the training run, `audit` checks its figures and `leaks`
//! searches for look-ahead; `predict` applies a model to bars and
//! `simulate` given exposures. It may use every folder but `cli`.

pub mod audit;
pub mod leaks;
pub mod predict;
pub mod simulate;
pub mod train;
