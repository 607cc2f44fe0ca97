//! Arguments of all tasks, or of several.

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
