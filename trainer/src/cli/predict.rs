//! `trainer predict`: the exposures that a saved model decides.

mod bars_check;

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use clap::builder::PossibleValue;

use crate::learning::model::TradingModel;
use crate::market::bars::{BarReader, BarSource, Reading, SymbolBars, parse_time_ms};
use crate::training::predict::{
    PredictOptions, PredictionHeader, Predictor, RowFormat, RowWriter, columns, latest_archive,
    load_model,
};

use super::bars::ReadingArguments;
use super::one_of;
use bars_check::{BarsCheck, print_lines};

/// Print the exposure that a saved model chooses after each bar
///
/// One row a bar: its time and the exposure to hold from the next bar's open on, position value as
/// a multiple of equity. The account that the model was judged in runs along, so that the rows of
/// the test bars are the decisions of training's evaluation. An empty exposure has its reason in
/// `note`: `warm_up` (the features look further back than there are bars) or `before_start`;
/// `in_sample` marks bars of the time that the model was trained on.
#[derive(Debug, Args)]
pub struct PredictArguments {
    /// A model's zip, an archive that holds one, or `latest`: the newest in `archives/` here
    #[arg(long, value_name = "ZIP")]
    model: PathBuf,
    /// Bars, as for training; `-` reads CSV from stdin and writes a row as soon as its bar is there
    #[arg(long, value_name = "FILE")]
    data: String,
    /// Begin at this bar, flat; earlier ones only warm the features up [default: the first bar, and
    /// anew at the first that the model was tested on]
    #[arg(long, value_name = "TIME", value_parser = time_ms)]
    from: Option<i64>,
    /// Exposure that is held at the beginning [default: 0]
    #[arg(long, value_name = "EXPOSURE", allow_negative_numbers = true)]
    position: Option<f64>,
    /// Accept bars of another interval than those that the model was trained on
    #[arg(long)]
    any_bars: bool,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Form of the rows on stdout; jsonl is an object a line
    #[arg(long, default_value = "csv", value_parser = one_of::<RowFormat>(row_formats()))]
    format: RowFormat,
}

/// Prints a row for each bar to `out`; returns whether there were
/// warnings.
pub fn run(arguments: &PredictArguments, latest_ms: i64, out: impl Write) -> Result<bool> {
    let config = arguments.reading.config()?;
    config.refuse_negative_prices()?;
    let path = match arguments.model.to_str() {
        Some("latest") if !arguments.model.exists() => latest_archive(Path::new(""))?,
        _ => arguments.model.clone(),
    };
    let model = load_model(&path)?;
    let columns = columns(&model)?;
    let options = PredictOptions { from_ms: arguments.from, position: arguments.position };
    let is_live = arguments.data == "-";
    let mut check = BarsCheck::new(&model, &arguments.data, arguments.any_bars)?;
    let rows = RowWriter::new(BufWriter::new(out), arguments.format, is_live);
    let mut run = PredictRun { model: &model, options, rows };
    let data = arguments.data.clone();
    let head = PredictionHeader { model: path.display().to_string(), kind: model.kind(), data };
    if is_live {
        let bars = BarReader::of_stream(io::stdin(), &Reading::new(&config, latest_ms))?;
        let bars = with_context_of(&columns, bars.with_columns(&columns))?.across_symbols();
        let read_report = bars.read_report();
        print_lines(&read_report);
        run.rows.begin(&head, bars.has_symbols())?;
        run.predict(bars, None, &mut check)?;
        run.rows.finish()?;
        return Ok(check.finish(&read_report));
    }
    let source = BarSource::open_once(&arguments.data)?
        .with_config(&config)
        .until(latest_ms)
        .with_columns(&columns);
    // Mixed rows of several symbols cannot be reversed as they are.
    let must_split = source.needs_partition()?;
    let symbols = if must_split { source.symbols()? } else { Vec::new() };
    let whole = symbols.is_empty().then(|| with_context_of(&columns, source.read())).transpose()?;
    let read_report = source.read_report()?.unwrap_or_default();
    print_lines(&read_report);
    if let Some(bars) = whole {
        check.check_all(source.read()?.across_symbols(), None)?;
        let bars = bars.across_symbols();
        run.rows.begin(&head, bars.has_symbols())?;
        run.predict(bars, None, &mut check)?;
    } else {
        for SymbolBars { symbol, source } in &symbols {
            check.check_all(source.read()?, Some(symbol))?;
        }
        run.rows.begin(&head, true)?;
    }
    for SymbolBars { symbol, source } in symbols {
        let bars = with_context_of(&columns, source.read())?;
        run.predict(bars, Some(&symbol), &mut check)?;
    }
    run.rows.finish()?;
    Ok(check.finish(&read_report))
}

/// Returns the names of the formats of rows.
fn row_formats() -> [PossibleValue; 3] {
    [PossibleValue::new("csv").alias("text"), "json".into(), "jsonl".into()]
}

/// Adds to an error of `bars` which further columns the model needs.
fn with_context_of(columns: &[String], bars: Result<BarReader>) -> Result<BarReader> {
    if columns.is_empty() {
        return bars;
    }
    bars.with_context(|| format!("the model takes the columns `{}`", columns.join("`, `")))
}

/// A model, and the writer of its predictions.
struct PredictRun<'a, W: Write> {
    model: &'a TradingModel,
    options: PredictOptions,
    rows: RowWriter<W>,
}

impl<W: Write> PredictRun<'_, W> {
    /// Writes a row for each of `bars`, all of `symbol` if it is given.
    /// Neither features nor positions cross symbols.
    fn predict(
        &mut self,
        mut bars: BarReader,
        symbol: Option<&str>,
        check: &mut BarsCheck,
    ) -> Result<()> {
        let mut predictors: HashMap<String, Predictor<'_>> = HashMap::new();
        while let Some(bar) = bars.next() {
            let bar = bar?;
            let symbol = symbol.or(bars.symbol());
            let key = symbol.unwrap_or_default();
            if !predictors.contains_key(key) {
                predictors.insert(key.to_owned(), Predictor::new(self.model, self.options)?);
            }
            check.push(key, &bar)?;
            let predictor = predictors.get_mut(key).expect("it was just put there");
            self.rows.row(symbol, &predictor.push(&bar, bars.columns())?)?;
        }
        check.summarize(&bars);
        Ok(())
    }
}

fn time_ms(text: &str) -> Result<i64> {
    parse_time_ms(text).ok_or_else(|| anyhow!("write it as `2026-01-31T12:00:00`, in UTC"))
}
