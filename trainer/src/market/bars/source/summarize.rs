//! Reads all bars once, and summarizes them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::{BarSource, Origin};
use crate::digest::hex;
use crate::market::bars::file_series::{check_overlap, symbol_warnings};
use crate::market::bars::read_report::ReadReport;
use crate::market::bars::reader::Repairs;
use crate::market::bars::summary::DataSummary;
use crate::market::bars::{Bar, BarKind, BarStats};

/// The most bars that are kept in memory, about 4 MB.
const N_KEPT_MAX: usize = 1 << 16;

impl BarSource {
    /// Reads all bars and returns their kind.
    pub fn kind(&self) -> Result<BarKind> {
        let mut watch = BarStats::default();
        for bar in self.read()? {
            watch.push(&bar?);
        }
        Ok(watch.kind())
    }

    /// Reads, checks and summarizes all bars. The summary of one symbol of
    /// a file has no checksum.
    pub fn summarize(&self) -> Result<DataSummary> {
        self.scan(&mut |_| {})
    }

    /// Does the same for all symbols of the source together.
    pub fn summarize_all(&self) -> Result<DataSummary> {
        let symbols = self.symbols()?;
        if symbols.is_empty() {
            return self.summarize();
        }
        let summaries: Result<Vec<DataSummary>> =
            symbols.iter().map(|symbol| symbol.source.summarize()).collect();
        self.together(&summaries?)
    }

    /// Combines the summaries of all symbols. The interval is that of the
    /// symbol with the most bars.
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
            read_report: Some(self.combined_report(summaries)?),
        })
    }

    /// Summarizes all bars, and keeps them in memory if there are at most
    /// 65,536 and no further columns, so that later passes read no file.
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

    /// Summarizes all bars, and passes each to `watch`.
    pub(crate) fn scan(&self, watch: &mut dyn FnMut(&Bar)) -> Result<DataSummary> {
        if let Origin::Folder(_) = self.origin {
            let mut summary = self.only_series()?.scan(watch)?;
            if let Some(read_report) = &mut summary.read_report {
                read_report.add(&self.content()?.read_report);
            }
            return Ok(DataSummary {
                source: self.name.clone(),
                sha256: self.sha256()?,
                ..summary
            });
        }
        let mut seen = BarStats::default();
        let mut take = |bar: Bar| {
            seen.push(&bar);
            watch(&bar);
        };
        let (sha256, format, repairs) = if let Origin::Spilled(_) = self.origin {
            for bar in self.read()? {
                take(bar?);
            }
            (String::new(), self.format.get().cloned(), Repairs::default())
        } else if matches!(self.origin, Origin::File(_)) && self.is_newest_first()? {
            for bar in self.read()? {
                take(bar?);
            }
            (self.sha256()?, Some(self.format()?), self.reversed()?.repairs.clone())
        } else {
            let hasher = Arc::new(Mutex::new(Sha256::new()));
            let mut bars = self.reader(Some(&hasher))?;
            for bar in bars.by_ref() {
                take(bar?);
            }
            let hasher = hasher.lock().unwrap_or_else(PoisonError::into_inner).clone();
            (hex(&hasher.finalize()), Some(self.format()?), bars.repairs())
        };
        let summary = seen.finish(format.as_deref(), repairs);
        Ok(DataSummary { source: self.name.clone(), sha256, ..summary })
    }

    /// Combines the reports about several symbols.
    fn combined_report(&self, summaries: &[DataSummary]) -> Result<ReadReport> {
        let mut together = self.read_report()?.unwrap_or_default();
        together.repairs = self.symbol_repairs.get().cloned().unwrap_or(together.repairs);
        together.add_symbols(summaries);
        let of_folder = match &self.origin {
            Origin::Folder(_) => self.folder_symbols()?.iter().map(|s| s.symbol.as_str()).collect(),
            _ => Vec::new(),
        };
        let of_column = summaries.iter().map(|summary| summary.source.as_str());
        let names = if of_folder.is_empty() { of_column.collect() } else { of_folder };
        together.warnings.extend(symbol_warnings(&names, summaries));
        Ok(together)
    }
}
