//! Replays a given series of exposures through the agent's environment,
//! so that any strategy is evaluated by the same rules.
//!
//! A signal acts like an action of the agent: it is set at the close of
//! the bar with its time and fills at the next bar's open. Units change
//! only when a signal differs from the one before. Rows are passed on
//! one by one, in constant memory.

mod output;
mod records;
mod spool;

use std::iter::Peekable;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::account::environment::{
    Environment, EnvironmentConfig, InvalidAction, InvalidReason, StepStatus,
};
use crate::account::metrics::{Alarm, PeriodsPerYear, Simulation};
use crate::market::bars::{BarSource, Sample, SeriesReader};
use crate::session::time_of_ms;

pub use output::{OutputFormats, ReplayRecorder, check_folder};
pub use records::{EquityRow, FillRow, ReplayRow, ReplaySummary, RowSink, TradeRow};

/// Accepted names of the exposure column; the first match is used.
const EXPOSURE_COLUMNS: [&str; 6] =
    ["exposure", "target", "signal", "position", "weight", "action"];

/// The input and settings of a replay.
#[derive(Debug, Clone)]
pub struct SimulateOptions {
    /// A file of times and exposures, in any form that bars have.
    pub signals: PathBuf,
    /// The account's rules.
    pub environment: EnvironmentConfig,
    /// Bars per year; `None` derives them from the data's calendar.
    pub periods_per_year: Option<PeriodsPerYear>,
    /// Seed of the bootstrap of the Sharpe ratio's interval.
    pub seed: u64,
}

/// Replays the signals on the bars of `source`, passes every event to
/// `sink` and returns the performance.
///
/// An exposure is the position's value as a multiple of equity, from
/// `-leverage` to `leverage`.
///
/// # Errors
///
/// Fails when a setting is out of range, a row of either file is
/// invalid, a signal is beyond the leverage or has the time of no bar,
/// or `sink` fails.
pub fn simulate(
    source: &BarSource,
    options: &SimulateOptions,
    sink: &mut RowSink<'_>,
) -> Result<ReplaySummary> {
    let summary = source.summarize()?;
    let mut signals = Signals::open(&options.signals, source, options.environment.leverage)?;
    let mut simulation =
        Simulation::new(&options.environment, options.periods_per_year)?.with_risk(options.seed);
    // The callback cannot fail; its error is returned after the step.
    let mut failure = None;
    let mut last: Option<EquityRow> = None;
    // The current bar's signal until the next bar fills it.
    let mut pending: Option<InvalidAction> = None;
    for bar in source.read()? {
        let bar = bar?;
        let signal = signals.at(bar.time_ms)?;
        let policy =
            &mut |_: &_, environment: &Environment| signal.unwrap_or_else(|| environment.target());
        let outcome = simulation.step(&bar, policy, &mut |event| {
            failure = failure.take().or_else(|| records::write_event(sink, &event).err());
        });
        failure.take().map_or(Ok(()), Err)?;
        let unfilled = signal.map(|target| InvalidAction {
            bar_idx: simulation.environment().n_steps() - 1,
            time_ms: bar.time_ms,
            target: Some(target),
            reason: InvalidReason::NoBarFollows,
        });
        pending = unfilled.filter(|_| outcome.status == StepStatus::Running);
        if let Some(unfilled) = unfilled.filter(|_| outcome.status != StepStatus::Running) {
            let refused = InvalidAction { reason: InvalidReason::Bankrupt, ..unfilled };
            sink(ReplayRow::Refused(refused))?;
        }
        if outcome.status == StepStatus::Refused {
            continue;
        }
        let row = EquityRow {
            time: time_of_ms(bar.time_ms),
            equity: outcome.equity,
            exposure: outcome.exposure,
            close: bar.close,
        };
        last.replace(row).map_or(Ok(()), |row| sink(ReplayRow::Equity(row)))?;
    }
    signals.finish()?;
    if options.periods_per_year.is_none() {
        PeriodsPerYear::from_calendar(simulation.calendar())?;
    }
    let held = simulation.environment().target();
    // A signal that repeats the held target needs no fill.
    let pending = pending.filter(|action| action.target != Some(held));
    pending.map_or(Ok(()), |action| sink(ReplayRow::Refused(action)))?;
    let metrics = simulation.finish(&mut |event| {
        failure = failure.take().or_else(|| records::write_event(sink, &event).err());
    });
    failure.map_or(Ok(()), Err)?;
    let equity = simulation.environment().equity();
    if let Some(last) = last {
        sink(ReplayRow::Equity(EquityRow { equity, ..last }))?;
    }
    let alarms = Alarm::of(&metrics);
    Ok(ReplaySummary {
        format: 1,
        data: summary,
        environment: options.environment,
        metrics,
        alarms,
    })
}

/// A stream of signals that is read along with the bars.
struct Signals {
    samples: Peekable<SeriesReader>,
    name: String,
    leverage: f64,
}

impl Signals {
    fn open(path: &Path, source: &BarSource, leverage: f64) -> Result<Self> {
        let reader =
            SeriesReader::open_with(path, &EXPOSURE_COLUMNS, source.reading())?.skip_empty();
        Ok(Self { name: reader.name().to_owned(), samples: reader.peekable(), leverage })
    }

    /// Returns the target of the signal at exactly `bar_ms`, if any.
    fn at(&mut self, bar_ms: i64) -> Result<Option<f64>> {
        let is_due = |sample: &Result<_>| {
            sample.as_ref().map_or(true, |sample: &Sample| sample.time_ms <= bar_ms)
        };
        let Some(sample) = self.samples.next_if(is_due).transpose()? else {
            return Ok(None);
        };
        if sample.time_ms < bar_ms {
            return self.refuse(&sample);
        }
        ensure!(
            sample.value.abs() <= self.leverage,
            "`{}` {}: the exposure `{}` is beyond the leverage `{}`; raise `--leverage`",
            self.name,
            sample.place,
            sample.value,
            self.leverage
        );
        Ok(Some(sample.value / self.leverage))
    }

    /// Fails if a signal is later than the last bar.
    fn finish(&mut self) -> Result<()> {
        match self.samples.next().transpose()? {
            Some(sample) => self.refuse(&sample).map(|_| ()),
            None => Ok(()),
        }
    }

    fn refuse(&self, sample: &Sample) -> Result<Option<f64>> {
        bail!(
            "`{}` {}: no bar opens at `{}`; give the open time of a bar, in UTC",
            self.name,
            sample.place,
            time_of_ms(sample.time_ms)
        )
    }
}
