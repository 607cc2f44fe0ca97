//! Checks that bars are like those that a model was trained on.

use std::collections::{BTreeMap, HashSet};
use std::mem;

use anyhow::{Result, ensure};

use crate::learning::model::TradingModel;
use crate::market::bars::{Bar, BarKind, BarReader, BarStats, DataSummary, Mismatch, ReadReport};
use crate::progress;
use crate::training::predict::TrainedOn;

/// Bars after which a live stream is first checked: its first row is due
/// before its interval is known.
const N_LIVE: u64 = 10;
/// Bars that are checked by themselves, so that a change of interval does
/// not hide among many.
const N_BLOCK: u64 = 1024;

/// Compares bars with those that a model was trained on.
pub(super) struct BarsCheck {
    trained_on: TrainedOn,
    any_bars: bool,
    is_live: bool,
    data: String,
    warned: HashSet<String>,
    /// All bars of each symbol.
    stats_by_symbol: BTreeMap<String, BarStats>,
    /// The current block of each symbol.
    blocks: BTreeMap<String, BarStats>,
    summaries: Vec<DataSummary>,
}

impl BarsCheck {
    /// Returns the check of the bars in `data`; with `any_bars` it warns
    /// only.
    pub(super) fn new(model: &TradingModel, data: &str, any_bars: bool) -> Result<Self> {
        let is_live = data == "-";
        let data = if is_live { "<stdin>" } else { data }.to_owned();
        Ok(Self {
            trained_on: TrainedOn::of(model)?,
            any_bars,
            is_live,
            data,
            warned: HashSet::new(),
            stats_by_symbol: BTreeMap::new(),
            blocks: BTreeMap::new(),
            summaries: Vec::new(),
        })
    }

    /// Fails where all bars of a symbol, or a block of them, are unlike
    /// the model's.
    pub(super) fn check_all(&self, mut bars: BarReader, symbol: Option<&str>) -> Result<()> {
        let mut stats_by_symbol: BTreeMap<String, BarStats> = BTreeMap::new();
        let mut blocks = BTreeMap::new();
        // A bar that cannot be read is reported by the prediction.
        while let Some(Ok(bar)) = bars.next() {
            let symbol = symbol.or(bars.symbol()).unwrap_or_default();
            stats_of(&mut stats_by_symbol, symbol).push(&bar);
            if let Some(kind) = push_to_block(&mut blocks, symbol, &bar) {
                self.check_kind(symbol, &kind)?;
            }
        }
        stats_by_symbol
            .iter()
            .try_for_each(|(symbol, stats)| self.check_kind(symbol, &stats.kind()))
    }

    fn check_kind(&self, symbol: &str, kind: &BarKind) -> Result<()> {
        for Mismatch { what, is_fatal } in self.trained_on.mismatches(kind) {
            ensure!(
                !is_fatal || self.any_bars,
                "`{}`{}: {what}; give bars like those, or `--any-bars` to go on",
                self.data,
                of(symbol)
            );
        }
        Ok(())
    }

    /// Records a bar of `symbol`. Fails where a live stream turns out to
    /// be unlike the model's bars.
    pub(super) fn push(&mut self, symbol: &str, bar: &Bar) -> Result<()> {
        let stats = stats_of(&mut self.stats_by_symbol, symbol);
        stats.push(bar);
        if !self.is_live {
            return Ok(());
        }
        // A stream may never end, so it is checked on the way.
        let begun = (stats.n_bars() == N_LIVE).then(|| stats.kind());
        let block = push_to_block(&mut self.blocks, symbol, bar);
        for kind in begun.iter().chain(&block) {
            self.check_kind(symbol, kind)?;
            self.warn_of_mismatches(symbol, kind);
        }
        Ok(())
    }

    /// Summarizes the bars of `reader`, which has ended.
    pub(super) fn summarize(&mut self, reader: &BarReader) {
        for (symbol, stats) in mem::take(&mut self.stats_by_symbol) {
            self.warn_of_mismatches(&symbol, &stats.kind());
            let source = if symbol.is_empty() { self.data.clone() } else { symbol };
            self.summaries.push(stats.of_reader(&source, reader));
        }
    }

    fn warn_of_mismatches(&mut self, symbol: &str, kind: &BarKind) {
        for Mismatch { what, .. } in self.trained_on.mismatches(kind) {
            // Symbols with the same mismatch give one warning.
            if self.warned.insert(what.clone()) {
                warn(&format!("`{}`{}: {what}", self.data, of(symbol)));
            }
        }
    }

    /// Prints how the bars were read, without the lines of `read_report`,
    /// which were printed before; returns whether there were mismatches.
    pub(super) fn finish(self, read_report: &ReadReport) -> bool {
        let mut later = ReadReport::default();
        match &self.summaries[..] {
            [summary] => {
                progress::print_line(&summary.to_string());
                summary.read_report.iter().for_each(|found| later.add(found));
            }
            [] => {}
            several => later.add_symbols(several),
        }
        later.lines.retain(|line| !read_report.lines.contains(line));
        print_lines(&later);
        for warning in read_report.warnings.iter().chain(&later.warnings) {
            warn(warning);
        }
        !self.warned.is_empty()
    }
}

fn warn(warning: &str) {
    progress::print_line(&format!("{} {warning}", progress::colored_label("warning:")));
}

fn stats_of<'a>(
    stats_by_symbol: &'a mut BTreeMap<String, BarStats>,
    symbol: &str,
) -> &'a mut BarStats {
    if !stats_by_symbol.contains_key(symbol) {
        stats_by_symbol.insert(symbol.to_owned(), BarStats::default());
    }
    stats_by_symbol.get_mut(symbol).expect("it was just put there")
}

/// Adds a bar to the current block of a symbol; returns the kind of the
/// block once it is full, if most of its bars are the same step apart.
fn push_to_block(
    blocks: &mut BTreeMap<String, BarStats>,
    symbol: &str,
    bar: &Bar,
) -> Option<BarKind> {
    let block = stats_of(blocks, symbol);
    block.push(bar);
    let full = (block.n_bars() == N_BLOCK).then(|| mem::take(block));
    full.filter(BarStats::is_regular).map(|block| block.kind())
}

fn of(symbol: &str) -> String {
    if symbol.is_empty() { String::new() } else { format!(" of `{symbol}`") }
}

/// Prints to stderr how bars were read.
pub(super) fn print_lines(read_report: &ReadReport) {
    for line in &read_report.lines {
        progress::print_line(line);
    }
}
