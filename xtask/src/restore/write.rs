//! Carries a restore plan out, so that a kill at any instant leaves
//! only whole files, beside one called `.NAME.partial`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::item::Item;
use super::source::Source;
use super::target::Target;
use super::{RestorePlan, Step};
use crate::archive::stop_if;
use crate::catalog::exists;
use crate::digest::hex;
use crate::files;
use crate::verify::Damage;

/// The longest name that systems take, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// How many leftovers beside one file are passed by.
const N_DRAFTS_MAX: usize = 1000;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The files that were written, by archive path.
    pub restored: Vec<String>,
    /// The files that could not be, and why.
    pub lost: Vec<Damage>,
}

/// Writes what `plan` names into `target`.
///
/// # Errors
/// When the target cannot be written, or a signal asks to stop; what
/// was written by then is whole.
pub fn apply<R: Read + Seek>(
    source: &mut Source<R>,
    plan: &RestorePlan,
    target: &mut Target,
    interrupt: &AtomicBool,
) -> Result<Written> {
    let root = target.root().to_owned();
    fs::create_dir_all(&root)
        .with_context(|| format!("failed to create the folder `{}`", root.display()))?;
    let items: BTreeMap<String, Item> =
        source.items.iter().map(|item| (item.path.clone(), item.clone())).collect();
    let mut writer = Writer {
        names: source.items.iter().filter_map(|item| target.place(item).ok()).collect(),
        touched: BTreeSet::from([root.clone()]),
        root,
        target,
    };
    let mut written = Written::default();
    for folder in &plan.folders {
        stop_if(interrupt)?;
        let made = writer.folder(Path::new(folder));
        refuse_or(made, folder, &mut written.lost)?;
    }
    for step in &plan.write {
        stop_if(interrupt)?;
        let result = writer.file(source, &items[&step.path], step);
        match result.with_context(|| format!("failed to restore `{}`", step.path))? {
            Ok(()) => written.restored.push(step.path.clone()),
            Err(problem) => {
                written.lost.push(Damage { path: Some(step.path.clone()), problem });
            }
        }
    }
    for folder in &writer.touched {
        files::sync_folder(folder)
            .with_context(|| format!("failed to sync `{}`", folder.display()))?;
    }
    written.lost.sort();
    Ok(written)
}

fn refuse_or(made: io::Result<()>, path: &str, lost: &mut Vec<Damage>) -> Result<()> {
    match made {
        Ok(()) => Ok(()),
        Err(error) if is_of_this_path(&error) => {
            let problem = format!("it cannot be placed: {error}");
            lost.push(Damage { path: Some(path.to_owned()), problem });
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("failed to create the folder `{path}`")),
    }
}

/// Whether the same would not happen to another path.
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
    /// The files of the archive, below the target.
    names: BTreeSet<PathBuf>,
    touched: BTreeSet<PathBuf>,
}

impl Writer<'_> {
    fn folder(&mut self, relative: &Path) -> io::Result<()> {
        self.target.create_folders(relative)?;
        for folder in relative.ancestors() {
            if !self.touched.insert(self.root.join(folder)) {
                break;
            }
        }
        Ok(())
    }

    /// Writes one file. The inner error says why it is not restored.
    fn file<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        item: &Item,
        step: &Step,
    ) -> Result<Result<(), String>> {
        let refused = |error: io::Error| format!("it cannot be placed: {error}");
        let parent = step.target.parent().unwrap_or(Path::new(""));
        match self.folder(parent) {
            Ok(()) => {}
            Err(error) if is_of_this_path(&error) => return Ok(Err(refused(error))),
            Err(error) => return Err(error.into()),
        }
        let path = self.root.join(&step.target);
        let mut draft = match self.draft(&step.target) {
            Ok(draft) => draft,
            Err(error) if is_of_this_path(&error) => return Ok(Err(refused(error))),
            Err(error) => return Err(error.into()),
        };
        let start = |file: &mut File| file.set_len(0).and_then(|()| file.rewind());
        let copied = match source.copy(item, &mut draft.file, start)? {
            Ok(copied) => copied,
            Err(problem) => return Ok(Err(problem)),
        };
        draft.file.flush()?;
        if let Some(time) = item.modified_at.or(copied.modified_at) {
            // Some systems hold no such time; the content matters more.
            let _ = draft.file.set_modified(SystemTime::from(time));
        }
        set_mode(&draft.file, item.mode.or(copied.mode))?;
        draft.file.sync_all().context("failed to write it to the disk; free some space")?;
        match draft.publish(&path, step.replaces) {
            Ok(()) => Ok(Ok(())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Err(
                "something is in its place by now, or a file whose name differs only in case or \
                 accents"
                    .to_owned(),
            )),
            Err(error) if is_of_this_path(&error) => Ok(Err(refused(error))),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates the file that becomes `relative`, in the same folder.
    fn draft(&self, relative: &Path) -> io::Result<Draft> {
        let name = relative.file_name().unwrap_or_default();
        for number in 1..N_DRAFTS_MAX {
            let partial = relative.with_file_name(partial_name(name, number));
            // An archive may hold files with such names.
            if self.names.contains(&partial) {
                continue;
            }
            let partial = self.root.join(partial);
            match OpenOptions::new().write(true).create_new(true).open(&partial) {
                Ok(file) => return Ok(Draft { path: partial, file, is_published: false }),
                // What a killed run left, or someone's file: not ours.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

/// Returns `.NAME.partial`, with a digest for a name that is too long
/// to be extended.
fn partial_name(name: &OsStr, number: usize) -> OsString {
    let suffix = if number == 1 { ".partial".to_owned() } else { format!(".{number}.partial") };
    let mut partial = OsString::from(".");
    if name.len() + 1 + suffix.len() > NAME_BYTES_MAX {
        use sha2::{Digest, Sha256};
        partial.push(&hex(&Sha256::digest(name.as_encoded_bytes()))[..32]);
    } else {
        partial.push(name);
    }
    partial.push(suffix);
    partial
}

/// A file that is being written; removed unless it is published.
struct Draft {
    path: PathBuf,
    file: File,
    is_published: bool,
}

impl Draft {
    fn publish(mut self, path: &Path, replaces: bool) -> io::Result<()> {
        if replaces {
            if !fs::symlink_metadata(path)?.is_file() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(&self.path, path)?;
        } else {
            files::rename_new(&self.path, path)?;
        }
        self.is_published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published && exists(&self.path) {
            // A failure leaves a file whose name tells what it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Sets the permission bits, without those that lend the owner's
/// rights to others.
#[cfg(unix)]
fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    mode.map_or(Ok(()), |mode| file.set_permissions(Permissions::from_mode(mode & 0o777)))
}

#[cfg(not(unix))]
fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    let mut permissions: Permissions = file.metadata()?.permissions();
    permissions.set_readonly(mode.is_some_and(|mode| mode & 0o222 == 0));
    file.set_permissions(permissions)
}
