//! Carries out a restore plan. A kill at any instant leaves only complete
//! files and some called `.NAME.partial`, which a journal lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::draft::{Draft, N_AT_ONCE, partial_name, set_folder_mode, set_mode, sync_all};
use super::item::RestoreItem;
use super::journal::Journal;
use super::source::RestoreSource;
use super::target::Target;
use super::{RestorePlan, RestoreStep};
use crate::vault::sparse::SparseWriter;
use crate::vault::verify::Damage;
use crate::workspace::exit::check_interrupt;
use crate::workspace::files;
use crate::workspace::filesystem;

/// How many names of drafts are tried for one file.
const N_DRAFTS_MAX: usize = 1000;
/// How many bytes of files are written before they are synced.
const BATCH_BYTES: u64 = 64 << 20;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreResult {
    /// The files that were written, by archive path.
    pub restored: Vec<String>,
    /// The files that could not be written, and why.
    pub lost: Vec<Damage>,
    /// Files and folders that were restored without their time or mode.
    pub bare: Vec<Damage>,
}

impl RestoreResult {
    fn lose(&mut self, step: &RestoreStep, problem: String) {
        self.lost.push(Damage { path: Some(step.path.clone()), problem });
    }
}

/// Files that are complete and checked, but not renamed yet.
#[derive(Default)]
struct Batch<'a> {
    drafts: Vec<(&'a RestoreStep, Draft)>,
    size_bytes: u64,
}

/// Writes what `plan` names into `target`.
///
/// # Errors
/// When the target cannot be written, or a signal asks to stop; files
/// written by then are complete.
pub fn apply<R: Read + Seek>(
    source: &mut RestoreSource<R>,
    plan: &RestorePlan,
    target: &mut Target,
    interrupt: &AtomicBool,
) -> Result<RestoreResult> {
    let root = target.root().to_owned();
    fs::create_dir_all(&root)
        .with_context(|| format!("failed to create the folder `{}`", root.display()))?;
    let items: BTreeMap<String, RestoreItem> =
        source.items.iter().map(|item| (item.path.clone(), item.clone())).collect();
    let mut writer = Writer {
        names: source.items.iter().filter_map(|item| target.place(item).ok()).collect(),
        touched: BTreeSet::from([root.clone()]),
        bare: Vec::new(),
        // A read-only workspace can still be restored from.
        journal: target.journals().and_then(|state| Journal::open(state).ok()),
        root,
        target,
    };
    let mut written = RestoreResult::default();
    let mut batch = Batch::default();
    let modes: BTreeMap<PathBuf, u32> =
        source.described.values().map(|folder| (folder.target.clone(), folder.mode)).collect();
    // Folders are private from the start, not only at the end.
    writer.target.create_with(&modes);
    for folder in &plan.folders {
        check_interrupt(interrupt)?;
        let described = source.described.get(folder).map(|folder| folder.target.clone());
        let made = writer.folder(&described.unwrap_or_else(|| PathBuf::from(folder)));
        record_refused(made, folder, &mut written.lost)?;
    }
    for step in &plan.write {
        check_interrupt(interrupt)?;
        let result = writer.file(source, &items[&step.path], step);
        match result.with_context(|| format!("failed to restore `{}`", step.path))? {
            Ok(draft) => batch.drafts.push((step, draft)),
            Err(problem) => written.lose(step, problem),
        }
        batch.size_bytes = batch.size_bytes.saturating_add(step.size_bytes);
        if batch.drafts.len() >= N_AT_ONCE || batch.size_bytes >= BATCH_BYTES {
            writer.publish(std::mem::take(&mut batch), &mut written)?;
        }
    }
    writer.publish(batch, &mut written)?;
    writer.set_folder_modes(&modes);
    written.bare = std::mem::take(&mut writer.bare);
    let touched: Vec<&PathBuf> = writer.touched.iter().collect();
    sync_all(&touched, |folder| files::sync_folder(folder))
        .with_context(|| format!("failed to sync the folders in `{}`", writer.root.display()))?;
    written.lost.sort();
    Ok(written)
}

fn record_refused(made: io::Result<()>, path: &str, lost: &mut Vec<Damage>) -> Result<()> {
    match made {
        Ok(()) => Ok(()),
        Err(error) if is_of_this_path(&error) => {
            lost.push(Damage { path: Some(path.to_owned()), problem: refused(&error) });
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("failed to create the folder `{path}`")),
    }
}

fn refused(error: &io::Error) -> String {
    format!("it cannot be placed: {error}")
}

/// Whether `error` concerns this path only.
fn is_of_this_path(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
    )
}

struct Writer<'a> {
    root: PathBuf,
    target: &'a mut Target,
    /// The paths of the archive's files below the target.
    names: BTreeSet<PathBuf>,
    touched: BTreeSet<PathBuf>,
    /// Files and folders without their time or mode.
    bare: Vec<Damage>,
    journal: Option<Journal>,
}

impl Writer<'_> {
    /// Records what could not be set; the content matters more.
    fn record_unset(&mut self, path: &str, what: &str, set: io::Result<()>) {
        if let Err(error) = set {
            let problem = format!("its {what} cannot be set: {error}");
            self.bare.push(Damage { path: Some(path.to_owned()), problem });
        }
    }

    /// Gives the folders their permissions, the deepest first, since those of
    /// a parent may deny access.
    fn set_folder_modes(&mut self, modes: &BTreeMap<PathBuf, u32>) {
        for (relative, mode) in modes.iter().rev() {
            let path = self.root.join(relative);
            if self.touched.contains(&path) {
                let set = set_folder_mode(&path, *mode, self.target.has_created(relative));
                self.record_unset(&relative.display().to_string(), "permissions", set);
            }
        }
    }

    fn folder(&mut self, relative: &Path) -> io::Result<()> {
        self.target.create_folders(relative)?;
        for folder in relative.ancestors() {
            if !self.touched.insert(self.root.join(folder)) {
                break;
            }
        }
        Ok(())
    }

    /// Writes one file as a draft. The inner error says why it is not
    /// restored.
    fn file<R: Read + Seek>(
        &mut self,
        source: &mut RestoreSource<R>,
        item: &RestoreItem,
        step: &RestoreStep,
    ) -> Result<Result<Draft, String>> {
        let parent = step.target.parent().unwrap_or(Path::new(""));
        let made = self.folder(parent).and_then(|()| self.draft(&step.target));
        let mut draft = match made {
            Ok(draft) => draft,
            Err(error) if is_of_this_path(&error) => return Ok(Err(refused(&error))),
            Err(error) => return Err(error.into()),
        };
        let mut content = SparseWriter::new(&mut draft.file);
        let copied = match source.copy(item, &mut content, SparseWriter::restart)? {
            Ok(copied) => copied,
            Err(problem) => return Ok(Err(problem)),
        };
        content.finish()?;
        let time = item.modified_at.or(copied.modified_at).map(SystemTime::from);
        let time_set = time.map_or(Ok(()), |time| draft.file.set_modified(time));
        self.record_unset(&step.path, "time", time_set);
        let mode_set = set_mode(&draft.file, item.mode.or(copied.mode));
        self.record_unset(&step.path, "permissions", mode_set);
        Ok(Ok(draft))
    }

    /// Syncs the files of `batch`, then renames them.
    fn publish(&self, batch: Batch<'_>, written: &mut RestoreResult) -> Result<()> {
        sync_all(&batch.drafts, |(_, draft)| filesystem::sync(&draft.file))
            .context("failed to write the files to the disk; free some space")?;
        for (step, draft) in batch.drafts {
            match draft.publish(&self.root.join(&step.target), step.replaces) {
                Ok(()) => written.restored.push(step.path.clone()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => written.lose(
                    step,
                    "something is in its place by now, or a file whose name differs only in case \
                     or accents"
                        .to_owned(),
                ),
                Err(error) if is_of_this_path(&error) => written.lose(step, refused(&error)),
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to restore `{}`", step.path));
                }
            }
        }
        Ok(())
    }

    /// Creates the file that becomes `relative`, in the same folder.
    fn draft(&mut self, relative: &Path) -> io::Result<Draft> {
        let name = relative.file_name().unwrap_or_default();
        for number in 1..N_DRAFTS_MAX {
            let partial = relative.with_file_name(partial_name(name, number));
            // The archive may itself hold a file of this name.
            if self.names.contains(&partial) {
                continue;
            }
            let partial = self.root.join(partial);
            match fs::symlink_metadata(&partial) {
                // It belongs to a killed run or to the user.
                Ok(_) => continue,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            self.journal.as_mut().map_or(Ok(()), |journal| journal.add(&partial))?;
            match Draft::create(partial.clone()) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    self.journal.as_mut().map_or(Ok(()), |journal| journal.withdraw(&partial))?;
                }
                result => return result,
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}
