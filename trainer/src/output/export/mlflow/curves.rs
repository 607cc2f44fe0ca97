//! Writes metrics over steps: a file for each curve, with a line `time
//! value step` for each point.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::account::metrics::{is_return_based, is_ruinous, void_ruined};
use crate::session::tensorboard::read_scalars;
use crate::session::{Layout, Session, create_folder, parse_time};

use super::super::draft::files_in;

/// The open files, by the curve's name.
struct Curves {
    folder: PathBuf,
    files: BTreeMap<String, BufWriter<File>>,
}

/// The position of a point on its curve: its time in UTC and its step.
#[derive(Debug, Clone, Copy)]
struct Position {
    time_ms: i64,
    step: i64,
}

/// Writes the curves of the event files in `layout`, the figures of
/// each episode and, as last points, the final figures.
pub(super) fn write(layout: &Layout, session: &Session, folder: &Path) -> Result<()> {
    let mut curves = Curves { folder: folder.to_owned(), files: BTreeMap::new() };
    let mut last_step = 0;
    // Each evaluation writes its net return before return-based figures.
    let mut ruined_step = None;
    for path in files_in(&layout.tensorboard(), |name| name.contains("tfevents"))? {
        read_scalars(&path, &mut |point| {
            last_step = last_step.max(point.step);
            #[expect(clippy::cast_possible_truncation, reason = "times fit")]
            let time_ms = (point.wall_time * 1000.0) as i64;
            let mut value = f64::from(point.value);
            let figure = point.tag.strip_prefix("test/").unwrap_or_default();
            if figure == "net_return" && is_ruinous(value) {
                ruined_step = Some(point.step);
            }
            if is_return_based(figure) && ruined_step == Some(point.step) {
                value = f64::NAN;
            }
            // NaN only follows a value, which would else count as the last.
            if value.is_nan() && !curves.files.contains_key(&point.tag) {
                return Ok(());
            }
            curves.push(&point.tag, Position { time_ms, step: point.step }, value)
        })?;
    }
    let time_ms = millis(session.finished_at.as_ref().unwrap_or(&session.started_at))?;
    let mut record = serde_json::to_value(session)?;
    void_ruined(&mut record);
    let episodes = record["episodes"].as_array().into_iter().flatten();
    for (episode, figures) in session.episodes.iter().zip(episodes) {
        let step = i64::try_from(episode.episode)?;
        curves.push_all("episode", figures, Position { time_ms, step })?;
    }
    let last = Position { time_ms, step: last_step };
    for (who, figures) in record["metrics"].as_object().into_iter().flatten() {
        curves.push_all(&format!("final/{who}"), figures, last)?;
    }
    curves.finish()
}

impl Curves {
    /// Adds a point for every number among `figures`.
    fn push_all(&mut self, group: &str, figures: &Value, at: Position) -> Result<()> {
        for (name, value) in figures.as_object().into_iter().flatten() {
            if let Some(value) = value.as_f64() {
                self.push(&format!("{group}/{name}"), at, value)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, name: &str, at: Position, value: f64) -> Result<()> {
        let path = self.folder.join(name);
        let failed = || format!("failed to write `{}`", path.display());
        if !self.files.contains_key(name) {
            create_folder(path.parent().unwrap_or(&self.folder))?;
            let file = BufWriter::new(File::create(&path).with_context(failed)?);
            self.files.insert(name.to_owned(), file);
        }
        let file = self.files.get_mut(name).expect("it was just put there");
        writeln!(file, "{} {value} {}", at.time_ms, at.step).with_context(failed)
    }

    fn finish(self) -> Result<()> {
        for (name, mut file) in self.files {
            file.flush().with_context(|| format!("failed to write the metric `{name}`"))?;
        }
        Ok(())
    }
}

/// Returns a time of a record in milliseconds since 1970 UTC.
pub(super) fn millis(time: &str) -> Result<i64> {
    Ok(parse_time(time)?.timestamp_millis())
}
