//! Training one model on several symbols.
//!
//! In each window, the bars of all symbols are split at the same time, so
//! that the model never trains on a time at which another symbol is
//! tested. An episode trains on one symbol after the other, each with its
//! own account and features; nothing is learned from one symbol's last
//! bar to the next one's first. On the test bars all symbols trade at
//! once. The figures are those of each symbol and of the portfolio, which
//! starts with the same cash in each and is never rebalanced.

mod account;
mod time_split;
mod training_curve;

use anyhow::{Result, ensure};
use tracing::warn;

use crate::config::{TrainingConfig, WINDOWS_DEFAULT};
use crate::market::bars::{BarKind, BarSource, PriceScale, SymbolBars, Volume};
use crate::market::features::FeatureSet;
use crate::session::{SpanRecord, SplitRecord};

use super::split::{N_TEST_MIN, N_TRAIN_MIN, Split};
use super::training_data::{SymbolData, TrainingData};
pub(super) use account::PortfolioAccount;
use time_split::TimeSplit;
pub(super) use training_curve::{TrainingCurves, remove_symbol_curves};

/// Reads the bars of all symbols of `source` and splits them.
///
/// In a single split, the first `train_ratio` of the time span of all
/// symbols is for training; of the later bars, `embargo_bars` of each
/// symbol are left out, and the rest are test bars. A walk forward
/// divides the span into equal parts.
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
    let mut splits = time_splits(&TimeSplit::of(config, &summary, n_windows), &symbol_bars)?;
    let are_enough = (0..n_windows).all(|window| is_enough(config, &splits, window));
    if config.walk_forward.windows.is_none() && !are_enough {
        n_windows = 0;
        splits = time_splits(&TimeSplit::of(config, &summary, n_windows), &symbol_bars)?;
    }
    for window in 0..n_windows.max(1) {
        check(config, &splits, (n_windows > 0).then_some(window))?;
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

/// Returns the splits of each symbol.
fn time_splits(time_split: &TimeSplit, symbol_bars: &[SymbolBars]) -> Result<Vec<Vec<Split>>> {
    symbol_bars.iter().map(|symbol| time_split.splits(&symbol.source)).collect()
}

/// Returns whether, in `window`, some symbol has enough training bars and
/// some symbol has enough test bars.
fn is_enough(config: &TrainingConfig, splits: &[Vec<Split>], window: usize) -> bool {
    let splits = || splits.iter().map(|splits| splits[window]);
    splits().any(|split| split.n_train >= split.n_train_min(config))
        && splits().any(|split| split.n_test >= N_TEST_MIN)
}

/// Returns the kind of the bars of all `symbols`: that of the symbol with
/// the most bars, with a varying volume if any symbol has one, and the
/// prices of all.
fn kind_of(symbols: &[SymbolData]) -> Result<BarKind> {
    let kinds = symbols.iter().map(|symbol| symbol.source.kind());
    let kinds: Vec<BarKind> = kinds.collect::<Result<_>>()?;
    let longest = kinds.iter().max_by_key(|kind| kind.n_bars);
    let mut kind = *longest.expect("a portfolio has symbols");
    if kinds.iter().any(|kind| kind.volume == Volume::Varies) {
        kind.volume = Volume::Varies;
    }
    kind.prices = kinds.iter().filter_map(|kind| kind.prices).reduce(PriceScale::and);
    Ok(kind)
}

/// Checks that `window`, or the single split, has enough bars.
fn check(config: &TrainingConfig, splits: &[Vec<Split>], window: Option<usize>) -> Result<()> {
    let idx = window.unwrap_or_default();
    let n_train_min = config.features.n_warm_up_bars() + N_TRAIN_MIN;
    ensure!(
        is_enough(config, splits, idx),
        "no symbol of `{}` has {n_train_min} bars to train{part}, or none has \
         {N_TEST_MIN} to test; give more bars{fewer}, or change {keys}",
        config.data,
        part = window.map(|window| format!(" in window {}", window + 1)).unwrap_or_default(),
        fewer = if window.is_some() { " or fewer windows" } else { "" },
        keys = if window.is_some() {
            "`walk_forward.purge_bars` and `walk_forward.embargo_bars`"
        } else {
            "`train_ratio` and `embargo_bars`"
        },
    );
    let n_train: u64 = splits.iter().map(|splits| splits[idx].n_train).sum();
    let (setting, memory_bars) = config.model.memory_bars(config);
    if idx == 0 && n_train > memory_bars as u64 {
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
        // Times of this format sort as text.
        first: parts().filter_map(|part| part.first.clone()).min(),
        last: parts().filter_map(|part| part.last.clone()).max(),
    }
}
