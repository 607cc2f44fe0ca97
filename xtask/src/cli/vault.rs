//! The arguments of the tasks on existing archives.

use clap::Args;

use super::global::DryRunArgs;
use crate::tasks::steps::parse_tag;
use crate::vault::retention::{Best, Count, RetentionConfig};

/// The arguments of `prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Whether it is a dry run.
    #[command(flatten)]
    pub dry_run: DryRunArgs,
    /// Delete at once instead of moving to the trash
    #[arg(long)]
    pub now: bool,
    /// Remove from the remote repository, each machine's workspaces by themselves; this cannot be undone
    #[arg(long, conflicts_with_all = ["now", "keep_pushed_only"])]
    pub remote: bool,
    /// Keep what was not pushed to the remote repository and read back from there
    #[arg(long)]
    pub keep_pushed_only: bool,
    /// What to keep.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// What to keep. Any of these flags replaces the settings' policy.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to keep (one rule that fits is enough)")]
pub struct KeepArgs {
    /// The rules that the settings have, too.
    #[command(flatten)]
    pub rules: RetentionConfig,
    /// Keep the best N by --metric
    #[arg(long, value_name = "N|unlimited", requires = "metric")]
    pub keep_best: Option<Count>,
    /// The agent's figure that --keep-best goes by; drawdowns, volatility, turnover, errors and
    /// costs are better when lower
    #[arg(long, value_name = "NAME", requires = "keep_best")]
    pub metric: Option<String>,
}

impl KeepArgs {
    /// Returns the policy of the flags; `None` without any.
    pub fn policy(&self) -> Option<RetentionConfig> {
        let best = self.keep_best.zip(self.metric.clone());
        let keep_best = best.map(|(n, metric)| Best { n, metric });
        let rules = RetentionConfig { keep_best, ..self.rules.clone() };
        (rules != RetentionConfig::default()).then_some(rules)
    }
}

/// The arguments of `tag`.
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

/// The arguments of `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
    /// Say why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The arguments of `note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
    /// The note; an empty one removes it
    pub text: String,
}

/// The arguments of `undelete`.
#[derive(Debug, Args)]
pub struct UndeleteArgs {
    /// The archive's or backup's name; without one the trash is listed
    #[arg(conflicts_with = "all")]
    pub name: Option<String>,
    /// Bring everything back
    #[arg(long)]
    pub all: bool,
}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do what the check proposes
    #[arg(long)]
    pub fix: bool,
}
