//! Runs many trainings from one plan, each a session in its own folder.
//!
//! `spec` is the file that a user writes; `sample` and `sobol` choose
//! values, and `plan` makes the settings of each trial, as pure
//! functions. `prepare` plans from the workspace's settings. `definition`
//! is the content of `sweep.json`, `folder` the folder of a sweep,
//! `record` the content of `trial.json`. `attempt` runs a trial and
//! publishes it, once, by renaming its folder; `session` trains in it as
//! `train` does; `stopped` says why an attempt was stopped; `amend`
//! changes a spec afterwards. `local` runs as many trials in parallel as
//! cores and memory allow, and `slurm` runs them on a cluster. `status`
//! counts trials; `results` ranks them, also by `curve` and `cscv`;
//! `table` lists them; `select` chooses and tests. The state of a sweep
//! is in its folders only.

pub mod amend;
pub mod attempt;
pub mod cscv;
pub mod curve;
pub mod definition;
pub mod folder;
pub mod local;
pub mod plan;
pub mod prepare;
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
