//! Metrics as table cells; `None` where undefined.

use crate::account::metrics::Performance;

pub(super) fn sharpe(performance: &Performance) -> Option<String> {
    let ruined = performance.is_bankrupt.then(|| "ruined".to_owned());
    ruined.or_else(|| Some(format!("{:.2}", performance.sharpe?)))
}

pub(super) fn interval(performance: &Performance) -> Option<String> {
    Some(format!("{:.2} .. {:.2}", performance.sharpe_low?, performance.sharpe_high?))
}
