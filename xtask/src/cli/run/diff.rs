//! `diff`: compares two archives.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{ProcessContext, TaskOutput, locate, outcome};
use crate::cli::DiffArgs;
use crate::tasks::TaskContext;
use crate::terminal::report::DiffReport;
use crate::vault::diff::{self, ComparedArchive};
use crate::vault::restore::{self, FileSource, RestoreItem};
use crate::workspace::exit::Exit;

/// The largest settings file that is compared key by key, in bytes.
const CONFIG_BYTES_MAX: u64 = 16 << 20;

/// Compares the archives that `args` names.
pub fn run(
    context: &mut TaskContext<'_>,
    args: &DiffArgs,
    process_context: &ProcessContext<'_>,
) -> Result<TaskOutput> {
    let a = side(context, &args.a, process_context)?;
    let b = side(context, &args.b, process_context)?;
    Ok(outcome(&DiffReport { format: 1, diff: diff::diff(&a, &b) }, Exit::Done))
}

fn side(
    context: &mut TaskContext<'_>,
    name: &str,
    process_context: &ProcessContext<'_>,
) -> Result<ComparedArchive> {
    let path = locate(context, name, process_context)?;
    let mut source = restore::open(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for damage in &source.damage {
        let part = damage.path.as_deref().unwrap_or("the archive");
        (context.notes)(&format!("warning: `{name}`: {part}: {}", damage.problem));
    }
    let mut side =
        ComparedArchive { name, manifest: source.manifest.clone(), ..ComparedArchive::default() };
    for item in source.items.clone() {
        let digest = match &item.sha256 {
            Some(digest) => digest.clone(),
            None => read(&mut source, &item, &mut std::io::sink())
                .with_context(|| format!("failed to read `{}` of `{}`", item.path, side.name))?,
        };
        if is_config(&item) {
            let mut bytes = Vec::new();
            read(&mut source, &item, &mut bytes)
                .with_context(|| format!("failed to read `{}` of `{}`", item.path, side.name))?;
            if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                side.config.insert(item.path.clone(), value);
            }
        }
        side.files.insert(item.path, digest);
    }
    Ok(side)
}

fn is_config(item: &RestoreItem) -> bool {
    item.path.starts_with("config/")
        && Path::new(&item.path).extension().is_some_and(|extension| extension == "json")
        && item.size_bytes <= CONFIG_BYTES_MAX
}

/// Reads one file whole into `sink`, which is empty, and returns its
/// digest.
fn read<W: Write + Rewind>(
    source: &mut FileSource,
    item: &RestoreItem,
    sink: &mut W,
) -> Result<String> {
    match source.copy(item, sink, Rewind::rewind)? {
        Ok(copied) => Ok(copied.sha256),
        Err(problem) => bail!("{problem}; `cargo xtask verify` tells more"),
    }
}

/// A sink that can begin anew.
trait Rewind {
    fn rewind(&mut self) -> std::io::Result<()>;
}

impl Rewind for Vec<u8> {
    fn rewind(&mut self) -> std::io::Result<()> {
        self.clear();
        Ok(())
    }
}

impl Rewind for std::io::Sink {
    fn rewind(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
