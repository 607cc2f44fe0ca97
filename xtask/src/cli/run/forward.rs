//! Tasks that are forwarded to the trainer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::{Format, ForwardArgs, PredictArgs, WatchArgs};
use crate::programs::{features, process};
use crate::tasks::train::{full_trainer_binary, trainer_binary, trainer_text};
use crate::workspace::exit::{Exit, TrainerExit};

use super::{CommandContext, TaskOutput, locate};

/// Runs `task` of the trainer in the current folder.
pub(super) fn run(
    context: &mut CommandContext<'_>,
    task: &str,
    args: &ForwardArgs,
) -> Result<TaskOutput> {
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let mut arguments = vec![task.into()];
    // A `--format` among the trainer's own arguments takes precedence.
    let has_format = args
        .arguments
        .iter()
        .any(|word| word == "--format" || word.to_string_lossy().starts_with("--format="));
    if context.format() == Format::Json && !has_format {
        arguments.extend(["--format".into(), "json".into()]);
    }
    arguments.extend(args.arguments.iter().cloned());
    let folder = context.current_folder;
    let (text, exit) = trainer_text(context, &source, folder, &arguments)?;
    Ok(TaskOutput { json: text.clone(), text, exit: Exit::of_trainer(exit) })
}

/// Runs `predict` of the trainer on this process's stdin and stdout, so
/// that rows are printed as bars arrive.
pub(super) fn predict(context: &mut CommandContext<'_>, args: &PredictArgs) -> Result<TaskOutput> {
    let model = model_file(context, &args.model)?;
    let source = context.trainer_source(args.trainer_bin.as_deref());
    // The trainer consumes stdin, so it cannot be run again with another
    // build.
    let binary = if features::is_parquet(&context.current_folder.join(&args.data)) {
        full_trainer_binary(context, &source)
    } else {
        trainer_binary(context, &source)
    }?;
    let mut arguments: Vec<OsString> = vec!["predict".into(), "--model".into(), model.into()];
    let form = match context.format() {
        _ if args.json_lines => "jsonl",
        Format::Json => "json",
        _ => "csv",
    };
    let position = args.position.map(|position| position.to_string().into());
    let flags = [
        ("--data", Some(args.data.clone())),
        ("--format", Some(form.into())),
        ("--from", args.from.clone()),
        ("--position", position),
    ];
    for (name, value) in flags {
        arguments.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    }
    arguments.extend(args.any_bars.then(|| OsString::from("--any-bars")));
    arguments.extend(args.reading.arguments());
    exec_trainer(&binary, &arguments)
}

/// Runs `watch` of the trainer on this process's terminal.
pub(super) fn watch(context: &mut CommandContext<'_>, args: &WatchArgs) -> Result<TaskOutput> {
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let binary = full_trainer_binary(context, &source)?;
    let root = context.workspace.root();
    let mut arguments: Vec<OsString> = vec!["watch".into(), "--root".into(), root.into()];
    arguments.extend(args.once.then(|| OsString::from("--once")));
    exec_trainer(&binary, &arguments)
}

/// Replaces this process by the trainer, if the system allows it, so that
/// the trainer gets its terminal, pipes and signals.
fn exec_trainer(binary: &Path, arguments: &[OsString]) -> Result<TaskOutput> {
    let exit = Exit::of_trainer(TrainerExit::Code(process::exec_program(binary, arguments)?));
    Ok(TaskOutput { text: String::new(), json: String::new(), exit })
}

/// Returns the path of `model`: an existing file, or an archive.
fn model_file(context: &CommandContext<'_>, model: &Path) -> Result<PathBuf> {
    let path = context.current_folder.join(model);
    match model.to_str() {
        Some(name) if !path.is_file() => locate(context, name),
        _ => Ok(path),
    }
}
