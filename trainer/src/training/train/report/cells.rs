//! Metrics as table cells; `None` where undefined.

use crate::account::metrics::Performance;

pub(super) fn sharpe(performance: &Performance) -> Option<String> {
    let ruined = performance.is_bankrupt.then(|| "ruined".to_owned());
    ruined.or_else(|| Some(format!("{:.2}", performance.sharpe?)))
}

pub(super) fn interval(performance: &Performance) -> Option<String> {
    Some(format!("{:.2} .. {:.2}", performance.sharpe_low?, performance.sharpe_high?))
}

pub(super) fn percent(fraction: f64) -> String {
    // Adding 0 turns -0 into 0: no "-0.00 %".
    format!("{:.2} %", fraction * 100.0 + 0.0)
}
