//! Gates: the metrics that a session must reach, for CI.
//!
//! A gate applies to the agent's metrics out of sample, net of costs. A
//! missing metric never passes, nor does any metric of a ruined account.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::vault::manifest::{SessionStatus, SessionSummary};
use crate::vault::ruin;
use crate::vault::session::SEED_FIGURES;
use crate::workspace::config::nearest;

/// The metrics of this repository's trainer.
pub const METRICS: [&str; 38] = [
    "annual_return",
    "borrow_fee",
    "calmar",
    "commission",
    "conditional_value_at_risk",
    "consecutive_losses",
    "consecutive_wins",
    "dividends",
    "expectancy",
    "exposure",
    "final_equity",
    "funding",
    "initial_equity",
    "interest",
    "kelly",
    "kurtosis",
    "max_drawdown",
    "max_drawdown_bars",
    "n_bars",
    "n_liquidations",
    "n_trades",
    "net_return",
    "omega",
    "probabilistic_sharpe",
    "profit_factor",
    "sharpe",
    "sharpe_high",
    "sharpe_low",
    "skewness",
    "slippage",
    "sortino",
    "sqn",
    "tail_ratio",
    "turnover",
    "ulcer_index",
    "value_at_risk",
    "volatility",
    "win_rate",
];

/// The prefix of a metric of another trainer.
const PREFIX: &str = "agent.";

/// A condition on a metric of the agent, such as `sharpe>=0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The name of the metric.
    pub metric: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
}

/// How a metric is compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
}

impl Comparison {
    /// Longer signs come before their own prefixes.
    const ALL: [Self; 4] = [Self::AtLeast, Self::AtMost, Self::Above, Self::Below];

    fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::AtMost => value <= threshold,
            Self::Above => value > threshold,
            Self::Below => value < threshold,
        }
    }
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.sign())
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.metric, self.comparison.sign(), self.threshold)
    }
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (metric, comparison, threshold) = Comparison::ALL
            .iter()
            .find_map(|comparison| {
                let (metric, threshold) = text.split_once(comparison.sign())?;
                Some((metric.trim(), *comparison, threshold.trim()))
            })
            .ok_or("write a figure, `>=`, `<=`, `>` or `<`, and a number: `sharpe>=0.5`")?;
        let number: Option<f64> = threshold.parse().ok().filter(|number: &f64| number.is_finite());
        let threshold =
            number.ok_or_else(|| format!("`{threshold}` is not a number to compare with"))?;
        Ok(Self { metric: known(metric)?, comparison, threshold })
    }
}

/// Checks the name of a metric, and removes the prefix.
fn known(name: &str) -> Result<String, String> {
    if let Some(own) = name.strip_prefix(PREFIX) {
        let is_word = !own.is_empty() && own.chars().all(|c| c.is_alphanumeric() || c == '_');
        return is_word.then(|| own.to_owned()).ok_or_else(|| format!("`{name}` is no name"));
    }
    let figures = || METRICS.into_iter().chain(SEED_FIGURES);
    if figures().any(|figure| figure == name) {
        return Ok(name.to_owned());
    }
    Err(format!(
        "there is no figure `{name}`; there are {}, and `{PREFIX}NAME` for one of another \
         trainer's own{}",
        figures().collect::<Vec<_>>().join(", "),
        nearest(name, figures())
    ))
}

/// The result of a gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateResult {
    /// The gate as it was given, without spaces.
    pub gate: String,
    /// The name of the metric.
    pub metric: String,
    /// How it is compared: `>=`, `<=`, `>` or `<`.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
    /// The agent's metric out of sample; null if there is none.
    pub value: Option<f64>,
    /// Whether the session passes.
    pub is_passed: bool,
    /// Why it does not pass, unless the value shows that.
    pub reason: Option<String>,
}

impl fmt::Display for GateResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_passed { "passed" } else { "missed" };
        let value = self.value.map_or_else(|| "no figure".to_owned(), |value| value.to_string());
        write!(f, "{} {verdict}: {value}", self.gate)?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

/// Evaluates each of `gates` for `session`. `undefined` says why metrics
/// are null.
pub fn evaluate(
    gates: &[Gate],
    session: Option<&SessionSummary>,
    undefined: &BTreeMap<String, String>,
) -> Vec<GateResult> {
    let figures = session.and_then(|session| session.metrics.get("agent"));
    let ruined = figures.and_then(ruin::describe);
    let result = |gate: &Gate| {
        let metric = gate.metric.clone();
        let recorded = figures.and_then(|figures| figures.get(&metric));
        let value = figures.and_then(|figures| ruin::metric(figures, &metric));
        let value = value.filter(|value| value.is_finite());
        let reason = match (session.map(|session| session.status), recorded, value) {
            (None, ..) => Some("the trainer left no session".to_owned()),
            (Some(SessionStatus::Completed), ..) if ruined.is_some() => {
                ruined.as_ref().map(|ruined| format!("the account was {ruined}"))
            }
            (Some(SessionStatus::Completed), Some(_), Some(_)) => None,
            (Some(SessionStatus::Completed), Some(_), None) => {
                let reason = undefined.get(&metric).cloned();
                Some(reason.unwrap_or_else(|| "it is undefined".to_owned()))
            }
            (Some(SessionStatus::Completed), None, _) => {
                Some("the session has no such figure".to_owned())
            }
            (Some(status), ..) => Some(format!("the session is {status}")),
        };
        let holds = value.is_some_and(|value| gate.comparison.holds(value, gate.threshold));
        GateResult {
            gate: gate.to_string(),
            metric,
            comparison: gate.comparison,
            threshold: gate.threshold,
            value,
            is_passed: holds && reason.is_none(),
            reason,
        }
    };
    gates.iter().map(result).collect()
}
