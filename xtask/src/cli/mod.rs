//! The command line: the arguments, and the task that each starts.
//!
//! `run` runs one task and returns what to print; `program` and
//! `standalone` handle the differences between `cargo xtask` and an
//! installed program. This folder may use all others: `terminal`,
//! `tasks`, `vault`, `programs`, `workspace`.

pub mod program;
pub mod run;
#[cfg(feature = "standalone")]
pub mod standalone;

mod global;
mod help;
mod remote;
mod restore;
mod show;
mod sweep;
mod train;
mod vault;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::tasks::steps::ArchiveLabel;

pub use global::{DryRunArgs, Format, GlobalArgs, NameArgs, colour_of, own_flags_first, value_of};
pub use remote::{PullArgs, PushArgs, RemoteArgs, RemoteTask, RemoteVerifyArgs, Sample};
pub use restore::{DiffArgs, RestoreArgs, VerifyArgs};
pub use show::{
    CompareArgs, ExportArgs, ListArgs, PageArgs, ReportArgs, ShowArgs, TensorboardArgs,
};
pub use sweep::{SweepArgs, SweepCommand, TrialArgs};
pub use train::{
    ForwardArgs, PredictArgs, ReadingArgs, ReproduceArgs, TrainArgs, WatchArgs, WindowMode,
};
pub use vault::{DoctorArgs, NoteArgs, PinArgs, PruneArgs, TagArgs, UndeleteArgs};

/// Train models without ever losing one
#[derive(Debug, Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with warnings, \
                  10 nothing to do, 11 locked by another process, 12 a gate was missed, 13 a leak was found, \
                  20 no restic, 21 no remote repository, 22 its password is wrong, 23 it cannot be \
                  reached, 24 it is full, 25 it is damaged, 26 restic failed otherwise, \
                  130 interrupted"
)]
pub struct Cli {
    /// The arguments of every task.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Archive the old session, train a new one from a clean workspace, seal and archive it
    #[command(after_help = help::TRAIN)]
    Train(TrainArgs),
    /// Archive the workspace as it is now
    #[command(after_help = "Examples:
  cargo xtask archive
  cargo xtask archive --tag before-refactoring --note \"the run of the paper\"")]
    Archive(ArchiveLabel),
    /// Archive the session in the workspace and move it to backups/
    #[command(after_help = "Examples:
  cargo xtask clean-workspace --dry-run
  cargo xtask clean-workspace")]
    CleanWorkspace(DryRunArgs),
    /// Remove old archives and backups by rules, as restic's forget does
    #[command(after_help = help::PRUNE)]
    Prune(PruneArgs),
    /// Bring archives and backups back from the trash
    #[command(after_help = "Examples:
  cargo xtask undelete
  cargo xtask undelete 20260102_030405
  cargo xtask undelete --all")]
    Undelete(UndeleteArgs),
    /// Add tags to an archive, or remove them
    #[command(after_help = "Examples:
  cargo xtask tag latest --add paper --add final
  cargo xtask tag 20260102_030405 --remove final")]
    Tag(TagArgs),
    /// Keep an archive whatever the retention policy says
    #[command(after_help = "Examples:
  cargo xtask pin latest --reason \"the model of the paper\"
  cargo xtask pin 20260102_030405")]
    Pin(PinArgs),
    /// Remove the pin of an archive
    #[command(after_help = "Examples:
  cargo xtask unpin 20260102_030405")]
    Unpin(NameArgs),
    /// Write a note on an archive
    #[command(after_help = "Examples:
  cargo xtask note latest \"wider stops, better\"")]
    Note(NoteArgs),
    /// Check the workspace for leftovers, inconsistencies and lack of space
    #[command(after_help = "Exits with 3 when it finds something that it has not put right.

Examples:
  cargo xtask doctor
  cargo xtask doctor --fix")]
    Doctor(DoctorArgs),
    /// Show what is in the workspace and what the next train would do
    #[command(after_help = "It only reads, and works while a training runs.

Examples:
  cargo xtask status
  cargo xtask status --format json")]
    Status,
    /// List the archives, newest first
    #[command(after_help = "Examples:
  cargo xtask list
  cargo xtask list --sort sharpe --tag paper --status completed --limit 10
  cargo xtask list --since 2026-01-31 --format json
  cargo xtask list --remote --sort sharpe")]
    List(ListArgs),
    /// Show what an archive holds
    #[command(after_help = "Examples:
  cargo xtask show latest
  cargo xtask show 20260102_030405 --format json
  cargo xtask show latest --remote")]
    Show(ShowArgs),
    /// Train an archived session again, elsewhere, and compare the models byte for byte
    #[command(after_help = "Exits with 1 when the models differ, and says in what the sessions do.

Examples:
  cargo xtask reproduce latest
  cargo xtask reproduce 20260102_030405 --format json")]
    Reproduce(ReproduceArgs),
    /// Make the page of a session: one HTML file that works offline
    #[command(
        after_help = "Without a name, that of the session in the workspace, which train also \
writes to
logs/report.html.

Examples:
  cargo xtask report --open
  cargo xtask report latest --out report.html"
    )]
    Report(ReportArgs),
    /// Make one page of several sessions, and say in what they differ
    #[command(after_help = "Examples:
  cargo xtask compare 20260101_120000 latest --open
  cargo xtask compare 20260101_120000 latest . --format json")]
    Compare(CompareArgs),
    /// Print how files of bars are read: columns, times, symbols, gaps, warnings
    #[command(after_help = "All but --trainer-bin goes to the trainer; `-- --help` lists it.

Examples:
  cargo xtask bars bars.csv
  cargo xtask bars prices.csv --time-format day_first --column close=Last --format json")]
    Bars(ForwardArgs),
    /// Replay any strategy's exposures through the account that the agent trades in
    #[command(after_help = "All but --trainer-bin goes to the trainer; `-- --help` lists it.

Examples:
  cargo xtask simulate --data bars.csv --signals signals.csv --leverage 2 --out replay
  cargo xtask simulate --data bars.csv --signals signals.csv --commission 10 --format json")]
    Simulate(ForwardArgs),
    /// Measure any equity curve: Sharpe ratio with its interval, drawdown, tails
    #[command(after_help = "All but --trainer-bin goes to the trainer; `-- --help` lists it.

Examples:
  cargo xtask metrics --equity logs/trades/equity.csv
  cargo xtask metrics --equity curve.csv --trials 40 --trial-variance 0.0004")]
    Metrics(ForwardArgs),
    /// Watch a running training: curves, last trades, memory
    #[command(after_help = "It only reads: start and leave it at any time, also over ssh. \
`q`, Esc and ctrl-C leave it, with
exit code 0; a signal ends it with 130.

Examples:
  cargo xtask watch
  cargo xtask watch --once")]
    Watch(WatchArgs),
    /// Print the exposure that a saved model chooses after each bar
    #[command(after_help = "One row a bar: time, exposure (position value as a multiple of \
equity, to hold from the next bar's
open on) and a note: warm_up, before_start, in_sample or bankrupt. As text the rows are CSV. With
`--data -` bars are read from stdin, and each row is out as soon as its bar is in.

Examples:
  cargo xtask predict --model latest --data new_bars.csv
  cargo xtask predict --model models/memory_efficient_model_final.zip --data bars.csv --format json
  tail -f bars.csv | cargo xtask predict --quiet --model latest --data - --position 1")]
    Predict(PredictArgs),
    /// Train many times: a grid or a sample of settings, seeds, symbols and windows
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(SweepArgs),
    /// Start TensorBoard on the live curves, or on those of archives
    #[command(after_help = "Archives are unpacked to a cache, their digests checked; several \
compare in the HPARAMS
tab. `.` is the session in the workspace. What follows `--` goes to TensorBoard.

Examples:
  cargo xtask tensorboard
  cargo xtask tensorboard . latest 20260102_030405
  cargo xtask tensorboard latest -- --port 6007")]
    Tensorboard(TensorboardArgs),
    /// Write a session for other tools: tables in Parquet or CSV, the model as ONNX, an MLflow run
    #[command(after_help = "--format parquet and --format csv choose the form of the tables; \
without --onnx and --mlflow
they are written in Parquet. Nothing is overwritten.

Examples:
  cargo xtask export
  cargo xtask export latest --format csv --out tables
  cargo xtask export latest --onnx model.onnx
  cargo xtask export --all --mlflow mlruns")]
    Export(ExportArgs),
    /// Read an archive back, every byte of it, and report any damage
    #[command(after_help = "Exits with 1 when an archive is damaged.

Examples:
  cargo xtask verify
  cargo xtask verify --all --format json
  cargo xtask verify 20260102_030405 --load
  cargo xtask verify --remote --sample 10%")]
    Verify(VerifyArgs),
    /// Bring files of an archive back, each checked on the way
    #[command(after_help = "Into the workspace, what is there is archived first. Files from \
root_checkpoints/ go to the root. Without --only, git/dirty.patch, MANIFEST.json and SHA256SUMS \
stay in the archive. From a damaged archive all that is intact is restored, with exit code 3.

Examples:
  cargo xtask restore latest --into /tmp/look
  cargo xtask restore 20260102_030405 --only models/ --overwrite if-changed
  cargo xtask restore latest --dry-run")]
    Restore(RestoreArgs),
    /// Push archives to the remote repository, and read each back from there
    #[command(after_help = help::PUSH)]
    Push(PushArgs),
    /// Pull an archive from the remote repository, verified before it gets its name
    #[command(after_help = help::PULL)]
    Pull(PullArgs),
    /// Make the remote repository, or check it
    #[command(after_help = help::REMOTE)]
    Remote(RemoteArgs),
    /// Write the manual pages of this program and its tasks
    #[command(after_help = "Examples:
  cargo xtask manual --out man1
  man --local-file man1/trainvault-train.1")]
    Manual(ManualArgs),
    /// Compare two archives: files, settings, metrics, commits and data
    #[command(after_help = "Examples:
  cargo xtask diff 20260101_120000 latest
  cargo xtask diff 20260101_120000 latest --format json
  cargo xtask diff latest remote:20260101_120000")]
    Diff(DiffArgs),
}

impl Task {
    /// Whether it runs as long as a trainer.
    pub fn is_long(&self) -> bool {
        matches!(self, Self::Train(_) | Self::Sweep(_) | Self::Reproduce(_) | Self::Watch(_))
    }
}

impl Format {
    /// Whether `task` can print its result in this format.
    pub fn fits(self, task: &Task) -> bool {
        match self {
            Self::Text | Self::Json => true,
            Self::Parquet => matches!(task, Task::Export(_)),
            Self::Csv => matches!(task, Task::Export(_) | Task::Predict(_) | Task::Sweep(_)),
        }
    }
}

/// The arguments of `manual`.
#[derive(Debug, Args)]
pub struct ManualArgs {
    /// Write them into this folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
