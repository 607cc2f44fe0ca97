//! A progress bar on the terminal, for reading and for training.
//!
//! There is one for the whole process, as there is one log. Nothing is
//! drawn before [`show`] is called, or where stderr is not a terminal.
//! Lines for stderr are printed through this module, so that they do not
//! collide with the bar.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use console::Style;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

const TEMPLATE: &str = "{prefix} [{wide_bar}] {percent:>3} %  {eta} left  {rate} ";

static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);
static IS_SHOWN: AtomicBool = AtomicBool::new(false);
static WORK: Mutex<Option<Work>> = Mutex::new(None);
static N_BYTES: AtomicU64 = AtomicU64::new(0);
static N_BARS: AtomicU64 = AtomicU64::new(0);

/// The unit of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of the data's file.
    Bytes,
    /// Bars of the passes over them.
    Bars,
}

#[derive(Debug, Clone, Copy)]
struct Work {
    unit: Unit,
    n_total: u64,
    n_episodes: u64,
}

impl Work {
    fn n_done(&self) -> u64 {
        let counter = match self.unit {
            Unit::Bytes => &N_BYTES,
            Unit::Bars => &N_BARS,
        };
        counter.load(Ordering::Relaxed).min(self.n_total)
    }

    /// Returns the label before the bar.
    fn label(&self) -> String {
        match self.unit {
            Unit::Bytes => "reading".to_owned(),
            Unit::Bars => {
                let n_bars = (self.n_total / self.n_episodes.max(1)).max(1);
                let episode = (self.n_done() / n_bars + 1).min(self.n_episodes);
                format!("episode {episode}/{}", self.n_episodes)
            }
        }
    }
}

/// Work in progress; ends when dropped.
#[derive(Debug)]
#[must_use]
pub struct ProgressGuard(());

impl Drop for ProgressGuard {
    fn drop(&mut self) {
        end();
    }
}

/// Begins the progress of reading the file at `path` once.
pub fn begin_reading(path: &Path) -> ProgressGuard {
    N_BYTES.store(0, Ordering::Relaxed);
    // Built-in data has no file.
    let n_total = fs::metadata(path).map_or(0, |metadata| metadata.len());
    begin(Work { unit: Unit::Bytes, n_total, n_episodes: 0 })
}

/// The episodes of a run.
#[derive(Debug, Clone, Copy)]
pub struct EpisodeCounts {
    /// All episodes of the run.
    pub n: u64,
    /// Episodes done by the run that this one resumes.
    pub n_done: u64,
    /// Bars in one episode.
    pub n_bars: u64,
}

/// Begins the progress of the episodes.
pub fn begin_episodes(episodes: EpisodeCounts) -> ProgressGuard {
    let EpisodeCounts { n, n_done, n_bars } = episodes;
    N_BARS.store(n_done.saturating_mul(n_bars), Ordering::Relaxed);
    begin(Work { unit: Unit::Bars, n_total: n.saturating_mul(n_bars), n_episodes: n })
}

fn begin(work: Work) -> ProgressGuard {
    *lock(&WORK) = Some(work).filter(|work| work.n_total > 0);
    ProgressGuard(())
}

/// Adds `n` to the progress.
#[inline]
pub fn advance(unit: Unit, n: u64) {
    let counter = match unit {
        Unit::Bytes => &N_BYTES,
        Unit::Bars => &N_BARS,
    };
    counter.fetch_add(n, Ordering::Relaxed);
}

/// Shows the progress from now on, where stderr is a terminal.
pub fn show() {
    if ProgressBar::new(1).is_hidden() || IS_SHOWN.swap(true, Ordering::Relaxed) {
        return;
    }
    thread::spawn(|| {
        loop {
            thread::sleep(TICK);
            draw();
        }
    });
}

/// Whether a bar is shown, so that no lines need to report progress.
pub fn is_shown() -> bool {
    IS_SHOWN.load(Ordering::Relaxed)
}

fn draw() {
    // Under both locks, so that finished work is not drawn again.
    let mut bar = lock(&BAR);
    let Some(work) = *lock(&WORK) else { return };
    let bar = bar.get_or_insert_with(|| new_bar(&work));
    bar.set_prefix(work.label());
    bar.set_position(work.n_done());
    bar.tick();
}

fn new_bar(work: &Work) -> ProgressBar {
    let unit = work.unit;
    let rate = move |state: &ProgressState, text: &mut dyn fmt::Write| {
        // Writing to the text of the bar does not fail.
        let _ = match unit {
            Unit::Bytes => write!(text, "{:.1} MB/s", state.per_sec() / 1e6),
            Unit::Bars => write!(text, "{:.0} bars/s", state.per_sec()),
        };
    };
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is well formed");
    let bar = ProgressBar::new(work.n_total).with_position(work.n_done());
    bar.with_style(style.with_key("rate", rate).progress_chars("=> "))
}

/// Clears the bar; work in progress draws it again.
pub fn clear() {
    if let Some(bar) = lock(&BAR).take() {
        bar.finish_and_clear();
    }
}

/// Clears the bar for good, before the process exits during work.
pub fn end() {
    *lock(&WORK) = None;
    clear();
}

/// Writes a line to stderr, in place of the bar.
pub fn print_line(line: &str) {
    // A closed stderr leaves nowhere to report the error.
    let _ = Stderr.write_all(format!("{line}\n").as_bytes());
}

/// Returns `label`, the start of a line, in colour where stderr or the
/// environment asks for it.
pub fn colored_label(label: &str) -> String {
    // `NO_COLOR` overrides `CLICOLOR_FORCE`; in `console` it does not.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return label.to_owned();
    }
    let style = Style::new().bold().for_stderr();
    let style = if label == "error:" { style.red() } else { style.yellow() };
    style.apply_to(label).to_string()
}

/// Stderr, with the bar cleared before each line.
#[derive(Debug, Clone, Copy)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bar = lock(&BAR);
        let write = || io::stderr().lock().write(bytes);
        bar.as_ref().map_or_else(write, |bar| bar.suspend(write))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
