//! Episodes: a lesson on the training bars, then a trial on the others.

use std::time::{Duration, Instant};

use anyhow::Result;
use tracing::{debug, info, warn};

use crate::agent::{BackupReport, LearnerSetup};
use crate::bars::{Bar, BarSource};
use crate::environment::{BarOutcome, StepStatus};
use crate::features::FeatureSet;
use crate::metrics::{BarCalendar, PeriodsPerYear, Simulation};
use crate::model::Learner;
use crate::session::{Moment, Phase, Status};
use crate::tensorboard::Scalars;

use super::curve::{EquityCurve, Point};
use super::evaluate::{Trial, Verdict};
use super::lesson::{Lesson, Meter};
use super::memory;
use super::pass::Pass;
use super::run::{End, Material, TrainOptions};
use super::save::{self, Subject};
use super::sinks::Sinks;
use super::split::Split;

/// A batch is told on the terminal when the last news is this old.
const NEWS_INTERVAL: Duration = Duration::from_secs(3);

/// All that lasts from episode to episode.
pub(super) struct Course<'a> {
    options: &'a TrainOptions,
    source: BarSource,
    split: Split,
    features: FeatureSet,
    periods_per_year: PeriodsPerYear,
    learner: Box<dyn Learner>,
    sinks: Sinks<'a>,
    /// Training bars seen, over all episodes.
    step: u64,
    last_news: Instant,
}

impl<'a> Course<'a> {
    pub(super) fn new(
        options: &'a TrainOptions,
        Material { source, summary, split }: Material,
        sinks: Sinks<'a>,
    ) -> Result<Self> {
        let config = &options.training;
        let features = FeatureSet::standard();
        let setup = LearnerSetup {
            n_features: features.n_features(),
            cost_per_exposure: config.environment.cost_per_exposure(),
            seed: config.seed,
        };
        let periods_per_year = PeriodsPerYear::from_calendar(&BarCalendar {
            first_ms: summary.first_ms,
            last_ms: summary.last_ms,
            n_bars: summary.n_bars,
            interval_ms: summary.interval_ms,
        })?;
        let learner = config.model.learner(config, setup)?;
        let (step, last_news) = (0, Instant::now());
        Ok(Self {
            options,
            source,
            split,
            features,
            periods_per_year,
            learner,
            sinks,
            step,
            last_news,
        })
    }

    /// Runs the episodes and saves the model.
    pub(super) fn run(mut self) -> Result<End> {
        let n_episodes = self.options.training.total_episodes;
        let mut end = End::Completed;
        for episode in 1..=n_episodes {
            let is_whole = self.episode(episode)?;
            let wants_stop = self.options.stop.is_raised() && episode < n_episodes;
            if !is_whole || wants_stop {
                end = End::Interrupted;
                break;
            }
        }
        if end == End::Interrupted {
            warn!("stopped by a signal; saving what there is");
        }
        self.save_final_model()?;
        self.sinks.finish(end)?;
        Ok(end)
    }

    /// Runs one episode; returns whether it was a whole one.
    fn episode(&mut self, episode: usize) -> Result<bool> {
        let start = Instant::now();
        let mut pass = Pass::new(&self.source, &self.features)?;
        let lesson = self.lesson(episode, &mut pass)?;
        let verdict = self.trial(episode, &lesson, &mut pass)?;
        let seconds = start.elapsed().as_secs_f64();
        let news = self.news(episode, &lesson, (&verdict, seconds));
        self.sinks.scalars(self.step, verdict.scalars());
        let record = lesson.record(episode, (&verdict, seconds));
        let session = self.sinks.logger.session_mut();
        session.episodes.push(record);
        session.metrics = verdict.into();
        let every = self.options.training.checkpoint_every_episodes;
        if every > 0 && episode.is_multiple_of(every) && !lesson.is_cut_short {
            self.save_checkpoint(episode)?;
        }
        self.sinks.flush()?;
        self.sinks.logger.save_session(Status::Running, None)?;
        // Told last: what is told is saved.
        self.last_news = Instant::now();
        info!("{news}");
        Ok(!lesson.is_cut_short)
    }

    /// Trades and learns on the training bars.
    fn lesson(&mut self, episode: usize, pass: &mut Pass) -> Result<Lesson> {
        let config = &self.options.training;
        let mut simulation = Simulation::new(&config.environment, self.periods_per_year)?;
        let mut meter = Meter::new(config.environment.initial_cash);
        let mut at = Moment { episode, batch: 0, step: self.step, phase: Phase::Train };
        let mut lesson = Lesson::default();
        let mut curve = EquityCurve::create(&self.options.layout.train_equity())?;
        while lesson.n_bars < self.split.n_train && !lesson.is_bankrupt && !lesson.is_cut_short {
            at.batch += 1;
            let n_left = self.split.n_train - lesson.n_bars;
            for _ in 0..n_left.min(config.steps_per_batch as u64) {
                self.step += 1;
                at.step = self.step;
                lesson.n_bars += 1;
                let (bar, outcome) = self.bar(&at, pass, &mut simulation)?;
                meter.push(&outcome);
                curve.push(Point::in_sample(&bar, &outcome))?;
                if outcome.status != StepStatus::Running {
                    lesson.is_bankrupt = true;
                    break;
                }
            }
            lesson.last_backup = self.end_batch(&at, &mut meter)?.or(lesson.last_backup);
            lesson.is_cut_short =
                self.options.stop.is_raised() && lesson.n_bars < self.split.n_train;
        }
        let performance = simulation.finish(&mut |event| self.sinks.event(&at, &event));
        self.learner.end_episode()?;
        lesson.last_batch = at.batch;
        lesson.net_return = performance.net_return;
        lesson.equity = performance.final_equity;
        curve.finish(lesson.equity, None)?;
        Ok(lesson)
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
        self.learner.observe(seen.bar.open, row)?;
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
            "episode {}/{}: batch {}/{n_batches}, train equity {:.2}",
            at.episode, self.options.training.total_episodes, at.batch, meter.equity
        );
        if self.last_news.elapsed() >= NEWS_INTERVAL {
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
        pass.skip_to(self.split.test_begin())?;
        let batch = lesson.last_batch;
        let trial = Trial {
            environment: &self.options.training.environment,
            periods_per_year: self.periods_per_year,
            seed: self.options.training.seed,
            n_bars: self.split.n_test,
            at: Moment { episode, batch, step: self.step, phase: Phase::Test },
        };
        let curve = EquityCurve::create(&self.options.layout.equity())?;
        trial.judge(self.learner.policy(), pass, (&mut self.sinks, curve))
    }

    fn news(&self, episode: usize, lesson: &Lesson, (verdict, seconds): (&Verdict, f64)) -> String {
        format!(
            "episode {episode}/{}: train reward {:+.2} % in sample{}, test net return {:+.2} %, {} \
             test trades, {seconds:.1} s",
            self.options.training.total_episodes,
            lesson.net_return * 100.0,
            if lesson.is_bankrupt { " (bankrupt)" } else { "" },
            verdict.agent.net_return * 100.0,
            verdict.agent.n_trades,
        )
    }

    fn save_final_model(&mut self) -> Result<()> {
        if !self.learner.is_trained() {
            return Ok(());
        }
        let path = self.options.layout.final_model();
        let model = save::save(&self.subject(), &path)?;
        info!("saved `{}`", model.path);
        self.sinks.logger.session_mut().model = Some(model);
        Ok(())
    }

    fn save_checkpoint(&mut self, episode: usize) -> Result<()> {
        if !self.learner.is_trained() {
            return Ok(());
        }
        let path = self.options.layout.checkpoint(episode);
        let model = save::save(&self.subject(), &path)?;
        debug!("saved `{}`", model.path);
        Ok(())
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            options: self.options,
            learner: self.learner.as_ref(),
            features: &self.features,
            session: self.sinks.logger.session(),
        }
    }
}
