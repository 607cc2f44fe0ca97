//! `train`: the cycle, or only the search for leaks.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::cli::{Cli, Format, TrainArgs, WindowMode};
use crate::cycle::Job;
use crate::exit::Exit;
use crate::process;
use crate::train::{ArchiveMode, Start, TrainOptions, train, trainer_binary};

use super::{Environment, Outcome, label, outcome, trainer_source};

pub(super) fn run(
    job: &mut Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    environment: &Environment<'_>,
) -> Result<Outcome> {
    if args.check_leaks {
        return check_leaks(job, cli, args, environment);
    }
    let options = train_options(job, cli, args, environment);
    let report = train(job, environment.trainer, &options)?;
    Ok(outcome(&report, report.exit()))
}

/// Lets the trainer look for leaks; nothing in the workspace changes.
fn check_leaks(
    job: &mut Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let source = trainer_source(args.trainer_bin.as_deref(), environment);
    let binary = trainer_binary(job, &source)?;
    let mut arguments: Vec<OsString> = vec!["train".into(), "--check-leaks".into()];
    if cli.global.format == Format::Json {
        arguments.extend(["--format".into(), "json".into()]);
    }
    let own = trainer_arguments(job, cli, args, &environment.current_folder);
    arguments.extend(own.into_iter().filter(|argument| argument != "--exit-with-parent"));
    let root = job.workspace.root();
    let (text, is_good) = process::trainer_text(&binary, root, &arguments)?;
    let exit = if is_good { Exit::Done } else { Exit::Failed };
    Ok(Outcome { json: text.clone(), text, exit })
}

fn train_options(
    job: &Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    environment: &Environment<'_>,
) -> TrainOptions {
    let trainer = trainer_source(args.trainer_bin.as_deref(), environment);
    TrainOptions {
        archive: if args.no_archive { ArchiveMode::MoveOnly } else { ArchiveMode::Archive },
        trainer,
        arguments: trainer_arguments(job, cli, args, &environment.current_folder),
        is_silent: cli.global.format == Format::Json,
        label: label(&args.label),
        start: if args.resume { Start::Resume } else { Start::Fresh },
    }
}

fn trainer_arguments(
    job: &Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    current_folder: &Path,
) -> Vec<OsString> {
    let root = job.workspace.root();
    let mut arguments: Vec<OsString> =
        vec!["--root".into(), root.into(), "--exit-with-parent".into()];
    let mut flag = |name: &str, value: Option<OsString>| {
        arguments.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    };
    flag("--data", args.data.as_ref().map(|data| data_argument(data, root, current_folder)));
    flag("--episodes", args.episodes.map(|n| n.to_string().into()));
    flag("--steps-per-batch", args.steps_per_batch.map(|n| n.to_string().into()));
    flag("--seed", args.seed.map(|seed| seed.to_string().into()));
    flag("--threads", args.threads.map(|n| n.to_string().into()));
    flag("--walk-forward", args.walk_forward.map(|n| n.to_string().into()));
    flag("--window-mode", args.window_mode.map(mode_argument));
    flag("--now", cli.global.clock.map(|now| now.to_rfc3339().into()));
    for (name, is_set) in [("--default", args.default), ("--quiet", cli.global.quiet)] {
        arguments.extend(is_set.then(|| OsString::from(name)));
    }
    arguments
}

fn mode_argument(mode: WindowMode) -> OsString {
    match mode {
        WindowMode::Expanding => "expanding".into(),
        WindowMode::Rolling => "rolling".into(),
    }
}

/// A data file is named from the current folder, as every file on a
/// command line; what is not there may be a name that the trainer knows.
fn data_argument(data: &Path, root: &Path, current_folder: &Path) -> OsString {
    match current_folder.join(data).canonicalize() {
        Ok(path) => path.strip_prefix(root).unwrap_or(&path).into(),
        Err(_) => data.into(),
    }
}
