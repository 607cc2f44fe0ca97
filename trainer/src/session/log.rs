//! The messages of a run: the terminal and `logs/training.log`.
//!
//! Lines are written at once, without a buffer.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context as _, Result};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::config::Level;
use crate::progress;
use crate::session::clock::{Clock, time_text};

/// Which messages are logged, and where.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions<'a> {
    /// The lowest level that goes to stderr.
    pub console: Level,
    /// The lowest level that goes to the file.
    pub file: Level,
    /// The file, which is appended to.
    pub path: &'a Path,
    /// The clock of the file's time stamps.
    pub clock: Clock,
}

/// Returns the subscriber that writes messages to stderr and to a file.
///
/// Lines on stderr take the place of a progress bar; their labels are
/// coloured where the terminal or the environment asks for it.
///
/// # Errors
///
/// Fails when the file cannot be opened.
pub fn subscriber(options: &LogOptions<'_>) -> Result<impl Subscriber + Send + Sync + use<>> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(options.path)
        .with_context(|| format!("failed to open `{}`", options.path.display()))?;
    let to_file = tracing_subscriber::fmt::layer()
        .event_format(LineFormat { clock: Some(options.clock) })
        .with_ansi(false)
        .with_writer(LogFile(file))
        .with_filter(filter(options.file));
    let to_console = tracing_subscriber::fmt::layer()
        .event_format(LineFormat { clock: None })
        .with_ansi(false)
        .with_writer(|| progress::Stderr)
        .with_filter(filter(options.console));
    Ok(Registry::default().with(to_file).with(to_console))
}

/// The log file, written without a buffer.
struct LogFile(File);

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for LogFile {
    type Writer = &'a File;

    fn make_writer(&'a self) -> &'a File {
        &self.0
    }
}

/// One message per line: in the file with time and level, on the terminal
/// with a label for warnings and errors.
struct LineFormat {
    /// `None` on the terminal.
    clock: Option<Clock>,
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        let label = match level {
            tracing::Level::ERROR => Some("error:"),
            tracing::Level::WARN => Some("warning:"),
            _ => None,
        };
        if let Some(clock) = self.clock {
            write!(writer, "{} {level:>5} ", time_text(clock.now()))?;
        } else if let Some(label) = label {
            write!(writer, "{} ", progress::colored_label(label))?;
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}
