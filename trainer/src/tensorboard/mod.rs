//! `logs/tensorboard/events.out.tfevents.*`: curves for TensorBoard.
//!
//! It writes scalars, nothing else, and reads nothing back. The format
//! is TensorFlow's event file: records of `Event` messages, framed as
//! in `tensorflow/core/lib/io/record_writer.cc`.

mod message;
mod record;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use prost::Message as _;

use crate::session::Clock;

use message::{Event, Summary, What};

/// Writes the scalars of one run.
#[derive(Debug)]
pub struct ScalarWriter {
    path: PathBuf,
    file: File,
    clock: Clock,
    waiting: Vec<u8>,
}

/// The scalars of one step.
#[derive(Debug, Clone, Default)]
pub struct Scalars {
    values: Vec<message::Value>,
}

impl Scalars {
    /// Adds `value` under `tag`, such as `train/reward`. TensorBoard
    /// keeps 32 bits of it. What is not finite is left out: a curve has
    /// a hole there, not a lie.
    pub fn add(&mut self, tag: &str, value: f64) {
        if value.is_finite() {
            // The format holds no more bits than these.
            #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits")]
            let simple_value = value as f32;
            self.values
                .push(message::Value { tag: tag.to_owned(), simple_value: Some(simple_value) });
        }
    }
}

impl ScalarWriter {
    /// Creates the event file in `folder`. Its name ends in `trainer`,
    /// where other tools put the machine's name, or `trainer_2` and so
    /// on where such a file exists.
    pub fn create(folder: &Path, clock: Clock) -> Result<Self> {
        let seconds = clock.now().timestamp().max(0);
        let (path, file) = create_new(folder, seconds)?;
        let mut writer = Self { path, file, clock, waiting: Vec::new() };
        writer.push(0, What::FileVersion("brain.Event:2".to_owned()));
        writer.flush()?;
        Ok(writer)
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds `scalars` at `step`; they wait for [`ScalarWriter::flush`].
    pub fn add(&mut self, step: u64, scalars: Scalars) {
        if !scalars.values.is_empty() {
            self.push(step, What::Summary(Summary { value: scalars.values }));
        }
    }

    /// Writes the waiting scalars.
    pub fn flush(&mut self) -> Result<()> {
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.with_context(|| {
            format!("failed to write `{}`; is the disk full?", self.path.display())
        })
    }

    /// Writes the waiting scalars and waits until the disk has them.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file
            .sync_all()
            .with_context(|| format!("failed to flush `{}` to disk", self.path.display()))
    }

    fn push(&mut self, step: u64, what: What) {
        let event = Event {
            wall_time: seconds_of(self.clock.now()),
            step: i64::try_from(step).unwrap_or(i64::MAX),
            what: Some(what),
        };
        record::frame(&event.encode_to_vec(), &mut self.waiting);
    }
}

impl Drop for ScalarWriter {
    fn drop(&mut self) {
        // Whoever must know of a failure has called `flush`.
        let _ = self.file.write_all(&self.waiting);
    }
}

fn create_new(folder: &Path, seconds: i64) -> Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let suffix = if number == 1 { String::new() } else { format!("_{number}") };
        let path = folder.join(format!("events.out.tfevents.{seconds:010}.trainer{suffix}"));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to create `{}`", path.display()));
            }
        }
    }
}

fn seconds_of(time: DateTime<Utc>) -> f64 {
    time.timestamp_micros() as f64 / 1e6
}
