//! What single bars earned and lost, and how long they did so in a row.

/// Sums over the bars so far.
#[derive(Debug, Clone, Default)]
pub(super) struct BarReturns {
    n: u64,
    won: Side,
    lost: Side,
    /// Sum of the squared falls from the highest equity before.
    squared_falls: f64,
}

/// The bars that earned, or those that lost.
#[derive(Debug, Clone, Default)]
struct Side {
    n: u64,
    /// Sum of their returns, without sign.
    sum: f64,
    n_in_a_row: u64,
    n_in_a_row_max: u64,
}

impl Side {
    /// Records the next bar's return, above 0 where it is of this side.
    fn push(&mut self, value: f64) {
        if value > 0.0 {
            self.n += 1;
            self.sum += value;
            self.n_in_a_row += 1;
            self.n_in_a_row_max = self.n_in_a_row_max.max(self.n_in_a_row);
        } else {
            self.n_in_a_row = 0;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }
}

impl BarReturns {
    /// Records a bar's return, and how far below the highest equity it
    /// closed, as a fraction.
    pub(super) fn push(&mut self, value: f64, fall: f64) {
        self.n += 1;
        self.won.push(value);
        self.lost.push(-value);
        self.squared_falls += fall * fall;
    }

    pub(super) fn omega(&self) -> Result<f64, &'static str> {
        if self.lost.n == 0 { Err("no bar lost") } else { Ok(self.won.sum / self.lost.sum) }
    }

    pub(super) fn kelly(&self) -> Result<f64, &'static str> {
        if self.won.n == 0 {
            return Err("no bar earned anything");
        }
        if self.lost.n == 0 {
            return Err("no bar lost");
        }
        let payoff = self.won.mean() / self.lost.mean();
        let (n_won, n_lost) = (self.won.n as f64, self.lost.n as f64);
        Ok((payoff * n_won - n_lost) / (n_won + n_lost) / payoff)
    }

    pub(super) fn ulcer_index(&self) -> f64 {
        (self.squared_falls / self.n as f64).sqrt()
    }

    pub(super) fn n_won_in_a_row_max(&self) -> u64 {
        self.won.n_in_a_row_max
    }

    pub(super) fn n_lost_in_a_row_max(&self) -> u64 {
        self.lost.n_in_a_row_max
    }
}
