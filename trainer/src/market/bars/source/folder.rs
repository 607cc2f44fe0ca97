//! The symbols of a source: the files of a folder, with the parts of one
//! series joined, or those in a column.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};

use super::listing::{Folder, NamedFile};
use super::{BarSource, FolderContent, Origin, SymbolBars, find_file};
use crate::market::bars::file_series::{
    FileGroup, SummarizedPart, check_spelling, groups, sorted_parts, symbol_of,
};
use crate::market::bars::partition::{self, JoinedBars, Part, PartitionedBars};
use crate::market::bars::read_report::ReadReport;
use crate::market::bars::spill::SpillLayout;
use crate::market::bars::summary::DataSummary;
use crate::wording::counted;

impl BarSource {
    /// Returns whether the bars of several symbols cannot be read in the
    /// order of the file, and [`BarSource::symbols`] must split them: files
    /// of a folder, a table in wide format, or a file that is newest first.
    pub fn needs_partition(&self) -> Result<bool> {
        Ok(match &self.origin {
            Origin::File(_) | Origin::Builtin(_) => {
                self.is_newest_first()? || self.wide_symbols()?.is_some()
            }
            Origin::Folder(_) => !self.is_one_series()?,
            Origin::Spilled(_) => false,
        })
    }

    /// Returns `other`, a file of this folder, with the settings of the
    /// folder.
    pub(super) fn with_folder_settings(&self, mut other: Self) -> Self {
        other.columns.clone_from(&self.columns);
        other.reading = self.reading.clone();
        // The symbol chooses among the files.
        Arc::make_mut(&mut other.reading.config).symbol = None;
        other
    }

    /// Returns the source of one symbol of a table in wide format.
    fn for_symbol(&self, symbol: &str) -> Self {
        let mut one = Self::new(&format!("{symbol} of {}", self.name), self.origin.clone());
        one.copy.clone_from(&self.copy);
        one.columns.clone_from(&self.columns);
        one.reading = self.reading.clone();
        Arc::make_mut(&mut one.reading.config).symbol = Some(symbol.to_owned());
        one
    }

    /// Returns the only series of a folder: its only file, its files joined,
    /// or the one that is chosen.
    pub(super) fn only_series(&self) -> Result<&Self> {
        match self.folder_symbols()? {
            [one] => Ok(&one.source),
            _ => Err(self.not_one_file()),
        }
    }

    /// Whether the folder is no portfolio: its files are joined, or one is
    /// chosen.
    fn is_one_series(&self) -> Result<bool> {
        let is_chosen = self.reading.config.symbol.is_some();
        let symbols = self.folder_symbols()?;
        let is_joined = matches!(symbols, [one] if matches!(one.source.origin, Origin::Spilled(_)));
        Ok(is_chosen || is_joined)
    }

    /// Returns the symbols of a table in wide format, if none is chosen.
    pub(super) fn wide_symbols(&self) -> Result<Option<Vec<String>>> {
        let format = self.format()?;
        let Some(wide) = &format.columns.wide else {
            return Ok(None);
        };
        let Some(symbols) = wide.unchosen() else {
            return Ok(None);
        };
        ensure!(!wide.are_price_kinds(), "`{}` {}", self.name, wide.problem());
        Ok(Some(symbols.into_iter().map(str::to_owned).collect()))
    }

    /// Returns the `files` of `folder` as symbols, sorted by name.
    pub(super) fn files_of(folder: &Folder, files: Vec<NamedFile>) -> Result<Vec<SymbolBars>> {
        let mut symbols = Vec::new();
        for NamedFile { path, name } in files {
            let symbol = symbol_of(&name).to_owned();
            let path_name = path.to_string_lossy().into_owned();
            let mut source = Self::new(&path_name, find_file(path)?);
            if let Some(archive) = &folder.archive {
                source.name = format!("{}/{name}", archive.path.display());
                source.unpacked = Some(Arc::clone(&archive.unpacked));
            }
            symbols.push(SymbolBars { symbol, source });
        }
        symbols.sort_by(|left, right| left.symbol.cmp(&right.symbol));
        ensure!(
            !symbols.is_empty(),
            "there are no files in the folder `{}`; put one of bars there for each symbol, or name \
             a folder in it",
            folder.path.display()
        );
        Ok(symbols)
    }

    /// Removes files that have the same bars as another one of the symbol,
    /// such as `BTC.csv` beside `BTC.json`, and returns warnings about them.
    ///
    /// Fails if the bars differ.
    fn drop_copies(symbols: &mut Vec<SymbolBars>) -> Result<Vec<String>> {
        let mut warnings = Vec::new();
        let mut idx = 1;
        while idx < symbols.len() {
            let [one, other] = [&symbols[idx - 1], &symbols[idx]];
            if one.symbol != other.symbol {
                idx += 1;
                continue;
            }
            let names = format!("`{}` and `{}`", one.source.name(), other.source.name());
            let problem = || {
                format!("{names} are both of the symbol `{}`; keep one, or rename it", one.symbol)
            };
            let are_same =
                Self::have_same_bars([&one.source, &other.source]).with_context(problem)?;
            ensure!(are_same, "{}: their bars are not the same", problem());
            warnings.push(format!("{names} have the same bars, which are read once"));
            symbols.remove(idx);
        }
        Ok(warnings)
    }

    fn have_same_bars(sources: [&Self; 2]) -> Result<bool> {
        let [mut one, mut other] = [sources[0].read()?, sources[1].read()?];
        loop {
            match [one.next().transpose()?, other.next().transpose()?] {
                [None, None] => return Ok(true),
                [bar, same] if bar == same => {}
                _ => return Ok(false),
            }
        }
    }

    /// Returns the symbols of a folder, with the parts of each joined.
    pub(super) fn folder_symbols(&self) -> Result<&[SymbolBars]> {
        Ok(&self.content()?.symbols)
    }

    /// Returns the content of the folder, which is examined once.
    pub(super) fn content(&self) -> Result<&FolderContent> {
        if let Some(content) = self.content.get() {
            return Ok(content);
        }
        let Origin::Folder(folder) = &self.origin else {
            return Ok(self.content.get_or_init(FolderContent::default));
        };
        let mut read_report = ReadReport::default();
        let (files, empty) = folder.filled_files()?;
        read_report.warnings.extend(Folder::copies(&files)?);
        read_report.warnings.extend(folder.skipped_folders()?);
        read_report.warnings.extend(folder.archive.iter().flat_map(|a| a.warnings.clone()));
        read_report.warnings.extend(
            (!empty.is_empty()).then(|| {
                format!("left out, since there are no bars in it: `{}`", empty.join("`, `"))
            }),
        );
        let mut files = Self::files_of(folder, files)?;
        for SymbolBars { source, .. } in &mut files {
            *source = self.with_folder_settings(source.clone());
        }
        read_report.warnings.extend(Self::drop_copies(&mut files)?);
        let mut symbols = Vec::new();
        for FileGroup { symbol, parts } in groups(files) {
            if parts.len() == 1 {
                symbols.extend(parts);
                continue;
            }
            let symbol = if symbol.is_empty() { self.name.clone() } else { symbol };
            match self.join(&symbol, parts, &mut read_report)? {
                Ok(joined) => symbols.push(joined),
                Err(parts) => symbols.extend(parts),
            }
        }
        symbols.sort_by(|left, right| left.symbol.cmp(&right.symbol));
        if self.reading.config.symbol.is_none() {
            check_spelling(&symbols)?;
        }
        if let Some(wanted) = &self.reading.config.symbol {
            let names: Vec<String> =
                symbols.iter().map(|symbol| format!("`{}`", symbol.symbol)).collect();
            symbols.retain(|symbol| symbol.symbol == *wanted);
            ensure!(
                !symbols.is_empty(),
                "`{}` has no symbol `{wanted}`; there are {}",
                self.name,
                names.join(", ")
            );
        }
        Ok(self.content.get_or_init(|| FolderContent { symbols, read_report }))
    }

    /// Joins the parts of one series. The inner error returns them if they
    /// are separate symbols.
    fn join(
        &self,
        symbol: &str,
        parts: Vec<SymbolBars>,
        read_report: &mut ReadReport,
    ) -> Result<Result<SymbolBars, Vec<SymbolBars>>> {
        let mut dated = Vec::new();
        for part in parts {
            let summary = part.source.summarize()?;
            dated.push((part, summary));
        }
        let summaries: Vec<DataSummary> =
            dated.iter().map(|(_, summary)| summary.clone()).collect();
        Ok(match sorted_parts(dated)? {
            Err(parts) => Err(parts),
            Ok(parts) => {
                read_report.add_parts(symbol, &summaries);
                let layout = SpillLayout { n_columns: self.columns.len(), is_newest_first: false };
                let of_part = |(SymbolBars { source, .. }, summary): &SummarizedPart| {
                    let (name, first_ms) = (source.name.clone(), summary.first_ms);
                    Ok(Part { name, first_ms, reader: source.read()? })
                };
                let JoinedBars { bars, n_common, volume_warning } =
                    partition::concatenated(parts.iter().map(of_part), layout)?;
                read_report.warnings.extend(volume_warning);
                read_report.lines.extend((n_common > 0).then(|| {
                    format!("{} in two files, the same in both", counted(n_common, "bar"))
                }));
                let source = Self::of_spilled(symbol, bars);
                Ok(SymbolBars { source, symbol: symbol.to_owned() })
            }
        })
    }

    /// Returns the symbols of the source, sorted by name: the files of a
    /// folder, or those in a column. Empty if there is only one.
    ///
    /// A file with a column of symbols is read once, and each bar checked.
    pub fn symbols(&self) -> Result<Vec<SymbolBars>> {
        let symbols: Vec<SymbolBars> = match &self.origin {
            Origin::Folder(_) => {
                let is_series = self.is_one_series()?;
                let symbols = self.folder_symbols()?;
                return Ok(if is_series { Vec::new() } else { symbols.to_vec() });
            }
            Origin::Spilled(_) | Origin::Builtin(_) => return Ok(Vec::new()),
            Origin::File(_) => {
                if let Some(symbols) = self.wide_symbols()? {
                    let for_symbol =
                        |symbol: String| SymbolBars { source: self.for_symbol(&symbol), symbol };
                    let symbols: Vec<SymbolBars> = symbols.into_iter().map(for_symbol).collect();
                    check_spelling(&symbols)?;
                    return Ok(symbols);
                }
                if self.reading.config.symbol.is_some() {
                    return Ok(Vec::new());
                }
                let bars = self.reader(None)?;
                if !bars.has_symbols() {
                    return Ok(Vec::new());
                }
                let format = self.format()?;
                let is_newest_first = format.time.is_newest_first;
                let layout = SpillLayout { n_columns: self.columns.len(), is_newest_first };
                let PartitionedBars { symbols, repairs } =
                    partition::by_symbol(bars.across_symbols(), layout)?;
                let _ = self.symbol_repairs.set(repairs);
                let of_spilled = |(symbol, bars): (String, _)| SymbolBars {
                    source: Self::of_spilled(&symbol, bars).with_format(Arc::clone(&format)),
                    symbol,
                };
                symbols.into_iter().map(of_spilled).collect()
            }
        };
        check_spelling(&symbols)?;
        Ok(if symbols.len() > 1 { symbols } else { Vec::new() })
    }
}
