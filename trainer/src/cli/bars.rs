//! `trainer bars`: prints how files of bars are read; and the flags for
//! what files leave ambiguous.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::account::metrics::{BarCalendar, PeriodsPerYear};
use crate::config::FieldError;
use crate::market::bars::{BadRows, BarSource, BarsConfig, DataSummary, Decimal};
use crate::{progress, wording};

use super::{Format, one_of};

/// Print how files of bars are read: columns, times, symbols, gaps, warnings
#[derive(Debug, Args)]
pub struct BarsArguments {
    /// Files of bars, or folders with one for each symbol
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How ambiguous files of bars are read.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadingArguments {
    /// Format of the times: `day_first`, `month_first`, `unix_s`, `excel`, a pattern such as `%d.%m.%y`, …
    #[arg(long, value_name = "FORM")]
    pub time_format: Option<String>,
    /// Time zone of times without one, such as `America/New_York`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<String>,
    /// Column of a role, such as `close=Last`; may be repeated
    #[arg(long = "column", value_name = "ROLE=NAME")]
    pub columns: Vec<String>,
    /// Symbol to read, if a file or folder has several
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Decimal sign of the numbers
    #[arg(long, value_name = "point|comma", hide_possible_values = true,
          value_parser = one_of::<Decimal>(["point", "comma"]))]
    pub decimal: Option<Decimal>,
    /// Adjust all four prices and the volume by the column of adjusted closes
    #[arg(long)]
    pub adjusted: bool,
    /// What to do about invalid rows
    #[arg(long, value_name = "stop|drop|widen", hide_possible_values = true,
          value_parser = one_of::<BadRows>(["stop", "drop", "widen"]))]
    pub bad_rows: Option<BadRows>,
    /// Accept prices of 0 and below
    #[arg(long)]
    pub negative_prices: bool,
}

impl ReadingArguments {
    /// Returns the settings of the flags.
    pub fn config(&self) -> Result<BarsConfig> {
        let mut config = BarsConfig {
            time_format: self.time_format.clone(),
            time_zone: self.time_zone.clone(),
            symbol: self.symbol.clone(),
            decimal: self.decimal,
            adjusted: self.adjusted,
            bad_rows: self.bad_rows.unwrap_or_default(),
            negative_prices: self.negative_prices,
            ..BarsConfig::default()
        };
        for column in &self.columns {
            let (role, name) = column
                .split_once('=')
                .ok_or_else(|| anyhow!("`--column {column}`: write `--column ROLE=NAME`"))?;
            config.columns.insert(role.trim().to_owned(), name.to_owned());
        }
        config.validate().map_err(|FieldError { field, value, expected }| {
            let flag = match field.as_str() {
                "bars.columns" => "--column".to_owned(),
                field => format!("--{}", field.trim_start_matches("bars.").replace('_', "-")),
            };
            anyhow!("`{flag}` is {value}; it must be {expected}")
        })?;
        Ok(config)
    }
}

/// Reads the files and returns what to print.
pub fn run(arguments: &BarsArguments, latest_ms: i64) -> Result<String> {
    let config = arguments.reading.config()?;
    ensure!(
        arguments.files.iter().filter(|file| *file == "-").count() < 2,
        "`-` is named twice, but the standard input is read only once; write it to a file first"
    );
    let mut summaries = Vec::new();
    for file in &arguments.files {
        let source = BarSource::open_once(file)?.with_config(&config).until(latest_ms);
        summaries.push((source.summarize_all()?, periods(&source)?));
    }
    match arguments.format {
        Format::Json => {
            let files = summaries.iter().map(|(summary, periods)| {
                let mut file = serde_json::to_value(summary)?;
                file["periods_per_year"] = serde_json::to_value(periods)?;
                if let Some(range) = periods.and_then(PeriodsPerYear::range) {
                    file["periods_per_year"]["range"] = json!(range);
                }
                Ok(file)
            });
            let files = files.collect::<Result<Vec<Value>>>()?;
            Ok(crate::wording::json(&json!({ "format": 1, "files": files }))? + "\n")
        }
        Format::Text => {
            let texts = summaries.iter().map(|(summary, periods)| text(summary, *periods));
            Ok(texts.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Prints to stderr how bars were read, with warnings.
pub fn print_read_report(summary: &DataSummary, periods: PeriodsPerYear) {
    for line in text(summary, Some(periods)).lines() {
        progress::print_line(line);
    }
}

/// Returns the bars per year, if the bars' times show them; of several
/// symbols, those of the one with the most bars.
fn periods(source: &BarSource) -> Result<Option<PeriodsPerYear>> {
    let symbols = source.symbols()?.into_iter().map(|symbol| symbol.source);
    let mut sources: Vec<BarSource> = symbols.collect();
    if sources.is_empty() {
        sources.push(source.clone());
    }
    let mut longest = (0, BarCalendar::default());
    for source in &sources {
        let (mut n_bars, mut calendar) = (0_u64, BarCalendar::default());
        for bar in source.read()? {
            calendar.push(bar?.time_ms);
            n_bars += 1;
        }
        if n_bars > longest.0 {
            longest = (n_bars, calendar);
        }
    }
    Ok(PeriodsPerYear::from_calendar(&longest.1).ok())
}

fn text(summary: &DataSummary, periods: Option<PeriodsPerYear>) -> String {
    let mut text = format!("{summary}\n");
    if let Some(periods) = periods {
        let basis = serde_json::to_value(periods.basis).unwrap_or_default();
        // Two digits after the point, and no zeros at the end.
        let value = (100.0 * periods.value).round() / 100.0;
        let _ = writeln!(text, "bars a year: {value} ({})", basis.as_str().unwrap_or_default());
        text.extend(periods.range_warning().map(|warning| warning + "\n"));
    }
    if let Some(read_report) = &summary.read_report {
        let _ = write!(text, "{read_report}");
    }
    wording::escaped(&text)
}
