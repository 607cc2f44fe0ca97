//! `trainer predict`: what a saved model wants to hold.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::{Args, ValueEnum};

use trainer::learning::model::TradingModel;
use trainer::market::bars::{
    Bar, BarKind, BarReader, BarSource, KindTally, Mismatch, SymbolBars, parse_time_ms,
};
use trainer::session::progress;
use trainer::training::predict::{
    PredictOptions, PredictionHeader, Predictor, RowFormat, RowWriter, TrainedOn, columns,
    latest_archive, load_model,
};

use super::bars::ReadingArguments;

/// Say what a saved model wants to hold after each bar
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
    /// Go on where the bars are of another interval than those that the model was trained on
    #[arg(long)]
    any_bars: bool,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Form of the rows on stdout; jsonl is an object a line
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    #[value(alias = "text")]
    Csv,
    Json,
    Jsonl,
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
    let format = match arguments.format {
        Form::Csv => RowFormat::Csv,
        Form::Json => RowFormat::Json,
        Form::Jsonl => RowFormat::JsonLines,
    };
    let mut doubts = Doubts::of(&model, arguments)?;
    let mut rows = RowWriter::new(BufWriter::new(out), format, is_live);
    let head = PredictionHeader {
        model: path.display().to_string(),
        kind: model.kind(),
        data: arguments.data.clone(),
    };
    if is_live {
        let bars = BarReader::of_stream_with(io::stdin(), &config)?;
        let bars = explained(bars.with_columns(&columns), &columns)?.across_symbols();
        rows.begin(&head, bars.has_symbols())?;
        let told = predict(bars, None, (&model, options), &mut rows, Some(&mut doubts));
        told.and_then(|()| Ok(rows.finish()?))?;
        return Ok(doubts.were_told);
    }
    let source = BarSource::open(&arguments.data, Path::new(""))?
        .with_config(&config)
        .until(latest_ms)
        .with_columns(&columns);
    // Rows of several symbols cannot be turned round as they are.
    let must_deal = source.is_folder() || source.is_newest_first()?;
    let symbols = if must_deal { source.symbols()? } else { Vec::new() };
    let whole = symbols.is_empty().then(|| explained(source.read(), &columns)).transpose()?;
    for line in source.understood()?.iter().flat_map(|understood| &understood.lines) {
        progress::print_line(line);
    }
    doubts.check(&source)?;
    if let Some(bars) = whole {
        let bars = bars.across_symbols();
        rows.begin(&head, bars.has_symbols())?;
        predict(bars, None, (&model, options), &mut rows, None)?;
    } else {
        rows.begin(&head, true)?;
    }
    for SymbolBars { symbol, source } in symbols {
        let bars = explained(source.read(), &columns)?;
        predict(bars, Some(&symbol), (&model, options), &mut rows, None)?;
    }
    rows.finish()?;
    Ok(doubts.were_told)
}

/// Bars from which a live stream tells what it is.
const N_LIVE: u64 = 10;

/// Whether the bars are what the model was made for.
struct Doubts {
    trained_on: TrainedOn,
    any_bars: bool,
    data: String,
    were_told: bool,
    /// Those of a stream, for each symbol, until they are judged.
    live: HashMap<String, Option<(KindTally, u64)>>,
}

impl Doubts {
    fn of(model: &TradingModel, arguments: &PredictArguments) -> Result<Self> {
        let data = if arguments.data == "-" { "<stdin>" } else { &arguments.data }.to_owned();
        let (any_bars, live) = (arguments.any_bars, HashMap::new());
        Ok(Self { trained_on: TrainedOn::of(model)?, any_bars, data, were_told: false, live })
    }

    /// Looks at all bars of `source` before the first row.
    ///
    /// Fails where their predictions could not be meant.
    fn check(&mut self, source: &BarSource) -> Result<()> {
        let mut told = HashSet::new();
        // What cannot be read is told where the rows end.
        let symbols = source.symbols().unwrap_or_default();
        let symbols = symbols.iter().map(|it| (Some(&*it.symbol), &it.source));
        let mut sources: Vec<_> = symbols.collect();
        if sources.is_empty() {
            sources.push((None, source));
        }
        for (symbol, source) in sources {
            let Ok(kind) = BarKind::of(source) else { continue };
            for Mismatch { what, is_fatal } in self.trained_on.mismatches(&kind) {
                let of = symbol.map_or(String::new(), |symbol| format!(" of `{symbol}`"));
                ensure!(
                    !is_fatal || self.any_bars,
                    "`{}`{of}: {what}; give bars like those, or `--any-bars` to go on",
                    self.data
                );
                // Once is enough where all symbols are alike.
                if told.insert(what.clone()) {
                    self.tell(&format!("{of}: {what}"));
                }
            }
        }
        Ok(())
    }

    /// Looks at a bar of a stream: its rows cannot wait for the last.
    fn watch(&mut self, symbol: &str, bar: &Bar) {
        if !self.live.contains_key(symbol) {
            self.live.insert(symbol.to_owned(), Some((KindTally::default(), 0)));
        }
        let state = self.live.get_mut(symbol).expect("it was just put there");
        let Some((tally, n_bars)) = state else { return };
        tally.push(bar);
        *n_bars += 1;
        if *n_bars < N_LIVE {
            return;
        }
        if let Some((tally, _)) = state.take() {
            self.judge(tally);
        }
    }

    /// Looks at what a stream that has ended was too short to tell.
    fn finish(&mut self) {
        for (tally, _) in mem::take(&mut self.live).into_values().flatten() {
            self.judge(tally);
        }
    }

    fn judge(&mut self, tally: KindTally) {
        for Mismatch { what, .. } in self.trained_on.mismatches(&tally.kind()) {
            self.tell(&format!(": {what}"));
        }
    }

    fn tell(&mut self, what: &str) {
        progress::print_line(&format!(
            "{} `{}`{what}",
            progress::colored_label("warning:"),
            self.data
        ));
        self.were_told = true;
    }
}

/// Says why the further columns are asked for, where `bars` lack them.
fn explained(bars: Result<BarReader>, columns: &[String]) -> Result<BarReader> {
    if columns.is_empty() {
        return bars;
    }
    bars.with_context(|| format!("the model takes the columns `{}`", columns.join("`, `")))
}

/// Writes a row for each of `bars`, which are of `symbol`, if it is
/// given. Neither features nor positions cross symbols.
fn predict(
    mut bars: BarReader,
    symbol: Option<&str>,
    (model, options): (&TradingModel, PredictOptions),
    rows: &mut RowWriter<impl Write>,
    mut doubts: Option<&mut Doubts>,
) -> Result<()> {
    let mut predictors: HashMap<String, Predictor<'_>> = HashMap::new();
    while let Some(bar) = bars.next() {
        let bar = bar?;
        let symbol = symbol.or(bars.symbol());
        let key = symbol.unwrap_or_default();
        if !predictors.contains_key(key) {
            predictors.insert(key.to_owned(), Predictor::new(model, options)?);
        }
        if let Some(doubts) = doubts.as_deref_mut() {
            doubts.watch(key, &bar);
        }
        let predictor = predictors.get_mut(key).expect("it was just put there");
        rows.row(symbol, &predictor.push((&bar, bars.columns()))?)?;
    }
    if let Some(doubts) = doubts {
        doubts.finish();
    }
    Ok(())
}

fn time_ms(text: &str) -> Result<i64> {
    parse_time_ms(text).ok_or_else(|| anyhow!("write it as `2026-01-31T12:00:00`, in UTC"))
}
