//! Writes to stderr while a task runs: lines, and below them a progress
//! bar, which lines never overlap.
//!
//! `report` formats every result as text and JSON. This folder may use
//! `tasks`, `vault`, `programs` and `workspace`.

pub mod report;

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::workspace::progress::Progress;

/// A shorter operation shows no bar.
const BAR_DELAY: Duration = Duration::from_millis(300);
/// A shorter operation prints no line to a log.
const LINE_DELAY: Duration = Duration::from_secs(2);
/// How often a line is printed to a log.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStyle {
    /// As a bar that is redrawn, for a terminal.
    Bar,
    /// As occasional lines, for a log.
    Lines,
    /// Not at all.
    Nothing,
}

/// Writes lines and progress to one output, from any thread.
#[derive(Debug)]
pub struct Terminal<W> {
    show: ProgressStyle,
    is_coloured: bool,
    screen: Mutex<Screen<W>>,
}

#[derive(Debug)]
struct Screen<W> {
    to: W,
    /// The width of the bar on the screen; 0 without one.
    n_drawn: usize,
    operation: Option<Operation>,
}

/// The operation that was last shown.
#[derive(Debug)]
struct Operation {
    number: u64,
    since: Instant,
    last_line_at: Option<Instant>,
}

impl<W: Write> Terminal<W> {
    /// Writes to `to`.
    pub fn new(to: W, show: ProgressStyle, is_coloured: bool) -> Self {
        let screen = Mutex::new(Screen { to, n_drawn: 0, operation: None });
        Self { show, is_coloured, screen }
    }

    /// Writes a line, in place of the bar.
    pub fn print_line(&self, line: &str) {
        let mut screen = self.screen();
        // Ignore errors: if stderr is closed, they cannot be reported.
        let _ = screen.clear();
        let line = if self.is_coloured { coloured(line) } else { line.to_owned() };
        let _ = writeln!(screen.to, "{line}").and_then(|()| screen.to.flush());
    }

    /// Removes the bar.
    pub fn clear(&self) {
        let _ = self.screen().clear();
    }

    /// Shows `progress` at the time `now`, on a terminal that is
    /// `n_columns` wide.
    pub fn show(&self, progress: Option<Progress>, now: Instant, n_columns: usize) {
        let mut screen = self.screen();
        // Ignore errors, as in `say`.
        let _ = match (self.show, progress) {
            (ProgressStyle::Nothing, _) => Ok(()),
            (_, None) => screen.finish(),
            (ProgressStyle::Bar, Some(progress)) => screen.draw(&progress, now, n_columns),
            (ProgressStyle::Lines, Some(progress)) => screen.print_line(&progress, now),
        };
    }

    fn screen(&self) -> MutexGuard<'_, Screen<W>> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Screen<W> {
    fn finish(&mut self) -> io::Result<()> {
        self.operation = None;
        self.clear()
    }

    fn draw(&mut self, progress: &Progress, now: Instant, n_columns: usize) -> io::Result<()> {
        let since = self.operation_of(progress, now).since;
        let elapsed = now.saturating_duration_since(since);
        if elapsed < BAR_DELAY {
            return self.clear();
        }
        // Leave the last column free: some terminals wrap there.
        let bar = progress.bar(elapsed, n_columns.saturating_sub(1));
        let n_over = self.n_drawn.saturating_sub(bar.len());
        write!(self.to, "\r{bar}{}", " ".repeat(n_over))?;
        self.n_drawn = bar.len();
        self.to.flush()
    }

    fn print_line(&mut self, progress: &Progress, now: Instant) -> io::Result<()> {
        let operation = self.operation_of(progress, now);
        let elapsed = now.saturating_duration_since(operation.since);
        let is_due = match operation.last_line_at {
            None => elapsed >= LINE_DELAY,
            Some(last_line_at) => now.saturating_duration_since(last_line_at) >= LINE_INTERVAL,
        };
        if !is_due {
            return Ok(());
        }
        operation.last_line_at = Some(now);
        writeln!(self.to, "{}", progress.line(elapsed))?;
        self.to.flush()
    }

    fn operation_of(&mut self, progress: &Progress, now: Instant) -> &mut Operation {
        let known = self.operation.take().filter(|operation| operation.number == progress.number);
        let new = || Operation { number: progress.number, since: now, last_line_at: None };
        self.operation.insert(known.unwrap_or_else(new))
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.n_drawn == 0 {
            return Ok(());
        }
        // The terminal may have echoed `^C` right after the bar.
        let n_columns = self.n_drawn + 2;
        self.n_drawn = 0;
        write!(self.to, "\r{}\r", " ".repeat(n_columns))?;
        self.to.flush()
    }
}

const BOLD_RED: &str = "\x1b[1;31m";
const BOLD_YELLOW: &str = "\x1b[1;33m";
const BOLD_GREEN: &str = "\x1b[1;32m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// Returns `line` with a leading `error:` or `warning:` in colour.
fn coloured(line: &str) -> String {
    for (word, colour) in [("error:", BOLD_RED), ("warning:", BOLD_YELLOW)] {
        if let Some(rest) = line.strip_prefix(word) {
            return format!("{colour}{word}{PLAIN}{rest}");
        }
    }
    line.to_owned()
}

/// Returns a task's result with its keys and verdicts in colour.
pub fn coloured_result(text: &str) -> String {
    text.split_inclusive('\n').map(coloured_line).collect()
}

fn coloured_line(line: &str) -> String {
    let verdict = |line: &str| {
        [(" passed:", BOLD_GREEN), (" missed:", BOLD_RED)].iter().fold(
            line.to_owned(),
            |line, (word, colour)| {
                line.replacen(word, &format!(" {colour}{}{PLAIN}:", &word[1..word.len() - 1]), 1)
            },
        )
    };
    // `key:8 value`, the format of reports on one item.
    match line.split_once("  ") {
        Some((key, rest)) if is_key(key) && !rest.trim().is_empty() => {
            format!("{BOLD}{key}{PLAIN}  {}", verdict(rest))
        }
        _ => line.to_owned(),
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
