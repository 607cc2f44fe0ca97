//! Sources of bars: a file, a folder, or the built-in data.

mod columns;
mod folder;
mod listing;
mod open;
mod pipe;
mod summarize;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::TempDir;

use super::config::{BarsConfig, Reading};
use super::file_format::FileFormat;
use super::input;
use super::partition;
use super::read_report::ReadReport;
use super::reader::Repairs;
use super::spill::{SpillLayout, SpilledBars};
use super::{Bar, BarReader};
use crate::digest::{sha256_of_bytes, sha256_of_file};
use listing::Folder;

/// The name of the built-in data: BTC/USD, 30 minutes, 2017-10 to
/// 2019-10.
pub const BUILTIN_BTCUSD_30M: &str = "builtin:btcusd_30m";

const BTCUSD_30M: &[u8] = include_bytes!("../../../data/btcusd_30m.csv.gz");

/// Bars that can be read any number of times.
#[derive(Debug, Clone)]
pub struct BarSource {
    name: String,
    origin: Origin,
    /// The further columns to read.
    columns: Vec<String>,
    /// All bars, if they are few and were read once.
    kept: Option<Arc<Vec<Bar>>>,
    reading: Reading,
    /// The format of the file, once it is decided.
    format: Arc<OnceLock<Arc<FileFormat>>>,
    /// The bars of a file that is newest first, in reverse order.
    reversed: Arc<OnceLock<ReversedBars>>,
    /// The content of a folder, once it was examined.
    content: Arc<OnceLock<FolderContent>>,
    /// The bad rows of a file of several symbols, once it was split.
    symbol_repairs: Arc<OnceLock<Repairs>>,
    /// The temporary folder of a file that was extracted from a zip file;
    /// kept as long as it is read.
    unpacked: Option<Arc<TempDir>>,
    /// The copy of a pipe, kept as long.
    copy: Option<Arc<pipe::Copy>>,
}

/// The bars of one of several symbols.
#[derive(Debug, Clone)]
pub struct SymbolBars {
    /// The text in the column of symbols, or the file's name up to its first
    /// point.
    pub symbol: String,
    /// Its bars.
    pub source: BarSource,
}

/// Bars in reverse order, and the bad rows.
#[derive(Debug, Clone)]
struct ReversedBars {
    bars: SpilledBars,
    repairs: Repairs,
}

/// The content of a folder.
#[derive(Debug, Clone, Default)]
struct FolderContent {
    symbols: Vec<SymbolBars>,
    /// The report about the parts of joined series.
    read_report: ReadReport,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Folder(Folder),
    Builtin(&'static [u8]),
    /// The bars of one symbol of a file, in a temporary file.
    Spilled(SpilledBars),
}

impl BarSource {
    /// Opens the source `spec`: the path of a CSV (packed or not), JSON or
    /// Parquet file, relative to `root`; a folder or zip file with one file
    /// for each symbol; or [`BUILTIN_BTCUSD_30M`].
    ///
    /// Fails if the file does not exist, or is a pipe, which cannot be
    /// opened again by the name that is recorded. Its rows are not read
    /// before [`BarSource::read`].
    pub fn open(spec: &str, root: &Path) -> Result<Self> {
        match spec.strip_prefix("builtin:") {
            Some("btcusd_30m") => return Ok(Self::new(spec, Origin::Builtin(BTCUSD_30M))),
            Some(_) => bail!("no built-in data `{spec}`; there is `{BUILTIN_BTCUSD_30M}`"),
            None => {}
        }
        let path = root.join(spec);
        ensure!(
            spec != "-" && !pipe::is_pipe(&path),
            "`{spec}` is a pipe, which is read only once, but these bars are opened again later; \
             write it to a file first, such as by `cat {spec} > bars.csv`, and name that file"
        );
        Ok(Self::new(spec, find_file(path)?))
    }

    /// Opens the source `spec` as [`BarSource::open`] does, for one run: it
    /// may be a pipe, or `-` for the standard input.
    ///
    /// # Errors
    ///
    /// Fails as [`BarSource::open`] does, and if the pipe cannot be copied.
    pub fn open_once(spec: &str) -> Result<Self> {
        let path = Path::new(if spec == "-" { "/dev/stdin" } else { spec });
        if !pipe::is_pipe(path) {
            return Self::open(&path.to_string_lossy(), Path::new(""))
                .map(|source| Self { name: spec.to_owned(), ..source });
        }
        let copy = pipe::Copy::of(path)?;
        let source = Self::new(spec, find_file(copy.path().to_owned())?);
        Ok(Self { copy: Some(Arc::new(copy)), ..source })
    }

    fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            origin,
            columns: Vec::new(),
            kept: None,
            reading: Reading::default(),
            format: Arc::default(),
            reversed: Arc::default(),
            content: Arc::default(),
            symbol_repairs: Arc::default(),
            unpacked: None,
            copy: None,
        }
    }

    /// Returns the source with these settings for ambiguous files.
    #[must_use]
    pub fn with_config(mut self, config: &BarsConfig) -> Self {
        self.reading.config = Arc::new(config.clone());
        self.format = Arc::default();
        self.reversed = Arc::default();
        self.content = Arc::default();
        self
    }

    /// Returns the settings for ambiguous files, and the latest time.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Returns the source with the latest possible time `latest_ms`, in
    /// milliseconds since 1970 UTC; later times are an error.
    #[must_use]
    pub fn until(mut self, latest_ms: i64) -> Self {
        self.reading.latest_ms = latest_ms;
        self
    }

    /// Returns the source of the bars of one symbol.
    pub(super) fn of_spilled(name: &str, bars: SpilledBars) -> Self {
        Self::new(name, Origin::Spilled(bars))
    }

    /// Returns the source with the `format` of the file that it is part of.
    fn with_format(self, format: Arc<FileFormat>) -> Self {
        Self { format: Arc::new(OnceLock::from(format)), ..self }
    }

    /// Returns the source with the further columns `names`, each of which
    /// must have a finite number in each row.
    #[must_use]
    pub fn with_columns(mut self, names: &[String]) -> Self {
        names.clone_into(&mut self.columns);
        self.reversed = Arc::default();
        self.content = Arc::default();
        self
    }

    /// Returns the SHA-256 of the bytes of a file, or of the lines that
    /// `sha256sum *` prints in a folder, in hexadecimal.
    pub fn sha256(&self) -> Result<String> {
        Ok(match &self.origin {
            Origin::File(path) => sha256_of_file(path)?,
            Origin::Builtin(bytes) => sha256_of_bytes(bytes),
            Origin::Folder(folder) => folder.sha256()?,
            Origin::Spilled(_) => bail!("`{}` is part of a file", self.name),
        })
    }

    /// Returns the name under which the source was opened.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts a new pass over the bars.
    ///
    /// Fails if the file has no bars or its columns are not found. A bad row
    /// fails when the reader gets to it.
    pub fn read(&self) -> Result<BarReader> {
        if let Some(bars) = &self.kept {
            return Ok(BarReader::of_kept(Arc::clone(bars)));
        }
        if let Origin::Spilled(bars) = &self.origin {
            return Ok(BarReader::of_spilled(bars.clone()));
        }
        if let Origin::Folder(_) = self.origin {
            return self.only_series()?.read();
        }
        if self.format()?.time.is_newest_first {
            return Ok(BarReader::of_spilled(self.reversed()?.bars.clone()));
        }
        self.reader(None)
    }

    /// Whether the file is newest first, and is read from a reversed copy.
    fn is_newest_first(&self) -> Result<bool> {
        Ok(match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => self.format()?.time.is_newest_first,
            Origin::Folder(_) | Origin::Spilled(_) => false,
        })
    }

    /// Returns how the file is read, as far as its first rows show; of a
    /// folder, how the parts of series were joined; `None` for one symbol.
    pub fn read_report(&self) -> Result<Option<ReadReport>> {
        Ok(match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => Some(ReadReport::of_format(&*self.format()?)),
            Origin::Folder(_) => Some(self.content()?.read_report.clone()),
            Origin::Spilled(_) => None,
        })
    }

    /// Returns the format of the file, which the first call decides.
    pub(super) fn format(&self) -> Result<Arc<FileFormat>> {
        if let Some(format) = self.format.get() {
            return Ok(Arc::clone(format));
        }
        let mut text = self.open_text(None)?;
        let reopen = || self.open_text(None).ok();
        let format = FileFormat::of_bars(&self.name, &mut text, &self.reading, Some(&reopen))?;
        Ok(Arc::clone(self.format.get_or_init(|| Arc::new(format))))
    }

    /// Returns the bars of a file that is newest first, oldest first, in a
    /// temporary file.
    fn reversed(&self) -> Result<&ReversedBars> {
        if let Some(reversed) = self.reversed.get() {
            return Ok(reversed);
        }
        let layout = SpillLayout { n_columns: self.columns.len(), is_newest_first: true };
        let (bars, repairs) = partition::reversed(self.reader(None)?, layout)?;
        Ok(self.reversed.get_or_init(|| ReversedBars { bars, repairs }))
    }
}

fn find_file(path: PathBuf) -> Result<Origin> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(Origin::Folder(Folder::of(path))),
        // Errors are reported when the file is read.
        Ok(_) => Ok(match input::unpack_several(&path).ok().flatten() {
            Some(unpacked) => Origin::Folder(Folder::of_archive(path, unpacked)),
            None => Origin::File(path),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(anyhow!(
            "there is no file `{}`; name a CSV file of bars, or `{BUILTIN_BTCUSD_30M}` for the \
             built-in data",
            path.display()
        )),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}
