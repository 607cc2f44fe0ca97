//! `diff`: compares two archives.

use anyhow::Result;

use super::{CommandContext, TaskOutput, locate};
use crate::cli::DiffArgs;
use crate::programs::restic::Restic;
use crate::vault::diff::{self, ComparedArchive};
use crate::vault::remote;
use crate::workspace::exit::Exit;

/// Compares the archives that `args` names.
pub fn run(context: &mut CommandContext<'_>, args: &DiffArgs) -> Result<TaskOutput> {
    let a = side(context, &args.a)?;
    let b = side(context, &args.b)?;
    Ok(TaskOutput::of(&diff::diff(&a, &b), Exit::Done))
}

fn side(context: &mut CommandContext<'_>, name: &str) -> Result<ComparedArchive> {
    if let Some(name) = name.strip_prefix(remote::PREFIX) {
        // The description suffices; the zip is not downloaded.
        let archives =
            remote::read(&Restic::of(context.workspace, context.interrupt)?, context.workspace)?;
        return Ok(remote::find(&archives, name)?.to_compared_archive());
    }
    let (side, damages) = diff::read(&locate(context, name)?)?;
    context.warn(damages.iter().map(|damage| {
        let part = damage.path.as_deref().unwrap_or("the archive");
        format!("`{}`: {part}: {}", side.name, damage.problem)
    }));
    Ok(side)
}
