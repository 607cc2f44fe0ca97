//! Many trainings from one plan, each a session in a folder of its own.
//!
//! `spec` is what a user writes; `sample` and `sobol` choose values and
//! `plan` makes the settings of each trial of them, as pure functions.
//! `head` is what a sweep
//! is, `folder` where it lies; `record` what a trial leaves; `attempt`
//! runs one and publishes it, once, by renaming its folder; `local` runs
//! them side by side; `begin` plans from the workspace's settings; `capacity` says how many. `session` trains one by
//! the ordinary cycle. `status` counts. The truth is in the folders:
//! nothing else remembers what is done.

pub mod attempt;
pub mod begin;
pub mod capacity;
pub mod folder;
pub mod head;
pub mod local;
pub mod plan;
pub mod record;
pub mod sample;
pub mod session;
pub mod sobol;
pub mod spec;
pub mod status;
