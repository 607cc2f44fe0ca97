//! Several symbols: one model over all of them.
//!
//! The bars are split at one time for all, so that the model never
//! saw a symbol's bars of a time that another is tested on. A lesson
//! goes through the training bars of one symbol after the other, each
//! with an account and features of its own; nothing is learned across
//! the seams. On the test bars all trade at once, and beside the
//! figures of each stand those of the portfolio: the same cash in each
//! symbol's account at the start, nothing shifted between them later.

mod joint;
mod lane;
mod trial;

use std::mem;

use anyhow::{Result, ensure};
use tracing::warn;

use crate::bars::{BarSource, DataSummary, SymbolBars};
use crate::config::TrainingConfig;
use crate::features::FeatureSet;
use crate::session::{Moment, Phase, SpanRecord, SplitRecord, SymbolRecord};

use super::course::Course;
use super::evaluate::Verdict;
use super::lesson::{Lesson, Study};
use super::pass::Pass;
use super::split::{N_LESSON_MIN, N_TEST_MIN, Split};
use trial::PortfolioTrial;

/// The bars of one symbol.
pub(super) struct Track {
    pub(super) symbol: String,
    pub(super) source: BarSource,
    pub(super) split: Split,
    record: SplitRecord,
}

/// The symbols of a run, and what they are together.
pub(super) struct Portfolio {
    pub(super) tracks: Vec<Track>,
    pub(super) summary: DataSummary,
    pub(super) record: SplitRecord,
}

/// Reads the bars of all `symbols` of `source` and splits them.
///
/// The part of the time from the first bar of any to the last that
/// `train_ratio` says trains; of the bars after it `embargo_bars` of
/// each symbol are left out, and the rest tests.
pub(super) fn prepare(
    config: &TrainingConfig,
    source: &BarSource,
    symbols: Vec<SymbolBars>,
) -> Result<Portfolio> {
    ensure!(
        config.walk_forward.windows == 0,
        "`{}` holds {} symbols, and a walk forward takes one; name one file",
        source.name(),
        symbols.len()
    );
    let mut summaries = Vec::new();
    for symbol in &symbols {
        summaries.push(symbol.source.summarize()?);
    }
    let summary = together(&summaries, source)?;
    let span_ms = (summary.last_ms - summary.first_ms) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a part of a span is one")]
    let cut_ms = summary.first_ms + (span_ms * config.train_ratio) as i64;
    let mut tracks = Vec::new();
    for (SymbolBars { symbol, source }, summary) in symbols.into_iter().zip(&summaries) {
        let mut n_train = 0;
        for bar in source.read()? {
            n_train += u64::from(bar?.time_ms < cut_ms);
        }
        let n_embargo = (config.embargo_bars as u64).min(summary.n_bars - n_train);
        let n_test = summary.n_bars - n_train - n_embargo;
        let split = Split { train_begin: 0, n_train, n_embargo, n_test };
        if n_test < N_TEST_MIN {
            warn!("`{symbol}` has {n_test} bars to test; it is not judged");
        }
        let record = Split::records(&[split], &source)?.remove(0);
        tracks.push(Track { symbol, source, split, record });
    }
    check(config, &tracks)?;
    let record = SplitRecord {
        train: span(&tracks, |record| &record.train),
        embargo: span(&tracks, |record| &record.embargo),
        test: span(&tracks, |record| &record.test),
    };
    Ok(Portfolio { tracks, summary, record })
}

fn check(config: &TrainingConfig, tracks: &[Track]) -> Result<()> {
    let model = config.model;
    ensure!(
        model.takes_symbols() || tracks.len() < 2,
        "`{}` has {} symbols, and a `{}` model learns from one; train on one file, or set `model` \
         to `fitted_q`",
        config.data,
        tracks.len(),
        model.name()
    );
    let n_train_min = FeatureSet::standard().n_warm_up_bars() as u64 + N_LESSON_MIN;
    ensure!(
        tracks.iter().any(|track| track.split.n_train >= n_train_min)
            && tracks.iter().any(|track| track.split.n_test >= N_TEST_MIN),
        "no symbol of `{}` has {n_train_min} bars to train, or none has {N_TEST_MIN} to test; give \
         more bars, or change `train_ratio` and `embargo_bars`",
        config.data
    );
    let n_train: u64 = tracks.iter().map(|track| track.split.n_train).sum();
    if n_train > config.agent.memory_bars as u64 {
        warn!(
            "{n_train} bars of all symbols train, and the agent remembers the last {}: raise \
             `agent.memory_bars`, or the last symbols count for more",
            config.agent.memory_bars
        );
    }
    Ok(())
}

/// Sums up what all symbols hold. The interval is that of the symbol
/// with the most bars.
fn together(summaries: &[DataSummary], source: &BarSource) -> Result<DataSummary> {
    let sum = |count: fn(&DataSummary) -> u64| summaries.iter().map(count).sum();
    let longest = summaries.iter().max_by_key(|summary| summary.n_bars);
    Ok(DataSummary {
        source: source.name().to_owned(),
        sha256: source.sha256()?,
        n_bars: sum(|summary| summary.n_bars),
        first_ms: summaries.iter().map(|summary| summary.first_ms).min().unwrap_or_default(),
        last_ms: summaries.iter().map(|summary| summary.last_ms).max().unwrap_or_default(),
        interval_ms: longest.map_or(0, |summary| summary.interval_ms),
        n_gaps: sum(|summary| summary.n_gaps),
        n_missing_bars: sum(|summary| summary.n_missing_bars),
        longest_gap_ms: summaries.iter().map(|s| s.longest_gap_ms).max().unwrap_or_default(),
    })
}

/// Returns the span of one part over all symbols.
fn span(tracks: &[Track], part: fn(&SplitRecord) -> &SpanRecord) -> SpanRecord {
    let parts = || tracks.iter().map(|track| part(&track.record));
    SpanRecord {
        first_bar_idx: parts().map(|part| part.first_bar_idx).sum(),
        n_bars: parts().map(|part| part.n_bars).sum(),
        // As text of one form, times are in the order of time.
        first: parts().filter_map(|part| part.first.clone()).min(),
        last: parts().filter_map(|part| part.last.clone()).max(),
    }
}

impl Course<'_> {
    /// Runs an episode over all symbols.
    pub(super) fn joint_episode(&mut self, episode: usize) -> Result<(Lesson, Verdict)> {
        let (tracks, splits) = (mem::take(&mut self.tracks), self.splits.clone());
        let result = self.joint_parts(episode, &tracks);
        (self.tracks, self.splits) = (tracks, splits);
        self.sinks.set_symbol(None);
        result
    }

    fn joint_parts(&mut self, episode: usize, tracks: &[Track]) -> Result<(Lesson, Verdict)> {
        let mut whole = Lesson::default();
        for track in tracks.iter().filter(|track| track.split.n_train > 0) {
            self.sinks.set_symbol(Some(&track.symbol));
            self.splits = vec![track.split];
            let mut study = Study::new(&self.options.training.environment, self.periods_per_year)?;
            study.lesson.last_batch = whole.last_batch;
            self.progress.study = Some(study);
            let mut pass = Pass::new(&track.source, &self.features)?;
            let part = self.lesson(episode, &mut pass)?;
            whole.add(&part);
            if part.is_cut_short {
                break;
            }
        }
        whole.average(tracks.iter().filter(|track| track.split.n_train > 0).count());
        let at = Moment {
            episode,
            batch: whole.last_batch,
            step: self.progress.step,
            phase: Phase::Test,
        };
        let trial = PortfolioTrial {
            training: &self.options.training,
            periods_per_year: self.periods_per_year,
            features: &self.features,
            at,
            curve: &self.options.layout.equity(),
        };
        let judged: Vec<&Track> =
            tracks.iter().filter(|track| track.split.n_test >= N_TEST_MIN).collect();
        let (verdict, mut verdicts) =
            trial.judge(self.learner.policy(), &judged, &mut self.sinks)?;
        // Histograms are drawn for one symbol; the next episode begins anew.
        self.sinks.take_trades();
        let records = tracks.iter().map(|track| SymbolRecord {
            symbol: track.symbol.clone(),
            n_bars: track.split.test_end(),
            split: track.record.clone(),
            metrics: verdicts.remove(&track.symbol).unwrap_or_default(),
        });
        self.sinks.logger.session_mut().symbols = records.collect();
        Ok((whole, verdict))
    }
}
