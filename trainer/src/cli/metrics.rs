//! `trainer metrics`: measures any equity curve.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::account::metrics::{
    ACCOUNT_FIGURES, Alarm, CurveFile, Trials, alarm_lines, curve_table,
};

use crate::market::bars::Reading;
use crate::wording::percent;

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
    /// Format of the times, if they are ambiguous: `day_first`, `month_first`, `excel`, …
    #[arg(long, value_name = "FORM")]
    time_format: Option<String>,
    /// Time zone of times without one, such as `America/New_York`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    time_zone: Option<String>,
    /// Column of the file to compare with, such as `buy_and_hold`: gives alpha, beta and more
    #[arg(long, value_name = "COLUMN")]
    benchmark: Option<String>,
    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Measures the curve; returns what to print, and the alarms.
pub fn run(arguments: &MetricsArguments, latest_ms: i64) -> Result<(String, Vec<Alarm>)> {
    let reading = ReadingArguments {
        time_format: arguments.time_format.clone(),
        time_zone: arguments.time_zone.clone(),
        ..ReadingArguments::default()
    };
    let reading = Reading::new(&reading.config()?, latest_ms);
    let curve = CurveFile { path: &arguments.equity, reading: &reading };
    let tracker = curve.measure(arguments.periods_per_year, arguments.seed)?;
    let performance = tracker.performance();
    let alarms = Alarm::of(&performance);
    let periods = performance.periods_per_year.value;
    let (to_date, comparison) = curve.compare(arguments.benchmark.as_deref(), periods)?;
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
        metrics["month_to_date"] = json!(to_date.month_to_date);
        metrics["year_to_date"] = json!(to_date.year_to_date);
        if let Some(comparison) = &comparison {
            metrics["benchmark"] = json!(comparison);
        }
        if let Some(deflated) = deflated {
            metrics["deflated_sharpe"] = json!(deflated);
        }
        let mut document = json!({ "format": 1, "metrics": metrics });
        if !alarms.is_empty() {
            document["alarms"] = json!(alarms);
        }
        return Ok((crate::wording::json(&document)? + "\n", alarms));
    }
    let mut text = alarm_lines(&alarms) + &curve_table(&performance);
    if let Some(deflated) = deflated {
        line(&mut text, "deflated Sharpe", deflated.map(percent));
    }
    line(&mut text, "month to date", to_date.month_to_date.map(percent));
    line(&mut text, "year to date", to_date.year_to_date.map(percent));
    if let Some(comparison) = comparison {
        let number = |value: f64| format!("{value:.4}");
        line(&mut text, "alpha", comparison.alpha.map(percent));
        line(&mut text, "beta", comparison.beta.map(number));
        line(&mut text, "R²", comparison.r_squared.map(number));
        line(&mut text, "information ratio", comparison.information_ratio.map(number));
    }
    Ok((text, alarms))
}

fn line(text: &mut String, name: &str, value: Option<String>) {
    let _ = writeln!(text, "{name:<18}{:>18}", value.unwrap_or_else(|| "-".to_owned()));
}

/// Removes the figures of an account: of a curve alone they are not 0 but
/// unknown.
fn remove_account_figures(metrics: &mut Value) {
    for name in ACCOUNT_FIGURES {
        for pointer in ["", "/undefined"] {
            let object = metrics.pointer_mut(pointer).and_then(Value::as_object_mut);
            object.map(|object| object.remove(name));
        }
    }
}
