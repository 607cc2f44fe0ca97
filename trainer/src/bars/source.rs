//! Names where bars come from: a file, or the data that is built in.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use super::summary::{DataSummary, Tally};
use super::{BarReader, reader};
use crate::progress::{self, Unit};

/// The name of the built-in data: BTC/USD, 30 minutes, 2017-10 to
/// 2019-10.
pub const BUILTIN_BTCUSD_30M: &str = "builtin:btcusd_30m";

const BTCUSD_30M: &[u8] = include_bytes!("../../data/btcusd_30m.csv.gz");

/// Bars that can be read any number of times.
#[derive(Debug, Clone)]
pub struct BarSource {
    name: String,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Builtin(&'static [u8]),
}

impl BarSource {
    /// Opens the source that `spec` names: a CSV or CSV.gz file, relative
    /// to `root`, or [`BUILTIN_BTCUSD_30M`].
    ///
    /// Fails when there is no such file. Its rows are looked at only by
    /// [`BarSource::read`].
    pub fn open(spec: &str, root: &Path) -> Result<Self> {
        let origin = match spec.strip_prefix("builtin:") {
            Some("btcusd_30m") => Origin::Builtin(BTCUSD_30M),
            Some(_) => bail!("no built-in data `{spec}`; there is `{BUILTIN_BTCUSD_30M}`"),
            None => Origin::File(find_file(spec, root)?),
        };
        Ok(Self { name: spec.to_owned(), origin })
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
        reader::BarReader::new(&self.name, self.open_raw()?)
    }

    /// Reads all bars, checks them, and tells what there is.
    pub fn summarize(&self) -> Result<DataSummary> {
        let hasher = Arc::new(Mutex::new(Sha256::new()));
        let raw = HashingReader { inner: self.open_raw()?, hasher: Arc::clone(&hasher) };
        let mut tally = Tally::new();
        for bar in BarReader::new(&self.name, Box::new(raw))? {
            tally.push(bar?.time_ms);
        }
        let hasher = hasher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut sha256 = String::new();
        for byte in hasher.finalize() {
            write!(sha256, "{byte:02x}").expect("a string takes all that is written");
        }
        Ok(DataSummary { source: self.name.clone(), sha256, ..tally.finish() })
    }

    fn open_raw(&self) -> Result<Box<dyn Read + Send>> {
        match &self.origin {
            Origin::Builtin(bytes) => Ok(Box::new(*bytes)),
            Origin::File(path) => {
                let file = File::open(path)
                    .with_context(|| format!("failed to open `{}`", path.display()))?;
                Ok(Box::new(file))
            }
        }
    }
}

fn find_file(spec: &str, root: &Path) -> Result<PathBuf> {
    let path = root.join(spec);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => {
            bail!("`{}` is a folder; name a CSV file in it", path.display())
        }
        Ok(_) => Ok(path),
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
