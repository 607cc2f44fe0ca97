//! Several symbols: one model over all of them.
//!
//! The bars are split at one time for all, in each window of a walk
//! forward, so that the model never saw a symbol's bars of a time that
//! another is tested on. An episode goes through the training bars of one
//! symbol after the other, each with an account and features of its own;
//! nothing is learned across the seams. On the test bars all trade at
//! once, and beside the figures of each stand those of the portfolio:
//! the same cash in each symbol's account at the start, nothing shifted
//! between them later.

mod account;
mod time_split;
mod training_curve;

use anyhow::{Result, ensure};
use tracing::warn;

use crate::config::{TrainingConfig, WINDOWS_DEFAULT};
use crate::market::bars::{BarKind, BarSource, DataSummary, SymbolBars, Volume};
use crate::market::features::FeatureSet;
use crate::session::{SpanRecord, SplitRecord};

use super::split::{N_TEST_MIN, N_TRAIN_MIN, Split};
use super::training_data::{SymbolData, TrainingData};
pub(super) use account::PortfolioAccount;
use time_split::TimeSplit;
pub(super) use training_curve::{TrainingCurves, remove_symbol_curves};

/// Reads the bars of all `symbols` of `source` and splits them.
///
/// The part of the time from the first bar of any to the last that
/// `train_ratio` says trains; of the bars after it `embargo_bars` of
/// each symbol are left out, and the rest tests. A walk forward cuts the
/// time into equal parts.
pub(super) fn prepare(
    config: &TrainingConfig,
    source: BarSource,
    features: FeatureSet,
    symbol_bars: Vec<SymbolBars>,
) -> Result<TrainingData> {
    let mut summaries = Vec::new();
    for symbol in &symbol_bars {
        summaries.push(symbol.source.summarize()?);
    }
    let summary = source.together(&summaries)?;
    let mut n_windows = config.walk_forward.windows.unwrap_or(WINDOWS_DEFAULT);
    let mut splits = time_splits(config, &symbol_bars, (&summary, n_windows))?;
    let are_enough = (0..n_windows).all(|window| is_enough(config, &splits, window));
    if config.walk_forward.windows.is_none() && !are_enough {
        n_windows = 0;
        splits = time_splits(config, &symbol_bars, (&summary, n_windows))?;
    }
    for window in 0..n_windows.max(1) {
        check(config, &splits, (window, n_windows))?;
    }
    let mut symbols = Vec::new();
    for (SymbolBars { symbol, source }, splits) in symbol_bars.into_iter().zip(splits) {
        if splits.iter().map(|split| split.n_test).sum::<u64>() < N_TEST_MIN {
            warn!("`{symbol}` has fewer than {N_TEST_MIN} bars to test; it is not judged");
        }
        let records = Split::records(&splits, &source)?;
        symbols.push(SymbolData { name: Some(symbol), source, splits, records });
    }
    let n_splits = if n_windows == 0 { 1 } else { n_windows + 1 };
    let records = (0..n_splits).map(|window| SplitRecord {
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
    let (splits, kind) = (splits.collect(), kind_of(&symbols)?);
    let symbols = symbols.into();
    Ok(TrainingData { source, features, summary, kind, splits, records, n_windows, symbols })
}

/// Returns the splits of each symbol by time.
fn time_splits(
    config: &TrainingConfig,
    symbol_bars: &[SymbolBars],
    (summary, n_windows): (&DataSummary, usize),
) -> Result<Vec<Vec<Split>>> {
    let boundaries = TimeSplit::of(config, summary, n_windows);
    symbol_bars.iter().map(|symbol| boundaries.splits(&symbol.source)).collect()
}

/// Returns whether some symbol has bars enough to train in `window`, and
/// some has enough to test.
fn is_enough(config: &TrainingConfig, splits: &[Vec<Split>], window: usize) -> bool {
    let splits = || splits.iter().map(|splits| splits[window]);
    splits().any(|split| split.n_train >= split.n_train_min(config))
        && splits().any(|split| split.n_test >= N_TEST_MIN)
}

/// Returns the kind of the bars of all `symbols`: that of the symbol with
/// the most bars, and the best volume of any.
fn kind_of(symbols: &[SymbolData]) -> Result<BarKind> {
    let kinds = symbols.iter().map(|symbol| symbol.source.kind());
    let kinds: Vec<BarKind> = kinds.collect::<Result<_>>()?;
    let longest = kinds.iter().max_by_key(|kind| kind.n_bars);
    let mut kind = *longest.expect("a portfolio has symbols");
    if kinds.iter().any(|kind| kind.volume == Volume::Varies) {
        kind.volume = Volume::Varies;
    }
    Ok(kind)
}

fn check(
    config: &TrainingConfig,
    splits: &[Vec<Split>],
    (window, n_windows): (usize, usize),
) -> Result<()> {
    let n_train_min = config.features.n_warm_up_bars() + N_TRAIN_MIN;
    ensure!(
        is_enough(config, splits, window),
        "no symbol of `{}` has {n_train_min} bars to train{part}, or none has \
         {N_TEST_MIN} to test; give more bars{fewer}, or change {keys}",
        config.data,
        part = if n_windows > 0 { format!(" in window {}", window + 1) } else { String::new() },
        fewer = if n_windows > 0 { " or fewer windows" } else { "" },
        keys = if n_windows > 0 {
            "`walk_forward.purge_bars` and `walk_forward.embargo_bars`"
        } else {
            "`train_ratio` and `embargo_bars`"
        },
    );
    let n_train: u64 = splits.iter().map(|splits| splits[window].n_train).sum();
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
