//! Fits the forecast on the remembered bars, and selects the threshold
//! on out-of-fold forecasts.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::policy::{ForecastPolicy, ForecastRule};
use super::threshold::{ValidationSlice, choose_threshold};
use crate::config::{ForecastConfig, RegressorKind};
use crate::learning::forest::{ForestOptions, Regressor, RegressorOptions, Samples, TreeSeed};
use crate::learning::judgement::{Fold, Judgement};
use crate::learning::memory::Memory;
use crate::learning::{Learner, LearnerSetup, Policy, RefitStats, Shape};

/// Fewest bars that are fitted on.
const BARS_MIN: usize = 200;

/// Records bars, and fits a [`ForecastPolicy`] on them.
///
/// It remembers bars of one episode only: the next episode repeats the
/// same bars, and a held-out bar must not be among the training bars.
#[derive(Debug, Clone)]
pub struct ForecastLearner {
    config: ForecastConfig,
    seed: u64,
    policy: ForecastPolicy,
    memory: Memory,
    progress: Progress,
}

/// What the fits came to.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    n_fits: u64,
    /// Bars that the last fit used.
    n_fitted: usize,
    /// Bars whose return became known since then.
    n_new: usize,
    /// That of the last fit, on held-out bars.
    judgement: Option<Judgement>,
}

/// The state of a learner without its memory and its settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rule: Option<ForecastRule>,
    progress: Progress,
}

impl ForecastLearner {
    /// Returns a learner with an empty memory: `exposures` to choose from,
    /// increasing.
    ///
    /// Fails when a setting is out of range.
    pub fn new(config: ForecastConfig, exposures: &[f64], setup: LearnerSetup) -> Result<Self> {
        config.validate()?;
        let LearnerSetup { n_features, cost_per_exposure, seed } = setup;
        let policy =
            ForecastPolicy::untrained(Shape::new(exposures, cost_per_exposure, n_features)?);
        let memory = Memory::new(n_features, config.memory_bars);
        Ok(Self { config, seed, policy, memory, progress: Progress::default() })
    }

    /// Returns the policy as it is now.
    pub fn policy(&self) -> &ForecastPolicy {
        &self.policy
    }

    /// Fits, unless there are fewer bars than at the last fit.
    fn fit_more(&mut self) -> Result<Option<RefitStats>> {
        let is_more = self.memory.n_transitions() >= self.progress.n_fitted;
        if is_more { self.fit() } else { Ok(None) }
    }

    fn fit(&mut self) -> Result<Option<RefitStats>> {
        let (start, n_bars) = (Instant::now(), self.memory.n_transitions());
        if n_bars < BARS_MIN.max(4 * self.policy.shape.n_features) {
            return Ok(None);
        }
        let folds = Fold::split(&self.memory.times_ms(), self.config.inner_share);
        if folds.is_empty() {
            return Ok(None);
        }
        let n_fits = self.progress.n_fits;
        // One fit for each fold and one on all bars; each has its own
        // number, and so its own tree seeds.
        let mut refits = n_fits * (folds.len() as u64 + 1)..;
        let mut forecasts = vec![0.0; n_bars];
        for (Fold { training, held_out }, refit) in folds.iter().zip(&mut refits) {
            let regressor = self.regress(training, refit)?;
            for &bar_idx in held_out {
                forecasts[bar_idx] = regressor.predict_row(self.memory.row(bar_idx));
            }
        }
        let Shape { exposures, cost, .. } = self.policy.shape.clone();
        let bars = self.memory.validation_bars(cost, exposures[0] < 0.0);
        let slice = ValidationSlice { exposures, cost, bars, forecasts };
        let (threshold, judgement) = choose_threshold(&slice, self.config.min_t_statistic);
        let all: Vec<usize> = (0..n_bars).collect();
        let regressor = self.regress(&all, refits.start)?;
        debug!("fit {}: threshold {threshold:?} over {n_bars} bars", n_fits + 1);
        let before = self.policy.clone();
        self.policy = before.clone().with_rule(ForecastRule { regressor, threshold })?;
        self.progress =
            Progress { n_fits: n_fits + 1, n_fitted: n_bars, n_new: 0, judgement: Some(judgement) };
        Ok(Some(self.report(&before, start)))
    }

    fn regress(&self, bars: &[usize], refit: u64) -> Result<Regressor> {
        let seed = TreeSeed { run: self.seed, refit, action: 0 };
        let config = &self.config;
        let rows: Vec<&[f64]> = bars.iter().map(|&bar_idx| self.memory.row(bar_idx)).collect();
        let returns = bars.iter().map(|&bar_idx| self.memory.transition(bar_idx).next_return);
        let returns: Vec<f64> = returns.collect();
        let samples = match config.learner {
            RegressorKind::Ridge => Samples::whole(&rows)?,
            _ => Samples::subsampled(&rows, config.memory_shares, seed.subsampling())?,
        };
        let options = RegressorOptions {
            kind: config.learner,
            ridge_alpha: config.ridge_alpha,
            learning_rate: config.learning_rate,
            forest: ForestOptions {
                n_trees: config.n_trees,
                min_samples_leaf: config.min_samples_leaf,
                max_depth: config.max_depth,
                seed,
            },
        };
        Regressor::fit(&samples, &returns, &options).context("failed to fit the forecast")
    }

    fn report(&self, before: &ForecastPolicy, start: Instant) -> RefitStats {
        let n_rows = self.memory.n_transitions();
        let all_exposures = &self.policy.shape.exposures;
        let exposures = all_exposures.iter().map(|exposure| exposure.abs());
        let (widest, mean_exposure) = exposures.fold((0.0_f64, 0.0), |(widest, sum), exposure| {
            (widest.max(exposure), sum + exposure / all_exposures.len() as f64)
        });
        let (mut max, mut sum) = (0.0_f64, 0.0);
        for row in (0..n_rows).map(|bar_idx| self.memory.row(bar_idx)) {
            let change = (self.policy.forecast(row) - before.forecast(row)).abs();
            max = max.max(change);
            sum += change;
        }
        RefitStats {
            n_backups: self.progress.n_fits,
            n_rows,
            max_abs_delta_q: max * widest,
            mean_abs_delta_q: sum / n_rows as f64 * mean_exposure,
            n_chosen: None,
            fit_seconds: start.elapsed().as_secs_f64(),
        }
    }
}

impl Learner for ForecastLearner {
    fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<()> {
        if self.memory.is_over() {
            self.progress.n_new = 0;
        }
        self.progress.n_new += usize::from(self.memory.observe(time_ms, open, row)?);
        Ok(())
    }

    fn end_series(&mut self) {
        self.memory.end_series();
    }

    /// Fits again once `refit_bars` bars were added since the last fit,
    /// unless there are fewer than there were then. The values of the
    /// report are the forecasts times the exposures.
    fn refit(&mut self) -> Result<Option<RefitStats>> {
        if self.progress.n_new >= self.config.refit_bars.max(1) {
            self.fit_more()
        } else {
            Ok(None)
        }
    }

    /// Fits, if bars were added since the last fit.
    fn end_episode(&mut self) -> Result<Option<RefitStats>> {
        let report = if self.progress.n_new > 0 { self.fit_more()? } else { None };
        self.memory.end_episode();
        Ok(report)
    }

    fn judgement(&self) -> Option<&Judgement> {
        self.progress.judgement.as_ref()
    }

    /// A ridge regression depends on the bars alone, while trees get new
    /// seeds in every fit.
    fn is_settled(&self) -> bool {
        let Progress { n_fits, n_new, .. } = self.progress;
        let is_repeated = self.config.learner == RegressorKind::Ridge && self.memory.is_over();
        is_repeated && n_fits > 0 && n_new == 0
    }

    fn is_trained(&self) -> bool {
        self.policy.rule().is_some()
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn boxed_policy(&self) -> Box<dyn Policy> {
        Box::new(self.policy.clone())
    }

    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        self.memory.sample_rows(n_rows)
    }

    fn write_state(&self, out: &mut dyn Write) -> Result<()> {
        let (rule, progress) = (self.policy.rule().cloned(), self.progress);
        self.memory.write(&State { rule, progress }, out)
    }

    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()> {
        let State { rule, progress } = self.memory.read(input)?;
        let fresh = ForecastPolicy::untrained(self.policy.shape.clone());
        self.policy = rule.map_or(Ok(fresh.clone()), |rule| fresh.with_rule(rule))?;
        self.progress = progress;
        Ok(())
    }
}
