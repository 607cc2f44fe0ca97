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

mod cut;
mod episode;
mod joint;
mod lane;
mod lesson_curve;
mod trial;

use anyhow::{Result, ensure};
use tracing::warn;

use crate::config::TrainingConfig;
use crate::market::bars::{BarKind, BarSource, DataSummary, SymbolBars, Volume};
use crate::session::{SpanRecord, SplitRecord};

use super::split::{N_LESSON_MIN, N_TEST_MIN, Split};
use cut::Cuts;
pub(crate) use joint::PortfolioAccount;
pub(crate) use lane::live;
pub(super) use lesson_curve::remove_parts;

/// The bars of one symbol.
pub(crate) struct Track {
    pub(crate) symbol: String,
    pub(crate) source: BarSource,
    /// One or, walking forward, one a window.
    pub(crate) splits: Vec<Split>,
    records: Vec<SplitRecord>,
}

impl Track {
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
    pub(super) tracks: Vec<Track>,
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
    symbols: Vec<SymbolBars>,
) -> Result<Portfolio> {
    let mut summaries = Vec::new();
    for symbol in &symbols {
        summaries.push(symbol.source.summarize()?);
    }
    let summary = source.together(&summaries)?;
    let cuts = Cuts::of(config, &summary);
    let mut tracks = Vec::new();
    for SymbolBars { symbol, source } in symbols {
        let splits = cuts.splits(&source)?;
        if splits.iter().map(|split| split.n_test).sum::<u64>() < N_TEST_MIN {
            warn!("`{symbol}` has fewer than {N_TEST_MIN} bars to test; it is not judged");
        }
        let records = Split::records(&splits, &source)?;
        tracks.push(Track { symbol, source, splits, records });
    }
    let n_windows = config.walk_forward.windows.max(1);
    for window in 0..n_windows {
        check(config, &tracks, window)?;
    }
    let records = (0..n_windows).map(|window| SplitRecord {
        train: span(&tracks, |track| &track.records[window].train),
        embargo: span(&tracks, |track| &track.records[window].embargo),
        test: span(&tracks, |track| &track.records[window].test),
    });
    let records: Vec<SplitRecord> = records.collect();
    let splits = records.iter().map(|record| Split {
        train_begin: record.train.first_bar_idx,
        n_train: record.train.n_bars,
        n_embargo: record.embargo.n_bars,
        n_test: record.test.n_bars,
    });
    Ok(Portfolio { tracks, summary, splits: splits.collect(), records })
}

/// Returns the kind of the bars of all `tracks`: that of the symbol with
/// the most bars, and the best volume of any.
pub(super) fn kind_of(tracks: &[Track]) -> Result<BarKind> {
    let kinds = tracks.iter().map(|track| BarKind::of(&track.source));
    let kinds: Vec<BarKind> = kinds.collect::<Result<_>>()?;
    let longest = kinds.iter().max_by_key(|kind| kind.n_bars);
    let mut kind = *longest.expect("a portfolio has symbols");
    if kinds.iter().any(|kind| kind.volume == Volume::Varies) {
        kind.volume = Volume::Varies;
    }
    Ok(kind)
}

fn check(config: &TrainingConfig, tracks: &[Track], window: usize) -> Result<()> {
    let splits = || tracks.iter().map(|track| track.splits[window]);
    let n_train_min = config.features.n_warm_up_bars() + N_LESSON_MIN;
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
fn span(tracks: &[Track], part: impl Fn(&Track) -> &SpanRecord) -> SpanRecord {
    let parts = || tracks.iter().map(&part);
    SpanRecord {
        first_bar_idx: parts().map(|part| part.first_bar_idx).sum(),
        n_bars: parts().map(|part| part.n_bars).sum(),
        // As text of one form, times are in the order of time.
        first: parts().filter_map(|part| part.first.clone()).min(),
        last: parts().filter_map(|part| part.last.clone()).max(),
    }
}
