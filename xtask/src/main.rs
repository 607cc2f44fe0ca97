//! The entry point of `cargo xtask` and of `trainvault`: reads the clock,
//! prints, exits.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};
use chrono::{DateTime, Utc};
use clap::FromArgMatches;
use dlmalloc::GlobalDlmalloc;

use xtask::cli::program::Program;
use xtask::cli::run::{CommandContext, TaskOutput, run};
use xtask::cli::{self, Cli, Format, GlobalArgs, Task};
#[cfg(not(feature = "standalone"))]
use xtask::programs::features::Feature;
use xtask::programs::features::MissingFeature;
use xtask::programs::process::{self, Rebuild, TrainerProcess, exec_program};
use xtask::tasks::TaskContext;
use xtask::terminal::{ProgressStyle, Terminal, coloured_result};
use xtask::workspace::Workspace;
use xtask::workspace::exit::{CodedError, Exit, check_interrupt, code_of};
use xtask::workspace::files;
use xtask::workspace::progress;
use xtask::workspace::text::Colour;

/// The C library's heap keeps what each thread freed: an archive of
/// 100,000 files took twice the memory.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// How often the progress bar is drawn.
const TICK: Duration = Duration::from_millis(100);
/// After how many ticks the terminal's width is read again.
const N_TICKS_PER_WIDTH: u32 = 20;

type Stderr = Terminal<io::Stderr>;

/// Runs the program.
pub fn main() -> ExitCode {
    if let Some(code) = process::supervise_if_asked() {
        return code;
    }
    let program = Program::of_binary(env!("CARGO_BIN_NAME"));
    #[cfg(feature = "standalone")]
    xtask::cli::standalone::complete(|| program.command());
    let cli = parse(program);
    let global = &cli.global;
    let is_terminal =
        io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb");
    let show = match (global.quiet, is_terminal) {
        (true, _) => ProgressStyle::Nothing,
        (false, true) => ProgressStyle::Bar,
        (false, false) => ProgressStyle::Lines,
    };
    let is_coloured = global.color.applies(io::stderr().is_terminal(), variable);
    let terminal = Arc::new(Terminal::new(io::stderr(), show, is_coloured));
    if show != ProgressStyle::Nothing {
        draw(Arc::clone(&terminal));
    }
    let result = execute(program, &cli, &terminal);
    terminal.clear();
    result.unwrap_or_else(|error| {
        let reason = match error.downcast_ref::<MissingFeature>() {
            Some(missing) => program.explain(missing),
            None => program.spell(&format!("{error:#}")),
        };
        terminal.print_line(&format!("error: {reason}"));
        ExitCode::from(code_of(&error))
    })
}

/// Parses the command line; its help is coloured as requested.
fn parse(program: Program) -> Cli {
    let arguments = cli::own_flags_first(std::env::args_os().collect());
    let colour = match cli::colour_of(&arguments) {
        Some(Colour::Always) => clap::ColorChoice::Always,
        Some(Colour::Never) => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    };
    let matches = program.command().color(colour).get_matches_from(arguments);
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Draws the progress in the background until the process ends.
fn draw(terminal: Arc<Stderr>) {
    thread::spawn(move || {
        let mut n_columns = 0;
        for n_ticks in 0_u32.. {
            thread::sleep(TICK);
            let progress = progress::now();
            if progress.is_some() && (n_columns == 0 || n_ticks.is_multiple_of(N_TICKS_PER_WIDTH)) {
                n_columns = columns();
            }
            terminal.show(progress, Instant::now(), n_columns);
        }
    });
}

fn columns() -> usize {
    let from_environment = || variable("COLUMNS").and_then(|columns| columns.parse().ok());
    process::terminal_columns().or_else(from_environment).unwrap_or(80)
}

fn execute(program: Program, cli: &Cli, terminal: &Stderr) -> Result<ExitCode> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let trainer = Arc::new(TrainerProcess::in_colour(cli.global.color));
    listen(&interrupt, &trainer)?;
    let has_warned = Cell::new(false);
    let mut on_message = |line: &str| {
        let is_warning = line.starts_with("warning: ");
        has_warned.set(has_warned.get() || is_warning);
        if is_warning || !cli.global.quiet {
            terminal.print_line(&program.spell(line));
        }
    };
    let call = Invocation { program, trainer: &trainer, interrupt: &interrupt };
    let TaskOutput { text, json, exit } = match run_task(cli, &call, &mut on_message) {
        Ok(outcome) => outcome,
        Err(error) => return rerun_with_feature(cli, error, &call, &mut on_message),
    };
    terminal.clear();
    match cli.global.format {
        Format::Text if cli.global.color.applies(io::stdout().is_terminal(), variable) => {
            print(&coloured_result(&program.spell(&text)))
        }
        Format::Json => print(&json),
        Format::Text | Format::Parquet | Format::Csv => print(&program.spell(&text)),
    }?;
    let is_clean = exit != Exit::Done || !has_warned.get();
    Ok(if is_clean { exit } else { Exit::Warnings }.into())
}

/// The program and what a signal can stop.
struct Invocation<'a> {
    program: Program,
    trainer: &'a TrainerProcess,
    interrupt: &'a AtomicBool,
}

fn run_task(
    cli: &Cli,
    call: &Invocation<'_>,
    on_message: &mut dyn FnMut(&str),
) -> Result<TaskOutput> {
    let current_folder = current_folder(cli.global.root.as_deref())?;
    if let Task::Manual(args) = &cli.task {
        return manual(call.program, &current_folder.join(&args.out));
    }
    let workspace = Workspace::open(&root(call.program, &cli.global)?)?;
    if cfg!(windows) && cli.task.is_long() && call.program == Program::Xtask {
        files::free_file_names(&own_file()?, std::process::id());
    }
    let clock = cli.global.clock;
    let clock = move || clock.unwrap_or_else(read_clock);
    let (workspace, interrupt) = (&workspace, call.interrupt);
    let path = std::env::var_os("PATH");
    let default_trainer = call.program.trainer(&trainer_home(), &own_file()?, path.as_deref());
    run(&mut CommandContext {
        task: TaskContext { workspace, clock: &clock, interrupt, on_message },
        cli,
        current_folder: &current_folder,
        trainer: call.trainer,
        default_trainer,
    })
}

/// If `error` is a missing feature, builds this tool with the feature and
/// runs the task with that build. Returns other errors.
fn rerun_with_feature(
    cli: &Cli,
    error: Error,
    call: &Invocation<'_>,
    on_message: &mut dyn FnMut(&str),
) -> Result<ExitCode> {
    let Some(missing) = error.downcast_ref::<MissingFeature>() else {
        return Err(error);
    };
    let Some(home) = own_home().filter(|_| call.program == Program::Xtask) else {
        return Err(error);
    };
    let (program, feature, is_quiet) = (own_file()?, missing.feature, cli.global.quiet);
    let rebuild = Rebuild { home: &home, program: &program, feature, is_quiet };
    if rebuild.is_first() {
        let name = feature.name();
        on_message(&format!("{}: building xtask with `{name}`, this once", missing.reason));
    }
    let built = rebuild.build();
    // A signal during the build was meant for the task.
    check_interrupt(call.interrupt)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = exec_program(&built?, &arguments)?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

fn own_file() -> Result<PathBuf> {
    std::env::current_exe().context("failed to find this program's own file")
}

#[cfg(feature = "standalone")]
fn manual(program: Program, folder: &Path) -> Result<TaskOutput> {
    let command = xtask::cli::standalone::with_completion(program.command());
    xtask::cli::standalone::write_manual(command, folder)
}

#[cfg(not(feature = "standalone"))]
fn manual(_: Program, _: &Path) -> Result<TaskOutput> {
    let reason = || "`manual` writes the manual pages".to_owned();
    Err(Feature::Standalone.require(reason).expect_err("this build has no such feature").into())
}

/// Returns the cargo workspace that this program can be built from.
fn own_home() -> Option<PathBuf> {
    let built_from = parent(Path::new(env!("CARGO_MANIFEST_DIR")));
    let homes = [trainer_home(), built_from];
    homes.into_iter().find(|home| home.join("xtask/Cargo.toml").is_file())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn read_clock() -> DateTime<Utc> {
    Utc::now()
}

/// Handles SIGINT, SIGTERM and SIGHUP by a graceful stop.
fn listen(interrupt: &Arc<AtomicBool>, trainer: &Arc<TrainerProcess>) -> Result<()> {
    let (interrupt, trainer) = (Arc::clone(interrupt), Arc::clone(trainer));
    ctrlc::set_handler(move || {
        interrupt.store(true, Ordering::Relaxed);
        trainer.stop();
    })
    .context("failed to listen for signals")
}

/// Returns the current folder. If it was deleted, changes to the
/// workspace `root`, if that is absolute.
fn current_folder(root: Option<&Path>) -> Result<PathBuf> {
    let current = std::env::current_dir().context("failed to read the current folder");
    match (current, root.filter(|root| root.is_absolute())) {
        (Err(_), Some(root)) => {
            std::env::set_current_dir(root)
                .with_context(|| format!("failed to open the workspace `{}`", root.display()))?;
            Ok(root.to_owned())
        }
        (current, _) => current,
    }
}

/// Returns the workspace's root: the given one, or that around the
/// current folder, or that of the xtask package that cargo runs.
fn root(program: Program, global: &GlobalArgs) -> Result<PathBuf> {
    let current = current_folder(global.root.as_deref())?;
    if let Some(root) = &global.root {
        return Ok(current.join(root));
    }
    let by_cargo = || {
        let package = std::env::var_os("CARGO_MANIFEST_DIR");
        package.filter(|_| program == Program::Xtask).map(|dir| parent(Path::new(&dir)))
    };
    Workspace::find(&current).or_else(by_cargo).ok_or_else(|| {
        CodedError::Usage(format!(
            "there is no workspace at or above `{}` (a folder with `config/config.json`, or used \
             before); name one by `--root DIR`, this folder by `--root .`",
            current.display()
        ))
        .into()
    })
}

/// Returns the cargo workspace that holds the trainer's package.
fn trainer_home() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    parent(&package)
}

fn parent(package: &Path) -> PathBuf {
    package.parent().unwrap_or(package).to_owned()
}

fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader, such as `head`, may have stopped reading.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("failed to print the result"),
    }
}
