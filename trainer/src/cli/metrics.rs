//! `trainer metrics`: the figures of any equity curve.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use trainer::metrics::{ACCOUNT_FIGURES, Trials, curve_table, measure_curve_with};

use super::Format;
use super::bars::ReadingArguments;

/// Measure any equity curve: returns, Sharpe ratio with its interval, drawdown, tails
///
/// The first row is the start; each later one ends a bar.
#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// CSV file with a time and an equity column, found by their names
    #[arg(long, value_name = "FILE")]
    equity: PathBuf,
    /// Bars per year [default: from the times in the file]
    #[arg(long, value_name = "P")]
    periods_per_year: Option<f64>,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// How many strategies were tried before this one was chosen: gives the deflated Sharpe ratio
    #[arg(long, value_name = "N", requires = "trial_variance")]
    trials: Option<u64>,
    /// Variance of the Sharpe ratios of those trials, per bar (not annual)
    #[arg(long, value_name = "V", requires = "trials")]
    trial_variance: Option<f64>,
    /// What the times are, where they could be several: `day_first`, `month_first`, `excel`, …
    #[arg(long, value_name = "FORM")]
    time_format: Option<String>,
    /// Zone of times that name none, such as `America/New_York`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    time_zone: Option<String>,
    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Returns what to print.
pub fn run(arguments: &MetricsArguments) -> Result<String> {
    let reading = ReadingArguments {
        time_format: arguments.time_format.clone(),
        time_zone: arguments.time_zone.clone(),
        ..ReadingArguments::default()
    };
    let tracker = measure_curve_with(
        &arguments.equity,
        &reading.config()?,
        (arguments.periods_per_year, arguments.seed),
    )?;
    let performance = tracker.performance();
    let trials = arguments.trials.zip(arguments.trial_variance);
    let deflated = match trials {
        Some((n, variance)) => {
            let trials = Trials { n, variance };
            trials.expected_best().context("give at least 1 trial and a variance of 0 or more")?;
            Some(tracker.sharpe_sample().and_then(|sample| sample.deflated(&trials)))
        }
        None => None,
    };
    if arguments.format == Format::Json {
        let mut metrics = serde_json::to_value(&performance)?;
        remove_account_figures(&mut metrics);
        if let Some(deflated) = deflated {
            metrics["deflated_sharpe"] = json!(deflated);
        }
        return Ok(
            serde_json::to_string_pretty(&json!({ "format": 1, "metrics": metrics }))? + "\n"
        );
    }
    let mut text = curve_table(&performance);
    if let Some(deflated) = deflated {
        let value = deflated.map_or("-".to_owned(), |value| format!("{:.2} %", value * 100.0));
        let _ = writeln!(text, "{:<18}{value:>18}", "deflated Sharpe");
    }
    Ok(text)
}

/// A curve does not tell them, not even that they are 0.
fn remove_account_figures(metrics: &mut Value) {
    for name in ACCOUNT_FIGURES {
        for pointer in ["", "/undefined"] {
            let object = metrics.pointer_mut(pointer).and_then(Value::as_object_mut);
            object.map(|object| object.remove(name));
        }
    }
}
