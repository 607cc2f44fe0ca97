//! The figures of the closed trades.

use crate::account::environment::Flows;

const NO_TRADES: &str = "no trade was closed";

pub(super) fn win_rate(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed == 0 {
        Err(NO_TRADES)
    } else {
        Ok(flows.n_won as f64 / flows.n_closed as f64)
    }
}

pub(super) fn profit_factor(flows: &Flows) -> Result<f64, &'static str> {
    match flows {
        Flows { n_closed: 0, .. } => Err(NO_TRADES),
        Flows { loss: 0.0, .. } => Err("no trade lost"),
        _ => Ok(flows.profit / flows.loss),
    }
}

pub(super) fn expectancy(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed == 0 {
        Err(NO_TRADES)
    } else {
        Ok((flows.profit - flows.loss) / flows.n_closed as f64)
    }
}

pub(super) fn sqn(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed < 2 {
        return Err("fewer than 2 trades were closed");
    }
    let n = flows.n_closed as f64;
    let mean = expectancy(flows)?;
    let variance = (flows.squared_pnl - n * mean * mean) / (n - 1.0);
    // Of equal profits only rounding error is left.
    if variance <= 1e-12 * flows.squared_pnl / n {
        return Err("all trades earned the same");
    }
    Ok(n.sqrt() * mean / variance.sqrt())
}
