//! What a person sees on stderr while a task runs: lines, and below
//! them a bar, which no line ever runs into.
//!
//! `report` makes text and JSON of every result. It may use `tasks`,
//! `vault`, `programs` and `workspace`.

pub mod report;

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::workspace::progress::Progress;

/// Shorter work is not worth a bar.
const BAR_DELAY: Duration = Duration::from_millis(300);
/// Nor a line in a log.
const LINE_DELAY: Duration = Duration::from_secs(2);
/// How often a log is reported.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStyle {
    /// As a bar that is drawn again and again, for a terminal.
    Bar,
    /// As a line now and then, for a log.
    Lines,
    /// Not at all.
    Nothing,
}

/// Writes lines and progress to one place, from any thread.
#[derive(Debug)]
pub struct Terminal<W> {
    show: ProgressStyle,
    is_coloured: bool,
    screen: Mutex<Screen<W>>,
}

#[derive(Debug)]
struct Screen<W> {
    to: W,
    /// The width of the bar that stands there.
    n_drawn: usize,
    work: Option<Work>,
}

/// The work that was last seen.
#[derive(Debug)]
struct Work {
    number: u64,
    since: Instant,
    told: Option<Instant>,
}

impl<W: Write> Terminal<W> {
    /// Writes to `to`.
    pub fn new(to: W, show: ProgressStyle, is_coloured: bool) -> Self {
        let screen = Mutex::new(Screen { to, n_drawn: 0, work: None });
        Self { show, is_coloured, screen }
    }

    /// Writes a line, in place of the bar.
    pub fn say(&self, line: &str) {
        let mut screen = self.screen();
        // There is nowhere left to complain when stderr is closed.
        let _ = screen.clear();
        let line = if self.is_coloured { coloured(line) } else { line.to_owned() };
        let _ = writeln!(screen.to, "{line}").and_then(|()| screen.to.flush());
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        let _ = self.screen().clear();
    }

    /// Shows `progress` at the time `now`, on a terminal that is
    /// `n_columns` wide.
    pub fn show(&self, progress: Option<Progress>, now: Instant, n_columns: usize) {
        let mut screen = self.screen();
        // As in `say`.
        let _ = match (self.show, progress) {
            (ProgressStyle::Nothing, _) => Ok(()),
            (_, None) => screen.rest(),
            (ProgressStyle::Bar, Some(progress)) => screen.draw(&progress, now, n_columns),
            (ProgressStyle::Lines, Some(progress)) => screen.tell(&progress, now),
        };
    }

    fn screen(&self) -> MutexGuard<'_, Screen<W>> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Screen<W> {
    fn rest(&mut self) -> io::Result<()> {
        self.work = None;
        self.clear()
    }

    fn draw(&mut self, progress: &Progress, now: Instant, n_columns: usize) -> io::Result<()> {
        let since = self.work_of(progress, now).since;
        let elapsed = now.saturating_duration_since(since);
        if elapsed < BAR_DELAY {
            return self.clear();
        }
        // The last column stays free: some terminals wrap there.
        let bar = progress.bar(elapsed, n_columns.saturating_sub(1));
        let n_over = self.n_drawn.saturating_sub(bar.len());
        write!(self.to, "\r{bar}{}", " ".repeat(n_over))?;
        self.n_drawn = bar.len();
        self.to.flush()
    }

    fn tell(&mut self, progress: &Progress, now: Instant) -> io::Result<()> {
        let work = self.work_of(progress, now);
        let elapsed = now.saturating_duration_since(work.since);
        let is_due = match work.told {
            None => elapsed >= LINE_DELAY,
            Some(told) => now.saturating_duration_since(told) >= LINE_INTERVAL,
        };
        if !is_due {
            return Ok(());
        }
        work.told = Some(now);
        writeln!(self.to, "{}", progress.line(elapsed))?;
        self.to.flush()
    }

    fn work_of(&mut self, progress: &Progress, now: Instant) -> &mut Work {
        let known = self.work.take().filter(|work| work.number == progress.number);
        let new = || Work { number: progress.number, since: now, told: None };
        self.work.insert(known.unwrap_or_else(new))
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.n_drawn == 0 {
            return Ok(());
        }
        // A `^C` that the terminal echoed stands right behind the bar.
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

/// Returns `line` with its first word, `error:` or `warning:`, in
/// colour.
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
    // `key:8  value`, as every report of one thing has it.
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
