//! Many trainings from one plan, each a session in a folder of its own.
//!
//! `spec` is what a user writes; `sample` and `sobol` choose values and
//! `plan` makes the settings of each trial of them, as pure functions.
//! `begin` plans from the workspace's settings. `head` is what a sweep
//! is, `folder` where it lies, `record` what a trial leaves. `attempt`
//! runs a trial and publishes it, once, by renaming its folder, and
//! `session` trains in it by the ordinary cycle; `stopped` says why one
//! came to nothing, `amend` lets a spec change then; `local` runs trials
//! side by side, as many as `capacity` says, and `slurm` lets a cluster run
//! them. `status` counts; `results`
//! ranks, by `curve` and `cscv` too, `table` lists, `select` chooses and
//! tests. The truth is in the folders: nothing else remembers what is
//! done.

pub mod amend;
pub mod attempt;
pub mod begin;
pub mod capacity;
pub mod cscv;
pub mod curve;
pub mod folder;
pub mod head;
pub mod local;
pub mod plan;
pub mod record;
pub mod results;
pub mod sample;
pub mod select;
pub mod session;
pub mod slurm;
pub mod sobol;
pub mod spec;
pub mod status;
pub mod stopped;
pub mod table;
