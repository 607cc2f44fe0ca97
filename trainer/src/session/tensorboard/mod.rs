//! `logs/tensorboard/events.out.tfevents.*`: the event files of runs.
//!
//! Scalars, histograms, texts, and the settings with their results for
//! the HPARAMS tab; only the scalars can be read back. The format is
//! TensorFlow's event file: records of `Event` messages, framed as in
//! `tensorflow/core/lib/io/record_writer.cc`.

mod histogram;
mod hparams;
mod message;
mod read;

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use prost::Message as _;

use crate::session::{Clock, LineFile};

pub use histogram::Histogram;
pub use hparams::{HyperParameters, SessionEnd};
pub use read::{ScalarPoint, read_scalars};
#[cfg(feature = "full")]
pub(crate) use read::{next_record, scalars_of};

use message::{Content, Event, Metadata, Summary, Tensor, Value, What};

/// Writes the event file of one run.
#[derive(Debug)]
pub struct EventWriter {
    file: LineFile,
    clock: Clock,
    /// Whether a session was started and not ended.
    is_open: bool,
}

/// The scalars and histograms of one step.
#[derive(Debug, Clone, Default)]
pub struct Scalars {
    values: Vec<Value>,
}

impl Scalars {
    /// Adds `value` under `tag`, such as `train/reward`. TensorBoard
    /// keeps 32 bits of it. A value that is not finite is left out and
    /// shows as a gap.
    pub fn add(&mut self, tag: &str, value: f64) {
        if value.is_finite() {
            #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits")]
            self.push(tag, Content::Scalar(value as f32));
        }
    }

    /// Marks the figure `tag` as undefined at this step; otherwise its
    /// last defined value would count as the result.
    pub fn add_undefined(&mut self, tag: &str) {
        self.push(tag, Content::Scalar(f32::NAN));
    }

    /// Adds `histogram` under `tag`, unless it is empty.
    pub fn add_histogram(&mut self, tag: &str, histogram: &Histogram) {
        if let Some(message) = histogram.message() {
            self.push(tag, Content::Histogram(message));
        }
    }

    fn push(&mut self, tag: &str, content: Content) {
        self.values.push(Value { tag: tag.to_owned(), metadata: None, content: Some(content) });
    }
}

impl EventWriter {
    /// Creates the event file in `folder`. Its name ends in `trainer` in
    /// place of the usual host name, or in `trainer_2` and so on where
    /// such a file exists.
    pub fn create(folder: &Path, clock: Clock) -> Result<Self> {
        let seconds = clock.now().timestamp().max(0);
        let name = format!("events.out.tfevents.{seconds:010}.trainer");
        let file = LineFile::create_first((1..).map(|number: usize| match number {
            1 => folder.join(&name),
            _ => folder.join(format!("{name}_{number}")),
        }))?;
        let mut writer = Self { file, clock, is_open: false };
        writer.push(0, What::FileVersion("brain.Event:2".to_owned()))?;
        writer.flush()?;
        Ok(writer)
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Adds `scalars` at `step`, buffered until [`EventWriter::flush`].
    pub fn add(&mut self, step: u64, scalars: Scalars) -> Result<()> {
        if scalars.values.is_empty() {
            return Ok(());
        }
        self.push(step, What::Summary(Summary { value: scalars.values }))
    }

    /// Adds `text` in Markdown under `tag` for the TEXT tab.
    pub fn add_text(&mut self, tag: &str, text: &str) -> Result<()> {
        let value = Value {
            tag: tag.to_owned(),
            metadata: Some(Metadata::of_plugin("text", Vec::new())),
            content: Some(Content::Tensor(Tensor::text(text))),
        };
        self.push(0, What::Summary(Summary { value: vec![value] }))
    }

    /// Starts the session for the HPARAMS tab. Without
    /// [`EventWriter::end_session`] it counts as failed once the writer is
    /// dropped, and as unknown if the process is killed.
    pub fn start_session(&mut self, session: &HyperParameters<'_>) -> Result<()> {
        let value = hparams::start(session, seconds_of(self.clock.now()));
        self.is_open = true;
        self.push(0, What::Summary(Summary { value }))
    }

    /// Ends the session.
    pub fn end_session(&mut self, end: SessionEnd) -> Result<()> {
        let value = vec![hparams::end(end, seconds_of(self.clock.now()))];
        self.is_open = false;
        self.push(0, What::Summary(Summary { value }))
    }

    /// Writes what is buffered.
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }

    /// Writes what is buffered and syncs the file to disk.
    pub fn sync(&mut self) -> Result<()> {
        self.file.sync()
    }

    fn push(&mut self, step: u64, what: What) -> Result<()> {
        let event = Event {
            wall_time: seconds_of(self.clock.now()),
            step: i64::try_from(step).unwrap_or(i64::MAX),
            what: Some(what),
        };
        self.file.push_record(&framed(&event.encode_to_vec()))
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        if self.is_open {
            // Errors are reported by `flush`; this is the last attempt.
            let _ = self.end_session(SessionEnd::Failure);
        }
    }
}

fn seconds_of(time: DateTime<Utc>) -> f64 {
    time.timestamp_micros() as f64 / 1e6
}

/// Returns `bytes` as a record: their length, its checksum, the bytes,
/// their checksum.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let [length_crc, bytes_crc] = [&length[..], bytes].map(|part| masked_crc(part).to_le_bytes());
    [&length[..], &length_crc[..], bytes, &bytes_crc[..]].concat()
}

/// Returns the CRC-32C, rotated and offset, so that data which contains
/// checksums is protected as well (`tensorflow/core/lib/hash/crc32c.h`).
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
