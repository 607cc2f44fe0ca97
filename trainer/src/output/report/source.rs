//! Reads the files of a session in a workspace or an archive, which is
//! not unpacked.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use zip::{CompressionMethod, ZipArchive};

use crate::market::bars::{BarSource, ZstdReader};

/// Reads the content of one file.
pub(super) type ReadFile<'a, T> = &'a mut dyn FnMut(&mut dyn Read) -> Result<T>;

/// What a report needs besides the session's own files.
#[derive(Debug, Clone)]
pub struct ReportContext<'a> {
    /// The folder of relative paths of bars.
    pub data_root: &'a Path,
    /// The bars that the session was trained on, if the caller has them;
    /// otherwise they are read again and checked to be the same.
    pub bars: Option<&'a BarSource>,
    /// The commit of the work tree, for a session in a workspace; an
    /// archive records its own.
    pub commit: Option<&'a str>,
}

/// Where the files of a session are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionSource {
    /// A workspace, or a folder with a restored archive.
    Folder(PathBuf),
    /// A zip with the same paths in it.
    Archive(PathBuf),
}

impl SessionSource {
    /// Returns the source at `path`: a folder, or else an archive.
    pub fn at(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).with_context(|| {
            format!("there is no workspace or archive `{}`; name one that is", path.display())
        })?;
        let path = path.to_owned();
        Ok(if metadata.is_dir() { Self::Folder(path) } else { Self::Archive(path) })
    }

    /// Returns the path of the folder or the zip.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Archive(path) => path,
        }
    }

    /// Calls `read_file` with the file `name`, a path with `/`; returns
    /// `None` when there is no such file.
    pub(super) fn read<T>(&self, name: &str, read_file: ReadFile<'_, T>) -> Result<Option<T>> {
        let done = match self {
            Self::Folder(root) => match File::open(root.join(name)) {
                Ok(file) => read_file(&mut BufReader::new(file)),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Archive(path) => {
                let mut zip = open_zip(path)?;
                let Some(idx) = zip.index_for_name(name) else { return Ok(None) };
                read_entry(&mut zip, idx, read_file)
            }
        };
        done.map(Some)
            .with_context(|| format!("failed to read `{name}` in `{}`", self.path().display()))
    }

    /// Returns the bytes of the file `name`, if there is one; fails for
    /// more than `n_bytes_max`.
    pub(super) fn bytes(&self, name: &str, n_bytes_max: u64) -> Result<Option<Vec<u8>>> {
        self.read(name, &mut |file| {
            let mut bytes = Vec::new();
            file.take(n_bytes_max + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > n_bytes_max {
                bail!("it has more than {n_bytes_max} bytes, which the trainer does not write");
            }
            Ok(bytes)
        })
    }

    /// Returns the files directly in `folder` (which ends in `/`),
    /// sorted.
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>> {
        let mut names: Vec<String> = match self {
            Self::Folder(root) => match fs::read_dir(root.join(folder)) {
                Ok(entries) => entries
                    .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                    .map(|name| format!("{folder}{name}"))
                    .collect(),
                Err(_) => Vec::new(),
            },
            Self::Archive(path) => open_zip(path)?
                .file_names()
                .filter_map(|name| Some(name.ok()?.into_owned()))
                .filter(|name| name.strip_prefix(folder).is_some_and(|rest| !rest.contains('/')))
                .collect(),
        };
        names.sort_unstable();
        Ok(names)
    }
}

fn read_entry<T>(
    zip: &mut ZipArchive<BufReader<File>>,
    idx: usize,
    read_file: ReadFile<'_, T>,
) -> Result<T> {
    if zip.by_index_raw(idx)?.compression() == CompressionMethod::ZSTD {
        // The zip crate is built without zstd: decode the raw bytes.
        return read_file(&mut ZstdReader::new(zip.by_index_raw(idx)?));
    }
    read_file(&mut BufReader::new(&mut zip.by_index(idx)?))
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>> {
    let open = || -> Result<_> { Ok(ZipArchive::new(BufReader::new(File::open(path)?))?) };
    open().with_context(|| {
        format!("failed to open the archive `{}`; check it by `cargo xtask verify`", path.display())
    })
}
