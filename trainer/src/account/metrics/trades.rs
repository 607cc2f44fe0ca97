//! The figures of the closed trades.

use serde::{Deserialize, Serialize};

use crate::account::environment::BarOutcome;

const NO_TRADES: &str = "no trade was closed";

/// The sums of the closed trades.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Trades {
    n: u64,
    n_won: u64,
    profit: f64,
    loss: f64,
    squared_pnl: f64,
}

impl Trades {
    pub(super) fn add(&mut self, outcome: &BarOutcome) {
        self.n += u64::from(outcome.n_closed);
        self.n_won += u64::from(outcome.n_won);
        self.profit += outcome.profit;
        self.loss += outcome.loss;
        self.squared_pnl += outcome.squared_pnl;
    }

    pub(super) fn n(&self) -> u64 {
        self.n
    }

    pub(super) fn win_rate(&self) -> Result<f64, &'static str> {
        if self.n == 0 { Err(NO_TRADES) } else { Ok(self.n_won as f64 / self.n as f64) }
    }

    pub(super) fn profit_factor(&self) -> Result<f64, &'static str> {
        match self {
            Self { n: 0, .. } => Err(NO_TRADES),
            Self { loss: 0.0, .. } => Err("no trade lost"),
            _ => Ok(self.profit / self.loss),
        }
    }

    pub(super) fn expectancy(&self) -> Result<f64, &'static str> {
        if self.n == 0 { Err(NO_TRADES) } else { Ok((self.profit - self.loss) / self.n as f64) }
    }

    pub(super) fn sqn(&self) -> Result<f64, &'static str> {
        if self.n < 2 {
            return Err("fewer than 2 trades were closed");
        }
        let n = self.n as f64;
        let mean = self.expectancy()?;
        let variance = (self.squared_pnl - n * mean * mean) / (n - 1.0);
        // Of equal profits only rounding error is left.
        if variance <= 1e-12 * self.squared_pnl / n {
            return Err("all trades earned the same");
        }
        Ok(n.sqrt() * mean / variance.sqrt())
    }
}
