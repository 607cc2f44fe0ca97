//! Where the trainer comes from.

use std::path::PathBuf;

use anyhow::Result;

use super::command::CommandTrainer;
use crate::programs::process;
use crate::tasks::TaskContext;
use crate::workspace::exit::CodedError;
use crate::workspace::plain;

/// Where the trainer comes from.
#[derive(Debug, Clone)]
pub enum TrainerSource {
    /// A binary.
    Ready(PathBuf),
    /// A cargo workspace that holds the trainer's package.
    Build(PathBuf),
    /// This repository's, installed.
    Installed(PathBuf),
    /// Any command, which knows nothing of this tool.
    Command(CommandTrainer),
    /// None was found.
    Missing,
}

/// Returns the trainer's binary, built when it is to be.
///
/// # Errors
/// When there is no such binary, or cargo fails.
pub fn trainer_binary(context: &mut TaskContext<'_>, source: &TrainerSource) -> Result<PathBuf> {
    match source {
        TrainerSource::Command(command) => {
            command.check()?;
            Ok(command.supervisor.clone())
        }
        TrainerSource::Ready(path) => path.canonicalize().map(plain).map_err(|error| {
            let path = path.display();
            CodedError::Usage(format!("there is no trainer `{path}` to run: {error}")).into()
        }),
        TrainerSource::Build(home) => {
            (context.notes)("building the trainer (release; the first time takes a minute)");
            process::build_trainer(home)
        }
        TrainerSource::Installed(path) if process::is_own_trainer(path) => Ok(path.clone()),
        TrainerSource::Installed(path) => Err(CodedError::Usage(format!(
            "`{}` is not the trainer of this tool; install that by `cargo install --path \
             trainer`, or name another by `--trainer-bin PATH`",
            path.display()
        ))
        .into()),
        TrainerSource::Missing => Err(CodedError::Usage(
            "there is no `trainer` beside this program or on the PATH; install it from the \
             source of this tool by `cargo install --path trainer`, or name another by \
             `--trainer-bin PATH`"
                .to_owned(),
        )
        .into()),
    }
}
