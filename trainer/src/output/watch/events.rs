//! Reads the scalars of an event file while it grows.

use std::fs::{self, File};
use std::io::{BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::session::tensorboard::{ScalarPoint, next_record, scalars_of};

/// Bytes around a record: its length, and the checksums of both.
const FRAME_BYTES: u64 = 16;

/// The newest event file of a folder, and the bytes read of it.
#[derive(Debug, Default)]
pub(super) struct EventTail {
    path: Option<PathBuf>,
    n_read: u64,
}

/// An addition to the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EventUpdate {
    /// A new run has begun: the values of the one before are obsolete.
    NewRun,
    /// A scalar, by its step and tag.
    Scalar(f64, String, f64),
}

impl EventTail {
    /// Returns the path of the file that is read.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns what was written since the last call, if anything.
    pub(super) fn refresh(&mut self, folder: &Path) -> Vec<EventUpdate> {
        let mut updates = Vec::new();
        let newest = newest_in(folder);
        if newest != self.path {
            *self = Self { path: newest, n_read: 0 };
            updates.push(EventUpdate::NewRun);
        }
        // What cannot be read now is read at the next call.
        let _ = self.read(&mut updates);
        updates
    }

    fn read(&mut self, updates: &mut Vec<EventUpdate>) -> std::io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.n_read))?;
        let mut file = BufReader::new(file);
        while let Ok(Some(record)) = next_record(&mut file) {
            self.n_read += record.len() as u64 + FRAME_BYTES;
            if let Ok(points) = scalars_of(&record) {
                let scalar = |point: ScalarPoint| {
                    EventUpdate::Scalar(point.step as f64, point.tag, f64::from(point.value))
                };
                updates.extend(points.map(scalar));
            }
        }
        Ok(())
    }
}

/// Returns the event file with the latest start, by its name.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let is_event_file = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("events.out.tfevents.")
    };
    entries.filter(is_event_file).max()
}
