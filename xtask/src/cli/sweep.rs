//! The arguments of `sweep`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::tasks::sweep::definition::Engine;

/// The text that follows its help.
pub const EXAMPLES: &str = "\
Each trial is a session of its own in sweeps/NAME/trials/. Trials are ranked on validation bars;
the last bars, `holdout_ratio` of the spec, test the chosen combination once, at the end.
On Slurm, arrays of jobs run the trials, as `slurm` of the spec says, and one more job runs the test;
`status` says what the cluster runs, keeps waiting and has lost, and `resume` submits what is missing.
Exits with 3 when trials have failed, with 1 when some are missing.

Examples:
  cargo xtask sweep ridge.json --dry-run
  cargo xtask sweep ridge.json
  cargo xtask sweep ridge.json --engine slurm
  cargo xtask sweep status
  cargo xtask sweep resume ridge
  cargo xtask sweep resume ridge --spec ridge.json --retry-failed";

/// The arguments of `sweep`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SweepArgs {
    /// Begin the sweep that this file describes
    #[arg(value_name = "SPEC.json", required = true)]
    pub spec: Option<PathBuf>,
    /// Run trials here side by side, on a Slurm cluster, or from outside by `sweep trial INDEX`
    #[arg(
        long,
        value_name = "local|slurm|external",
        default_value = "local",
        hide_possible_values = true
    )]
    pub engine: Engine,
    /// Show the trials and train nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How trials are run.
    #[command(flatten)]
    pub run: SweepRunArgs,
    /// What to do with a sweep that was begun.
    #[command(subcommand)]
    pub command: Option<SweepCommand>,
}

/// How trials are run.
#[derive(Debug, Clone, Args)]
pub struct SweepRunArgs {
    /// Run this many trials at once [default: as many as cores and memory allow]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}

/// What to do with a sweep that was begun.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Print which trials are done, failed or missing
    Status(SweepNameArgs),
    /// Run what is missing
    Resume {
        /// Which sweep.
        #[command(flatten)]
        name: SweepNameArgs,
        /// Use the limits and the `metric` of this changed spec
        #[arg(long, value_name = "SPEC.json")]
        spec: Option<PathBuf>,
        /// Train failed trials again, too
        #[arg(long)]
        retry_failed: bool,
        /// How trials are run.
        #[command(flatten)]
        run: SweepRunArgs,
    },
    /// Stop the sweep, wherever its trials run; `resume` goes on with it
    Cancel(SweepNameArgs),
    /// Rank combinations on validation bars, and print the test result; `--format csv` has a row a
    /// trial
    Results {
        /// Which sweep.
        #[command(flatten)]
        name: SweepNameArgs,
        /// Write one HTML page to this file, which works offline
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Choose a combination and test it once, when every trial is over; `resume` does so, too
    Merge {
        /// Which sweep.
        #[command(flatten)]
        name: SweepNameArgs,
        /// Run this trainer instead of building the workspace's own
        #[arg(long, value_name = "PATH")]
        trainer_bin: Option<PathBuf>,
    },
    /// Run one trial, or some in a row, as schedulers do
    Trial(TrialArgs),
}

/// Which sweep.
#[derive(Debug, Clone, Args)]
pub struct SweepNameArgs {
    /// The sweep [default: the newest]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// The arguments of `sweep trial`.
#[derive(Debug, Args)]
pub struct TrialArgs {
    /// The trial's index, from 0
    #[arg(value_name = "INDEX")]
    pub index: u64,
    /// Run this many trials, from that one on, one after another
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: u64,
    /// The sweep [default: the newest]
    #[arg(long, value_name = "NAME")]
    pub sweep: Option<String>,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}
