//! `trainer predict`: what a saved model wants to hold.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::{Args, ValueEnum};

use trainer::learning::model::TradingModel;
use trainer::market::bars::{
    Bar, BarKind, BarReader, BarSource, BarWatch, DataSummary, Mismatch, Reading, SymbolBars,
    Understood, parse_time_ms,
};
use trainer::progress;
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
    let rows = RowWriter::new(BufWriter::new(out), format, is_live);
    let mut run = PredictRun { model: &model, options, rows };
    let data = arguments.data.clone();
    let head = PredictionHeader { model: path.display().to_string(), kind: model.kind(), data };
    if is_live {
        let bars = BarReader::of_stream_with(io::stdin(), &Reading::new(&config, latest_ms))?;
        let bars = explained(bars.with_columns(&columns), &columns)?.across_symbols();
        let understood = bars.understood();
        say_lines(&understood);
        run.rows.begin(&head, bars.has_symbols())?;
        let told = run.predict(bars, None, &mut doubts);
        told.and_then(|()| Ok(run.rows.finish()?))?;
        return Ok(doubts.finish(&understood));
    }
    let source = BarSource::open(&arguments.data, Path::new(""))?
        .with_config(&config)
        .until(latest_ms)
        .with_columns(&columns);
    // Rows of several symbols cannot be turned round as they are.
    let must_deal = source.must_be_dealt()?;
    let symbols = if must_deal { source.symbols()? } else { Vec::new() };
    let whole = symbols.is_empty().then(|| explained(source.read(), &columns)).transpose()?;
    let understood = source.understood()?.unwrap_or_default();
    say_lines(&understood);
    if let Some(bars) = whole {
        doubts.refuse(source.read()?.across_symbols(), None)?;
        let bars = bars.across_symbols();
        run.rows.begin(&head, bars.has_symbols())?;
        run.predict(bars, None, &mut doubts)?;
    } else {
        for SymbolBars { symbol, source } in &symbols {
            doubts.refuse(source.read()?, Some(symbol))?;
        }
        run.rows.begin(&head, true)?;
    }
    for SymbolBars { symbol, source } in symbols {
        let bars = explained(source.read(), &columns)?;
        run.predict(bars, Some(&symbol), &mut doubts)?;
    }
    run.rows.finish()?;
    Ok(doubts.finish(&understood))
}

fn say_lines(understood: &Understood) {
    for line in &understood.lines {
        progress::print_line(line);
    }
}

/// Bars from which a live stream tells what it is.
const N_LIVE: u64 = 10;
/// Bars of a file that are looked at by themselves.
const N_FIRST: u64 = 1024;

/// Whether the bars are what the model was made for.
struct Doubts {
    trained_on: TrainedOn,
    any_bars: bool,
    is_live: bool,
    data: String,
    told: HashSet<String>,
    /// What was seen of each symbol.
    watches: BTreeMap<String, BarWatch>,
    summaries: Vec<DataSummary>,
}

impl Doubts {
    fn of(model: &TradingModel, arguments: &PredictArguments) -> Result<Self> {
        let is_live = arguments.data == "-";
        let data = if is_live { "<stdin>" } else { &arguments.data }.to_owned();
        Ok(Self {
            trained_on: TrainedOn::of(model)?,
            any_bars: arguments.any_bars,
            is_live,
            data,
            told: HashSet::new(),
            watches: BTreeMap::new(),
            summaries: Vec::new(),
        })
    }

    /// Fails where predictions for `bars`, all or the first of a symbol,
    /// could not be meant.
    fn refuse(&self, mut bars: BarReader, symbol: Option<&str>) -> Result<()> {
        let mut watches: BTreeMap<String, BarWatch> = BTreeMap::new();
        // What cannot be read is told where the rows end.
        while let Some(Ok(bar)) = bars.next() {
            let symbol = symbol.or(bars.symbol()).unwrap_or_default();
            let watch = watch(&mut watches, symbol);
            watch.push(&bar);
            if watch.n_bars() == N_FIRST {
                self.refuse_kind(symbol, &watch.kind())?;
            }
        }
        watches.iter().try_for_each(|(symbol, watch)| self.refuse_kind(symbol, &watch.kind()))
    }

    fn refuse_kind(&self, symbol: &str, kind: &BarKind) -> Result<()> {
        for Mismatch { what, is_fatal } in self.trained_on.mismatches(kind) {
            ensure!(
                !is_fatal || self.any_bars,
                "`{}`{}: {what}; give bars like those, or `--any-bars` to go on",
                self.data,
                of(symbol)
            );
        }
        Ok(())
    }

    fn watch(&mut self, symbol: &str, bar: &Bar) {
        let watch = watch(&mut self.watches, symbol);
        watch.push(bar);
        // A stream may never end.
        if self.is_live && watch.n_bars() == N_LIVE {
            let kind = watch.kind();
            self.judge(symbol, &kind);
        }
    }

    /// Sums up the bars of `reader`.
    fn sum_up(&mut self, reader: &BarReader) {
        for (symbol, watch) in mem::take(&mut self.watches) {
            self.judge(&symbol, &watch.kind());
            let source = if symbol.is_empty() { self.data.clone() } else { symbol };
            self.summaries.push(watch.of_reader(&source, reader));
        }
    }

    fn judge(&mut self, symbol: &str, kind: &BarKind) {
        for Mismatch { what, .. } in self.trained_on.mismatches(kind) {
            // Once is enough where all symbols are alike.
            if self.told.insert(what.clone()) {
                warn(&format!("`{}`{}: {what}", self.data, of(symbol)));
            }
        }
    }

    /// Says what the bars were, beside what was `understood` before;
    /// returns whether they are others than the model's.
    fn finish(self, understood: &Understood) -> bool {
        let mut seen = Understood::default();
        match &self.summaries[..] {
            [summary] => {
                progress::print_line(&summary.to_string());
                summary.understood.iter().for_each(|found| seen.add(found));
            }
            [] => {}
            several => seen.add_symbols(several),
        }
        seen.lines.retain(|line| !understood.lines.contains(line));
        say_lines(&seen);
        for warning in understood.warnings.iter().chain(&seen.warnings) {
            warn(warning);
        }
        !self.told.is_empty()
    }
}

fn warn(warning: &str) {
    progress::print_line(&format!("{} {warning}", progress::colored_label("warning:")));
}

fn watch<'a>(watches: &'a mut BTreeMap<String, BarWatch>, symbol: &str) -> &'a mut BarWatch {
    if !watches.contains_key(symbol) {
        watches.insert(symbol.to_owned(), BarWatch::default());
    }
    watches.get_mut(symbol).expect("it was just put there")
}

fn of(symbol: &str) -> String {
    if symbol.is_empty() { String::new() } else { format!(" of `{symbol}`") }
}

/// Says why the further columns are asked for, where `bars` lack them.
fn explained(bars: Result<BarReader>, columns: &[String]) -> Result<BarReader> {
    if columns.is_empty() {
        return bars;
    }
    bars.with_context(|| format!("the model takes the columns `{}`", columns.join("`, `")))
}

/// A model that predicts, and the writer of its rows.
struct PredictRun<'a, W: Write> {
    model: &'a TradingModel,
    options: PredictOptions,
    rows: RowWriter<W>,
}

impl<W: Write> PredictRun<'_, W> {
    /// Writes a row for each of `bars`, which are of `symbol` if it is
    /// given. Neither features nor positions cross symbols.
    fn predict(
        &mut self,
        mut bars: BarReader,
        symbol: Option<&str>,
        doubts: &mut Doubts,
    ) -> Result<()> {
        let mut predictors: HashMap<String, Predictor<'_>> = HashMap::new();
        while let Some(bar) = bars.next() {
            let bar = bar?;
            let symbol = symbol.or(bars.symbol());
            let key = symbol.unwrap_or_default();
            if !predictors.contains_key(key) {
                predictors.insert(key.to_owned(), Predictor::new(self.model, self.options)?);
            }
            doubts.watch(key, &bar);
            let predictor = predictors.get_mut(key).expect("it was just put there");
            self.rows.row(symbol, &predictor.push(&bar, bars.columns())?)?;
        }
        doubts.sum_up(&bars);
        Ok(())
    }
}

fn time_ms(text: &str) -> Result<i64> {
    parse_time_ms(text).ok_or_else(|| anyhow!("write it as `2026-01-31T12:00:00`, in UTC"))
}
