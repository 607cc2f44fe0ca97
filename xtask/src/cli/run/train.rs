//! `train`: converts its flags, and writes the summary and pushes at the
//! end.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{CommandContext, TaskOutput};
use crate::cli::{Format, TrainArgs, WindowMode};
use crate::programs::process;
use crate::tasks::push::{self, PushReport, PushSelection};
use crate::tasks::train::{
    ArchiveMode, CommandTrainer, DEFAULT_SEED, Start, TrainOptions, TrainReport, TrainerSource,
    train, trainer_text,
};
use crate::workspace::config::PushMode;
use crate::workspace::digest::file_sha256;
use crate::workspace::exit::{Exit, usage};

/// Trains with the options of `args`.
pub fn run(context: &mut CommandContext<'_>, args: &TrainArgs) -> Result<TaskOutput> {
    if args.check_leaks {
        return check_leaks(context, args);
    }
    let summary =
        args.summary.as_ref().map(|file| Summary::open(&context.current_folder.join(file)));
    let summary = summary.transpose()?;
    let options = options(context, args)?;
    let trainer = context.trainer;
    let mut report = train(context, trainer, &options)?;
    if options.is_pushed
        && let Some(archive) = &report.archive
    {
        report.push = push_session(context, &archive.name);
    }
    if let Some(summary) = summary {
        // Only a warning, since the session is already archived.
        if let Err(error) = summary.append(context, &report) {
            (context.on_message)(&format!("warning: {error:#}"));
        }
    }
    context.warn(report.doubts.iter().map(|doubt| format!("{doubt}: treat as a bug")));
    if context.format() == Format::Json {
        // The text lists missed gates, but JSON is often read by a program only.
        for gate in report.gates.iter().filter(|gate| !gate.is_passed) {
            (context.on_message)(&format!("gate {gate}"));
        }
    }
    Ok(TaskOutput::of(&report, report.exit()))
}

/// Pushes the archive `name` of the new session and pending ones. A
/// failure is only a warning, since the push stays pending.
fn push_session(context: &mut CommandContext<'_>, name: &str) -> Option<PushReport> {
    let pushed = push::push(context, &PushSelection::One(name.to_owned()));
    let report = match pushed {
        Ok(report) => report,
        Err(error) => {
            (context.on_message)(&format!(
                "warning: the session is archived and not pushed, which the next `cargo xtask \
                 push` makes up: {error:#}"
            ));
            return None;
        }
    };
    let failed = report.archives.iter().filter_map(|it| Some((&it.name, it.problem.as_ref()?)));
    context.warn(failed.map(|(name, problem)| format!("`{name}` was not pushed: {problem}")));
    Some(report)
}

/// Runs the leak check of the trainer, which does not change the
/// workspace.
fn check_leaks(context: &mut CommandContext<'_>, args: &TrainArgs) -> Result<TaskOutput> {
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let mut arguments: Vec<OsString> = vec!["train".into(), "--check-leaks".into()];
    if context.format() == Format::Json {
        arguments.extend(["--format".into(), "json".into()]);
    }
    let own = trainer_arguments(context, args);
    arguments.extend(own.into_iter().filter(|argument| argument != "--exit-with-parent"));
    let root = context.workspace.root();
    let (text, exit) = trainer_text(context, &source, root, &arguments)?;
    Ok(TaskOutput { json: text.clone(), text, exit: Exit::of_trainer(exit) })
}

/// The file of `--summary`, opened before anything is moved.
struct Summary {
    path: PathBuf,
    file: File,
}

impl Summary {
    fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
            let path = path.display();
            usage!("failed to open `{path}` for `--summary`: {error}")
        })?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn append(mut self, context: &CommandContext<'_>, report: &TrainReport) -> Result<()> {
        let digest = report
            .archive
            .as_ref()
            .map(|archive| file_sha256(&context.workspace.archives().join(&archive.name)))
            .transpose()?;
        let page = report.markdown(digest.as_deref());
        self.file
            .write_all(page.as_bytes())
            .with_context(|| format!("failed to write the summary to `{}`", self.path.display()))
    }
}

fn options(context: &CommandContext<'_>, args: &TrainArgs) -> Result<TrainOptions> {
    let trainer = if args.command.is_empty() {
        context.trainer_source(args.trainer_bin.as_deref())
    } else {
        TrainerSource::Command(command_trainer(context, args)?)
    };
    let remote = context.workspace.config().archive.remote.as_ref();
    Ok(TrainOptions {
        archive: if args.no_archive { ArchiveMode::MoveOnly } else { ArchiveMode::Archive },
        trainer,
        arguments: trainer_arguments(context, args),
        is_silent: context.format() == Format::Json,
        label: args.label.clone(),
        start: if args.resume { Start::Resume } else { Start::Fresh },
        gates: args.gates.clone(),
        is_pushed: args.push || remote.is_some_and(|it| it.push == PushMode::EachSession),
    })
}

/// Returns the command after `--`, which runs in the current folder.
fn command_trainer(context: &CommandContext<'_>, args: &TrainArgs) -> Result<CommandTrainer> {
    Ok(CommandTrainer {
        words: args.command.clone(),
        folder: context.current_folder.to_owned(),
        seed: args.seed.unwrap_or_else(|| configured_seed(context.workspace.root())),
        variables: Vec::new(),
        supervisor: std::env::current_exe().context("failed to find this program's own file")?,
        grace: Duration::from_secs(u64::from(args.grace)),
    })
}

/// Returns the seed of the trainer's settings, or else the trainer's
/// default, since the settings may be missing or those of a command.
fn configured_seed(root: &Path) -> u64 {
    let read = || {
        let bytes = std::fs::read(root.join("config/training_config.json")).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).ok()?.get("seed")?.as_u64()
    };
    read().unwrap_or(DEFAULT_SEED)
}

fn trainer_arguments(context: &CommandContext<'_>, args: &TrainArgs) -> Vec<OsString> {
    let root = context.workspace.root();
    let mut arguments: Vec<OsString> =
        vec!["--root".into(), root.into(), "--exit-with-parent".into()];
    let mut flag = |name: &str, value: Option<OsString>| {
        arguments.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    };
    flag(
        "--data",
        args.data.as_ref().map(|data| data_argument(data, root, context.current_folder)),
    );
    flag("--episodes", args.episodes.map(|n| n.to_string().into()));
    flag("--steps-per-batch", args.steps_per_batch.map(|n| n.to_string().into()));
    flag("--seed", args.seed.map(|seed| seed.to_string().into()));
    flag("--seeds", args.seeds.map(|n| n.to_string().into()));
    flag("--threads", args.threads.map(|n| n.to_string().into()));
    flag("--walk-forward", args.walk_forward.map(|n| n.to_string().into()));
    flag("--window-mode", args.window_mode.map(mode_argument));
    flag("--commit", process::git_commit(root).map(Into::into));
    flag("--now", context.cli.global.clock.map(|now| now.to_rfc3339().into()));
    arguments.extend(args.reading.arguments());
    let switches = [
        ("--default", args.default),
        ("--split", args.split),
        ("--audit", args.audit),
        ("--quiet", context.cli.global.quiet),
    ];
    for (name, is_set) in switches {
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

/// Resolves a data file relative to the current folder. A path that does
/// not exist may be a name that the trainer knows.
fn data_argument(data: &Path, root: &Path, current_folder: &Path) -> OsString {
    match current_folder.join(data).canonicalize() {
        Ok(path) => path.strip_prefix(root).unwrap_or(&path).into(),
        Err(_) => data.into(),
    }
}
