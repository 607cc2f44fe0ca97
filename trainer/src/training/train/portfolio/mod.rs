//! Several symbols: one model over all of them.
//!
//! The bars are split at one time for all, in each window of a walk
//! forward, so that the model never saw a symbol's bars of a time that
//! another is tested on. A lesson goes through the training bars of one
//! symbol after the other, each with an account and features of its own;
//! nothing is learned across the seams. On the test bars all trade at
//! once, and beside the figures of each stand those of the portfolio:
//! the same cash in each symbol's account at the start, nothing shifted
//! between them later.

mod account;
mod episode;
mod evaluation;
mod symbol_run;
mod time_split;
mod training_curve;

use anyhow::{Result, ensure};
use tracing::warn;

use crate::config::TrainingConfig;
use crate::market::bars::{BarKind, BarSource, DataSummary, SymbolBars, Volume};
use crate::session::{SpanRecord, SplitRecord};

use super::split::{N_TEST_MIN, N_TRAIN_MIN, Split};
pub(crate) use account::PortfolioAccount;
pub(crate) use symbol_run::flat_if_bankrupt;
use time_split::TimeSplit;
pub(super) use training_curve::remove_symbol_curves;

/// The bars of one symbol.
pub(crate) struct SymbolData {
    pub(crate) name: String,
    pub(crate) source: BarSource,
    /// One or, walking forward, one a window.
    pub(crate) splits: Vec<Split>,
    records: Vec<SplitRecord>,
}

impl SymbolData {
    /// Returns how many of its bars test, over all windows.
    pub(crate) fn n_test_bars(&self) -> u64 {
        self.splits.iter().map(|split| split.n_test).sum()
    }

    /// Returns how many of its bars there are.
    pub(crate) fn n_bars(&self) -> u64 {
        self.splits.last().map_or(0, Split::test_end)
    }
}

/// The symbols of a run, and what they are together.
pub(super) struct Portfolio {
    pub(super) symbols: Vec<SymbolData>,
    pub(super) summary: DataSummary,
    /// The bars of all symbols in each window.
    pub(super) splits: Vec<Split>,
    pub(super) records: Vec<SplitRecord>,
}

/// Reads the bars of all `symbols` of `source` and splits them.
///
/// The part of the time from the first bar of any to the last that
/// `train_ratio` says trains; of the bars after it `embargo_bars` of
/// each symbol are left out, and the rest tests. A walk forward cuts the
/// time into equal parts.
pub(super) fn prepare(
    config: &TrainingConfig,
    source: &BarSource,
    symbol_bars: Vec<SymbolBars>,
) -> Result<Portfolio> {
    let mut summaries = Vec::new();
    for symbol in &symbol_bars {
        summaries.push(symbol.source.summarize()?);
    }
    let summary = source.together(&summaries)?;
    let boundaries = TimeSplit::of(config, &summary);
    let mut symbols = Vec::new();
    for SymbolBars { symbol, source } in symbol_bars {
        let splits = boundaries.splits(&source)?;
        if splits.iter().map(|split| split.n_test).sum::<u64>() < N_TEST_MIN {
            warn!("`{symbol}` has fewer than {N_TEST_MIN} bars to test; it is not judged");
        }
        let records = Split::records(&splits, &source)?;
        symbols.push(SymbolData { name: symbol, source, splits, records });
    }
    let n_windows = config.walk_forward.windows.max(1);
    for window in 0..n_windows {
        check(config, &symbols, window)?;
    }
    let records = (0..n_windows).map(|window| SplitRecord {
        train: span(&symbols, |symbol| &symbol.records[window].train),
        embargo: span(&symbols, |symbol| &symbol.records[window].embargo),
        test: span(&symbols, |symbol| &symbol.records[window].test),
    });
    let records: Vec<SplitRecord> = records.collect();
    let splits = records.iter().map(|record| Split {
        train_begin: record.train.first_bar_idx,
        n_train: record.train.n_bars,
        n_embargo: record.embargo.n_bars,
        n_test: record.test.n_bars,
    });
    Ok(Portfolio { symbols, summary, splits: splits.collect(), records })
}

/// Returns the kind of the bars of all `symbols`: that of the symbol with
/// the most bars, and the best volume of any.
pub(super) fn kind_of(symbols: &[SymbolData]) -> Result<BarKind> {
    let kinds = symbols.iter().map(|symbol| BarKind::of(&symbol.source));
    let kinds: Vec<BarKind> = kinds.collect::<Result<_>>()?;
    let longest = kinds.iter().max_by_key(|kind| kind.n_bars);
    let mut kind = *longest.expect("a portfolio has symbols");
    if kinds.iter().any(|kind| kind.volume == Volume::Varies) {
        kind.volume = Volume::Varies;
    }
    Ok(kind)
}

fn check(config: &TrainingConfig, symbols: &[SymbolData], window: usize) -> Result<()> {
    let splits = || symbols.iter().map(|symbol| symbol.splits[window]);
    let n_train_min = config.features.n_warm_up_bars() + N_TRAIN_MIN;
    ensure!(
        splits().any(|split| split.n_train >= split.n_train_min(config))
            && splits().any(|split| split.n_test >= N_TEST_MIN),
        "no symbol of `{}` has {n_train_min} bars to train{part}, or none has \
         {N_TEST_MIN} to test; give more bars{fewer}, or change {keys}",
        config.data,
        part = if config.walk_forward.windows > 0 {
            format!(" in window {}", window + 1)
        } else {
            String::new()
        },
        fewer = if config.walk_forward.windows > 0 { " or fewer windows" } else { "" },
        keys = if config.walk_forward.windows > 0 {
            "`walk_forward.purge_bars` and `walk_forward.embargo_bars`"
        } else {
            "`train_ratio` and `embargo_bars`"
        },
    );
    let n_train: u64 = splits().map(|split| split.n_train).sum();
    let (setting, memory_bars) = config.model.memory_bars(config);
    if window == 0 && n_train > memory_bars as u64 {
        warn!(
            "{n_train} bars of all symbols train, and the learner remembers the last \
             {memory_bars}: raise `{setting}`, or the last symbols count for more"
        );
    }
    Ok(())
}

/// Returns the span of one part over all symbols.
fn span(symbols: &[SymbolData], part: impl Fn(&SymbolData) -> &SpanRecord) -> SpanRecord {
    let parts = || symbols.iter().map(&part);
    SpanRecord {
        first_bar_idx: parts().map(|part| part.first_bar_idx).sum(),
        n_bars: parts().map(|part| part.n_bars).sum(),
        // As text of one form, times are in the order of time.
        first: parts().filter_map(|part| part.first.clone()).min(),
        last: parts().filter_map(|part| part.last.clone()).max(),
    }
}
