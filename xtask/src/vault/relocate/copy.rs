//! Copies, compares, and removes originals that were copied.

use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use crate::vault::sparse::SparseWriter;
use crate::workspace::digest::BUFFER_BYTES;
use crate::workspace::files::{self, exists, folder_entries};

/// The suffix of an incomplete copy.
const COPY_SUFFIX: &str = ".copy.partial";

/// Copies the file or symlink `from` to `to`, which appears only when it
/// is complete.
pub fn copy_whole(from: &Path, to: &Path) -> Result<()> {
    let draft = draft_of(to);
    remove(&draft)?;
    copy(from, &draft).map_err(|error| discard(&draft, error))?;
    files::rename_folder_new(&draft, to).with_context(|| failed("move", from, to))
}

/// Copies the file, symlink or folder `from` to `to`, and syncs it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(from).with_context(|| unreadable(from))?;
    if metadata.is_symlink() {
        return copy_link(from, to).with_context(|| failed("copy", from, to));
    }
    if metadata.is_file() {
        return copy_file(from, to, &metadata).with_context(|| failed("copy", from, to));
    }
    if !metadata.is_dir() {
        bail!("`{}` is a FIFO, socket or device and cannot be copied; remove it", from.display());
    }
    fs::create_dir(to).with_context(|| failed("copy", from, to))?;
    for path in folder_entries(from)? {
        copy(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    keep_metadata(&metadata, to);
    sync(to)
}

fn copy_file(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    let mut source = BufReader::with_capacity(BUFFER_BYTES, File::open(from)?);
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    // Keeps holes.
    let mut sparse = SparseWriter::new(&mut target);
    io::copy(&mut source, &mut sparse)?;
    sparse.finish()?;
    keep_metadata(metadata, to);
    target.sync_all()
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from.read_link()?, to)
}

#[cfg(not(unix))]
fn copy_link(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Gives `to` the owner, mode and times of `metadata`, as far as the disk
/// and this user's rights allow. Failures are ignored: the content
/// matters more.
pub fn keep_metadata(metadata: &Metadata, to: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let _ = std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()));
    }
    let _ = fs::set_permissions(to, metadata.permissions());
    if let (Ok(modified), Ok(file)) = (metadata.modified(), File::open(to)) {
        let _ = file.set_times(FileTimes::new().set_modified(modified));
    }
}

/// Removes `from` after checking that `to` is a copy of it.
pub fn remove_copied(from: &Path, to: &Path) -> Result<()> {
    if !is_real_folder(from) {
        if !is_equal(from, to)? {
            bail!("`{}` changed while it was moved; it stays beside its copy", from.display());
        }
        return remove(from);
    }
    for path in folder_entries(from)? {
        remove_copied(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    sync(from)?;
    fs::remove_dir(from).with_context(|| format!("failed to remove `{}`", from.display()))
}

/// Removes the file or symlink `from` if `to` is the same.
pub fn remove_if_same(from: &Path, to: &Path) -> Result<()> {
    if is_equal(from, to)? { remove(from) } else { Ok(()) }
}

/// Whether `whole` contains everything that `part` does.
pub fn contains_all(whole: &Path, part: &Path) -> Result<bool> {
    if !is_real_folder(part) {
        return is_equal(part, whole);
    }
    if !is_real_folder(whole) {
        return Ok(false);
    }
    for path in folder_entries(part)? {
        if !contains_all(&whole.join(path.file_name().unwrap_or_default()), &path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two files have the same content, or two symlinks the same
/// target.
fn is_equal(one: &Path, other: &Path) -> Result<bool> {
    if !exists(other) {
        return Ok(false);
    }
    let [one_metadata, other_metadata] =
        [one, other].map(|path| fs::symlink_metadata(path).with_context(|| unreadable(path)));
    let (one_metadata, other_metadata) = (one_metadata?, other_metadata?);
    if one_metadata.is_symlink() && other_metadata.is_symlink() {
        return Ok(one.read_link()? == other.read_link()?);
    }
    let are_files = one_metadata.is_file() && other_metadata.is_file();
    if !are_files || one_metadata.len() != other_metadata.len() {
        return Ok(false);
    }
    has_same_bytes(one, other).with_context(|| failed("compare", one, other))
}

fn has_same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    let mut readers = [File::open(one)?, File::open(other)?];
    let mut buffers = [Vec::new(), Vec::new()];
    loop {
        for (reader, buffer) in readers.iter_mut().zip(&mut buffers) {
            buffer.clear();
            reader.take(BUFFER_BYTES as u64).read_to_end(buffer)?;
        }
        if buffers[0] != buffers[1] {
            return Ok(false);
        }
        if buffers[0].is_empty() {
            return Ok(true);
        }
    }
}

/// Removes the file, symlink or folder `path`, if it exists.
pub fn remove(path: &Path) -> Result<()> {
    let result =
        if is_real_folder(path) { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result.with_context(|| format!("failed to remove `{}`", path.display())),
    }
}

/// Removes the `draft` that a failed copy left, and returns its `error`.
pub fn discard(draft: &Path, error: anyhow::Error) -> anyhow::Error {
    match remove(draft) {
        Ok(()) => error,
        Err(also) => anyhow!("{error:#}; {also:#}"),
    }
}

/// Returns the path of the draft of `to`. It has a short name, since that
/// of `to` may be as long as the file system allows.
pub fn draft_of(to: &Path) -> PathBuf {
    to.with_file_name(format!(".{}{COPY_SUFFIX}", std::process::id()))
}

/// Whether `path` has the name of an incomplete copy.
pub fn is_draft(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.ends_with(COPY_SUFFIX)
}

pub fn is_real_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Syncs the entries of `folder`.
pub fn sync(folder: &Path) -> Result<()> {
    files::sync_folder(folder).with_context(|| format!("failed to sync `{}`", folder.display()))
}

pub fn unreadable(path: &Path) -> String {
    format!("failed to read `{}`", path.display())
}

pub fn failed(verb: &str, from: &Path, to: &Path) -> String {
    format!("failed to {verb} `{}` to `{}`", from.display(), to.display())
}
