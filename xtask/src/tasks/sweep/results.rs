//! The results of a sweep: combinations ranked on validation bars.
//!
//! The document holds no times and no durations: the same spec gives the
//! same bytes, regardless of where and in which order trials ran.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cscv::{self, Moments, Overfitting};
use super::curve::Returns;
use super::folder::{SweepFolder, TrainingKey};
use super::record::{TrialRecord, TrialStatus};
use super::spec::Goal;
use crate::workspace::config::nearest;
use crate::workspace::threads;

/// The results of a sweep: a JSON document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepResults {
    /// The sweep.
    pub name: String,
    /// The metric that ranks.
    pub metric: String,
    /// Which way is better.
    pub goal: Goal,
    /// All trials of the plan.
    pub n_trials: u64,
    /// The trials that are not finished, by index; nothing is chosen while
    /// there are any.
    pub missing: Vec<u64>,
    /// The failed trials, by index.
    pub failed: Vec<u64>,
    /// Combinations of values, the best first.
    pub combinations: Vec<Combination>,
    /// Why none of them has a rank; null if one has, and while trials are
    /// missing.
    pub unranked_reason: Option<String>,
    /// The variance of the Sharpe ratios of all judged trials, per bar;
    /// null without their curves.
    pub trial_variance: Option<f64>,
    /// The probability of backtest overfitting; null if it cannot be
    /// computed.
    pub overfitting: Option<Overfitting>,
    /// Why it cannot be computed.
    pub overfitting_reason: Option<String>,
    /// The finished trials, by index.
    pub trials: Vec<TrialResult>,
}

/// One combination of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Combination {
    /// The rank, from 1; null if a trial of it failed, is missing, or lacks
    /// the metric.
    pub rank: Option<u64>,
    /// Its number, from 0.
    pub combination: u64,
    /// Its values, by key.
    pub parameters: BTreeMap<String, Value>,
    /// The mean of the metric over its trials; null without any.
    pub mean: Option<f64>,
    /// The standard deviation over its trials; null for fewer than two.
    pub std: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The number of completed trials with the metric.
    pub n_judged: u64,
    /// The number of failed trials.
    pub n_failed: u64,
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialResult {
    /// Its index.
    pub index: u64,
    /// Its combination.
    pub combination: u64,
    /// Its seed.
    pub seed: u64,
    /// Its symbol.
    pub symbol: Option<String>,
    /// Its window.
    pub window: Option<u32>,
    /// How it ended.
    pub status: TrialStatus,
    /// Why it failed.
    pub reason: Option<String>,
    /// Its metrics on validation bars.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// The digest of its model.
    pub model_sha256: Option<String>,
}

/// Reads all trials and ranks the combinations.
pub fn read(folder: &SweepFolder) -> Result<SweepResults> {
    let plan = folder.plan();
    let finished: Vec<u64> = folder.finished()?.into_iter().collect();
    let records = threads::map(finished, |index| {
        let record = folder.record(TrainingKey::Trial(index));
        record.map(|record| record.map(|record| trial_result(folder, index, record)))
    });
    let records: Vec<Option<TrialResult>> = records.into_iter().collect::<Result<_>>()?;
    let trials: Vec<TrialResult> = records.into_iter().flatten().collect();
    let failed = trials.iter().filter(|trial| trial.status != TrialStatus::Completed);
    let failed = failed.map(|trial| trial.index).collect();
    let judged = Curves::read(folder, &trials);
    let mut overfitting_reason = judged.problem;
    let overfitting = match overfitting_reason {
        None => cscv::overfitting(&judged.blocks),
        Some(_) => None,
    };
    if overfitting.is_none() && overfitting_reason.is_none() {
        overfitting_reason = Some("there are fewer than two combinations to compare".to_owned());
    }
    let missing = folder.missing()?;
    let combinations = ranked(folder, &trials);
    let is_unranked = missing.is_empty() && combinations.iter().all(|it| it.rank.is_none());
    Ok(SweepResults {
        name: folder.name().to_owned(),
        metric: plan.spec.metric.clone(),
        goal: plan.spec.goal,
        n_trials: plan.n_trials(),
        missing,
        failed,
        combinations,
        unranked_reason: is_unranked.then(|| unranked_reason(&plan.spec.metric, &trials)),
        trial_variance: variance(&judged.sharpes),
        overfitting,
        overfitting_reason,
        trials,
    })
}

fn trial_result(folder: &SweepFolder, index: u64, record: TrialRecord) -> TrialResult {
    let trial = folder.plan().trial(index);
    TrialResult {
        index,
        combination: trial.combination,
        seed: trial.seed,
        symbol: trial.symbol,
        window: trial.window,
        status: record.outcome.status,
        reason: record.outcome.reason,
        metrics: record.outcome.metrics,
        model_sha256: record.outcome.model_sha256,
    }
}

/// Returns the combinations, the best first, then those that cannot be
/// ranked.
fn ranked(folder: &SweepFolder, trials: &[TrialResult]) -> Vec<Combination> {
    let plan = folder.plan();
    let (n_each, metric) = (plan.n_trials_each(), &plan.spec.metric);
    let mut combinations: Vec<Combination> = trials
        .chunk_by(|one, other| one.combination == other.combination)
        .map(|trials| {
            let values: Vec<f64> = trials
                .iter()
                .filter(|trial| trial.status == TrialStatus::Completed)
                .filter_map(|trial| trial.metrics.get(metric).copied().flatten())
                .collect();
            let n_failed =
                trials.iter().filter(|trial| trial.status != TrialStatus::Completed).count();
            let mean =
                (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
            Combination {
                rank: (values.len() as u64 == n_each).then_some(0),
                combination: trials[0].combination,
                parameters: plan.trial(trials[0].index).parameters,
                mean,
                std: variance(&values).filter(|_| values.len() > 1).map(f64::sqrt),
                min: values.iter().copied().reduce(f64::min),
                max: values.iter().copied().reduce(f64::max),
                n_judged: values.len() as u64,
                n_failed: n_failed as u64,
            }
        })
        .collect();
    let sign = if plan.spec.goal == Goal::Maximize { -1.0 } else { 1.0 };
    combinations.sort_by(|one, other| {
        let key = |it: &Combination| (it.rank.is_none(), it.mean.map_or(f64::MAX, |it| sign * it));
        let (one_key, other_key) = (key(one), key(other));
        let by_rank = one_key.0.cmp(&other_key.0);
        by_rank
            .then(one_key.1.total_cmp(&other_key.1))
            .then(one.combination.cmp(&other.combination))
    });
    for (rank, combination) in (1..).zip(&mut combinations) {
        combination.rank = combination.rank.map(|_| rank);
    }
    combinations
}

/// Returns why no combination can be ranked by `metric`.
fn unranked_reason(metric: &str, trials: &[TrialResult]) -> String {
    let completed = || trials.iter().filter(|trial| trial.status == TrialStatus::Completed);
    let known: BTreeSet<&str> =
        completed().flat_map(|trial| trial.metrics.keys()).map(String::as_str).collect();
    if completed().next().is_none() {
        return "every trial failed".to_owned();
    }
    if known.is_empty() {
        return "no trial has figures; a command writes them to `logs/metrics.json`".to_owned();
    }
    if known.contains(metric) {
        return format!("of each one, a trial failed, or its `{metric}` is undefined");
    }
    let names: Vec<&str> = known.iter().copied().collect();
    let hint = nearest(metric, names.iter().copied());
    format!("no trial has the figure `{metric}`; they have {}{hint}", names.join(", "))
}

/// The statistics of the equity curves of all trials.
struct Curves {
    /// The Sharpe ratio per bar of each trial with a curve; 0 if it never
    /// traded.
    sharpes: Vec<f64>,
    /// The moments by block of each combination whose trials are all
    /// completed.
    blocks: Vec<Vec<Moments>>,
    /// Why combinations cannot be compared bar by bar.
    problem: Option<String>,
}

impl Curves {
    fn read(folder: &SweepFolder, trials: &[TrialResult]) -> Self {
        let plan = folder.plan();
        let n_blocks = plan.spec.pbo_blocks as usize;
        let mut curves = Self { sharpes: Vec::new(), blocks: Vec::new(), problem: None };
        let mut bars: Option<(usize, String, String)> = None;
        for trials in trials.chunk_by(|one, other| one.combination == other.combination) {
            let completed = trials.iter().filter(|trial| trial.status == TrialStatus::Completed);
            let returns: Vec<Returns> = completed
                .filter_map(|trial| {
                    Returns::read(&folder.published(TrainingKey::Trial(trial.index)))
                })
                .collect();
            let sharpe = |returns: &Returns| Moments::of(&returns.values()).sharpe().unwrap_or(0.0);
            curves.sharpes.extend(returns.iter().map(sharpe));
            if returns.len() as u64 != plan.n_trials_each() {
                let is_whole = trials.iter().all(|it| it.status == TrialStatus::Completed);
                if is_whole && trials.len() as u64 == plan.n_trials_each() {
                    curves.problem = Some("trials leave no equity curve".to_owned());
                }
                continue;
            }
            let mean = Returns::mean(&returns);
            let ends = (mean.by_time.keys().next(), mean.by_time.keys().next_back());
            let (Some(first), Some(last)) = ends else { continue };
            let own = (mean.by_time.len(), first.clone(), last.clone());
            if own.0 < 2 * n_blocks {
                curves.problem = Some(format!("{} bars are too few for {n_blocks} blocks", own.0));
            } else if *bars.get_or_insert_with(|| own.clone()) != own {
                curves.problem = Some("combinations were validated on different bars".to_owned());
            }
            curves.blocks.push(cscv::blocks(&mean.values(), n_blocks));
        }
        curves
    }
}

/// Returns the sample variance; 0 for one value, `None` for none.
fn variance(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    match values.len() {
        0 => None,
        1 => Some(0.0),
        _ => Some(squares / (n - 1.0)),
    }
}
