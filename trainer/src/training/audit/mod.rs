//! `train --audit`: checks whether a session's figures are robust.
//!
//! The decisions of the saved models are filled later, at twice the
//! costs and at other times; the training is repeated on shuffled bars
//! and on rescaled prices. The session is sealed before, so a failed
//! audit leaves it intact.

mod judge;
mod placebo;

use anyhow::{Result, bail, ensure};
use tracing::info;

use crate::account::metrics::Performance;
use crate::session::{AuditRecord, AuditVerdict, Session, write_atomically};
use crate::training::leaks::retrain;
use crate::training::train::{
    Decision, ReplayInput, Scenario, TrainOptions, prepare, replay, write_report,
};
use placebo::DecisionSeries;

/// The other ways in which the decisions are filled.
const SCENARIOS: [Scenario; 4] = [
    Scenario::later("filled_1_bar_later", 1),
    Scenario::later("filled_2_bars_later", 2),
    Scenario::later("filled_4_bars_later", 4),
    Scenario::COSTS_DOUBLED,
];

/// Audits `session`, completed with `options`, and writes the verdicts
/// to its record and report. Returns the record.
///
/// # Errors
///
/// Fails when the session has no figures, or they are not those of its
/// saved models; when bars are held out; and when a signal stops it.
pub fn audit(options: &TrainOptions, session: Session) -> Result<Session> {
    info!(
        "auditing: one pass over the bars, and five trainings of at most two episodes on at most \
         20,000 of them"
    );
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.training.threads).build()?;
    let audit = pool.install(|| verdicts(options, &session))?;
    let session = Session { audit: Some(audit), ..session };
    let mut bytes = serde_json::to_vec_pretty(&session)?;
    bytes.push(b'\n');
    write_atomically(&options.layout.session(), &bytes)?;
    write_report(options, None);
    Ok(session)
}

fn verdicts(options: &TrainOptions, session: &Session) -> Result<AuditRecord> {
    let Some(agent) = &session.metrics.agent else {
        bail!("the session has no figures out of sample to audit");
    };
    ensure!(
        options.training.holdout_ratio == 0.0,
        "the audit would read the bars that `holdout_ratio` keeps from being seen"
    );
    let check_stop = || {
        ensure!(!options.stop.is_raised(), "a signal stopped the audit; the session is whole");
        Ok(())
    };
    let training_data =
        prepare(&options.training, options.layout.root(), options.clock.tomorrow_ms())?;
    let n_symbols = training_data.tested().len();
    let n_bars_max = placebo_bars(n_symbols);
    let mut series_by_symbol: Vec<DecisionSeries> = Vec::new();
    series_by_symbol.resize_with(n_symbols, DecisionSeries::default);
    let input =
        ReplayInput { options, session, training_data: &training_data, scenarios: &SCENARIOS };
    let replayed = replay(&input, &mut |decision: Decision| {
        series_by_symbol[decision.symbol].push(&decision, n_bars_max);
    })?;
    check_replay(agent, replayed.base_equity)?;
    let mut verdicts: Vec<AuditVerdict> = SCENARIOS
        .iter()
        .zip(&replayed.scenarios)
        .map(|(scenario, found)| judge::scenario(scenario, agent, found.as_ref()))
        .collect();
    verdicts.push(judge::placebo(placebo::p_value(&series_by_symbol)));
    check_stop()?;
    let longest = &training_data.longest().source;
    let retrained = retrain(&options.training, longest, &training_data.features)?;
    check_stop()?;
    verdicts.push(judge::shuffled(&retrained.shuffled));
    verdicts.push(judge::rescaled(&retrained.rescaled));
    Ok(AuditRecord { n_trainings: retrained.n_trainings, verdicts })
}

/// Returns how many bars of each symbol the placebo keeps in memory.
fn placebo_bars(n_symbols: usize) -> usize {
    (1 << 17) / n_symbols.max(1)
}

/// Checks that the replayed decisions give the session's figures.
fn check_replay(agent: &Performance, base_equity: f64) -> Result<()> {
    ensure!(
        agent.final_equity.to_bits() == base_equity.to_bits(),
        "the saved models end with an equity of {}, the session with {}: nothing is audited; do \
         not change models and bars while a training runs",
        base_equity,
        agent.final_equity
    );
    Ok(())
}
