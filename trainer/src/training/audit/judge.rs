//! What counts as passed.

use crate::account::metrics::Performance;
use crate::session::{AuditStatus, AuditVerdict};
use crate::training::leaks::{LeakCheck, RescalingResult};
use crate::training::train::Scenario;

use super::placebo::Placebo;

/// What must be left of the Sharpe ratio when fills come later.
const SHARPE_SHARE_MIN: f64 = 0.5;
/// The greatest p value that is no chance.
const P_VALUE_MAX: f64 = 0.05;

/// Judges the decisions of `agent`, filled in another `scenario`.
pub(super) fn scenario(
    scenario: &Scenario,
    agent: &Performance,
    found: Option<&Performance>,
) -> AuditVerdict {
    let Some(found) = found else {
        let finding = "twice the costs would be out of range".to_owned();
        return verdict(scenario.name, AuditStatus::Undecided, finding);
    };
    let told = format!(
        "net return {} -> {}, Sharpe {} -> {}",
        percent(agent.net_return),
        percent(found.net_return),
        ratio(agent.sharpe),
        ratio(found.sharpe)
    );
    let is_kept = !scenario.is_later()
        || found
            .sharpe
            .zip(agent.sharpe)
            .is_some_and(|(found, own)| found >= own * SHARPE_SHARE_MIN);
    let (judgement, finding) = if agent.net_return <= 0.0 {
        (AuditStatus::Undecided, format!("{told}: nothing was earned that could be lost"))
    } else if found.net_return <= 0.0 {
        (AuditStatus::Failed, format!("{told}: nothing is left of the profit"))
    } else if !is_kept {
        (AuditStatus::Failed, format!("{told}: less than half of the Sharpe ratio is left"))
    } else {
        (AuditStatus::Passed, told)
    };
    let verdict = verdict(scenario.name, judgement, finding);
    AuditVerdict { net_return: Some(found.net_return), sharpe: found.sharpe, ..verdict }
}

/// Judges the timing of the decisions.
pub(super) fn placebo(found: Option<Placebo>) -> AuditVerdict {
    let Some(Placebo { p_value, n_shifts, n_bars }) = found else {
        let finding = "too few bars to shift the exposures by".to_owned();
        return verdict("placebo", AuditStatus::Undecided, finding);
    };
    let told = format!("p {p_value:.3}, of {n_shifts} circular shifts of {n_bars} bars");
    let (judgement, finding) = if p_value <= P_VALUE_MAX {
        (AuditStatus::Passed, format!("{told}: the same exposures at other times earn less"))
    } else {
        (AuditStatus::Failed, format!("{told}: the same exposures at other times earn as much"))
    };
    AuditVerdict { p_value: Some(p_value), ..verdict("placebo", judgement, finding) }
}

/// Judges trainings where there was nothing to earn.
pub(super) fn shuffled(found: &LeakCheck) -> AuditVerdict {
    let judgement = if found.is_passed { AuditStatus::Passed } else { AuditStatus::Failed };
    verdict("shuffled_bars", judgement, found.finding.clone())
}

/// Judges a training on prices in another unit.
pub(super) fn rescaled(found: &RescalingResult) -> AuditVerdict {
    let RescalingResult { n_equal, n_decisions, factor, .. } = found;
    let told = format!(
        "prices x {factor}: net return {} -> {}, {n_equal} of {n_decisions} decisions and their \
         values the same",
        percent(found.net_return),
        percent(found.other_net_return)
    );
    let (judgement, finding) = if n_equal == n_decisions {
        (AuditStatus::Passed, told)
    } else {
        (AuditStatus::Failed, format!("{told}: the figures hang on the unit of the prices"))
    };
    let verdict = verdict("prices_rescaled", judgement, finding);
    AuditVerdict { net_return: Some(found.other_net_return), sharpe: found.other_sharpe, ..verdict }
}

fn verdict(name: &str, verdict: AuditStatus, finding: String) -> AuditVerdict {
    let name = name.to_owned();
    AuditVerdict { name, verdict, finding, net_return: None, sharpe: None, p_value: None }
}

fn percent(share: f64) -> String {
    format!("{:+.2} %", share * 100.0 + 0.0)
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}
