//! Runs other programs: git, cargo, the trainer, TensorBoard, restic,
//! Slurm.
//!
//! `process` is the only file that starts processes. A program that fails
//! is an error, never an empty result. This folder may use `workspace`.

pub mod features;
pub mod process;
pub mod restic;
pub mod slurm;
