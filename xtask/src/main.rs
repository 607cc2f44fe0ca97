//! The command line of `cargo xtask`: reads the clock, prints, exits.

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
use clap::{CommandFactory, FromArgMatches};

use xtask::archive::stop_if;
use xtask::cli::{self, Cli, Format, GlobalArgs};
use xtask::cycle::Job;
use xtask::exit::{CodedError, Exit, code_of};
use xtask::lack::Lack;
use xtask::process::{self, Rebuild, Trainer, become_program};
use xtask::progress;
use xtask::run::{Environment, Outcome, run};
use xtask::terminal::{Colour, Show, Terminal, coloured_result};
use xtask::workspace::Workspace;

/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);
/// How often the terminal is asked for its width.
const N_TICKS_OF_WIDTH: u32 = 20;

type Stderr = Terminal<io::Stderr>;

fn main() -> ExitCode {
    let cli = parse();
    let global = &cli.global;
    let is_terminal =
        io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb");
    let show = match (global.quiet, is_terminal) {
        (true, _) => Show::Nothing,
        (false, true) => Show::Bar,
        (false, false) => Show::Lines,
    };
    let is_coloured = global.color.applies(io::stderr().is_terminal(), variable);
    let terminal = Arc::new(Terminal::new(io::stderr(), show, is_coloured));
    if show != Show::Nothing {
        draw(Arc::clone(&terminal));
    }
    let result = execute(&cli, &terminal);
    terminal.clear();
    result.unwrap_or_else(|error| {
        terminal.say(&format!("error: {error:#}"));
        ExitCode::from(code_of(&error))
    })
}

/// Parses the command line, whose help is in colour as asked.
fn parse() -> Cli {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let colour = match cli::colour_of(&arguments) {
        Some(Colour::Always) => clap::ColorChoice::Always,
        Some(Colour::Never) => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    };
    let matches = Cli::command().color(colour).get_matches_from(arguments);
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Draws the progress until the process ends.
fn draw(terminal: Arc<Stderr>) {
    thread::spawn(move || {
        let mut n_columns = 0;
        for n_ticks in 0_u32.. {
            thread::sleep(TICK);
            let progress = progress::now();
            if progress.is_some() && (n_columns == 0 || n_ticks.is_multiple_of(N_TICKS_OF_WIDTH)) {
                n_columns = columns();
            }
            terminal.show(progress, Instant::now(), n_columns);
        }
    });
}

fn columns() -> usize {
    let told = || variable("COLUMNS").and_then(|columns| columns.parse().ok());
    process::terminal_columns().or_else(told).unwrap_or(80)
}

fn execute(cli: &Cli, terminal: &Stderr) -> Result<ExitCode> {
    let has_warned = Cell::new(false);
    let workspace = Workspace::open(&root(&cli.global)?)?;
    let interrupt = Arc::new(AtomicBool::new(false));
    let trainer = Arc::new(Trainer::default());
    listen(&interrupt, &trainer)?;
    let is_quiet = cli.global.quiet;
    let mut notes = |line: &str| {
        let is_warning = line.starts_with("warning: ");
        has_warned.set(has_warned.get() || is_warning);
        if is_warning || !is_quiet {
            terminal.say(line);
        }
    };
    let clock = cli.global.clock;
    let mut job = Job {
        workspace: &workspace,
        clock: &move || clock.unwrap_or_else(read_clock),
        interrupt: &interrupt,
        notes: &mut notes,
    };
    let environment = Environment {
        current_folder: current_folder()?,
        trainer: &trainer,
        trainer_home: trainer_home(),
    };
    let Outcome { text, json, exit } = match run(&mut job, cli, &environment) {
        Ok(outcome) => outcome,
        Err(error) => return run_elsewhere(&mut job, error, is_quiet),
    };
    terminal.clear();
    match cli.global.format {
        Format::Text if cli.global.color.applies(io::stdout().is_terminal(), variable) => {
            print(&coloured_result(&text))
        }
        Format::Text => print(&text),
        Format::Json => print(&json),
    }?;
    let is_clean = exit != Exit::Done || !has_warned.get();
    Ok(if is_clean { exit } else { Exit::Warnings }.into())
}

/// Lets a build that has what this one lacks carry the task out. Other
/// errors stay what they are.
fn run_elsewhere(job: &mut Job<'_>, error: Error, is_quiet: bool) -> Result<ExitCode> {
    let Some(lack) = error.downcast_ref::<Lack>() else {
        return Err(error);
    };
    let Some(home) = own_home() else {
        return Err(error);
    };
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let feature = lack.feature;
    let rebuild = Rebuild { home: &home, program: &program, feature, is_quiet };
    if rebuild.is_first() {
        let name = feature.name();
        (job.notes)(&format!("{}: building xtask with `{name}`, this once", lack.reason));
    }
    let built = rebuild.build();
    // A signal that came while cargo worked was meant for the task.
    stop_if(job.interrupt)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = become_program(&built?, &arguments)?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
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

/// Lets SIGINT, SIGTERM and SIGHUP stop the work in good order.
fn listen(interrupt: &Arc<AtomicBool>, trainer: &Arc<Trainer>) -> Result<()> {
    let (interrupt, trainer) = (Arc::clone(interrupt), Arc::clone(trainer));
    ctrlc::set_handler(move || {
        interrupt.store(true, Ordering::Relaxed);
        trainer.stop();
    })
    .context("failed to listen for signals")
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().context("failed to read the current folder")
}

/// Returns the workspace's root: as given, else around the current
/// folder, else that of the xtask package that cargo runs.
fn root(global: &GlobalArgs) -> Result<PathBuf> {
    let current = current_folder()?;
    if let Some(root) = &global.root {
        return Ok(current.join(root));
    }
    let by_cargo = || std::env::var_os("CARGO_MANIFEST_DIR").map(|dir| parent(Path::new(&dir)));
    Workspace::find(&current).or_else(by_cargo).ok_or_else(|| {
        CodedError::Usage(format!(
            "there is no workspace at or above `{}` (a folder with `config/config.json`); name \
             one by `--root DIR`",
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
        // Whoever reads, such as `head`, has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("failed to print the result"),
    }
}
