//! `train --audit`: whether a session's figures stand when they are
//! looked at a second time.
//!
//! The decisions of the saved models are filled later, at twice the
//! costs and at other times; the training is repeated where there is
//! nothing to earn and with prices in another unit. The session is
//! sealed before: what fails here costs nothing of it.

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

/// The decisions of the session, filled in other ways.
const SCENARIOS: [Scenario; 4] = [
    Scenario::later("filled_1_bar_later", 1),
    Scenario::later("filled_2_bars_later", 2),
    Scenario::later("filled_4_bars_later", 4),
    Scenario::COSTS_DOUBLED,
];

/// Audits the completed `session` that `options` gave, and writes what
/// was found to its record and its page. Returns the record.
///
/// # Errors
///
/// Fails when the session holds no model or another than its figures
/// are of, or when a signal wants it to stop.
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
    let goes_on = || {
        ensure!(!options.stop.is_raised(), "a signal stopped the audit; the session is whole");
        Ok(())
    };
    let training_data =
        prepare(&options.training, options.layout.root(), options.clock.tomorrow_ms())?;
    let n_symbols = training_data.tested().len();
    let n_kept = placebo_bars(n_symbols);
    let mut series_by_symbol: Vec<DecisionSeries> = Vec::new();
    series_by_symbol.resize_with(n_symbols, DecisionSeries::default);
    let input =
        ReplayInput { options, session, training_data: &training_data, scenarios: &SCENARIOS };
    let replayed = replay(&input, &mut |Decision { symbol, open, target }| {
        series_by_symbol[symbol].push((open, target), n_kept);
    })?;
    check_replay(agent, &replayed.base)?;
    let mut verdicts: Vec<AuditVerdict> = SCENARIOS
        .iter()
        .zip(&replayed.changed)
        .map(|(scenario, found)| judge::scenario(scenario, agent, found.as_ref()))
        .collect();
    verdicts.push(judge::placebo(placebo::p_value(&series_by_symbol)));
    goes_on()?;
    let longest = &training_data.longest().source;
    let again = retrain(&options.training, longest, &training_data.features)?;
    goes_on()?;
    verdicts.push(judge::shuffled(&again.shuffled));
    verdicts.push(judge::rescaled(&again.rescaled));
    Ok(AuditRecord { n_trainings: again.n_trainings, verdicts })
}

/// Bars of a symbol that the placebo keeps: memory is bounded.
fn placebo_bars(n_symbols: usize) -> usize {
    (1 << 17) / n_symbols.max(1)
}

/// An audit must judge the very decisions that the figures are of.
fn check_replay(agent: &Performance, base: &Performance) -> Result<()> {
    ensure!(
        agent.final_equity.to_bits() == base.final_equity.to_bits(),
        "the saved models end with an equity of {}, the session with {}: nothing is audited; do \
         not change models and bars while a training runs",
        base.final_equity,
        agent.final_equity
    );
    Ok(())
}
