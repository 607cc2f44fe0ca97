//! Arguments of all tasks, or of several; and where they may stand on the
//! command line of a task that forwards the rest.

use std::ffi::OsString;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use crate::workspace::text::Colour;

/// The arguments of every task.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Work in this workspace [default: the one around the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Print the result as text for people or as one JSON document
    #[arg(
        long,
        global = true,
        value_name = "text|json",
        default_value = "text",
        hide_possible_values = true
    )]
    pub format: Format,
    /// Print nothing but warnings and errors on stderr
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Write in colour
    #[arg(
        long,
        global = true,
        value_name = "auto|always|never",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Colour,
    /// Take this as the current time, in RFC 3339, for tests
    #[arg(long, global = true, value_name = "TIME", hide = true)]
    pub clock: Option<DateTime<Utc>>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// A table with typed columns; of `export` alone
    #[value(hide = true)]
    Parquet,
    /// A table as text; of `export`, `predict` and `sweep results`
    #[value(hide = true)]
    Csv,
}

impl Format {
    /// Whether it is a format of tables.
    pub fn is_of_tables(self) -> bool {
        matches!(self, Self::Parquet | Self::Csv)
    }
}

/// Returns the value of `--color` in `arguments`, which must be known
/// before clap parses them, since it may print help.
pub fn colour_of(arguments: &[OsString]) -> Option<Colour> {
    let value = value_of("--color", arguments)?;
    Colour::from_str(&value.to_string_lossy(), false).ok()
}

/// Returns the last value of `flag` in `arguments` that clap has not
/// parsed.
pub fn value_of(flag: &str, arguments: &[OsString]) -> Option<OsString> {
    let mut values = arguments.iter().enumerate().filter_map(|(idx, word)| {
        if word == flag {
            // Bash splits `--flag=value` into three words for completion.
            return arguments[idx + 1..].iter().find(|word| *word != "=").cloned();
        }
        let rest = word.to_str()?.strip_prefix(flag)?.strip_prefix('=')?;
        Some(OsString::from(rest))
    });
    values.next_back()
}

/// The argument of tasks with a dry run.
#[derive(Debug, Args)]
pub struct DryRunArgs {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The argument that names an archive.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// The archive's name, its time alone, or `latest`
    pub name: String,
}

/// The tasks that forward unknown arguments to the trainer.
const TASKS: [&str; 2] = ["simulate", "metrics"];
/// Our flags with a value; `--format` is also the trainer's.
const WITH_VALUE: [&str; 4] = ["--root", "--trainer-bin", "--color", "--clock"];
const ALONE: &str = "--quiet";

/// Returns the command line with our own flags before the trainer's, if
/// the task forwards arguments: clap treats everything after the first
/// unknown flag as the trainer's. Arguments after `--` are not moved.
pub fn own_flags_first(arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(task) = forwarding_task_idx(&arguments) else { return arguments };
    let mut words = arguments.into_iter();
    let mut ordered: Vec<OsString> = words.by_ref().take(task + 1).collect();
    let mut others = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            others.push(word);
            break;
        }
        let takes_next = WITH_VALUE.iter().any(|flag| word == *flag);
        if takes_next || word == ALONE || has_value(&word) {
            ordered.push(word);
            ordered.extend(words.by_ref().take(usize::from(takes_next)));
        } else {
            others.push(word);
        }
    }
    ordered.extend(others);
    ordered.extend(words);
    ordered
}

/// Returns the index of the task's name, if it forwards arguments.
fn forwarding_task_idx(arguments: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while arguments.get(at)?.to_string_lossy().starts_with('-') {
        let takes_next = WITH_VALUE.iter().chain(&["--format"]).any(|flag| arguments[at] == *flag);
        at += 1 + usize::from(takes_next);
    }
    TASKS.iter().any(|task| arguments[at] == *task).then_some(at)
}

/// Whether `word` is one of our flags with its value, as in `--x=v`.
fn has_value(word: &OsString) -> bool {
    let word = word.to_string_lossy();
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| WITH_VALUE.contains(&name))
}
