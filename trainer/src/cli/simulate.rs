//! `trainer simulate`: replays exposures by the rules of the agent's
//! account.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::account::environment::EnvironmentConfig;
use crate::account::metrics::{Alarm, PeriodsPerYear};
use crate::market::bars::BarSource;
use crate::training::simulate::{
    OutputFormats, ReplayRecorder, SimulateOptions, check_folder, simulate,
};

use super::Format;
use super::bars::{ReadingArguments, print_read_report};
use super::exit::ignore_closed_pipe;

/// Replay a series of exposures through the account that the agent trades in
///
/// A signal stands at the close of the bar with its time and fills at the next bar's open. Between
/// signals, and when one repeats the exposure before, the units stay as they are.
#[derive(Debug, Args)]
pub struct SimulateArguments {
    /// Bars: CSV (packed or not), JSON or Parquet, or `builtin:btcusd_30m`
    #[arg(long, value_name = "FILE")]
    data: String,
    /// File with a time and an exposure column (position value as a multiple of equity)
    #[arg(long, value_name = "FILE")]
    signals: PathBuf,
    /// Cash at the start [default: 10000]
    #[arg(long, value_name = "MONEY")]
    cash: Option<f64>,
    /// Commission of each fill, in basis points of its value [default: 5]
    #[arg(long, value_name = "BPS")]
    commission: Option<f64>,
    /// How much worse than the reference price each fill is, in basis points [default: 1]
    #[arg(long, value_name = "BPS")]
    slippage: Option<f64>,
    /// Distance between bid and ask, in basis points; each fill pays half [default: 0]
    #[arg(long, value_name = "BPS")]
    spread: Option<f64>,
    /// What a long pays and a short receives each bar, in basis points [default: 0]
    #[arg(long, value_name = "BPS", allow_negative_numbers = true)]
    funding: Option<f64>,
    /// What a short pays for the units it borrowed, in basis points a year [default: 0]
    #[arg(long, value_name = "BPS")]
    borrow_fee: Option<f64>,
    /// What a leveraged long pays on borrowed cash, in basis points a year [default: 0]
    #[arg(long, value_name = "BPS")]
    interest: Option<f64>,
    /// Greatest exposure [default: 1]
    #[arg(long, value_name = "FACTOR")]
    leverage: Option<f64>,
    /// Units are whole multiples of this; 0 allows any fraction [default: 0]
    #[arg(long, value_name = "UNITS")]
    lot_size: Option<f64>,
    /// Equity below which a position is liquidated, as a fraction of its value [default: 0.05]
    #[arg(long, value_name = "FRACTION")]
    maintenance_margin: Option<f64>,
    /// Refuse short positions
    #[arg(long)]
    long_only: bool,
    /// Bars per year [default: from the calendar of the data]
    #[arg(long, value_name = "P")]
    periods_per_year: Option<f64>,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Folder for fills.csv, trades.csv, equity.csv and replay.json; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the result to `out`, writes the requested files and returns the
/// alarms.
pub fn run(arguments: &SimulateArguments, latest_ms: i64, out: impl Write) -> Result<Vec<Alarm>> {
    let directory = arguments.out.as_deref();
    directory.map_or(Ok(()), check_folder)?;
    let mut recorder = ReplayRecorder::new(OutputFormats {
        text: arguments.format == Format::Text,
        json: arguments.format == Format::Json || directory.is_some(),
        csv: directory.is_some(),
    });
    let options = SimulateOptions {
        signals: arguments.signals.clone(),
        environment: environment(arguments),
        periods_per_year: arguments.periods_per_year.map(PeriodsPerYear::given).transpose()?,
        seed: arguments.seed,
    };
    let source = BarSource::open_once(&arguments.data)?
        .with_config(&arguments.reading.config()?)
        .until(latest_ms);
    let summary = simulate(&source, &options, &mut |row| recorder.push(&row))?;
    print_read_report(&summary.data, summary.metrics.periods_per_year);
    directory.map_or(Ok(()), |directory| recorder.write_files(&summary, directory))?;
    let written = match arguments.format {
        Format::Text => recorder.write_text(&summary, out).map_err(Into::into),
        Format::Json => recorder.write_json(&summary, out),
    };
    ignore_closed_pipe(written)?;
    Ok(summary.alarms)
}

fn environment(arguments: &SimulateArguments) -> EnvironmentConfig {
    let mut config = EnvironmentConfig { allow_short: !arguments.long_only, ..Default::default() };
    let settings = [
        (&mut config.initial_cash, arguments.cash),
        (&mut config.commission_bps, arguments.commission),
        (&mut config.slippage_bps, arguments.slippage),
        (&mut config.spread_bps, arguments.spread),
        (&mut config.funding_bps, arguments.funding),
        (&mut config.borrow_fee_bps_per_year, arguments.borrow_fee),
        (&mut config.interest_bps_per_year, arguments.interest),
        (&mut config.leverage, arguments.leverage),
        (&mut config.lot_size, arguments.lot_size),
        (&mut config.maintenance_margin, arguments.maintenance_margin),
    ];
    for (setting, argument) in settings {
        *setting = argument.unwrap_or(*setting);
    }
    config
}
