//! What the tasks on existing archives may be told.

use clap::Args;

use super::{DryRunArgs, KeepArgs, parse_tag};

/// What `prune` may be told.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Whether to act.
    #[command(flatten)]
    pub dry_run: DryRunArgs,
    /// Delete at once instead of moving to the trash
    #[arg(long)]
    pub now: bool,
    /// What to keep.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// What `tag` may be told.
#[derive(Debug, Args)]
pub struct TagArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
    /// Add this tag; may be repeated
    #[arg(long, value_name = "TAG", value_parser = parse_tag, required_unless_present = "remove")]
    pub add: Vec<String>,
    /// Remove this tag; may be repeated
    #[arg(long, value_name = "TAG", value_parser = parse_tag)]
    pub remove: Vec<String>,
}

/// What `pin` may be told.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
    /// Say why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What `note` may be told.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
    /// The sentence; empty takes the note away
    pub text: String,
}

/// What `undelete` may be told.
#[derive(Debug, Args)]
pub struct UndeleteArgs {
    /// The archive's or backup's name; without one the trash is listed
    #[arg(conflicts_with = "all")]
    pub name: Option<String>,
    /// Bring everything back
    #[arg(long)]
    pub all: bool,
}

/// What `doctor` may be told.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do what it proposes
    #[arg(long)]
    pub fix: bool,
}
