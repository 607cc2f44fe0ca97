//! Decides the format of a file from a sample of its first rows: header,
//! columns, time format, decimal sign.
//!
//! Rows beyond the sample are read only if the order of day and month is
//! still ambiguous.

mod header;
mod names;
mod scaled;
mod series;

use anyhow::{Error, Result, anyhow};

use super::columns::{Columns, SymbolColumn, TimeColumn, is_reversed};
use super::config::{BarsConfig, Decimal, Reading};
use super::input::{Sample, SampleRow, Text, input_error, next_cells, with_name};
use super::lenient::{self, number_in};
use super::printable;
use super::rows::Rows;
use super::timestamp::{TimeFormat, TimeHints, TimeText, TimeZone, decide};
use crate::wording::DAY_MS;
use header::Table;
pub(super) use names::names_of;
pub(super) use series::SeriesTime;

/// The format of one file.
#[derive(Debug, Clone)]
pub(super) struct FileFormat {
    pub(super) delimiter: u8,
    /// The number of rows above the first bar, without blank ones.
    pub(super) n_rows_above: usize,
    pub(super) columns: Columns,
    pub(super) time: TimeFormat,
    pub(super) decimal: Decimal,
    /// Whether prices are multiplied by adjusted close over close.
    pub(super) is_adjusted: bool,
    /// Warnings about what may have been misread.
    pub(super) warnings: Vec<String>,
}

/// Opens the file again to read beyond the sample; `None` for a stream.
pub(super) type Reopen<'a> = Option<&'a dyn Fn() -> Option<Text>>;

impl FileFormat {
    /// Decides the format of the file `name`, whose content is `text`.
    ///
    /// Fails if the columns or times are missing, ambiguous or unsupported.
    pub(super) fn of_bars(
        name: &str,
        text: &mut Text,
        reading: &Reading,
        reopen: Reopen<'_>,
    ) -> Result<Self> {
        let in_file = |problem: String| anyhow!("`{name}` {problem}");
        let sample = sample_of(name, text, reopen.is_none())?;
        let with_file_name = |error: Error| {
            anyhow!("`{name}` {}", scaled::with_day(&with_name(&error.to_string(), name), name))
        };
        let config = &reading.config;
        if let Some(problem) = scaled::problem(&sample, text.delimiter, config) {
            return Err(with_file_name(anyhow!(problem)));
        }
        let Table { mut columns, n_rows_above } =
            Table::find(&sample, text.delimiter, config).map_err(with_file_name)?;
        if config.adjusted {
            refuse_adjusted(&columns).map_err(|problem| in_file(problem.to_owned()))?;
        }
        let rows = bars_of(&sample.rows[n_rows_above..], &columns);
        if rows.is_empty() {
            // The reader reports what is wrong with the first row.
            let time = decide_none(reading);
            return Ok(Self {
                delimiter: text.delimiter,
                n_rows_above,
                columns,
                time,
                decimal: config.decimal.unwrap_or(Decimal::Point),
                is_adjusted: config.adjusted,
                warnings: Vec::new(),
            });
        }
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
        columns.resolve(&cells, config).map_err(in_file)?;
        if config.time_zone.is_none() {
            columns.resolve_zone(&cells).map_err(in_file)?;
        }
        let is_given = config.columns.contains_key("symbol");
        columns.resolve_symbol(&cells, is_given);
        columns.refuse_numbered_periods(&cells, is_given).map_err(in_file)?;
        if !is_given
            && config.symbol.is_none()
            && let Some(problem) = columns.variants_problem(&cells)
        {
            return Err(in_file(problem));
        }
        if config.symbol.is_some() && columns.symbol.is_none() && columns.wide.is_none() {
            return Err(anyhow!(
                "`{name}` has no column of symbols to find `bars.symbol` in; take `--symbol` out, \
                 or name the column, such as by `--column symbol=NAME`"
            ));
        }
        let mut warnings = std::mem::take(&mut text.warnings);
        warnings.extend(block_warning(&columns, &cells));
        warnings.extend(columns.other_prices_warning(config));
        let is_volume_given = config.columns.contains_key("volume");
        warnings.extend(columns.volume_warning(&cells).filter(|_| !is_volume_given));
        warnings.extend(columns.end_time_warning(&cells));
        warnings.extend(columns.start_time_warning(&cells));
        let decimal = decide_decimal(&cells, &columns, config)
            .map_err(|problem| anyhow!("`{name}`: {problem}"))?;
        let at = TimeSample { name, columns: &columns, rows: &rows };
        let rest = LaterRows { sample: &sample, reopen };
        let time = at.decide(&rest, reading)?;
        refuse_reversed(&columns, &cells, &time, config).map_err(in_file)?;
        warnings.extend(scaled::warning(&columns, &cells, &time));
        Ok(Self {
            delimiter: text.delimiter,
            n_rows_above,
            columns,
            time,
            decimal,
            is_adjusted: config.adjusted,
            warnings,
        })
    }
}

/// Fails if prices cannot be adjusted, or dividends would count twice.
fn refuse_adjusted(columns: &Columns) -> Result<(), &'static str> {
    if columns.adjusted.is_none() {
        return Err("has no column of adjusted closes, such as `Adj Close`; take `bars.adjusted` \
                    out of the settings");
    }
    if columns.dividend.is_some() {
        return Err("counts dividends twice: adjusted closes hold the dividends already; take \
                    `bars.adjusted` or `dividend` of `bars.columns` out of the settings");
    }
    Ok(())
}

/// Reads the sample; of a stream, no more than the first bar.
fn sample_of(name: &str, text: &mut Text, is_stream: bool) -> Result<Sample> {
    let sample = text.sample(is_stream);
    let sample = sample.map_err(|error| input_error(name, 0, &error))?;
    if sample.rows.is_empty() {
        return Err(anyhow!("`{name}` is empty; it must hold bars as CSV"));
    }
    Ok(sample)
}

/// Returns the rows that look like bars; if none does, all rows with the
/// right number of columns.
fn bars_of<'a>(rows: &'a [SampleRow], columns: &Columns) -> Vec<&'a SampleRow> {
    let has_width = |row: &&SampleRow| row.cells.len() == columns.width;
    let prices = [columns.open, columns.high, columns.low, columns.close];
    let has_prices =
        |row: &&SampleRow| prices.iter().all(|&idx| number_in(&row.cells[idx]).is_some());
    let wide: Vec<&SampleRow> = rows.iter().filter(has_width).collect();
    let bars: Vec<&SampleRow> = wide.iter().copied().filter(has_prices).collect();
    if bars.is_empty() { wide } else { bars }
}

/// Fails if the prices of a file without a header are rather in the order
/// close, high, low, open.
fn refuse_reversed(
    columns: &Columns,
    rows: &[Vec<String>],
    time: &TimeFormat,
    config: &BarsConfig,
) -> Result<(), String> {
    if columns.has_header || !config.columns.is_empty() {
        return Ok(());
    }
    let ends = rows
        .iter()
        .filter_map(|row| Some([number_in(&row[columns.open])?, number_in(&row[columns.close])?]));
    if !is_reversed(&ends.collect::<Vec<_>>(), time.is_newest_first) {
        return Ok(());
    }
    Err(format!(
        "has no header, and its prices seem to be close, high, low, open, not open, high, low, \
         close; say which column is which, counted from 1, such as by `--column time=1 --column \
         open={} --column high={} --column low={} --column close={}`",
        columns.close + 1,
        columns.high + 1,
        columns.low + 1,
        columns.open + 1
    ))
}

/// Returns the warning that a column may distinguish several series.
fn block_warning(columns: &Columns, rows: &[Vec<String>]) -> Option<String> {
    let (idx, [one, other]) = columns.label_blocks(rows)?;
    let [name, one, other] =
        [columns.name(idx), &one, &other].map(|text| printable(text.as_bytes()));
    Some(format!(
        "`{name}` is `{one}` in some rows and `{other}` in those after them: if these are series, \
         such as contracts, say so by `--column 'symbol={name}'`; all rows are read as one"
    ))
}

fn decide_none(reading: &Reading) -> TimeFormat {
    let hints = TimeHints { latest_ms: reading.latest_ms, ..TimeHints::default() };
    decide(&[], &mut std::iter::empty(), hints).expect("no row is ambiguous")
}

fn decide_decimal(
    rows: &[Vec<String>],
    columns: &Columns,
    config: &BarsConfig,
) -> Result<Decimal, String> {
    let prices = [columns.open, columns.high, columns.low, columns.close];
    let cells_of = |columns: &[usize]| -> Vec<&str> {
        rows.iter().flat_map(|row| columns.iter().map(|&idx| row[idx].trim())).collect()
    };
    let (of_prices, of_volume) = (cells_of(&prices), cells_of(columns.volume.as_slice()));
    if let Some(decimal) = config.decimal {
        lenient::refuse_other(&of_prices, decimal)?;
        return Ok(decimal);
    }
    lenient::refuse_32nds(&of_prices)?;
    lenient::decide(&of_prices, &of_volume)
}

/// The times in the sample of a file.
pub(super) struct TimeSample<'a> {
    pub(super) name: &'a str,
    pub(super) columns: &'a Columns,
    pub(super) rows: &'a [&'a SampleRow],
}

/// Access to the rows beyond the sample.
pub(super) struct LaterRows<'a> {
    pub(super) sample: &'a Sample,
    pub(super) reopen: Reopen<'a>,
}

impl TimeSample<'_> {
    fn decide(&self, rest: &LaterRows<'_>, reading: &Reading) -> Result<TimeFormat> {
        let Columns { time, symbol, width, .. } = *self.columns;
        let texts: Vec<TimeText> =
            self.rows.iter().map(|row| time_text(time, symbol, &row.cells)).collect();
        let given = reading.config.time_zone.as_deref();
        let zone = given.and_then(TimeZone::parse).or_else(|| self.columns.zone());
        let format = reading.config.time_format.as_deref();
        let hints = TimeHints {
            format,
            zone,
            latest_ms: reading.latest_ms,
            named_clock: self.columns.named_clock(),
        };
        let mut more = rest.rows(width).map(|cells| time_text(time, symbol, &cells));
        let mut format =
            decide(&texts, &mut more, hints).map_err(|problem| self.error(&texts, &problem))?;
        format.early_ms = if self.columns.are_hours_ending { DAY_MS / 24 } else { 0 };
        Ok(format)
    }

    fn error(&self, texts: &[TimeText], problem: &str) -> Error {
        let names: Vec<String> =
            self.columns.time_names().iter().map(|name| printable(name.as_bytes())).collect();
        anyhow!(
            "`{}` {}, column `{}`: `{}` {problem}",
            self.name,
            self.rows[0].place,
            names.join("` and `"),
            printable(&texts[0].text)
        )
    }
}

fn time_text(time: TimeColumn, symbol: Option<SymbolColumn>, cells: &[String]) -> TimeText {
    let symbol = symbol.map(|symbol| symbol.text_of(cells).into_bytes());
    TimeText { text: time.joined(cells), symbol: symbol.unwrap_or_default() }
}

impl LaterRows<'_> {
    /// Returns the cells of the rows of this width beyond the sample.
    fn rows(&self, width: usize) -> impl Iterator<Item = Vec<String>> {
        let n_known = self.sample.rows.len();
        let is_all = self.sample.is_all;
        let mut rows = None;
        let mut is_open = false;
        std::iter::from_fn(move || {
            if !is_open && !is_all {
                rows = self
                    .reopen
                    .and_then(|open| open())
                    .map(|text| Rows::new(text.reader, text.delimiter));
                let n_skipped = rows.as_mut().map_or(0, |rows| {
                    (0..n_known).take_while(|_| next_cells(rows).is_some()).count()
                });
                is_open = n_skipped == n_known;
            }
            rows.as_mut().and_then(next_cells)
        })
        .filter(move |cells| cells.len() == width)
    }
}
