//! The command line: `program` runs the subcommands, each of which is a
//! module.

mod bars;
mod check_model;
mod exit;
#[cfg(feature = "full")]
mod export;
mod metrics;
mod predict;
mod program;
mod report;
mod simulate;
mod train;
#[cfg(feature = "full")]
mod watch;

pub use program::main;

use std::path::Path;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Returns a parser of the settings `names`, each a value of `T` in JSON.
fn one_of<T>(names: impl Into<PossibleValuesParser>) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    names.into().try_map(|name| T::deserialize(StrDeserializer::<Error>::new(&name)))
}

/// Fails unless the workspace `root` is a folder.
fn check_root(root: &Path) -> Result<()> {
    ensure!(
        root.is_dir(),
        "there is no folder `{}`; name the workspace with `--root`",
        root.display()
    );
    Ok(())
}
