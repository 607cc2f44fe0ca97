//! Trains, judges and replays: the loop over windows, episodes, batches.
//!
//! `train` is the training run, `leaks` looks for look-ahead, `predict`
//! and `simulate` apply a model or given exposures to bars. It may use
//! every folder but `cli`.

pub mod audit;
pub mod leaks;
pub mod predict;
pub mod simulate;
pub mod train;
