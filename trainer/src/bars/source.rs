//! Names where bars come from: a file, or the data that is built in.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use super::columns::fits;
use super::config::BarsConfig;
use super::form::{Asked, Form};
use super::input::{self, Text};
use super::joined::{Group, check_overlap, check_spelling, groups, in_order};
use super::reader::{Repairs, input_error};
use super::summary::{DataSummary, Tally};
use super::symbols::{self, Deal, Share, SymbolBars};
use super::timestamp::LATEST_MS;
use super::understood::{Observer, Understood};
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
    asked: Asked,
    /// How to read the file, once that was decided.
    form: Arc<OnceLock<Arc<Form>>>,
    /// The bars of a file that begins with the newest, turned round, or
    /// of a folder of parts, joined.
    turned: Arc<OnceLock<Turned>>,
    /// What a folder holds.
    symbols: Arc<OnceLock<Vec<SymbolBars>>>,
}

/// Bars that were turned round, and what was done about bad rows.
#[derive(Debug, Clone)]
struct Turned {
    share: Share,
    repairs: Repairs,
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
        Ok(Self::new(spec, origin))
    }

    fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            origin,
            columns: Vec::new(),
            kept: None,
            asked: Asked { config: Arc::default(), latest_ms: LATEST_MS },
            form: Arc::default(),
            turned: Arc::default(),
            symbols: Arc::default(),
        }
    }

    /// Returns the source that is read as `config` says, where a file
    /// leaves a doubt.
    #[must_use]
    pub fn with_config(mut self, config: &BarsConfig) -> Self {
        self.asked.config = Arc::new(config.clone());
        self
    }

    /// Returns the source whose times, where they are numbers that could
    /// mean anything, are none after `latest_ms`.
    #[must_use]
    pub fn until(mut self, latest_ms: i64) -> Self {
        self.asked.latest_ms = latest_ms;
        self
    }

    /// Returns the source of one symbol of a file.
    pub(super) fn of_share(name: &str, share: Share) -> Self {
        Self::new(name, Origin::Share(share))
    }

    /// Returns the source that reads the columns `names` beside the bars:
    /// a finite number in each row.
    #[must_use]
    pub fn with_columns(mut self, names: &[String]) -> Self {
        names.clone_into(&mut self.columns);
        self.turned = Arc::default();
        self.symbols = Arc::default();
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
                    self.like(symbols[0].source.clone()).reader(None)?.further_names()
                }
                Origin::Share(_) => Vec::new(),
                _ => self.reader(None)?.further_names(),
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

    /// Returns whether it is a folder of files, one for each symbol; one
    /// of parts of a series is none.
    pub fn is_folder(&self) -> bool {
        matches!(self.origin, Origin::Folder(_)) && !self.is_series()
    }

    /// Whether it is a folder of files that follow each other in time.
    fn is_series(&self) -> bool {
        let is_folder = matches!(self.origin, Origin::Folder(_));
        is_folder && self.folder_symbols().is_ok_and(Self::are_one_series)
    }

    fn are_one_series(symbols: &[SymbolBars]) -> bool {
        matches!(symbols, [one] if matches!(one.source.origin, Origin::Share(_)))
    }

    /// Returns the symbols of a folder, the parts of each joined.
    fn folder_symbols(&self) -> Result<&[SymbolBars]> {
        if let Some(symbols) = self.symbols.get() {
            return Ok(symbols);
        }
        let Origin::Folder(path) = &self.origin else {
            return Ok(&[]);
        };
        let mut symbols = Vec::new();
        for Group { symbol, parts } in groups(symbols::of_folder(path)?) {
            let parts = parts.into_iter().map(|SymbolBars { symbol, source }| SymbolBars {
                source: self.like(source),
                symbol,
            });
            let parts: Vec<SymbolBars> = parts.collect();
            if parts.len() == 1 {
                symbols.extend(parts);
                continue;
            }
            let mut dated = Vec::new();
            for part in parts {
                let summary = part.source.summarize()?;
                dated.push((part, summary));
            }
            match in_order(dated)? {
                Err(parts) => symbols.extend(parts),
                Ok(parts) => {
                    let deal = Deal { n_columns: self.columns.len(), is_newest_first: false };
                    let readers = parts.iter().map(|part| part.source.read());
                    let share = symbols::join(readers, deal)?;
                    symbols.push(SymbolBars { source: Self::of_share(&symbol, share), symbol });
                }
            }
        }
        symbols.sort_by(|left, right| left.symbol.cmp(&right.symbol));
        check_spelling(&symbols)?;
        Ok(self.symbols.get_or_init(|| symbols))
    }

    /// Returns the symbols that the source holds, in the order of their
    /// names: the files of a folder, or what a column of symbols says.
    /// None where there is only one.
    ///
    /// A file with such a column is read once, each bar checked.
    pub fn symbols(&self) -> Result<Vec<SymbolBars>> {
        let symbols = match &self.origin {
            Origin::Folder(_) => {
                let symbols = self.folder_symbols()?;
                let is_series = Self::are_one_series(symbols);
                return Ok(if is_series { Vec::new() } else { symbols.to_vec() });
            }
            Origin::Share(_) | Origin::Builtin(_) => return Ok(Vec::new()),
            Origin::File(_) => {
                let bars = self.reader(None)?;
                if !bars.has_symbols() {
                    return Ok(Vec::new());
                }
                let is_newest_first = self.form()?.time.is_newest_first;
                let deal = Deal { n_columns: self.columns.len(), is_newest_first };
                symbols::of_column(bars.across_symbols(), deal)?.0
            }
        };
        check_spelling(&symbols)?;
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
        if let Origin::Share(share) = &self.origin {
            return Ok(BarReader::of_share(share.clone()));
        }
        if self.is_series() {
            return self.folder_symbols()?[0].source.read();
        }
        if matches!(self.origin, Origin::Folder(_)) {
            return Err(self.not_one_file());
        }
        if self.form()?.time.is_newest_first {
            return Ok(BarReader::of_share(self.turned()?.share.clone()));
        }
        self.reader(None)
    }

    /// Returns whether the file begins with the newest bar, which is read
    /// from a copy that was turned round.
    pub fn is_newest_first(&self) -> Result<bool> {
        Ok(match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => self.form()?.time.is_newest_first,
            Origin::Folder(_) | Origin::Share(_) => false,
        })
    }

    /// Returns how the file is read, as far as its first rows tell; none
    /// where there is not one file.
    pub fn understood(&self) -> Result<Option<Understood>> {
        Ok(match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => Some(Understood::of_form(&*self.form()?)),
            Origin::Folder(_) | Origin::Share(_) => None,
        })
    }

    /// Returns how the files of several symbols were read: the first of
    /// them, and what was found in any.
    fn understood_together(&self, summaries: &[DataSummary]) -> Result<Understood> {
        let mut together = match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => Understood::of_form(&*self.form()?),
            Origin::Folder(_) | Origin::Share(_) => Understood::default(),
        };
        together.add_symbols(summaries);
        Ok(together)
    }

    /// Returns `other`, read as this one is.
    fn like(&self, mut other: Self) -> Self {
        other.columns.clone_from(&self.columns);
        other.asked = self.asked.clone();
        other
    }

    /// Returns how the file is to be read, decided at the first call.
    pub(super) fn form(&self) -> Result<Arc<Form>> {
        if let Some(form) = self.form.get() {
            return Ok(Arc::clone(form));
        }
        let mut text = self.open_text(None)?;
        let reopen = || self.open_text(None).ok();
        let form = Form::of_bars(&self.name, &mut text, &self.asked, Some(&reopen))?;
        Ok(Arc::clone(self.form.get_or_init(|| Arc::new(form))))
    }

    /// Returns the bars of a file that begins with the newest, oldest
    /// first, from a nameless file of the temporary folder.
    fn turned(&self) -> Result<&Turned> {
        if let Some(turned) = self.turned.get() {
            return Ok(turned);
        }
        let deal = Deal { n_columns: self.columns.len(), is_newest_first: true };
        let (share, repairs) = symbols::turn_round(self.reader(None)?, deal)?;
        Ok(self.turned.get_or_init(|| Turned { share, repairs }))
    }

    /// Reads all bars, checks them, and tells what there is. Of one
    /// symbol of a file there is no checksum.
    pub fn summarize(&self) -> Result<DataSummary> {
        self.scan(&mut |_| {})
    }

    /// Does the same of all symbols that the source holds.
    pub fn summarize_all(&self) -> Result<DataSummary> {
        let symbols = self.symbols()?;
        if symbols.is_empty() {
            return self.summarize();
        }
        let summaries: Result<Vec<DataSummary>> =
            symbols.iter().map(|symbol| symbol.source.summarize()).collect();
        self.together(&summaries?)
    }

    /// Sums up what all symbols hold. The interval is that of the symbol
    /// with the most bars.
    pub(crate) fn together(&self, summaries: &[DataSummary]) -> Result<DataSummary> {
        check_overlap(summaries)?;
        let sum = |count: fn(&DataSummary) -> u64| summaries.iter().map(count).sum();
        let longest = summaries.iter().max_by_key(|summary| summary.n_bars);
        Ok(DataSummary {
            source: self.name.clone(),
            sha256: self.sha256()?,
            n_bars: sum(|summary| summary.n_bars),
            first_ms: summaries.iter().map(|summary| summary.first_ms).min().unwrap_or_default(),
            last_ms: summaries.iter().map(|summary| summary.last_ms).max().unwrap_or_default(),
            interval_ms: longest.map_or(0, |summary| summary.interval_ms),
            n_gaps: sum(|summary| summary.n_gaps),
            n_missing_bars: sum(|summary| summary.n_missing_bars),
            longest_gap_ms: summaries.iter().map(|s| s.longest_gap_ms).max().unwrap_or_default(),
            understood: Some(self.understood_together(summaries)?),
        })
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
        let mut observer = Observer::default();
        let mut take = |bar: Bar| {
            tally.push(bar.time_ms);
            observer.push(&bar);
            watch(&bar);
        };
        let (mut sha256, mut understood) = (String::new(), None);
        if let Origin::Share(_) = self.origin {
            for bar in self.read()? {
                take(bar?);
            }
        } else if self.is_series() {
            for bar in self.read()? {
                take(bar?);
            }
            sha256 = self.sha256()?;
        } else if matches!(self.origin, Origin::File(_)) && self.is_newest_first()? {
            for bar in self.read()? {
                take(bar?);
            }
            sha256 = self.sha256()?;
            understood = Some((self.form()?, self.turned()?.repairs.clone()));
        } else {
            let hasher = Arc::new(Mutex::new(Sha256::new()));
            let mut bars = self.reader(Some(&hasher))?;
            for bar in bars.by_ref() {
                take(bar?);
            }
            let hasher = hasher.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for byte in hasher.finalize() {
                write!(sha256, "{byte:02x}").expect("a string takes all that is written");
            }
            understood = Some((self.form()?, bars.repairs()));
        }
        let summary = tally.finish();
        let understood =
            understood.map(|(form, repairs)| Understood::new(&form, repairs, &observer, &summary));
        Ok(DataSummary { source: self.name.clone(), sha256, understood, ..summary })
    }

    fn reader(&self, hasher: Option<&Arc<Mutex<Sha256>>>) -> Result<BarReader> {
        let form = match &self.origin {
            // What is wrong with them is said below.
            Origin::Folder(_) | Origin::Share(_) => return Err(self.not_one_file()),
            Origin::File(_) | Origin::Builtin(_) => self.form()?,
        };
        let text = self.open_text(hasher)?;
        BarReader::new(&self.name, text, (form, &self.asked))?.with_columns(&self.columns)
    }

    fn not_one_file(&self) -> anyhow::Error {
        anyhow!(
            "`{}` holds several symbols, which only `train` and `predict` take; name one file",
            self.name
        )
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
                if input::container(&mut file)?.is_none() {
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
