//! The steps that `train` and `clean-workspace` share: prove that an
//! archive holds the old session, then move it aside.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use crate::programs::process::{self, ExcludedFiles, WorkTree};
use crate::tasks::TaskContext;
use crate::tasks::clean::{self, CleanPlan, ProofOfArchive};
use crate::tasks::coverage;
use crate::tasks::recover;
use crate::vault::archive::{self, ArchiveRequest};
use crate::vault::manifest::{ArchiveKind, SessionSummary, Skipped};
use crate::vault::restore::RestorePlan;
use crate::vault::scan::{Scan, scan};
use crate::vault::session;
use crate::vault::verify::Receipt;
use crate::workspace::exit::check_interrupt;
use crate::workspace::lock::{self, Lock};
use crate::workspace::secrets::SecretFiles;
use crate::workspace::{MOVED_FOLDERS, Workspace};

/// The tags and the note of a new archive.
#[derive(Debug, Clone, Default, Args)]
pub struct ArchiveLabel {
    /// Store this sentence in the archive
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Store this word in the archive, to find it by; may be repeated
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag)]
    pub tags: Vec<String>,
}

/// Checks that the tag `text` is one word.
pub fn parse_tag(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == ',');
    is_word
        .then(|| text.to_owned())
        .ok_or_else(|| "a tag is one word, without spaces and commas".to_owned())
}

/// Where the old session was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedSession {
    /// The archive that holds it; null after `--no-archive`.
    pub archive: Option<String>,
    /// Whether that archive is new.
    pub is_new_archive: bool,
    /// The folder it was moved to, relative to the workspace.
    pub backup: String,
}

/// An archive that was made and read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealedArchive {
    /// The file's name.
    pub name: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// The number of files in it.
    pub n_files: u64,
    /// Their size in bytes, uncompressed.
    pub content_bytes: u64,
    /// The size of the archive in bytes.
    pub size_bytes: u64,
    /// The run number.
    pub run_number: u64,
}

impl SealedArchive {
    /// Converts `receipt`.
    pub fn of(context: &TaskContext<'_>, receipt: &Receipt) -> Self {
        let manifest = receipt.manifest();
        Self {
            name: manifest.name.clone(),
            path: context.workspace.display(receipt.path()),
            n_files: manifest.totals.n_files,
            content_bytes: manifest.totals.size_bytes,
            size_bytes: receipt.size_bytes(),
            run_number: manifest.run_number,
        }
    }
}

/// Locks the workspace for `task` and recovers what a killed run left.
///
/// # Errors
/// When another process holds the lock. A failed recovery is only a
/// warning, so that archiving and restoring still work.
pub fn begin(context: &mut TaskContext<'_>, task: &str) -> Result<Lock> {
    let lock = lock::acquire(context.workspace, task, (context.clock)())?;
    let lines = recover::recover(context.workspace).unwrap_or_else(|error| {
        let warning = "what a killed run may have left was not looked for";
        vec![format!("warning: {warning}: {error:#}")]
    });
    for line in lines {
        (context.on_message)(&line);
    }
    Ok(lock)
}

/// Archives the workspace as it is now, as an archive of `kind`.
pub fn archive_now(
    context: &mut TaskContext<'_>,
    kind: ArchiveKind,
    label: &ArchiveLabel,
    session: Option<SessionSummary>,
) -> Result<Receipt> {
    let found = scan(context.workspace)?;
    archive_found(context, &found, kind, label, session)
}

/// Archives the workspace as it was `found`.
pub fn archive_found(
    context: &mut TaskContext<'_>,
    found: &Scan,
    kind: ArchiveKind,
    label: &ArchiveLabel,
    session: Option<SessionSummary>,
) -> Result<Receipt> {
    let git = work_tree(context.workspace, found);
    let receipt = archive::create(
        context.workspace,
        found,
        &ArchiveRequest {
            kind,
            now: (context.clock)(),
            tags: &label.tags,
            note: label.note.as_deref(),
            session,
            git,
            interrupt: context.interrupt,
        },
    )?;
    let unknown = receipt.manifest().git.as_ref().and_then(|git| git.unknown.as_ref());
    if let Some(reason) = unknown {
        (context.on_message)(&format!(
            "warning: the state of the git work tree is unknown, and archived as that: {reason}"
        ));
    }
    let n_spelled = found.files.iter().filter(|file| file.archive_path.raw_hex.is_some()).count();
    if n_spelled > 0 {
        (context.on_message)(&format!(
            "the archive spells {n_spelled} names with %XX, whose bytes not every program takes; \
             `restore` gives them back as they are"
        ));
    }
    warn_of(context, receipt.manifest().skipped.iter());
    Ok(receipt)
}

/// Returns the state of the git work tree around `workspace`, without the
/// archived files and the tool's own files.
fn work_tree(workspace: &Workspace, found: &Scan) -> Option<WorkTree> {
    let root = workspace.root();
    let mut folders: Vec<PathBuf> =
        ["logs", "models", "target", "export", "reports"].map(|name| root.join(name)).to_vec();
    folders.extend([workspace.archives(), workspace.backups(), workspace.state()]);
    // Git reports paths without symlinks.
    folders.extend(folders.clone().iter().filter_map(|folder| folder.canonicalize().ok()));
    let files: BTreeSet<&Path> = found.files.iter().map(|file| &*file.disk_path).collect();
    let secrets = SecretFiles::of(workspace);
    let is_own = |path: &Path| {
        files.contains(path)
            || folders.iter().any(|folder| path.starts_with(folder))
            || secrets.contain(path)
    };
    process::git_state(root, &ExcludedFiles { scratch: workspace.state(), contains: &is_own })
}

/// Warns of skipped files.
pub fn warn_of<'a>(context: &mut TaskContext<'_>, skipped: impl Iterator<Item = &'a Skipped>) {
    context.warn(skipped.map(|it| format!("`{}` is not archived whole: {}", it.path, it.reason)));
}

/// Archives the session in the workspace, unless an archive holds it
/// already, and moves it to `backups/`. `None` if there is no session.
///
/// # Errors
/// When the session cannot be archived; nothing is moved then.
pub fn archive_and_move_session(context: &mut TaskContext<'_>) -> Result<Option<MovedSession>> {
    let found = scan(context.workspace)?;
    let Some(plan) = clean::plan(context.workspace, &found, (context.clock)())? else {
        return Ok(None);
    };
    plan.check(context.workspace)?;
    let (receipt, is_new_archive) = if let Some(receipt) =
        coverage::archive_holding(context, &coverage::moved_by_clean(&found))?
    {
        // Repeat the warnings of the task that archived it.
        warn_of(context, found.skipped.iter().filter(|skipped| is_moved(&skipped.path)));
        (receipt, false)
    } else {
        let session = session::read(context.workspace.root());
        (archive_now(context, ArchiveKind::Previous, &ArchiveLabel::default(), session)?, true)
    };
    check_interrupt(context.interrupt)?;
    let backup = move_session(context, &plan, ProofOfArchive::Archived(&receipt))?;
    let archive = Some(receipt.manifest().name.clone());
    Ok(Some(MovedSession { archive, is_new_archive, backup }))
}

/// Moves the session in the workspace to `backups/` without an archive.
///
/// # Errors
/// When it cannot be moved, or a signal asks to stop; it is not moved
/// then.
pub fn move_session_unarchived(context: &mut TaskContext<'_>) -> Result<Option<MovedSession>> {
    let found = scan(context.workspace)?;
    let Some(plan) = clean::plan(context.workspace, &found, (context.clock)())? else {
        return Ok(None);
    };
    check_interrupt(context.interrupt)?;
    let backup = move_session(context, &plan, ProofOfArchive::NoArchive)?;
    Ok(Some(MovedSession { archive: None, is_new_archive: false, backup }))
}

/// Archives the workspace, unless an archive holds all of it already, and
/// checks that it contains each file that `plan` replaces. Returns the
/// name of the archive and whether it is new; `None` if the workspace is
/// empty.
///
/// # Errors
/// When the archive cannot be made, or lacks a file to replace.
pub fn archive_present_files(
    context: &mut TaskContext<'_>,
    plan: &RestorePlan,
) -> Result<Option<(String, bool)>> {
    let found = scan(context.workspace)?;
    let root = context.workspace.root();
    for step in plan.write.iter().filter(|step| step.replaces) {
        let path = root.join(&step.target);
        if !found.files.iter().any(|file| file.disk_path == path) {
            bail!(
                "`{}` would be replaced, and `archive.include` in `config/config.json` keeps it \
                 out of archives; move it away and run this again (nothing was written)",
                step.target.display()
            );
        }
    }
    if found.files.is_empty() {
        return Ok(None);
    }
    let files: Vec<_> = found.files.iter().collect();
    if let Some(receipt) = coverage::archive_holding(context, &files)? {
        return Ok(Some((receipt.manifest().name.clone(), false)));
    }
    let session = session::read(context.workspace.root());
    let receipt = archive_now(context, ArchiveKind::Previous, &ArchiveLabel::default(), session)?;
    Ok(Some((receipt.manifest().name.clone(), true)))
}

/// Whether a clean moves the skipped `path`.
fn is_moved(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    MOVED_FOLDERS.contains(&first)
}

fn move_session(
    context: &mut TaskContext<'_>,
    plan: &CleanPlan,
    proof: ProofOfArchive<'_>,
) -> Result<String> {
    let backup = clean::apply(context.workspace, plan, proof, (context.clock)())?;
    Ok(context.workspace.display(&backup))
}
