//! `trainer watch`: a live view of a training.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use clap::Args;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::output::watch::{Size, Watcher, draw, text};
use crate::session::Layout;

use super::check_root;

/// The time between two readings of the files.
const REFRESH_INTERVAL: Duration = Duration::from_millis(500);
/// The size of the picture of `--once`, in characters.
const ONCE_SIZE: Size = Size::new(100, 32);

/// Watch a running training in the terminal: curves, last trades, memory
///
/// It only reads: start and leave it at any time, also over ssh. `q`, Esc and ctrl-C leave it, with
/// exit code 0.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Print one picture and exit
    #[arg(long)]
    once: bool,
}

/// Shows the view until a key or a signal ends it, or once. Returns what
/// to print; `None` after a signal.
pub fn run(arguments: &WatchArguments, clock: fn() -> DateTime<Utc>) -> Result<Option<String>> {
    let root = &arguments.root;
    check_root(root)?;
    let mut watcher = Watcher::new(Layout::new(root));
    if arguments.once {
        return Ok(Some(text(watcher.refresh(), clock(), ONCE_SIZE)));
    }
    ensure!(
        std::io::stdout().is_terminal(),
        "`watch` needs a terminal; `--once` prints one picture"
    );
    // A signal must not end the process before the terminal is restored.
    let is_signalled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_signalled);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("failed to watch for signals")?;
    let mut terminal = ratatui::try_init().context("failed to take over the terminal")?;
    let outcome = LiveView { watcher, is_signalled, clock }.show(&mut terminal);
    if !std::io::stdout().is_terminal() {
        // Its window was closed: dropping the handle would write to it,
        // and abort.
        std::mem::forget(terminal);
        return Ok(None);
    }
    ratatui::try_restore().context("failed to give the terminal back; `reset` does it")?;
    outcome
}

/// The view, drawn until a key or a signal ends it.
struct LiveView {
    watcher: Watcher,
    is_signalled: Arc<AtomicBool>,
    clock: fn() -> DateTime<Utc>,
}

impl LiveView {
    fn show(&mut self, terminal: &mut ratatui::DefaultTerminal) -> Result<Option<String>> {
        while !self.is_signalled.load(Ordering::Relaxed) {
            let (view, now) = (self.watcher.refresh(), (self.clock)());
            terminal.draw(|frame| draw(frame, view, now)).context("failed to draw")?;
            if event::poll(REFRESH_INTERVAL).context("failed to read the keys")? {
                match event::read().context("failed to read the keys")? {
                    Event::Key(key) if is_exit(key) => return Ok(Some(String::new())),
                    _ => {}
                }
            }
        }
        Ok(None)
    }
}

fn is_exit(key: KeyEvent) -> bool {
    let is_ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let is_leaving = matches!(key.code, KeyCode::Char('q') | KeyCode::Esc);
    key.kind == KeyEventKind::Press && (is_leaving || is_ctrl_c)
}
