//! The trainer's command line: runs a subcommand and returns its exit
//! code.

use std::io;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use crate::missing_feature::MissingFeature;
use crate::session::{Clock, Locked};
use crate::{progress, wording};

use super::bars::{self, BarsArguments};
use super::check_model::{self, CheckModelArguments};
#[cfg(feature = "full")]
use super::exit::INTERRUPTED;
use super::exit::{
    FAILED, LOCKED, MISSING_FEATURE, WARNINGS, exit_code_of, ignore_closed_pipe, print,
    print_result,
};
#[cfg(feature = "full")]
use super::export::{self, ExportArguments};
use super::metrics::{self, MetricsArguments};
use super::predict::{self, PredictArguments};
use super::report::{self, ReportCommand};
use super::simulate::{self, SimulateArguments};
use super::train::{TrainArguments, train};
#[cfg(feature = "full")]
use super::watch::{self, WatchArguments};

/// Trains a trading model on market bars and tells honestly what it earned
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with warnings (a figure is implausible, an
/// audit failed, the bars are others than the model's), 11 another trainer works in the workspace,
/// 13 a leak was found, 14 this build leaves out what the task needs, 130 interrupted.
#[derive(Debug, Parser)]
#[command(version, bin_name = "trainer")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(TrainArguments),
    Bars(BarsArguments),
    Simulate(SimulateArguments),
    Metrics(MetricsArguments),
    #[cfg(feature = "full")]
    Watch(WatchArguments),
    Predict(PredictArguments),
    #[cfg(feature = "full")]
    Export(ExportArguments),
    CheckModel(CheckModelArguments),
    #[command(flatten)]
    Report(ReportCommand),
}

/// Runs the program with the arguments of the process; `system_time`
/// reads the clock.
pub fn main(system_time: fn() -> DateTime<Utc>) -> ExitCode {
    let clock = Clock::reading(system_time);
    let done = match Cli::parse().command {
        Command::Train(arguments) => train(&arguments, clock),
        Command::CheckModel(arguments) => print_result(check_model::run(&arguments)),
        Command::Simulate(arguments) => {
            simulate::run(&arguments, clock.tomorrow_ms(), io::stdout())
                .map(|alarms| exit_code_of(&alarms))
        }
        Command::Bars(arguments) => print_result(bars::run(&arguments, clock.tomorrow_ms())),
        Command::Report(command) => print_result(report::run(&command)),
        #[cfg(feature = "full")]
        Command::Watch(arguments) => {
            let shown = watch::run(&arguments, system_time);
            shown
                .and_then(|text| text.map_or(Ok(INTERRUPTED.into()), |text| print_result(Ok(text))))
        }
        #[cfg(feature = "full")]
        Command::Export(arguments) => print_result(export::run(&arguments)),
        Command::Metrics(arguments) => metrics::run(&arguments, clock.tomorrow_ms())
            .and_then(|(text, alarms)| print(&text).map(|()| exit_code_of(&alarms))),
        Command::Predict(arguments) => {
            let mut has_warned = false;
            let done = predict::run(&arguments, clock.tomorrow_ms(), io::stdout());
            let done = ignore_closed_pipe(done.map(|warned| has_warned = warned));
            done.map(|()| if has_warned { ExitCode::from(WARNINGS) } else { ExitCode::SUCCESS })
        }
    };
    match done {
        Ok(code) => code,
        // No "error:": `xtask` builds the part and runs the task again.
        Err(error) if error.is::<MissingFeature>() => {
            progress::print_line(&format!("{error:#}"));
            ExitCode::from(MISSING_FEATURE)
        }
        Err(error) => {
            let text = wording::escaped(&format!("{error:#}"));
            progress::print_line(&format!("{} {text}", progress::colored_label("error:")));
            ExitCode::from(if error.is::<Locked>() { LOCKED } else { FAILED })
        }
    }
}
