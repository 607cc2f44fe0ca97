//! The paths of a workspace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tracing::warn;

use crate::session::write::{sync_folder, sync_tree};

/// The folders and files of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Returns the layout of the workspace at `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Creates the folders that a run writes to.
    pub fn create(&self) -> Result<()> {
        for folder in [self.trades(), self.tensorboard(), self.checkpoints()] {
            fs::create_dir_all(&folder)
                .with_context(|| format!("failed to create the folder `{}`", folder.display()))?;
        }
        Ok(())
    }

    /// Waits until all files of the session are on the disk; a failure is
    /// only logged.
    pub fn sync(&self) {
        // One by one: each may be a link to another disk.
        let folders =
            [self.logs(), self.trades(), self.tensorboard(), self.models(), self.checkpoints()];
        let mut folders = folders.iter().filter(|folder| folder.is_dir());
        let root = || sync_folder(&self.root).context("failed to flush the workspace to disk");
        let synced = folders.try_for_each(|folder| sync_tree(folder)).and_then(|()| root());
        if let Err(failure) = synced {
            warn!("a power cut now may take some of the session: {failure:#}");
        }
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `logs/`.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// `logs/trades/`.
    pub fn trades(&self) -> PathBuf {
        self.root.join("logs/trades")
    }

    /// `logs/tensorboard/`.
    pub fn tensorboard(&self) -> PathBuf {
        self.root.join("logs/tensorboard")
    }

    /// `models/`.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// `models/checkpoints/`.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("models/checkpoints")
    }

    /// `logs/session.json`, the record of the run.
    pub fn session(&self) -> PathBuf {
        self.root.join("logs/session.json")
    }

    /// `logs/training.log`.
    pub fn training_log(&self) -> PathBuf {
        self.root.join("logs/training.log")
    }

    /// `logs/trades/trade_execution.log`.
    pub fn trade_log(&self) -> PathBuf {
        self.root.join("logs/trades/trade_execution.log")
    }

    /// `logs/trades/equity.csv`, the out-of-sample equity of each bar.
    pub fn equity(&self) -> PathBuf {
        self.root.join("logs/trades/equity.csv")
    }

    /// `logs/trades/train_equity.csv`, the same of the training bars.
    pub fn train_equity(&self) -> PathBuf {
        self.root.join("logs/trades/train_equity.csv")
    }

    /// Prefix of the names of single episodes' curves.
    pub(crate) const TRAIN_EQUITY_PART: &str = "train_equity.ep";

    /// `logs/trades/train_equity.ep003.0002.csv`: the curve of the symbol
    /// with the index 2 in episode 3, until the episode ends.
    pub(crate) fn train_equity_part(&self, episode: usize, symbol: usize) -> PathBuf {
        self.trades().join(format!("{}{episode:03}.{symbol:04}.csv", Self::TRAIN_EQUITY_PART))
    }

    /// `logs/report.html`, the page of the session.
    pub fn report(&self) -> PathBuf {
        self.root.join("logs/report.html")
    }

    /// `models/memory_efficient_model_final.zip`.
    pub fn final_model(&self) -> PathBuf {
        self.root.join("models/memory_efficient_model_final.zip")
    }

    /// `models/checkpoints/memory_efficient_model_ep003.zip` for 3.
    pub fn checkpoint(&self, episode: usize) -> PathBuf {
        self.checkpoints().join(format!("memory_efficient_model_ep{episode:03}.zip"))
    }

    /// Returns the episode of the checkpoint called `name`.
    pub fn episode_of_checkpoint(name: &str) -> Option<usize> {
        let digits = name.strip_prefix("memory_efficient_model_ep")?.strip_suffix(".zip")?;
        digits.parse().ok()
    }

    /// `models/checkpoints/memory_efficient_model_window003.zip` for 3.
    pub fn window_model(&self, window: usize) -> PathBuf {
        self.checkpoints().join(format!("memory_efficient_model_window{window:03}.zip"))
    }

    /// `logs/trades/walk_forward.csv`, one row per window.
    pub fn windows(&self) -> PathBuf {
        self.root.join("logs/trades/walk_forward.csv")
    }

    /// `models/checkpoints/training_state.bin`: what `--resume` needs,
    /// while a run is not completed.
    pub fn training_state(&self) -> PathBuf {
        self.checkpoints().join("training_state.bin")
    }

    /// `.trainvault/seeds/`, the workspaces of trainings with other seeds.
    pub(crate) fn seeds(&self) -> PathBuf {
        self.root.join(".trainvault/seeds")
    }

    /// `.trainvault/trainer.lock`.
    pub fn lock(&self) -> PathBuf {
        self.root.join(".trainvault/trainer.lock")
    }
}
