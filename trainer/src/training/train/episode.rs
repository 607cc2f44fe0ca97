//! Episodes: a lesson on the training bars, then a trial on the others.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracing::{debug, info};

use crate::account::environment::{BarOutcome, StepStatus};
use crate::account::metrics::Simulation;
use crate::learning::agent::BackupReport;
use crate::market::bars::Bar;
use crate::session::progress;
use crate::session::tensorboard::Scalars;
use crate::session::{Moment, Phase, Status};
use crate::wording::{counted, money};

use super::course::Course;
use super::curve::{EquityCurve, Point};
use super::evaluate::{Contest, Player, Verdict};
use super::lesson::{Lesson, Meter, Study};
use super::memory;
use super::pass::Pass;
use super::spread::Spread;

/// A batch is told on the terminal when the last news is this old.
const NEWS_INTERVAL: Duration = Duration::from_secs(3);

impl Course<'_> {
    /// Runs one episode, or the rest of it; returns whether it was a
    /// whole one.
    pub(super) fn episode(&mut self, episode: usize) -> Result<bool> {
        let start = Instant::now();
        let (lesson, verdict) = if self.tracks.is_empty() {
            let mut pass = Pass::new(&self.source, &self.features)?;
            let curve = self.options.layout.train_equity();
            let lesson = self.lesson(episode, (&mut pass, &curve))?;
            self.learner.end_episode()?;
            let verdict = self.trial(episode, &lesson, &mut pass)?;
            (lesson, verdict)
        } else {
            self.joint_episode(episode)?
        };
        let seconds = start.elapsed().as_secs_f64();
        let news = self.news(episode, &lesson, (&verdict, seconds));
        self.sinks.scalars(self.progress.step, verdict.scalars());
        let mut record = lesson.record(episode, (&verdict, seconds));
        let is_walking = self.options.training.walk_forward.windows > 0;
        record.window = is_walking.then_some(self.window + 1);
        self.sinks.logger.session_mut().episodes.push(record);
        self.record_verdict(verdict);
        if !lesson.is_cut_short {
            self.leave_window(episode)?;
            self.progress.n_episodes = episode;
            self.save_checkpoint(episode)?;
        }
        self.sinks.flush()?;
        self.sinks.logger.save_session(Status::Running, None)?;
        // Told last: what is told is saved.
        self.last_news = Instant::now();
        info!("{news}");
        Ok(!lesson.is_cut_short)
    }

    /// Trades and learns on the training bars; the equity goes to `curve`.
    pub(super) fn lesson(
        &mut self,
        episode: usize,
        (pass, curve): (&mut Pass, &Path),
    ) -> Result<Lesson> {
        let config = &self.options.training;
        let mut study = match self.progress.study.take() {
            Some(mut study) => {
                self.sinks.restore_train_trades(study.trades.take());
                study
            }
            None => Study::new(&config.environment)?,
        };
        let mut curve = EquityCurve::go_on(curve, study.curve.take())?;
        let split = self.split;
        pass.skip_to(split.train_begin + study.lesson.n_bars)?;
        let mut at = Moment { episode, batch: 0, step: self.progress.step, phase: Phase::Train };
        while study.lesson.n_bars < split.n_train
            && !study.lesson.is_bankrupt
            && !study.lesson.is_cut_short
        {
            self.batch(&mut at, pass, (&mut study, &mut curve))?;
            if study.lesson.n_bars < split.n_train && !study.lesson.is_bankrupt {
                self.checkpoint_within(&mut study, &mut curve)?;
            }
        }
        let Study { mut lesson, mut simulation, .. } = study;
        let performance = simulation.finish(&mut |event| self.sinks.event(&at, &event));
        lesson.net_return = performance.net_return;
        lesson.equity = performance.final_equity;
        curve.finish(lesson.equity, None)?;
        Ok(lesson)
    }

    /// Trades through the next training bars, then refits.
    fn batch(
        &mut self,
        at: &mut Moment,
        pass: &mut Pass,
        (study, curve): (&mut Study, &mut EquityCurve),
    ) -> Result<()> {
        study.lesson.last_batch += 1;
        at.batch = study.lesson.last_batch;
        let n_left = self.split.n_train - study.lesson.n_bars;
        let n_bars = n_left.min(self.options.training.steps_per_batch as u64);
        for _ in 0..n_bars {
            self.progress.step += 1;
            at.step = self.progress.step;
            study.lesson.n_bars += 1;
            let (bar, outcome) = self.bar(at, pass, &mut study.simulation)?;
            study.meter.push(&outcome);
            curve.push(Point::in_sample(&bar, &outcome))?;
            if outcome.status != StepStatus::Running {
                study.lesson.is_bankrupt = true;
                break;
            }
        }
        study.lesson.last_backup =
            self.end_batch(at, &mut study.meter)?.or(study.lesson.last_backup);
        Ok(())
    }

    /// Saves the state in the middle of an episode: when a stop cuts it
    /// short, and now and then.
    fn checkpoint_within(&mut self, study: &mut Study, curve: &mut EquityCurve) -> Result<()> {
        let is_stopped = self.options.stop.is_raised();
        if is_stopped || self.is_time_for_state() {
            study.curve = Some(curve.mark()?);
            study.trades = self.sinks.train_trades();
            self.save_state(Some(study))?;
        }
        // After the save: what is resumed is not cut short.
        study.lesson.is_cut_short = is_stopped;
        Ok(())
    }

    /// Trades through the next training bar and watches it.
    fn bar(
        &mut self,
        at: &Moment,
        pass: &mut Pass,
        simulation: &mut Simulation,
    ) -> Result<(Bar, BarOutcome)> {
        let seen = pass.next()?;
        let row = seen.is_warm.then(|| pass.row());
        let policy = self.learner.policy();
        let outcome = simulation.step(
            &seen.bar,
            &mut |_, environment| {
                let target = environment.target();
                row.map_or(target, |row| policy.act(row, target))
            },
            &mut |event| self.sinks.event(at, &event),
        );
        self.learner.observe(&seen.bar, row)?;
        Ok((seen.bar, outcome))
    }

    fn end_batch(&mut self, at: &Moment, meter: &mut Meter) -> Result<Option<BackupReport>> {
        let backup = self.learner.refit()?;
        let mut scalars = Scalars::default();
        scalars.add("train/reward", meter.batch_return());
        scalars.add("train/equity", meter.equity);
        scalars.add("train/drawdown", meter.drawdown());
        if let Some(backup) = &backup {
            scalars.add("learner/max_abs_delta_q", backup.max_abs_delta_q);
            scalars.add("learner/fit_seconds", backup.fit_seconds);
            if let Some(n_chosen) = backup.n_chosen {
                scalars.add("learner/n_backups", n_chosen as f64);
            }
        }
        if let Some(peak_mb) = memory::peak_mb() {
            scalars.add("memory/peak_mb", peak_mb);
        }
        self.sinks.scalars(at.step, scalars);
        self.sinks.flush()?;
        let n_batches = self.split.n_train.div_ceil(self.options.training.steps_per_batch as u64);
        let news = format!(
            "{}: batch {}/{n_batches}, train equity {}",
            self.place(at.episode),
            at.batch,
            money(meter.equity, 2)
        );
        // A bar tells it, too.
        if self.last_news.elapsed() >= NEWS_INTERVAL && !progress::is_shown() {
            self.last_news = Instant::now();
            info!("{news}");
        } else {
            debug!("{news}");
        }
        meter.batch_start = meter.equity;
        Ok(backup)
    }

    /// Judges the policy as it is now on the test bars.
    fn trial(&mut self, episode: usize, lesson: &Lesson, pass: &mut Pass) -> Result<Verdict> {
        let split = self.split;
        pass.skip_to(split.test_begin())?;
        let batch = lesson.last_batch;
        let at = Moment { episode, batch, step: self.progress.step, phase: Phase::Test };
        let curve = EquityCurve::create(&self.options.layout.equity())?;
        let mut contest = Contest::new(self.terms(), curve)?;
        let (policy, sinks) = (self.learner.policy(), &mut self.sinks);
        let cash = self.options.training.environment.initial_cash;
        let spread = RefCell::new(sinks.draws().then(|| Spread::new(policy, cash)));
        let mut player = Player {
            act: &|row, target| match &mut *spread.borrow_mut() {
                Some(spread) => spread.act(policy, (row, target)),
                None => policy.act(row, target),
            },
            on_event: &mut |event| sinks.event(&at, &event),
            on_bar: &mut |equity, row| {
                if let Some(spread) = &mut *spread.borrow_mut() {
                    spread.push(policy, (equity, row));
                }
            },
        };
        contest.trade((pass, split.n_test), &mut player)?;
        let mut verdict = contest.finish(&mut player)?;
        if let Some(spread) = spread.into_inner() {
            verdict.histograms = spread.tagged(policy, self.sinks.take_trades());
        }
        Ok(verdict)
    }

    fn news(&self, episode: usize, lesson: &Lesson, (verdict, seconds): (&Verdict, f64)) -> String {
        format!(
            "{}: train reward {:+.2} % in sample{}, test net return {:+.2} %, {}, \
             {seconds:.1} s",
            self.place(episode),
            lesson.net_return * 100.0,
            if lesson.is_bankrupt { " (bankrupt)" } else { "" },
            verdict.agent.net_return * 100.0,
            counted(verdict.agent.n_trades, "test trade"),
        )
    }
}
