//! Episodes over several symbols: a tour of lessons, then one trial.

use std::mem;
use std::ops::Range;

use anyhow::Result;

use crate::learning::model::TradingModel;
use crate::session::{Moment, Phase, SymbolRecord, WindowRecord};
use crate::training::train::course::Course;
use crate::training::train::evaluate::Verdict;
use crate::training::train::lesson::{Lesson, Study};
use crate::training::train::pass::Pass;
use crate::training::train::progress::Tour;
use crate::training::train::split::Split;
use crate::training::train::spread::Spread;

use super::Track;
use super::lesson_curve::LessonCurves;
use super::trial::{PortfolioTrial, Verdicts};

impl Course<'_> {
    /// Runs an episode over all symbols, or the rest of it.
    pub(in crate::training::train) fn joint_episode(
        &mut self,
        episode: usize,
    ) -> Result<(Lesson, Verdict)> {
        let (tracks, split) = (mem::take(&mut self.tracks), self.split);
        let result = self.joint_parts(episode, &tracks);
        (self.tracks, self.split) = (tracks, split);
        self.sinks.set_symbol(None);
        result
    }

    fn joint_parts(&mut self, episode: usize, tracks: &[Track]) -> Result<(Lesson, Verdict)> {
        let whole = self.tour(episode, tracks)?;
        let (batch, step) = (whole.last_batch, self.progress.step);
        let at = Moment { episode, batch, step, phase: Phase::Test };
        let window = self.window;
        let mut contest = self.portfolio_trial(at).begin(tracks, window..window + 1)?;
        let policy = self.learner.policy();
        let cash = self.options.training.environment.initial_cash;
        contest.spread = self.sinks.draws().then(|| Spread::new(policy, cash));
        contest.trade(Some(policy), window, &mut self.sinks)?;
        let spread = contest.spread.take();
        let Verdicts { mut joint, symbols } = contest.finish()?;
        let trades = self.sinks.take_trades();
        if let Some(spread) = spread {
            joint.histograms = spread.tagged(self.learner.policy(), trades);
        }
        self.record_symbols(tracks, symbols);
        Ok((whole, joint))
    }

    /// Trades and learns on the training bars of one symbol after the
    /// other, from where the episode was left.
    fn tour(&mut self, episode: usize, tracks: &[Track]) -> Result<Lesson> {
        let mut tour = self.progress.tour.take().unwrap_or_default();
        let learned: Vec<&Track> =
            tracks.iter().filter(|track| track.splits[self.window].n_train > 0).collect();
        for (idx, track) in learned.iter().enumerate().skip(tour.n_done) {
            self.sinks.set_symbol(Some(&track.symbol));
            self.split = track.splits[self.window];
            self.progress.tour = Some(tour.clone());
            if self.progress.study.is_none() {
                self.progress.study = Some(self.next_study(&tour.whole)?);
            }
            let mut pass = Pass::new(&track.source, &self.features)?;
            let curve = self.options.layout.train_equity_part(episode, idx);
            let part = self.lesson(episode, (&mut pass, &curve))?;
            tour.whole.add(&part);
            tour.n_done = idx + 1;
            if part.is_cut_short {
                break;
            }
            self.learner.end_series()?;
        }
        self.progress.tour = None;
        self.learner.end_episode()?;
        let curves = LessonCurves {
            layout: &self.options.layout,
            episode,
            initial_cash: self.options.training.environment.initial_cash,
        };
        curves.publish(tour.n_done)?;
        let Tour { n_done: _, mut whole } = tour;
        whole.average(learned.len());
        Ok(whole)
    }

    /// Returns the lesson on another symbol, after those of `whole`.
    fn next_study(&self, whole: &Lesson) -> Result<Study> {
        let mut study = Study::new(&self.options.training.environment)?;
        study.lesson.last_batch = whole.last_batch;
        study.trades = self.sinks.train_trades();
        Ok(study)
    }

    fn portfolio_trial(&self, at: Moment) -> PortfolioTrial<'_> {
        PortfolioTrial {
            training: &self.options.training,
            features: &self.features,
            at,
            curve: self.options.layout.equity(),
        }
    }

    /// Trades the test bars of the finished `windows` in one account a
    /// symbol, each by the model of its window.
    pub(in crate::training::train) fn join_symbols(
        &mut self,
        at: Moment,
        windows: &[WindowRecord],
    ) -> Result<Verdict> {
        let tracks = mem::take(&mut self.tracks);
        let result = self.joined(at, (&tracks, windows));
        self.sinks.set_symbol(None);
        let joined = result.map(|Verdicts { joint, symbols }| {
            self.record_symbols(&tracks, symbols);
            joint
        });
        self.tracks = tracks;
        joined
    }

    fn joined(
        &mut self,
        at: Moment,
        (tracks, windows): (&[Track], &[WindowRecord]),
    ) -> Result<Verdicts> {
        let all: Range<usize> = 0..windows.len();
        let mut contest = self.portfolio_trial(at).begin(tracks, all)?;
        for (window, record) in windows.iter().enumerate() {
            let path =
                record.model.as_ref().map(|model| self.options.layout.root().join(&model.path));
            let model = path.map(|path| TradingModel::load(&path)).transpose()?;
            contest.trade(model.as_ref().map(TradingModel::policy), window, &mut self.sinks)?;
        }
        contest.finish()
    }

    fn record_symbols(&mut self, tracks: &[Track], mut verdicts: super::trial::Figures) {
        let records = tracks.iter().map(|track| SymbolRecord {
            symbol: track.symbol.clone(),
            n_bars: track.splits.last().map_or(0, Split::test_end),
            split: track.records[self.window].clone(),
            metrics: verdicts.remove(&track.symbol).unwrap_or_default(),
        });
        let records = records.collect();
        self.sinks.logger.session_mut().symbols = records;
    }
}
