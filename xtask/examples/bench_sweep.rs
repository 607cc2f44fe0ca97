//! What a sweep costs beside its trainings: 10,000 trials that do nothing,
//! through the local engine's whole bookkeeping, then `sweep status`.
//!
//! `cargo run --release --package xtask --example bench_sweep -- 10000`;
//! ends with 1 when a trial takes 5 ms or more, or the status a second.

use std::io::{Write, stdout};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result};
use chrono::DateTime;
use serde_json::{Map, json};
use xtask::tasks::sweep::attempt::{Attempt, AttemptExecutor, Runner};
use xtask::tasks::sweep::definition::{Engine, SweepDefinition};
use xtask::tasks::sweep::folder::SweepFolder;
use xtask::tasks::sweep::plan::Plan;
use xtask::tasks::sweep::record::{AttemptOutcome, TrialStatus};
use xtask::tasks::sweep::{local, status};
use xtask::workspace::Workspace;
use xtask::workspace::config::WorkspaceConfig;

/// The most that a trial may cost, and the status, in milliseconds.
const TRIAL_MS_MAX: f64 = 5.0;
const STATUS_MS_MAX: f64 = 1000.0;

/// Values of the one key.
const N_STEPS: u32 = 100;

/// Trains nothing.
struct Nothing;

impl AttemptExecutor for Nothing {
    fn train(&self, _: &Attempt) -> Result<AttemptOutcome> {
        let end = AttemptOutcome::without_session(TrialStatus::Completed, String::new());
        Ok(AttemptOutcome { reason: None, ..end })
    }

    fn fail(&self, attempt: &Attempt, _: &str) -> Result<AttemptOutcome> {
        self.train(attempt)
    }
}

fn main() -> Result<ExitCode> {
    let n_trials: u32 = std::env::args().nth(1).map_or(Ok(10_000), |n| n.parse())?;
    let folder = tempfile::tempdir()?;
    let workspace = Workspace::open(folder.path())?;
    // A long list of seeds, or of values, is looked up for each trial.
    let seeds: Vec<u32> = (0..n_trials.div_ceil(N_STEPS)).collect();
    let values = json!({ "min": 0, "max": 1, "steps": N_STEPS });
    let spec = json!({
        "name": "bench", "seeds": seeds, "parameters": { "agent.discount": values }, "test": false
    });
    let spec = serde_json::from_value(spec)?;
    let now = DateTime::from_timestamp(0, 0).context("it is a time")?;
    let sweep = SweepFolder::create(
        &workspace,
        SweepDefinition {
            format: 1,
            created_at: now,
            tool_version: String::new(),
            engine: Engine::Local,
            needs_full_trainer: false,
            plan: Plan::new(spec, Map::new(), vec![None]),
            workspace: WorkspaceConfig::default(),
            logging: None,
        },
    )?;
    let stop = AtomicBool::new(false);
    let runner = Runner { folder: &sweep, executor: &Nothing, clock: &|| now, stop: &stop };
    let n_at_once = NonZeroUsize::new(2).context("two are some")?;
    let start = Instant::now();
    local::run(&runner, &sweep.missing()?, n_at_once, &mut |_, _| {})?;
    let trial_ms = start.elapsed().as_secs_f64() * 1000.0 / f64::from(n_trials);
    let start = Instant::now();
    let told = status::read(&sweep)?;
    let status_ms = start.elapsed().as_secs_f64() * 1000.0;
    let mut out = stdout();
    writeln!(out, "{} trials, {:.2} ms each, two at once", told.n_completed, trial_ms)?;
    writeln!(out, "status: {status_ms:.0} ms")?;
    let is_good = trial_ms < TRIAL_MS_MAX && status_ms < STATUS_MS_MAX;
    Ok(if is_good && told.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
