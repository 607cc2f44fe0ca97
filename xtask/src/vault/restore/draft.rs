//! Files that are being restored, called `.NAME.partial` until complete.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::workspace::digest::hex;
use crate::workspace::files::{self, exists};

/// How many files are synced at once.
pub const N_AT_ONCE: usize = 32;
/// The longest file name that file systems allow, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// Returns `.NAME.partial`, with a digest in place of a name that would
/// become too long.
pub fn partial_name(name: &OsStr, number: usize) -> OsString {
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

/// A file that is being written; removed on drop unless published.
pub struct Draft {
    path: PathBuf,
    /// Where to write its content.
    pub file: File,
    is_published: bool,
}

impl Draft {
    /// Creates the draft `path`, which must not exist.
    pub fn create(path: PathBuf) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self { path, file, is_published: false })
    }

    /// Renames the draft to `path`, where it `replaces` a file or must find
    /// none.
    pub fn publish(mut self, path: &Path, replaces: bool) -> io::Result<()> {
        if replaces {
            if !fs::symlink_metadata(path)?.is_file() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            files::rename(&self.path, path)?;
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
            // If this fails, the name still marks the file as a draft.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Syncs all of `items` by `sync`, many at once: a disk takes hardly
/// longer for many such requests than for one.
pub fn sync_all<T: Sync>(
    items: &[T],
    sync: impl Fn(&T) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let sync = &sync;
    items.chunks(N_AT_ONCE).try_for_each(|chunk| {
        std::thread::scope(|scope| {
            let syncs: Vec<_> = chunk.iter().map(|item| scope.spawn(move || sync(item))).collect();
            syncs.into_iter().try_for_each(|sync| sync.join().expect("a sync does not panic"))
        })
    })
}

/// Sets the permission bits, without setuid, setgid and sticky.
#[cfg(unix)]
pub fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    mode.map_or(Ok(()), |mode| file.set_permissions(Permissions::from_mode(mode & 0o777)))
}

/// Sets the permission bits of the folder `path`; for a folder that
/// existed before, only removes bits that `mode` lacks.
#[cfg(unix)]
pub fn set_folder_mode(path: &Path, mode: u32, is_new: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let now = fs::symlink_metadata(path)?.permissions().mode() & 0o7777;
    let bits = if is_new { mode & 0o777 } else { now & 0o777 & (mode | 0o700) };
    let wanted = now & 0o7000 | bits;
    if wanted == now { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(wanted)) }
}

#[cfg(not(unix))]
pub fn set_folder_mode(_: &Path, _: u32, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    let mut permissions: Permissions = file.metadata()?.permissions();
    permissions.set_readonly(mode.is_some_and(|mode| mode & 0o222 == 0));
    file.set_permissions(permissions)
}
