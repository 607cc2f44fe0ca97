//! What a session's figures are worth: its decisions filled one bar later
//! and at twice the costs, beside a constant exposure of its volatility.

use anyhow::{Result, ensure};
use tracing::warn;

use crate::session::Session;

use super::options::TrainOptions;
use super::replay::{Holds, ReplayInput, Scenario, replay};
use super::seeds;
use super::training_data::TrainingData;

/// Adds to the figures of `session` what there is to doubt of them, other
/// seeds too. Its models are saved: what fails here is a warning.
pub(super) fn add(options: &TrainOptions, training_data: &TrainingData, session: &mut Session) {
    if let Err(failure) = fill_otherwise(options, training_data, session) {
        warn!("the figures are not doubted: {failure:#}");
    }
    if let Err(failure) = seeds::add(options, training_data, session) {
        warn!("no other seeds: {failure:#}");
    }
}

/// Lets the saved models decide again. Fails where that does not give the
/// session's own figures.
fn fill_otherwise(
    options: &TrainOptions,
    training_data: &TrainingData,
    session: &mut Session,
) -> Result<()> {
    let Some(agent) = &session.metrics.agent else { return Ok(()) };
    if session.walk_forward.as_ref().is_some_and(|walk| walk.windows.is_empty()) {
        // The figures are of a window that was not finished.
        return Ok(());
    }
    let of_market = session.metrics.buy_and_hold.as_ref().and_then(|hold| hold.volatility);
    let share = agent.volatility.zip(of_market).filter(|(_, market)| *market > 0.0);
    let share = share.map_or(0.0, |(own, market)| own / market);
    // More than all of it would be a leverage that the settings forbid.
    let target = (options.training.environment.buy_and_hold_target() * share).min(1.0);
    let constant = Scenario { name: "constant_exposure", holds: Holds::Target(target), costs: 1.0 };
    let scenarios = [constant, Scenario::later("filled_1_bar_later", 1), Scenario::COSTS_DOUBLED];
    let input = ReplayInput { options, session, training_data, scenarios: &scenarios };
    let replayed = replay(&input, &mut |_| {})?;
    ensure!(
        replayed.base.final_equity.to_bits() == agent.final_equity.to_bits(),
        "the saved models end with an equity of {}, the session with {}",
        replayed.base.final_equity,
        agent.final_equity
    );
    let [constant, later, costs]: [_; 3] =
        replayed.changed.try_into().expect("each scenario has its figures");
    session.metrics.constant_exposure = constant;
    session.metrics.filled_1_bar_later = later;
    session.metrics.costs_doubled = costs;
    Ok(())
}
