//! Robustness of a session's figures: its decisions filled one bar later
//! and at twice the costs, a constant exposure of the same volatility,
//! and other seeds.

use anyhow::{Result, ensure};
use tracing::warn;

use crate::session::Session;

use super::options::TrainOptions;
use super::replay::{ReplayInput, Scenario, TargetSource, replay};
use super::seeds;
use super::training_data::TrainingData;

/// Adds the robustness figures to `session`. Its models are saved
/// already, so a failure is only a warning.
pub(super) fn add(options: &TrainOptions, training_data: &TrainingData, session: &mut Session) {
    if let Err(failure) = replay_scenarios(options, training_data, session) {
        warn!("the figures are not doubted: {failure:#}");
    }
    if let Err(failure) = seeds::add(options, training_data, session) {
        warn!("no other seeds: {failure:#}");
    }
}

/// Replays the saved models under other costs and delays, and a constant
/// exposure.
///
/// # Errors
///
/// Fails when the replay does not reproduce the session's own figures.
fn replay_scenarios(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &mut Session,
) -> Result<()> {
    let Some(agent) = &session.metrics.agent else { return Ok(()) };
    if session.walk_forward.as_ref().is_some_and(|walk| walk.windows.is_empty()) {
        // The figures are those of an unfinished window.
        return Ok(());
    }
    let market_volatility = session.metrics.buy_and_hold.as_ref().and_then(|hold| hold.volatility);
    let volatilities = agent.volatility.zip(market_volatility).filter(|(_, market)| *market > 0.0);
    let exposure = volatilities.map_or(0.0, |(agent, market)| agent / market);
    // The settings allow no target above 1.
    let target = (options.training.environment.buy_and_hold_target() * exposure).min(1.0);
    let constant = Scenario {
        name: "constant_exposure",
        target_source: TargetSource::Constant(target),
        cost_factor: 1.0,
    };
    let scenarios = [constant, Scenario::later("filled_1_bar_later", 1), Scenario::COSTS_DOUBLED];
    let input = ReplayInput { options, session, training_data, scenarios: &scenarios };
    let replayed = replay(&input, &mut |_| {})?;
    ensure!(
        replayed.base_equity.to_bits() == agent.final_equity.to_bits(),
        "the saved models end with an equity of {}, the session with {}",
        replayed.base_equity,
        agent.final_equity
    );
    let [constant, later, costs]: [_; 3] =
        replayed.scenarios.try_into().expect("each scenario has its figures");
    session.metrics.constant_exposure = constant;
    session.metrics.filled_1_bar_later = later;
    session.metrics.costs_doubled = costs;
    Ok(())
}
