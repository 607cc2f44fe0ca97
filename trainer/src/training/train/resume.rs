//! Resumes an interrupted session from its last checkpoint.
//!
//! The interrupted session's folder is only read. Copied are the logs up
//! to the checkpoint, the models of completed episodes, and the
//! checkpoint itself. That is last, so that after a kill the workspace
//! either can be resumed or has no checkpoint.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::config::{RequestedSettings, TrainingConfig};
use crate::learning::Learner;
use crate::market::bars::DataSummary;
use crate::session::{Layout, ResumedRecord, sync_folder};

use super::checkpoint::{self, CheckpointHeader, Progress};

/// Settings that do not affect the model, and may therefore change.
const CHANGEABLE_SETTINGS: [&str; 9] = [
    "$schema",
    "data",
    "threads",
    "checkpoint_every_episodes",
    "keep_checkpoints",
    "enable_trade_logging",
    "enable_trade_tracing",
    "enable_tensorboard",
    "seeds",
];

/// An interrupted session that can be resumed.
#[derive(Debug, Clone)]
pub struct Resume {
    folder: Layout,
    header: CheckpointHeader,
}

impl Resume {
    /// Opens the checkpoint of the session whose `logs/` and `models/`
    /// are in `folder`, and checks its digest.
    ///
    /// # Errors
    ///
    /// Fails when there is none, as after a completed session, when it is
    /// damaged, and when another version wrote it.
    pub fn open(folder: &Path) -> Result<Self> {
        let folder = Layout::new(folder);
        let state = folder.training_state();
        if !state.is_file() {
            bail!(
                "there is no checkpoint `{}` to go on from: the session is completed, or was \
                 stopped before its first; train without `--resume`",
                state.display()
            );
        }
        Ok(Self { header: checkpoint::read_header(&state)?, folder })
    }

    /// Returns `requested`, completed with the overrides of the
    /// interrupted session.
    pub fn requested(&self, requested: RequestedSettings) -> RequestedSettings {
        let earlier = &self.header.requested;
        RequestedSettings {
            overrides: requested.overrides.or(&earlier.overrides),
            is_default: requested.is_default || earlier.is_default,
        }
    }

    /// Checks that `training` has the settings of the interrupted session,
    /// as far as they affect the model.
    ///
    /// # Errors
    ///
    /// Fails with the first setting that differs.
    pub fn check_settings(&self, training: &TrainingConfig) -> Result<()> {
        let [before, now] = [&self.header.training, training].map(serde_json::to_value);
        let (mut before, mut now) = (before?, now?);
        for settings in [&mut before, &mut now].into_iter().filter_map(Value::as_object_mut) {
            settings.retain(|name, _| !CHANGEABLE_SETTINGS.contains(&name.as_str()));
        }
        match difference("", &before, &now) {
            None => Ok(()),
            Some((name, before, now)) => bail!(
                "`{name}` was {before} when session {} began and is {now} now; set it back, or \
                 train without `--resume`",
                self.header.session
            ),
        }
    }

    /// Checks by their SHA-256 that the bars of `summary` are those of the
    /// interrupted session.
    pub fn check_data(&self, summary: &DataSummary) -> Result<()> {
        ensure!(
            self.header.data_sha256 == summary.sha256,
            "the bars of `{}` are not those of session {}: their SHA-256 was {} and is {}; bring \
             them back, or train without `--resume`",
            summary.source,
            self.header.session,
            self.header.data_sha256,
            summary.sha256
        );
        Ok(())
    }

    /// Copies the files of the interrupted session to `layout`, another
    /// folder than the session's own.
    pub fn copy_into(&self, layout: &Layout) -> Result<()> {
        ensure!(
            !is_same(layout.root(), self.folder.root()),
            "`{}` is the workspace itself; move the session to another folder first, as `cargo \
             xtask train --resume` does",
            self.folder.root().display()
        );
        for log in &self.header.logs {
            let (from, to) = (self.folder.root().join(&log.path), layout.root().join(&log.path));
            copy(&from, &to, log.n_bytes)?;
        }
        let folder = &self.folder;
        let windows = self.header.walk_forward.iter().flat_map(|walk| &walk.windows);
        let windows = windows.map(|window| folder.window_model(window.window));
        let Progress { n_episodes, schedule, .. } = &self.header.progress;
        let n_symbol_curves = schedule.as_ref().map_or(0, |schedule| schedule.n_done);
        let symbol_curves =
            (0..n_symbol_curves).map(|symbol| folder.train_equity_part(n_episodes + 1, symbol));
        let models = (1..=*n_episodes).map(|episode| folder.checkpoint(episode));
        let others = [folder.training_log(), folder.equity(), folder.train_equity()];
        for from in others.into_iter().chain(models).chain(windows).chain(symbol_curves) {
            if from.exists() {
                copy(&from, &self.place_in(layout, &from), u64::MAX)?;
            }
        }
        self.copy_curve(layout)?;
        let draft = layout.training_state().with_extension("bin.copy");
        copy(&self.folder.training_state(), &draft, u64::MAX)?;
        fs::rename(&draft, layout.training_state())
            .and_then(|()| sync_folder(&layout.checkpoints()))
            .with_context(|| format!("failed to save `{}`", layout.training_state().display()))
    }

    /// Copies the equity curve of an interrupted episode: from the
    /// temporary file, or from the final one that a stopped episode
    /// wrote. [`EquityCurve::resume`] discards rows of another episode.
    ///
    /// [`EquityCurve::resume`]: super::curve::EquityCurve::resume
    fn copy_curve(&self, layout: &Layout) -> Result<()> {
        let state = self.header.progress.episode_state.as_ref();
        let Some(position) = state.and_then(|state| state.curve.as_ref()) else {
            return Ok(());
        };
        let Progress { n_episodes, schedule, .. } = &self.header.progress;
        let curve = match schedule {
            Some(schedule) => self.folder.train_equity_part(n_episodes + 1, schedule.n_done),
            None => self.folder.train_equity(),
        };
        let to = self.place_in(layout, &curve).with_extension("csv.tmp");
        for from in [curve.with_extension("csv.tmp"), curve] {
            if from.exists() {
                copy(&from, &to, position.n_bytes)?;
                if position.is_of(&to) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Returns where the file `from` of the session lies in `layout`.
    fn place_in(&self, layout: &Layout, from: &Path) -> PathBuf {
        layout.root().join(from.strip_prefix(self.folder.root()).unwrap_or(from))
    }

    pub(super) fn header(&self) -> &CheckpointHeader {
        &self.header
    }

    /// Restores `learner` to its state in the interrupted session.
    pub(super) fn restore(&self, learner: &mut dyn Learner) -> Result<()> {
        checkpoint::read_learner(&self.folder.training_state(), learner)
    }

    pub(super) fn record(&self) -> ResumedRecord {
        let CheckpointHeader { session, progress, .. } = &self.header;
        let (session, n_episodes, step) = (session.clone(), progress.n_episodes, progress.step);
        ResumedRecord { session, n_episodes, step }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Copies the first `n_bytes_max` bytes and syncs them to the disk.
fn copy(from: &Path, to: &Path, n_bytes_max: u64) -> Result<()> {
    let copy = || -> io::Result<()> {
        fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
        let mut out = File::create(to)?;
        io::copy(&mut File::open(from)?.take(n_bytes_max), &mut out)?;
        out.sync_all()
    };
    copy().with_context(|| format!("failed to copy `{}` to `{}`", from.display(), to.display()))
}

/// Returns the first key whose values differ, with both values.
fn difference(name: &str, before: &Value, now: &Value) -> Option<(String, Value, Value)> {
    let (Value::Object(before), Value::Object(now)) = (before, now) else {
        return (before != now).then(|| (name.to_owned(), before.clone(), now.clone()));
    };
    let keys = before.keys().chain(now.keys().filter(|&key| !before.contains_key(key)));
    keys.map(|key| {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        let value = |values: &serde_json::Map<String, Value>| {
            values.get(key).cloned().unwrap_or(Value::Null)
        };
        difference(&name, &value(before), &value(now))
    })
    .find_map(|found| found)
}
