//! Reads the equity curves of a run and derives drawdowns, returns by
//! period and rolling figures from them.

use std::io::Read;

use anyhow::{Context as _, Result, ensure};

use crate::account::metrics::{BenchmarkTracker, ToDateTracker};
use crate::market::bars::{Rows, TimeParser};
use crate::session::parse_time;

use super::drawdowns::{Drawdown, Drawdowns};
use super::periods::{Calendar, PeriodEnds};
use super::rolling::Rolling;
use super::series::{Aggregation, Series};

/// The columns of a curve; `drawdown` is the deepest of a point's bars.
pub(super) const COLUMNS: &[(&str, Aggregation)] = &[
    ("equity", Aggregation::Last),
    ("drawdown", Aggregation::Max),
    ("exposure", Aggregation::Last),
    ("hold", Aggregation::Last),
    ("hold_drawdown", Aggregation::Max),
    ("close", Aggregation::Last),
];

/// A row of `equity.csv` or `train_equity.csv`.
#[derive(Debug, Clone, Copy)]
struct Row {
    time_ms: i64,
    equity: f64,
    exposure: f64,
    /// NaN where the file does not have it.
    hold: f64,
    close: f64,
}

/// What to derive from a curve.
#[derive(Debug)]
pub(super) struct CurveOptions {
    pub(super) n_points_max: usize,
    /// The periods of the return distribution.
    pub(super) fine: Calendar,
    pub(super) rolling: Option<Rolling>,
}

/// A curve with its drawdowns, returns and rolling figures.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) series: Series,
    pub(super) n_rows: u64,
    /// Bars with a long, a short and no position.
    pub(super) n_held: [u64; 3],
    pub(super) rolling: Option<Rolling>,
    pub(super) fine: PeriodEnds,
    pub(super) days: PeriodEnds,
    pub(super) weeks: PeriodEnds,
    pub(super) months: PeriodEnds,
    pub(super) quarters: PeriodEnds,
    pub(super) years: PeriodEnds,
    /// The agent against buy-and-hold.
    pub(super) comparison: BenchmarkTracker,
    /// The agent and buy-and-hold.
    pub(super) to_date: [ToDateTracker; 2],
    drawdowns: [Drawdowns; 2],
}

impl Curve {
    /// Reads a curve from CSV, whose columns are found by name.
    pub(super) fn read(file: &mut dyn Read, options: CurveOptions) -> Result<Self> {
        let mut rows = Rows::new(file, b',');
        rows.advance()?;
        let names = rows.row();
        let find = |name: &str| names.iter().position(|column| column == name.as_bytes());
        let time = find("time").context("the column `time` is missing")?;
        let equity = find("equity").context("the column `equity` is missing")?;
        let others = [find("exposure"), find("buy_and_hold"), find("close")];
        let (width, times) = (names.len(), TimeParser::new());
        let mut curve = Self::new(options);
        while rows.advance()? {
            let row = rows.row();
            let (n_fields, line) = (row.len(), rows.line());
            ensure!(n_fields == width, "line {line} has {n_fields} columns, not {width}");
            let time_ms = match times.parse(&row[time]) {
                Some(time_ms) => time_ms,
                None => parse_time(&String::from_utf8_lossy(&row[time]))?.timestamp_millis(),
            };
            let number =
                |idx: Option<usize>| idx.and_then(|idx| row.number(idx)).unwrap_or(f64::NAN);
            let [exposure, hold, close] = others.map(number);
            curve.push(Row { time_ms, equity: number(Some(equity)), exposure, hold, close });
        }
        Ok(curve)
    }

    fn new(options: CurveOptions) -> Self {
        Self {
            series: Series::new(COLUMNS, options.n_points_max),
            n_rows: 0,
            n_held: [0; 3],
            rolling: options.rolling,
            fine: PeriodEnds::new(options.fine),
            days: PeriodEnds::new(Calendar::DAY),
            weeks: PeriodEnds::new(Calendar::Week),
            months: PeriodEnds::new(Calendar::Month),
            quarters: PeriodEnds::new(Calendar::Quarter),
            years: PeriodEnds::new(Calendar::Year),
            comparison: BenchmarkTracker::default(),
            to_date: Default::default(),
            drawdowns: Default::default(),
        }
    }

    fn push(&mut self, row: Row) {
        let Row { time_ms, equity, exposure, hold, close } = row;
        let values = [equity, hold];
        self.comparison.push(equity, hold);
        for (to_date, value) in self.to_date.iter_mut().zip(values) {
            to_date.push(time_ms, value);
        }
        self.n_rows += 1;
        let [own, other] = &mut self.drawdowns;
        let depths = [own.push(time_ms, equity), other.push(time_ms, hold)];
        self.series.push(time_ms, &[equity, depths[0], exposure, hold, depths[1], close]);
        let held = if exposure > 0.0 {
            0
        } else if exposure < 0.0 {
            1
        } else {
            2
        };
        self.n_held[held] += 1;
        let periods = [
            &mut self.fine,
            &mut self.days,
            &mut self.weeks,
            &mut self.months,
            &mut self.quarters,
            &mut self.years,
        ];
        for levels in periods {
            levels.push(time_ms, values);
        }
        if let Some(rolling) = &mut self.rolling {
            rolling.push(time_ms, values);
        }
    }

    /// Returns the agent's worst drawdowns.
    pub(super) fn worst_drawdowns(&self) -> Vec<Drawdown> {
        self.drawdowns[0].clone().worst()
    }
}
