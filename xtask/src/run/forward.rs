//! Tasks that are the trainer's own: they pass through.

use anyhow::Result;

use crate::cli::{Format, ForwardArgs};
use crate::cycle::Job;
use crate::exit::Exit;
use crate::process;
use crate::train::trainer_binary;

use super::{Environment, Outcome, trainer_source};

/// Lets the trainer carry out `task` in the current folder.
pub(super) fn run(
    job: &mut Job<'_>,
    (task, args, format): (&str, &ForwardArgs, Format),
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let source = trainer_source(args.trainer_bin.as_deref(), environment);
    let binary = trainer_binary(job, &source)?;
    let mut arguments = vec![task.into()];
    // Only a `--format` before the trainer's own arguments is ours.
    if format == Format::Json {
        arguments.extend(["--format".into(), "json".into()]);
    }
    arguments.extend(args.arguments.iter().cloned());
    let (text, is_good) = process::trainer_text(&binary, &environment.current_folder, &arguments)?;
    let exit = if is_good { Exit::Done } else { Exit::Failed };
    Ok(Outcome { json: text.clone(), text, exit })
}
