//! Whether the bars that are predicted for are what the model was made
//! for.

use std::collections::{BTreeMap, HashSet};
use std::mem;

use anyhow::{Result, ensure};

use crate::learning::model::TradingModel;
use crate::market::bars::{Bar, BarKind, BarReader, BarWatch, DataSummary, Mismatch, Understood};
use crate::progress;
use crate::training::predict::TrainedOn;

/// Bars from which a live stream tells what it is; it cannot be known
/// before the first row is due.
const N_LIVE: u64 = 10;
/// Bars that are looked at by themselves, so that no other interval
/// hides among many.
const N_BLOCK: u64 = 1024;

/// Whether the bars are what the model was made for.
pub(super) struct Doubts {
    trained_on: TrainedOn,
    any_bars: bool,
    is_live: bool,
    data: String,
    told: HashSet<String>,
    /// What was seen of each symbol.
    watches: BTreeMap<String, BarWatch>,
    /// What was seen of the last bars of each.
    blocks: BTreeMap<String, BarWatch>,
    summaries: Vec<DataSummary>,
}

impl Doubts {
    /// Returns those about the bars in `data`; `any_bars` are taken.
    pub(super) fn of(model: &TradingModel, data: &str, any_bars: bool) -> Result<Self> {
        let is_live = data == "-";
        let data = if is_live { "<stdin>" } else { data }.to_owned();
        Ok(Self {
            trained_on: TrainedOn::of(model)?,
            any_bars,
            is_live,
            data,
            told: HashSet::new(),
            watches: BTreeMap::new(),
            blocks: BTreeMap::new(),
            summaries: Vec::new(),
        })
    }

    /// Fails where predictions for `bars`, all or some on end of a symbol,
    /// could not be meant.
    pub(super) fn refuse(&self, mut bars: BarReader, symbol: Option<&str>) -> Result<()> {
        let mut watches: BTreeMap<String, BarWatch> = BTreeMap::new();
        let mut blocks = BTreeMap::new();
        // What cannot be read is told where the rows end.
        while let Some(Ok(bar)) = bars.next() {
            let symbol = symbol.or(bars.symbol()).unwrap_or_default();
            watch(&mut watches, symbol).push(&bar);
            if let Some(kind) = block(&mut blocks, symbol, &bar) {
                self.refuse_kind(symbol, &kind)?;
            }
        }
        watches.iter().try_for_each(|(symbol, watch)| self.refuse_kind(symbol, &watch.kind()))
    }

    fn refuse_kind(&self, symbol: &str, kind: &BarKind) -> Result<()> {
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

    pub(super) fn watch(&mut self, symbol: &str, bar: &Bar) -> Result<()> {
        let watch = watch(&mut self.watches, symbol);
        watch.push(bar);
        if !self.is_live {
            return Ok(());
        }
        // A stream may never end.
        let begun = (watch.n_bars() == N_LIVE).then(|| watch.kind());
        let block = block(&mut self.blocks, symbol, bar);
        for kind in begun.iter().chain(&block) {
            self.refuse_kind(symbol, kind)?;
            self.judge(symbol, kind);
        }
        Ok(())
    }

    /// Sums up the bars of `reader`.
    pub(super) fn sum_up(&mut self, reader: &BarReader) {
        for (symbol, watch) in mem::take(&mut self.watches) {
            self.judge(&symbol, &watch.kind());
            let source = if symbol.is_empty() { self.data.clone() } else { symbol };
            self.summaries.push(watch.of_reader(&source, reader));
        }
    }

    fn judge(&mut self, symbol: &str, kind: &BarKind) {
        for Mismatch { what, .. } in self.trained_on.mismatches(kind) {
            // Once is enough where all symbols are alike.
            if self.told.insert(what.clone()) {
                warn(&format!("`{}`{}: {what}", self.data, of(symbol)));
            }
        }
    }

    /// Says what the bars were, beside what was `understood` before;
    /// returns whether they are others than the model's.
    pub(super) fn finish(self, understood: &Understood) -> bool {
        let mut seen = Understood::default();
        match &self.summaries[..] {
            [summary] => {
                progress::print_line(&summary.to_string());
                summary.understood.iter().for_each(|found| seen.add(found));
            }
            [] => {}
            several => seen.add_symbols(several),
        }
        seen.lines.retain(|line| !understood.lines.contains(line));
        say_lines(&seen);
        for warning in understood.warnings.iter().chain(&seen.warnings) {
            warn(warning);
        }
        !self.told.is_empty()
    }
}

fn warn(warning: &str) {
    progress::print_line(&format!("{} {warning}", progress::colored_label("warning:")));
}

fn watch<'a>(watches: &'a mut BTreeMap<String, BarWatch>, symbol: &str) -> &'a mut BarWatch {
    if !watches.contains_key(symbol) {
        watches.insert(symbol.to_owned(), BarWatch::default());
    }
    watches.get_mut(symbol).expect("it was just put there")
}

/// Adds a bar to the block at hand of a symbol; returns of what kind it
/// is when it is full, if most of its bars are the same step apart.
fn block(blocks: &mut BTreeMap<String, BarWatch>, symbol: &str, bar: &Bar) -> Option<BarKind> {
    let block = watch(blocks, symbol);
    block.push(bar);
    let full = (block.n_bars() == N_BLOCK).then(|| mem::take(block));
    full.filter(BarWatch::is_regular).map(|block| block.kind())
}

fn of(symbol: &str) -> String {
    if symbol.is_empty() { String::new() } else { format!(" of `{symbol}`") }
}

/// Prints how bars were read.
pub(super) fn say_lines(understood: &Understood) {
    for line in &understood.lines {
        progress::print_line(line);
    }
}
