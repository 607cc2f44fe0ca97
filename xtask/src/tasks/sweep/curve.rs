//! Reads the equity curves of trials, for returns on validation bars.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The path of the curve in a trial's folder.
pub const CURVE: &str = "logs/trades/equity.csv";

/// Returns of bars, by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Returns {
    /// When the first bar begins.
    pub start: String,
    /// The return of each bar by its time, which sorts as text.
    pub by_time: BTreeMap<String, f64>,
}

impl Returns {
    /// Reads the curve of the trial in `folder`; `None` if there is none that
    /// can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(CURVE)).ok()?;
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next()?.split(',').collect();
        let column_idx = |name: &str| names.iter().position(|other| *other == name);
        let (time, equity) = (column_idx("time")?, column_idx("equity")?);
        let mut returns = Self::default();
        let mut before: Option<f64> = None;
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let (time, equity) = (*cells.get(time)?, cells.get(equity)?.parse::<f64>().ok()?);
            match before {
                Some(before) if before > 0.0 => {
                    returns.by_time.insert(time.to_owned(), equity / before - 1.0);
                }
                Some(_) => drop(returns.by_time.insert(time.to_owned(), 0.0)),
                None => time.clone_into(&mut returns.start),
            }
            before = Some(equity);
        }
        (!returns.by_time.is_empty()).then_some(returns)
    }

    /// Returns the mean of several curves at each time: an account with equal
    /// weights that is rebalanced after every bar.
    pub fn mean(all: &[Self]) -> Self {
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for returns in all {
            for (time, value) in &returns.by_time {
                let sum = sums.entry(time.clone()).or_default();
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        let start = all.iter().map(|returns| returns.start.clone()).min().unwrap_or_default();
        let by_time = sums.into_iter().map(|(time, (sum, n))| (time, sum / n)).collect();
        Self { start, by_time }
    }

    /// Returns the returns, ordered by time.
    pub fn values(&self) -> Vec<f64> {
        self.by_time.values().copied().collect()
    }

    /// Returns the curve of an account that begins with 1, as CSV.
    pub fn csv(&self) -> String {
        let mut equity = 1.0;
        let mut text = format!("time,equity\n{},1\n", self.start);
        for (time, value) in &self.by_time {
            equity *= 1.0 + value;
            text += &format!("{time},{equity}\n");
        }
        text
    }
}
