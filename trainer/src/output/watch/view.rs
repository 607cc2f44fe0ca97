//! The contents of the live view, read from the files of a run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::events::{EventTail, EventUpdate};
use super::series::Series;
use crate::session::Layout;

/// How much of the trade log's end is read, in bytes.
const TAIL_BYTES: u64 = 16 * 1024;
/// How many trades are shown at most.
const N_TRADES: usize = 12;

/// The contents of the live view.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The record of the run, `logs/session.json`; null where there is
    /// none.
    pub record: Value,
    /// Equity on the training bars by step, in money: in sample.
    pub equity: Series,
    /// Drawdown of that equity, as a fraction.
    pub drawdown: Series,
    /// max |ΔQ| of each refit, by step.
    pub delta_q: Series,
    /// Equity out of sample after the last whole episode, by bar.
    pub test_equity: Series,
    /// That of buy-and-hold.
    pub hold_equity: Series,
    /// Net return out of sample by episode, as a fraction.
    pub learning: Series,
    /// Lines of the trade log, the newest last.
    pub trades: Vec<String>,
    /// Peak memory, in MB.
    pub memory_mb: Option<f64>,
    /// When the run last wrote something.
    pub last_write: Option<DateTime<Utc>>,
}

/// Updates a view from the files of the workspace.
#[derive(Debug)]
pub struct Watcher {
    layout: Layout,
    events: EventTail,
    /// The size and time of the equity file that was read.
    curve: Option<(u64, SystemTime)>,
    view: View,
}

impl Watcher {
    /// Watches the workspace of `layout`, which may still be empty.
    pub fn new(layout: Layout) -> Self {
        Self { layout, events: EventTail::default(), curve: None, view: View::default() }
    }

    /// Reads the new data and returns the view; what cannot be read stays
    /// unchanged.
    pub fn refresh(&mut self) -> &View {
        for update in self.events.refresh(&self.layout.tensorboard()) {
            self.apply(update);
        }
        let bytes = fs::read(self.layout.session()).unwrap_or_default();
        self.view.record = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        self.update_learning();
        self.update_curve();
        self.view.trades = last_lines(&self.layout.trade_log()).unwrap_or_default();
        self.view.last_write = self.last_write();
        &self.view
    }

    fn apply(&mut self, update: EventUpdate) {
        let view = &mut self.view;
        match update {
            EventUpdate::NewRun => *view = View::default(),
            EventUpdate::Scalar(step, tag, value) => match tag.as_str() {
                "train/equity" => view.equity.push(step, value),
                "train/drawdown" => view.drawdown.push(step, value),
                "learner/max_abs_delta_q" => view.delta_q.push(step, value),
                "memory/peak_mb" => view.memory_mb = Some(value),
                _ => {}
            },
        }
    }

    fn update_learning(&mut self) {
        self.view.learning.clear();
        let episodes = self.view.record.get("episodes").and_then(Value::as_array);
        for (idx, episode) in episodes.into_iter().flatten().enumerate() {
            if let Some(earned) = episode.get("test_net_return").and_then(Value::as_f64) {
                self.view.learning.push((idx + 1) as f64, earned);
            }
        }
    }

    /// Reads the curve of the last evaluation, if the file has changed.
    fn update_curve(&mut self) {
        let path = self.layout.equity();
        let state = fs::metadata(&path).ok();
        let state = state.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)));
        if state == self.curve {
            return;
        }
        self.curve = state;
        self.view.test_equity.clear();
        self.view.hold_equity.clear();
        let Ok(file) = File::open(&path) else { return };
        let mut lines = BufReader::new(file).lines().map_while(Result::ok);
        let names: Vec<String> =
            lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
        let column = |name: &str| names.iter().position(|known| known == name);
        let columns = [column("equity"), column("buy_and_hold")];
        for (idx, line) in lines.enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let cell = |column: Option<usize>| cells.get(column?)?.parse::<f64>().ok();
            let series = [&mut self.view.test_equity, &mut self.view.hold_equity];
            for (series, column) in series.into_iter().zip(columns) {
                if let Some(value) = cell(column) {
                    series.push(idx as f64, value);
                }
            }
        }
    }

    fn last_write(&self) -> Option<DateTime<Utc>> {
        let layout = &self.layout;
        let log = fs::metadata(layout.training_log()).and_then(|metadata| metadata.modified());
        let events = self.events.path().and_then(|path| fs::metadata(path).ok()?.modified().ok());
        log.ok().into_iter().chain(events).max().map(DateTime::<Utc>::from)
    }
}

/// Returns the last whole lines of the file at `path`.
fn last_lines(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be cut off at its start.
    let mut lines: Vec<&str> = text.lines().skip(usize::from(start > 0)).collect();
    let n_over = lines.len().saturating_sub(N_TRADES);
    lines.drain(..n_over);
    Ok(lines.into_iter().map(str::to_owned).collect())
}
