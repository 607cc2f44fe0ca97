//! Forwards the output of a command, and writes it to a log.
//!
//! The command never waits for a log that cannot be written or a terminal
//! that is gone: writing to them ends, for the log with a reason.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The log of a command.
#[derive(Debug, Clone)]
pub struct Log {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    problem: Option<String>,
}

impl Log {
    /// Opens the log at `path` for appending.
    pub fn open(path: &Path) -> Self {
        let state = match OpenOptions::new().create(true).append(true).open(path) {
            Ok(file) => State { file: Some(file), problem: None },
            Err(error) => State { file: None, problem: Some(error.to_string()) },
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Returns why the log is incomplete, if it is.
    pub fn problem(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).problem.clone()
    }

    fn write(&self, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = state.file.as_mut().map(|file| file.write_all(bytes)) {
            *state = State { file: None, problem: Some(error.to_string()) };
        }
    }
}

/// Forwards both streams of `child`, and returns their number. `closed`
/// returns the function to call at the end of each.
pub fn forward<F: FnOnce() + Send + 'static>(
    child: &mut Child,
    log: &Log,
    closed: impl Fn() -> F,
) -> usize {
    let stdout = child.stdout.take().map(|from| pump(from, std::io::stdout(), log, closed()));
    let stderr = child.stderr.take().map(|from| pump(from, std::io::stderr(), log, closed()));
    usize::from(stdout.is_some()) + usize::from(stderr.is_some())
}

fn pump(
    mut from: impl Read + Send + 'static,
    to: impl Write + Send + 'static,
    log: &Log,
    closed: impl FnOnce() + Send + 'static,
) {
    let log = log.clone();
    thread::spawn(move || {
        let mut to = Some(to);
        let mut buffer = [0; 16 * 1024];
        while let Ok(n_read @ 1..) = from.read(&mut buffer) {
            let bytes = &buffer[..n_read];
            log.write(bytes);
            to = to.take().and_then(|mut to| {
                to.write_all(bytes).and_then(|()| to.flush()).is_ok().then_some(to)
            });
        }
        closed();
    });
}
