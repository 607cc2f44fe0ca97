//! The two programs of this package: `xtask`, which cargo builds and
//! runs, and `trainvault`, which is installed and works on its own.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};

use crate::cli::Cli;
use crate::programs::features::{Feature, MissingFeature};
use crate::tasks::train::TrainerSource;

/// The command that runs `xtask`.
const BY_CARGO: &str = "cargo xtask";
/// The command that runs `trainvault`.
const ALONE: &str = "trainvault";
/// The trainer of this repository.
const TRAINER: &str = "trainer";

/// Which of the two programs runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `cargo xtask`
    Xtask,
    /// `trainvault`
    Trainvault,
}

impl Program {
    /// Returns the program of the binary that cargo calls `name`.
    pub fn of_binary(name: &str) -> Self {
        if name == ALONE { Self::Trainvault } else { Self::Xtask }
    }

    /// Returns the command line, with this program's name in the help.
    pub fn command(self) -> Command {
        let command = Cli::command();
        match self {
            Self::Xtask => command,
            Self::Trainvault => {
                command.name(ALONE).bin_name(ALONE).mut_subcommands(|task| self.with_own_name(task))
            }
        }
    }

    fn with_own_name(self, task: Command) -> Command {
        let help = task.get_after_help().map(|help| self.spell(&help.to_string()));
        match help {
            Some(help) => task.after_help(help),
            None => task,
        }
    }

    /// Replaces `cargo xtask` in `text` by the name of this program.
    pub fn spell(self, text: &str) -> String {
        match self {
            Self::Xtask => text.to_owned(),
            Self::Trainvault => text.replace(BY_CARGO, ALONE),
        }
    }

    /// Returns the error for a missing feature if it cannot be built on
    /// demand.
    pub fn explain(self, missing: &MissingFeature) -> String {
        let feature = missing.feature.name();
        let instead = match missing.feature {
            Feature::Zstd => ", or set `archive.compression` to `deflate`",
            Feature::Standalone => "",
        };
        format!(
            "{}, and this program was built without that; install it again from its source by \
             `cargo install --path xtask --features {feature}`{instead}",
            missing.reason
        )
    }

    /// Returns the default trainer: `xtask` builds that of the cargo
    /// workspace `home`; `trainvault`, installed at `own`, uses the one
    /// beside itself or else on the search path `path`.
    pub fn trainer(self, home: &Path, own: &Path, path: Option<&OsStr>) -> TrainerSource {
        if self == Self::Xtask {
            return TrainerSource::Build(home.to_owned());
        }
        let real = own.canonicalize().ok();
        let beside = [Some(own), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
        let folders: Vec<PathBuf> = beside.map(Path::to_owned).collect();
        let on_path = path.into_iter().flat_map(std::env::split_paths);
        folders
            .into_iter()
            .chain(on_path)
            .map(|folder| folder.join(format!("{TRAINER}{EXE_SUFFIX}")))
            .find(|file| file.is_file())
            .map_or(TrainerSource::Missing, TrainerSource::Installed)
    }
}
