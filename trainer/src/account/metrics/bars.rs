//! Sums and streaks of the gains and losses of single bars.

/// Sums over the bars so far.
#[derive(Debug, Clone, Default)]
pub(super) struct BarReturns {
    n: u64,
    gains: OneSign,
    losses: OneSign,
    squared_drawdowns: f64,
}

/// The returns of one sign: all gains, or all losses.
#[derive(Debug, Clone, Default)]
struct OneSign {
    n: u64,
    /// Sum of their absolute values.
    sum: f64,
    streak: u64,
    streak_max: u64,
}

impl OneSign {
    /// Records the next bar's return, above 0 if it has this sign.
    fn push(&mut self, value: f64) {
        if value > 0.0 {
            self.n += 1;
            self.sum += value;
            self.streak += 1;
            self.streak_max = self.streak_max.max(self.streak);
        } else {
            self.streak = 0;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }
}

impl BarReturns {
    /// Records a bar's return, and the drawdown at its close as a
    /// fraction of the peak.
    pub(super) fn push(&mut self, value: f64, drawdown: f64) {
        self.n += 1;
        self.gains.push(value);
        self.losses.push(-value);
        self.squared_drawdowns += drawdown * drawdown;
    }

    pub(super) fn omega(&self) -> Result<f64, &'static str> {
        if self.losses.n == 0 { Err("no bar lost") } else { Ok(self.gains.sum / self.losses.sum) }
    }

    pub(super) fn kelly(&self) -> Result<f64, &'static str> {
        if self.gains.n == 0 {
            return Err("no bar earned anything");
        }
        if self.losses.n == 0 {
            return Err("no bar lost");
        }
        let payoff = self.gains.mean() / self.losses.mean();
        let (n_gains, n_losses) = (self.gains.n as f64, self.losses.n as f64);
        Ok((payoff * n_gains - n_losses) / (n_gains + n_losses) / payoff)
    }

    pub(super) fn ulcer_index(&self) -> f64 {
        (self.squared_drawdowns / self.n as f64).sqrt()
    }

    pub(super) fn consecutive_wins(&self) -> u64 {
        self.gains.streak_max
    }

    pub(super) fn consecutive_losses(&self) -> u64 {
        self.losses.streak_max
    }
}
