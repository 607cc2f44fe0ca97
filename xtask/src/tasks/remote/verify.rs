//! `verify --remote`: reads archives from the repository and compares
//! their digests with those at the push.

use anyhow::Result;
use serde::Serialize;

use crate::programs::restic::Restic;
use crate::tasks::TaskContext;
use crate::tasks::push;
use crate::vault::catalog::Content;
use crate::vault::remote::{self, RemoteArchive};
use crate::workspace::digest;
use crate::workspace::exit::{CodedError, Exit, RemoteProblem, check_interrupt};
use crate::workspace::progress;

/// The results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteVerifyReport {
    /// The number of archives in the repository.
    pub n_archives: u64,
    /// Those that were read, newest first.
    pub archives: Vec<RemoteVerified>,
}

/// The result for one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteVerified {
    /// Its name.
    pub name: String,
    /// The first digits of its snapshot's id.
    pub snapshot: String,
    /// The machine that pushed it.
    pub host: String,
    /// The size of the zip in bytes.
    pub size_bytes: u64,
    /// Whether its bytes are those that were pushed.
    pub is_good: bool,
    /// What is wrong; null if nothing is.
    pub problem: Option<String>,
}

impl RemoteVerifyReport {
    /// Returns the exit of the task.
    pub fn exit(&self) -> Exit {
        match &self.archives[..] {
            [] => Exit::NothingToDo,
            archives if archives.iter().all(|it| it.is_good) => Exit::Done,
            _ => Exit::Failed,
        }
    }
}

/// Verifies `percent` of the archives of the repository.
///
/// # Errors
/// When the repository cannot be used; damage is not an error.
pub fn verify(context: &mut TaskContext<'_>, percent: usize) -> Result<RemoteVerifyReport> {
    let restic = Restic::of(context.workspace, context.interrupt)?;
    let archives = remote::read(&restic, context.workspace)?;
    let day = (context.clock)().format("%Y-%m-%d").to_string();
    let chosen = sample(&archives, percent, &day);
    let n_bytes = chosen.iter().map(|remote| remote.archive.size_bytes).sum();
    let _running = progress::begin("verifying", n_bytes);
    let mut verified = Vec::with_capacity(chosen.len());
    for remote in chosen {
        check_interrupt(context.interrupt)?;
        let problem = check(&restic, remote)?;
        verified.push(RemoteVerified {
            name: remote.archive.name.to_string(),
            snapshot: remote.id().to_owned(),
            host: remote.host.clone(),
            size_bytes: remote.archive.size_bytes,
            is_good: problem.is_none(),
            problem,
        });
    }
    Ok(RemoteVerifyReport { n_archives: archives.len() as u64, archives: verified })
}

/// Returns `percent` of `archives`, at least one, newest first; a
/// different sample each `day`.
pub fn sample<'a>(
    archives: &'a [RemoteArchive],
    percent: usize,
    day: &str,
) -> Vec<&'a RemoteArchive> {
    let n = (archives.len() * percent).div_ceil(100);
    let mut drawn: Vec<(String, usize)> = archives
        .iter()
        .enumerate()
        .map(|(place, remote)| (sort_key(day, remote.id()), place))
        .collect();
    drawn.sort();
    let mut places: Vec<usize> = drawn.into_iter().take(n).map(|(_, place)| place).collect();
    places.sort_unstable();
    places.into_iter().rev().map(|place| &archives[place]).collect()
}

fn sort_key(day: &str, id: &str) -> String {
    digest::of_bytes(format!("{day} {id}").as_bytes())
}

/// Returns what is wrong with `remote`.
fn check(restic: &Restic<'_>, remote: &RemoteArchive) -> Result<Option<String>> {
    if let Content::Unreadable(problem) = &remote.archive.content {
        return Ok(Some(problem.clone()));
    }
    let snapshot = remote.snapshots.first().map_or("", String::as_str);
    match push::stored_digest(restic, snapshot, &remote.archive) {
        Ok(digest) => {
            let is_same = Some(digest) == remote.sha256;
            Ok((!is_same).then(|| "its bytes are not those that were pushed".to_owned()))
        }
        Err(error) => match error.downcast_ref::<CodedError>() {
            Some(CodedError::Remote(RemoteProblem::Damaged | RemoteProblem::Other, text)) => {
                Ok(Some(text.clone()))
            }
            _ => Err(error),
        },
    }
}
