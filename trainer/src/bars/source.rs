//! Names where bars come from: a file, or the data that is built in.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use super::columns::fits;
use super::input::{self, Text};
use super::reader::input_error;
use super::summary::{DataSummary, Tally};
use super::symbols::{self, Share, SymbolBars};
use super::{Bar, BarReader};
use crate::progress::{self, Unit};
use crate::session::{sha256_of_bytes, sha256_of_file};

/// The name of the built-in data: BTC/USD, 30 minutes, 2017-10 to
/// 2019-10.
pub const BUILTIN_BTCUSD_30M: &str = "builtin:btcusd_30m";

const BTCUSD_30M: &[u8] = include_bytes!("../../data/btcusd_30m.csv.gz");

/// Most bars that are kept in memory: 3.7 MB.
const N_KEPT_MAX: usize = 1 << 16;

/// Bars that can be read any number of times.
#[derive(Debug, Clone)]
pub struct BarSource {
    name: String,
    origin: Origin,
    /// Columns that are read beside the bars.
    columns: Vec<String>,
    /// All of them, where they are few and were read once.
    kept: Option<Arc<Vec<Bar>>>,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Folder(PathBuf),
    Builtin(&'static [u8]),
    /// The bars of one symbol of a file.
    Share(Share),
}

impl BarSource {
    /// Opens the source that `spec` names: a file of CSV (plain, gzip or
    /// zstd) or Parquet, relative to `root`, a folder with one for each
    /// symbol, or [`BUILTIN_BTCUSD_30M`].
    ///
    /// Fails when there is no such file. Its rows are looked at only by
    /// [`BarSource::read`].
    pub fn open(spec: &str, root: &Path) -> Result<Self> {
        let origin = match spec.strip_prefix("builtin:") {
            Some("btcusd_30m") => Origin::Builtin(BTCUSD_30M),
            Some(_) => bail!("no built-in data `{spec}`; there is `{BUILTIN_BTCUSD_30M}`"),
            None => find_file(spec, root)?,
        };
        Ok(Self { name: spec.to_owned(), origin, columns: Vec::new(), kept: None })
    }

    /// Returns the source of one symbol of a file.
    pub(super) fn of_share(name: &str, share: Share) -> Self {
        let origin = Origin::Share(share);
        Self { name: name.to_owned(), origin, columns: Vec::new(), kept: None }
    }

    /// Returns the source that reads the columns `names` beside the bars:
    /// a finite number in each row.
    #[must_use]
    pub fn with_columns(mut self, names: &[String]) -> Self {
        names.clone_into(&mut self.columns);
        self
    }

    /// Returns the columns that `patterns` name, in their order. In one,
    /// `*` stands for any text, and so for all that fit and are no part
    /// of a bar, of a folder those of its first file.
    ///
    /// Fails where nothing fits. A name without `*` is not looked for.
    pub fn find_columns(&self, patterns: &[String]) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for pattern in patterns {
            if !pattern.contains('*') {
                found.push(pattern.clone());
                continue;
            }
            let all = match &self.origin {
                Origin::Folder(path) => {
                    let symbols = symbols::of_folder(path)?;
                    symbols[0].source.read()?.further_names()
                }
                _ => self.read()?.further_names(),
            };
            let n_before = found.len();
            found.extend(all.iter().filter(|name| fits(pattern, name)).cloned());
            if found.len() == n_before {
                bail!(
                    "`{}` has no further column that fits `{pattern}`, as `features.columns` has \
                     it; beside the bars it has {}",
                    self.name,
                    if all.is_empty() {
                        "none".to_owned()
                    } else {
                        format!("`{}`", all.join("`, `"))
                    }
                );
            }
        }
        let mut seen = HashSet::new();
        found.retain(|name| seen.insert(name.clone()));
        Ok(found)
    }

    /// Returns whether it is a folder of files, one for each symbol.
    pub fn is_folder(&self) -> bool {
        matches!(self.origin, Origin::Folder(_))
    }

    /// Returns the symbols that the source holds, in the order of their
    /// names: the files of a folder, or what a column of symbols says.
    /// None where there is only one.
    ///
    /// A file with such a column is read once, each bar checked.
    pub fn symbols(&self) -> Result<Vec<SymbolBars>> {
        let symbols = match &self.origin {
            Origin::Folder(path) => {
                let mut symbols = symbols::of_folder(path)?;
                for symbol in &mut symbols {
                    symbol.source.columns.clone_from(&self.columns);
                }
                return Ok(symbols);
            }
            Origin::Share(_) | Origin::Builtin(_) => return Ok(Vec::new()),
            Origin::File(_) => {
                let bars = self.read()?;
                if !bars.has_symbols() {
                    return Ok(Vec::new());
                }
                symbols::of_column(bars.across_symbols(), self.columns.len())?
            }
        };
        Ok(if symbols.len() > 1 { symbols } else { Vec::new() })
    }

    /// Returns the SHA-256 of the source: of a file, that of its bytes;
    /// of a folder, that of the lines that `sha256sum *` prints in it.
    pub fn sha256(&self) -> Result<String> {
        Ok(match &self.origin {
            Origin::File(path) => sha256_of_file(path)?,
            Origin::Builtin(bytes) => sha256_of_bytes(bytes),
            Origin::Folder(path) => {
                let mut lines = String::new();
                for file in symbols::files(path)? {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    let _ = writeln!(lines, "{}  {name}", sha256_of_file(&file)?);
                }
                sha256_of_bytes(lines.as_bytes())
            }
            Origin::Share(_) => bail!("`{}` is part of a file", self.name),
        })
    }

    /// Returns the source as it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts a new pass over the bars.
    ///
    /// Fails when the file holds no bars or its columns are not found;
    /// a bad row fails when its turn comes.
    pub fn read(&self) -> Result<BarReader> {
        if let Some(bars) = &self.kept {
            return Ok(BarReader::of_kept(Arc::clone(bars)));
        }
        match &self.origin {
            Origin::Share(share) => Ok(BarReader::of_share(share.clone())),
            _ => self.reader(None),
        }
    }

    /// Reads all bars, checks them, and tells what there is. Of one
    /// symbol of a file there is no checksum.
    pub fn summarize(&self) -> Result<DataSummary> {
        self.scan(&mut |_| {})
    }

    /// Does the same, and keeps the bars in memory if there are at most
    /// 65,536 and no further columns: passes to come then read no file.
    pub(crate) fn summarize_and_keep(self) -> Result<(Self, DataSummary)> {
        let mut bars = self.columns.is_empty().then(Vec::new);
        let summary = self.scan(&mut |bar| {
            bars = bars.take().filter(|bars| bars.len() < N_KEPT_MAX);
            if let Some(bars) = &mut bars {
                bars.push(*bar);
            }
        })?;
        Ok((Self { kept: bars.map(Arc::new), ..self }, summary))
    }

    /// Whether the bars are in memory.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Does the same, and shows each bar to `watch` on the way.
    pub(crate) fn scan(&self, watch: &mut dyn FnMut(&Bar)) -> Result<DataSummary> {
        let mut tally = Tally::new();
        let mut take = |bar: Bar| {
            tally.push(bar.time_ms);
            watch(&bar);
        };
        if let Origin::Share(_) = self.origin {
            for bar in self.read()? {
                take(bar?);
            }
            return Ok(DataSummary { source: self.name.clone(), ..tally.finish() });
        }
        let hasher = Arc::new(Mutex::new(Sha256::new()));
        for bar in self.reader(Some(&hasher))? {
            take(bar?);
        }
        let hasher = hasher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut sha256 = String::new();
        for byte in hasher.finalize() {
            write!(sha256, "{byte:02x}").expect("a string takes all that is written");
        }
        Ok(DataSummary { source: self.name.clone(), sha256, ..tally.finish() })
    }

    fn reader(&self, hasher: Option<&Arc<Mutex<Sha256>>>) -> Result<BarReader> {
        BarReader::new(&self.name, self.open_text(hasher)?)?.with_columns(&self.columns)
    }

    /// Opens the text; all bytes of the file pass through `hasher`.
    fn open_text(&self, hasher: Option<&Arc<Mutex<Sha256>>>) -> Result<Text> {
        let through = |inner: Box<dyn Read + Send>| match hasher {
            Some(hasher) => Box::new(HashingReader { inner, hasher: Arc::clone(hasher) }),
            None => inner,
        };
        let open = || match &self.origin {
            Origin::Builtin(bytes) => input::open(through(Box::new(*bytes))),
            Origin::Folder(_) | Origin::Share(_) => Err(io::Error::new(
                ErrorKind::InvalidData,
                "holds several symbols, which only `train` and `predict` take; name one file",
            )),
            Origin::File(path) => {
                let mut file = File::open(path)?;
                if !input::is_parquet(&mut file)? {
                    return input::open(through(Box::new(file)));
                }
                // Its bytes are not read in their order.
                if hasher.is_some() {
                    io::copy(&mut through(Box::new(file)), &mut io::sink())?;
                }
                input::open_file(path)
            }
        };
        open().map_err(|error| input_error(&self.name, 0, &error))
    }
}

fn find_file(spec: &str, root: &Path) -> Result<Origin> {
    let path = root.join(spec);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(Origin::Folder(path)),
        Ok(_) => Ok(Origin::File(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(anyhow!(
            "there is no file `{}`; name a CSV file of bars, or `{BUILTIN_BTCUSD_30M}` for the \
             built-in data",
            path.display()
        )),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// Passes bytes on and takes their checksum.
struct HashingReader {
    inner: Box<dyn Read + Send>,
    hasher: Arc<Mutex<Sha256>>,
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        progress::advance(Unit::Bytes, n_bytes as u64);
        self.hasher.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n_bytes]);
        Ok(n_bytes)
    }
}
