//! Fits the forecast on the remembered bars, and selects the threshold
//! on out-of-fold forecasts.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::history::{History, RememberedBar};
use super::policy::{ForecastPolicy, ForecastRule};
use super::threshold::{ValidationSlice, choose_threshold};
use crate::config::{ForecastConfig, RegressorKind};
use crate::learning::agent::RefitStats;
use crate::learning::forest::{ForestOptions, Regressor, RegressorOptions, Samples, TreeSeed};
use crate::learning::judgement::{Fold, Judgement, ValidationBar};

/// Fewest bars that are fitted on.
const BARS_MIN: usize = 200;

/// Fewest random cuts, over all features, that a split of extra trees
/// tries.
const CUTS_MIN: usize = 8;

/// What the learner needs besides its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastSetup {
    /// The exposures to choose from, increasing.
    pub exposures: Vec<f64>,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost_per_exposure: f64,
    /// Features of a row.
    pub n_features: usize,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// Records bars, and fits a [`ForecastPolicy`] on them.
///
/// It remembers bars of one episode only: the next episode repeats the
/// same bars, and a held-out bar must not be among the training bars.
#[derive(Debug, Clone)]
pub struct ForecastLearner {
    config: ForecastConfig,
    seed: u64,
    policy: ForecastPolicy,
    history: History,
    progress: Progress,
    judgement: Option<Judgement>,
}

/// Counters of the fits.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    n_fits: u64,
    /// Bars that the last fit used.
    n_fitted: usize,
    /// Bars added to the history since then.
    n_new: usize,
    /// Whether the episode is over: the next bar clears the history.
    is_over: bool,
}

/// The state of a learner, without its settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rule: Option<ForecastRule>,
    history: History,
    progress: Progress,
    judgement: Option<Judgement>,
}

impl ForecastLearner {
    /// Returns a learner with an empty history.
    ///
    /// Fails when a setting is out of range.
    pub fn new(config: ForecastConfig, setup: &ForecastSetup) -> Result<Self> {
        config.validate()?;
        let ForecastSetup { exposures, cost_per_exposure, n_features, seed } = setup;
        let policy = ForecastPolicy::untrained(exposures, *cost_per_exposure, *n_features)?;
        let history = History::new(*n_features, config.memory_bars);
        Ok(Self {
            config,
            seed: *seed,
            policy,
            history,
            progress: Progress::default(),
            judgement: None,
        })
    }

    /// Records one bar: when it opened, its open (a price above 0) and,
    /// except for a warm-up bar, its features as known at its close.
    ///
    /// Fails on a row of another length or a value that is not finite.
    pub fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<()> {
        if std::mem::take(&mut self.progress.is_over) {
            self.history.clear();
            self.progress.n_new = 0;
        }
        self.progress.n_new += usize::from(self.history.push(time_ms, open, row)?);
        Ok(())
    }

    /// Fits again once `refit_bars` bars were added since the last fit,
    /// unless the history is shorter than it was then. The values of the
    /// report are the forecasts times the exposures.
    pub fn refit(&mut self) -> Result<Option<RefitStats>> {
        let is_time = self.progress.n_new >= self.config.refit_bars.max(1);
        if is_time && self.history.len() >= self.progress.n_fitted { self.fit() } else { Ok(None) }
    }

    /// Ends the bars of one symbol: another symbol's follow in the same
    /// episode.
    pub fn end_series(&mut self) {
        self.history.end_series();
    }

    /// Ends the episode: fits, if bars were added since the last fit. The
    /// next episode's first bar clears the history.
    pub fn end_episode(&mut self) -> Result<Option<RefitStats>> {
        let is_new = self.progress.n_new > 0 && self.history.len() >= self.progress.n_fitted;
        let report = if is_new { self.fit()? } else { None };
        self.progress.is_over = true;
        Ok(report)
    }

    /// Returns whether another episode on the same bars would leave the
    /// policy as it is: a ridge regression depends on the bars alone,
    /// while trees get new seeds in every fit.
    pub fn is_settled(&self) -> bool {
        let Progress { n_fits, n_new, is_over, .. } = self.progress;
        self.config.learner == RegressorKind::Ridge && n_fits > 0 && n_new == 0 && is_over
    }

    fn fit(&mut self) -> Result<Option<RefitStats>> {
        let (start, n_bars) = (Instant::now(), self.history.len());
        if n_bars < BARS_MIN.max(4 * self.policy.n_features()) {
            return Ok(None);
        }
        let folds = Fold::split(&self.history.times_ms(), self.config.inner_share);
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
                forecasts[bar_idx] = regressor.predict_row(self.history.row(bar_idx));
            }
        }
        let slice = self.slice(forecasts);
        let (threshold, judgement) = choose_threshold(&slice, self.config.min_t_statistic);
        let all: Vec<usize> = (0..n_bars).collect();
        let regressor = self.regress(&all, refits.start)?;
        debug!("fit {}: threshold {threshold:?} over {n_bars} bars", n_fits + 1);
        let before = self.policy.clone();
        self.judgement = Some(judgement);
        self.policy = before.clone().with_rule(ForecastRule { regressor, threshold })?;
        self.progress = Progress { n_fits: n_fits + 1, n_fitted: n_bars, n_new: 0, is_over: false };
        Ok(Some(self.report(&before, start)))
    }

    fn regress(&self, bars: &[usize], refit: u64) -> Result<Regressor> {
        let seed = TreeSeed { run: self.seed, refit, action: 0 };
        let config = &self.config;
        let rows: Vec<&[f64]> = bars.iter().map(|&bar_idx| self.history.row(bar_idx)).collect();
        let returns = bars.iter().map(|&bar_idx| self.history.bar(bar_idx).next_return);
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
                cuts_per_feature: CUTS_MIN.div_ceil(self.policy.n_features()),
                max_depth: config.max_depth,
                seed,
            },
        };
        Regressor::fit(&samples, &returns, &options).context("failed to fit the forecast")
    }

    /// Returns all remembered bars with their out-of-fold `forecasts`.
    fn slice(&self, forecasts: Vec<f64>) -> ValidationSlice {
        let bars = (0..forecasts.len()).map(|bar_idx| {
            let RememberedBar { next_return, follows, time_ms } = self.history.bar(bar_idx);
            ValidationBar { time_ms, next_return, follows }
        });
        ValidationSlice {
            exposures: self.policy.exposures().to_vec(),
            cost: self.policy.cost(),
            bars: bars.collect(),
            forecasts,
        }
    }

    fn report(&self, before: &ForecastPolicy, start: Instant) -> RefitStats {
        let n_rows = self.history.len();
        let exposures = self.policy.exposures().iter().map(|exposure| exposure.abs());
        let (widest, mean_exposure) = exposures.fold((0.0_f64, 0.0), |(widest, sum), exposure| {
            (widest.max(exposure), sum + exposure / self.policy.exposures().len() as f64)
        });
        let (mut max, mut sum) = (0.0_f64, 0.0);
        for row in (0..n_rows).map(|bar_idx| self.history.row(bar_idx)) {
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

    /// Returns the judgement of the last fit, on held-out bars.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judgement.as_ref()
    }

    /// Returns the policy as it is now.
    pub fn policy(&self) -> &ForecastPolicy {
        &self.policy
    }

    /// Returns up to `n_rows` remembered feature rows, evenly spaced; a
    /// stored model checks its predictions on them.
    pub fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        let n_bars = self.history.len();
        let step = n_bars.div_ceil(n_rows.max(1)).max(1);
        (0..n_bars).step_by(step).map(|bar_idx| self.history.row(bar_idx).to_vec()).collect()
    }

    /// Writes the policy's rule and the remembered bars to `out` as a
    /// line of JSON, without the settings.
    pub fn write_state(&self, out: &mut dyn Write) -> Result<()> {
        let state = State {
            rule: self.policy.rule().cloned(),
            history: self.history.clone(),
            progress: self.progress,
            judgement: self.judgement,
        };
        serde_json::to_writer(&mut *out, &state)?;
        Ok(out.write_all(b"\n")?)
    }

    /// Restores the state that a learner with the same settings wrote.
    /// Fails on a state that is damaged or of other settings.
    pub fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()> {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        let State { rule, history, progress, judgement } =
            serde_json::from_slice(&line).context("the learner's state is damaged")?;
        ensure!(history.fits(&self.history), "the learner's memory has another size");
        let fresh = ForecastPolicy::untrained(
            self.policy.exposures(),
            self.policy.cost(),
            self.policy.n_features(),
        )?;
        self.policy = rule.map_or(Ok(fresh.clone()), |rule| fresh.with_rule(rule))?;
        (self.history, self.progress, self.judgement) = (history, progress, judgement);
        Ok(())
    }
}
