//! The symbols of a source: the files of a folder, parts of one series
//! joined, or what a column says.

use anyhow::Result;

use super::{BarSource, Origin};
use crate::market::bars::joined::{Group, check_spelling, groups, in_order};
use crate::market::bars::summary::DataSummary;
use crate::market::bars::symbols::{self, Deal, SymbolBars};
use crate::market::bars::understood::Understood;

/// What a folder holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub(super) symbols: Vec<SymbolBars>,
    /// How the parts of joined series were read.
    pub(super) understood: Understood,
}

impl BarSource {
    /// Returns whether it is a folder of files, one for each symbol; one
    /// of parts of a series is none.
    pub fn is_folder(&self) -> bool {
        matches!(self.origin, Origin::Folder(_)) && !self.is_series()
    }

    /// Whether it is a folder of files that follow each other in time.
    pub(super) fn is_series(&self) -> bool {
        let is_folder = matches!(self.origin, Origin::Folder(_));
        is_folder && self.folder_symbols().is_ok_and(Self::are_one_series)
    }

    fn are_one_series(symbols: &[SymbolBars]) -> bool {
        matches!(symbols, [one] if matches!(one.source.origin, Origin::Share(_)))
    }

    /// Returns the symbols of a folder, the parts of each joined.
    pub(super) fn folder_symbols(&self) -> Result<&[SymbolBars]> {
        Ok(&self.content()?.symbols)
    }

    /// Returns what the folder holds, looked at once.
    pub(super) fn content(&self) -> Result<&Content> {
        if let Some(content) = self.content.get() {
            return Ok(content);
        }
        let Origin::Folder(path) = &self.origin else {
            return Ok(self.content.get_or_init(Content::default));
        };
        let mut understood = Understood::default();
        let mut symbols = Vec::new();
        for Group { symbol, parts } in groups(symbols::of_folder(path)?) {
            let parts: Vec<SymbolBars> = parts
                .into_iter()
                .map(|SymbolBars { symbol, source }| SymbolBars {
                    source: self.like(source),
                    symbol,
                })
                .collect();
            if parts.len() == 1 {
                symbols.extend(parts);
                continue;
            }
            match self.join(&symbol, parts, &mut understood)? {
                Ok(joined) => symbols.push(joined),
                Err(parts) => symbols.extend(parts),
            }
        }
        symbols.sort_by(|left, right| left.symbol.cmp(&right.symbol));
        check_spelling(&symbols)?;
        Ok(self.content.get_or_init(|| Content { symbols, understood }))
    }

    /// Joins the parts of one series, or returns them where each is of a
    /// symbol of its own.
    fn join(
        &self,
        symbol: &str,
        parts: Vec<SymbolBars>,
        understood: &mut Understood,
    ) -> Result<Result<SymbolBars, Vec<SymbolBars>>> {
        let mut dated = Vec::new();
        for part in parts {
            let summary = part.source.summarize()?;
            dated.push((part, summary));
        }
        let summaries: Vec<DataSummary> =
            dated.iter().map(|(_, summary)| summary.clone()).collect();
        Ok(match in_order(dated)? {
            Err(parts) => Err(parts),
            Ok(parts) => {
                understood.add_parts(symbol, &summaries);
                let deal = Deal { n_columns: self.columns.len(), is_newest_first: false };
                let share = symbols::join(parts.iter().map(|part| part.source.read()), deal)?;
                let source = Self::of_share(symbol, share);
                Ok(SymbolBars { source, symbol: symbol.to_owned() })
            }
        })
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
                let (symbols, repairs) = symbols::of_column(bars.across_symbols(), deal)?;
                let _ = self.dealt.set(repairs);
                symbols
            }
        };
        check_spelling(&symbols)?;
        Ok(if symbols.len() > 1 { symbols } else { Vec::new() })
    }
}
