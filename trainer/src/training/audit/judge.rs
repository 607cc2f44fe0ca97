//! The criteria by which a check of the audit passes.

use crate::account::metrics::Performance;
use crate::session::{AuditStatus, AuditVerdict};
use crate::training::leaks::{LeakCheck, RescalingResult};
use crate::training::train::Scenario;

use super::placebo::Placebo;

/// Least part of the Sharpe ratio that later fills must retain.
const SHARPE_RETAINED_MIN: f64 = 0.5;
/// Significance level of the placebo test.
const P_VALUE_MAX: f64 = 0.05;

/// Compares `agent` with its decisions filled as in `scenario`.
pub(super) fn scenario(
    scenario: &Scenario,
    agent: &Performance,
    found: Option<&Performance>,
) -> AuditVerdict {
    let Some(found) = found else {
        let finding = "twice the costs would be out of range".to_owned();
        return verdict(scenario.name, AuditStatus::Undecided, finding);
    };
    let figures = format!(
        "net return {} -> {}, Sharpe {} -> {}",
        percent(agent.net_return),
        percent(found.net_return),
        ratio(agent.sharpe),
        ratio(found.sharpe)
    );
    let is_sharpe_retained = !scenario.is_later()
        || found
            .sharpe
            .zip(agent.sharpe)
            .is_some_and(|(found, base)| found >= base * SHARPE_RETAINED_MIN);
    let (status, finding) = if agent.net_return <= 0.0 {
        (AuditStatus::Undecided, format!("{figures}: nothing was earned that could be lost"))
    } else if found.net_return <= 0.0 {
        (AuditStatus::Failed, format!("{figures}: nothing is left of the profit"))
    } else if !is_sharpe_retained {
        (AuditStatus::Failed, format!("{figures}: less than half of the Sharpe ratio is left"))
    } else {
        (AuditStatus::Passed, figures)
    };
    let verdict = verdict(scenario.name, status, finding);
    AuditVerdict { net_return: Some(found.net_return), sharpe: found.sharpe, ..verdict }
}

/// Judges whether the timing of the decisions is significant.
pub(super) fn placebo(found: Option<Placebo>) -> AuditVerdict {
    let Some(Placebo { p_value, n_shifts, n_bars }) = found else {
        let finding = "too few bars to shift the exposures by".to_owned();
        return verdict("placebo", AuditStatus::Undecided, finding);
    };
    let figures = format!("p {p_value:.3}, of {n_shifts} circular shifts of {n_bars} bars");
    let (status, finding) = if p_value <= P_VALUE_MAX {
        (AuditStatus::Passed, format!("{figures}: the same exposures at other times earn less"))
    } else {
        (AuditStatus::Failed, format!("{figures}: the same exposures at other times earn as much"))
    };
    AuditVerdict { p_value: Some(p_value), ..verdict("placebo", status, finding) }
}

/// Judges trainings on shuffled bars.
pub(super) fn shuffled(found: &LeakCheck) -> AuditVerdict {
    let status = if found.is_passed { AuditStatus::Passed } else { AuditStatus::Failed };
    verdict("shuffled_bars", status, found.finding.clone())
}

/// Judges a training on rescaled prices.
pub(super) fn rescaled(found: &RescalingResult) -> AuditVerdict {
    let RescalingResult { n_equal, n_decisions, factor, .. } = found;
    let figures = format!(
        "prices x {factor}: net return {} -> {}, {n_equal} of {n_decisions} decisions and their \
         values the same",
        percent(found.net_return),
        percent(found.other_net_return)
    );
    let (status, finding) = if n_equal == n_decisions {
        (AuditStatus::Passed, figures)
    } else {
        (AuditStatus::Failed, format!("{figures}: the figures hang on the unit of the prices"))
    };
    let verdict = verdict("prices_rescaled", status, finding);
    AuditVerdict { net_return: Some(found.other_net_return), sharpe: found.other_sharpe, ..verdict }
}

fn verdict(name: &str, status: AuditStatus, finding: String) -> AuditVerdict {
    let (name, verdict) = (name.to_owned(), status);
    AuditVerdict { name, verdict, finding, net_return: None, sharpe: None, p_value: None }
}

fn percent(fraction: f64) -> String {
    format!("{:+.2} %", fraction * 100.0 + 0.0)
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}
