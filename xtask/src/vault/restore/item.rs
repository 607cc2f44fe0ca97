//! A file of an archive, as described by the best source: the manifest,
//! the digests or the zip.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::vault::manifest::{
    FileEntry, FolderEntry, MANIFEST_PATH, PATCH_PATH, ROOT_FOLDER, SUMS_PATH,
};
use crate::vault::scan::{ArchivePath, check_archive_path};
use crate::workspace::digest::unhex;

/// A file that an archive should hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreItem {
    /// The path in the archive.
    pub path: String,
    /// The bytes of the path relative to the workspace, if they differ.
    pub raw_path: Option<Vec<u8>>,
    /// The size in bytes; more is never unpacked.
    pub size_bytes: u64,
    /// When it was last written; `None` to use what the zip records.
    pub modified_at: Option<DateTime<Utc>>,
    /// Its permission bits; `None` to use what the zip records.
    pub mode: Option<u32>,
    /// The digest of its content; `None` to trust the zip's CRC-32.
    pub sha256: Option<String>,
    /// Its index in the zip's central directory, if it is there.
    pub entry_idx: Option<usize>,
}

/// A folder with recorded permission bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The path below the target.
    pub target: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

/// Converts the manifest's entry `folder`.
///
/// # Errors
/// When the entry must not be trusted; says why.
pub fn sealed_folder(folder: &FolderEntry) -> Result<Folder, String> {
    check_archive_path(&folder.path)?;
    let raw = folder.raw_path_hex.as_deref().map(|hex| raw_path(&folder.path, hex)).transpose()?;
    let target =
        raw.map_or_else(|| PathBuf::from(&folder.path), |raw| raw_place(&raw, &folder.path));
    let mode = u32::from_str_radix(&folder.mode, 8).map_err(|_| "its mode is not octal")?;
    Ok(Folder { target, mode: mode & 0o777 })
}

/// Converts the manifest's entry `file`.
///
/// # Errors
/// When the entry must not be trusted; says why.
pub fn sealed_item(file: &FileEntry) -> Result<RestoreItem, String> {
    check_archive_path(&file.path)?;
    let raw_path = file.raw_path_hex.as_deref().map(|hex| raw_path(&file.path, hex)).transpose()?;
    Ok(RestoreItem {
        path: file.path.clone(),
        raw_path,
        size_bytes: file.size_bytes,
        modified_at: Some(file.modified_at),
        mode: u32::from_str_radix(&file.mode, 8).ok(),
        sha256: Some(file.sha256.clone()),
        entry_idx: None,
    })
}

/// Decodes the path `hex`, which must be the one that `path` spells: any
/// other could lead anywhere.
fn raw_path(path: &str, hex: &str) -> Result<Vec<u8>, String> {
    let bytes = unhex(hex).ok_or("its raw path is not hexadecimal")?;
    let spelled = ArchivePath::of_bytes(&bytes).text;
    let is_same = path == spelled || path == format!("{ROOT_FOLDER}/{spelled}");
    let is_plain = !bytes.contains(&0)
        && bytes.split(|byte| *byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."));
    (is_same && is_plain).then_some(bytes).ok_or_else(|| "its raw path is another path".to_owned())
}

/// Whether the file `path` describes the archive and is not part of the
/// session.
pub fn is_metadata(path: &str) -> bool {
    [MANIFEST_PATH, SUMS_PATH, PATCH_PATH].contains(&path)
}

/// Returns the path of the bytes `raw`, or `text` on systems where paths
/// are not bytes.
#[cfg(unix)]
pub fn raw_place(raw: &[u8], _: &str) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(raw))
}

#[cfg(not(unix))]
pub fn raw_place(_: &[u8], text: &str) -> PathBuf {
    PathBuf::from(text)
}
