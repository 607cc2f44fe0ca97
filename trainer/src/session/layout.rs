//! The paths of a workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tracing::warn;

use crate::session::write::{create_folder, sync_folder, sync_tree};

/// The folders and files of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

/// Defines the method that returns each path below the root.
macro_rules! paths {
    ($($name:ident: $path:literal,)*) => {
        impl Layout {
            $(
                #[doc = concat!("Returns the path of `", $path, "`.")]
                pub fn $name(&self) -> PathBuf {
                    self.root.join($path)
                }
            )*
        }
    };
}

paths! {
    logs: "logs",
    // The record of the run.
    session: "logs/session.json",
    training_log: "logs/training.log",
    // The page of the session.
    report: "logs/report.html",
    tensorboard: "logs/tensorboard",
    trades: "logs/trades",
    trade_log: "logs/trades/trade_execution.log",
    // The equity at each bar, out of sample and in sample.
    equity: "logs/trades/equity.csv",
    train_equity: "logs/trades/train_equity.csv",
    // A row for each window.
    windows: "logs/trades/walk_forward.csv",
    models: "models",
    final_model: "models/memory_efficient_model_final.zip",
    checkpoints: "models/checkpoints",
    // What `--resume` needs, while a run is not completed.
    training_state: "models/checkpoints/training_state.bin",
    // The workspaces of trainings with other seeds.
    seeds: ".trainvault/seeds",
    lock: ".trainvault/trainer.lock",
}

impl Layout {
    /// Returns the layout of the workspace at `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Creates the folders that a run writes to.
    pub fn create(&self) -> Result<()> {
        let folders = [self.trades(), self.tensorboard(), self.checkpoints()];
        folders.iter().try_for_each(|folder| create_folder(folder))
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

    /// Prefix of the names of single episodes' curves.
    pub(crate) const TRAIN_EQUITY_PART: &str = "train_equity.ep";

    /// `logs/trades/train_equity.ep003.0002.csv`: the curve of the symbol
    /// with the index 2 in episode 3, until the episode ends.
    pub(crate) fn train_equity_part(&self, episode: usize, symbol: usize) -> PathBuf {
        self.trades().join(format!("{}{episode:03}.{symbol:04}.csv", Self::TRAIN_EQUITY_PART))
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
}
