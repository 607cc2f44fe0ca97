//! Reads a column of numbers with its times: signals, equity curves.
//!
//! The same file formats as for bars are read: packed or not, with
//! commas, semicolons or tabs, and any format of time.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::columns::{TimeColumn, find_series};
use super::config::{Decimal, Reading};
use super::file_format::{SeriesTime, names_of};
use super::input::{self, Place, TextReader, input_error, next_cells};
use super::rows::{Row, Rows};
use super::timestamp::TimeParser;
use super::{lenient, printable};

/// One row of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// UTC epoch milliseconds.
    pub time_ms: i64,
    /// The number, always finite.
    pub value: f64,
    /// The row's place in its file, for messages.
    pub place: Place,
}

/// The rows of one file in order; an iterator of `Result<Sample>` whose
/// times strictly increase. After the first error it ends.
pub struct SeriesReader {
    name: String,
    rows: Rows<TextReader>,
    n_lines_skipped: u64,
    time: TimeColumn,
    value_idx: usize,
    value_name: String,
    time_parser: TimeParser,
    previous_ms: Option<i64>,
    /// Whether rows with an empty value are skipped.
    skips_empty: bool,
    is_done: bool,
}

impl SeriesReader {
    /// Opens the file at `path`. The values are those of the first column
    /// of `roles` that the file has.
    ///
    /// Fails if the file cannot be read, lacks these columns, or is empty.
    pub fn open(path: &Path, roles: &[&str]) -> Result<Self> {
        Self::open_with(path, roles, &Reading::default())
    }

    /// Does the same; ambiguous times are read by `reading`.
    pub fn open_with(path: &Path, roles: &[&str], reading: &Reading) -> Result<Self> {
        let name = path.display().to_string();
        let open = || input::open_file(path).map_err(|error| input_error(&name, 0, &error));
        let mut text = open()?;
        let sample = text.sample(false).map_err(|error| input_error(&name, 0, &error))?;
        ensure!(!sample.rows.is_empty(), "`{name}` is empty; it must be CSV with a header");
        let names = names_of(&sample.rows[..1]);
        let (time, value_idx) =
            find_series(&names, roles).map_err(|error| anyhow!("`{name}` {error}"))?;
        let value_name = printable(names[value_idx].as_bytes());
        let reopen = || open().ok();
        let series = SeriesTime { name: &name, names: &names, column: time, reading };
        let (time, format) = series.decide(&sample, Some(&reopen))?;
        let mut rows = Rows::new(text.reader, text.delimiter);
        // The header, which the sample has found in the same way.
        next_cells(&mut rows);
        Ok(Self {
            name,
            rows,
            n_lines_skipped: text.n_lines_skipped,
            time,
            value_idx,
            value_name,
            time_parser: TimeParser::of(format),
            previous_ms: None,
            skips_empty: false,
            is_done: false,
        })
    }

    /// Skips rows whose value is empty, as predictions are during the
    /// warm-up.
    #[must_use]
    pub fn skip_empty(mut self) -> Self {
        self.skips_empty = true;
        self
    }

    /// Returns the path of the file, as messages name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn advance(&mut self) -> Result<Option<Sample>> {
        loop {
            let is_row = self.rows.advance();
            if !is_row.with_context(|| format!("failed to read `{}`", self.name))? {
                return Ok(None);
            }
            let row = self.rows.row();
            let number = row.get(self.value_idx).unwrap_or_default();
            let is_skipped = self.skips_empty && number.trim_ascii().is_empty();
            if !(row.is_blank_or_comment() || is_skipped) {
                break;
            }
        }
        let line = self.rows.line() + self.n_lines_skipped;
        let place = Place { line, packing: self.rows.get_ref().packing() };
        self.sample(place).map(Some).with_context(|| format!("`{}` {place}", self.name))
    }

    fn sample(&mut self, place: Place) -> Result<Sample> {
        let row = self.rows.row();
        let Some(time_ms) = self.time.parse(row, &self.time_parser, self.previous_ms) else {
            let time = self.time.text(row);
            bail!("`{time}` {}", self.time_parser.plain_remedy(time.as_bytes()));
        };
        let Some(value) = number_in_row(row, self.value_idx) else {
            let text = row.get(self.value_idx).unwrap_or_default().trim_ascii();
            bail!(
                "column `{}`: `{}` is not a finite number; correct or delete the row",
                self.value_name,
                printable(text)
            );
        };
        if self.previous_ms.is_some_and(|previous_ms| time_ms <= previous_ms) {
            let time = self.time.text(row);
            bail!("`{time}` is not after the row before; sort the rows by time");
        }
        self.previous_ms = Some(time_ms);
        Ok(Sample { time_ms, value, place })
    }
}

impl Iterator for SeriesReader {
    type Item = Result<Sample>;

    fn next(&mut self) -> Option<Result<Sample>> {
        if self.is_done {
            return None;
        }
        let sample = self.advance().transpose();
        self.is_done = !matches!(sample, Some(Ok(_)));
        sample
    }
}

fn number_in_row(row: Row<'_>, idx: usize) -> Option<f64> {
    let number = row.number(idx).or_else(|| lenient::parse(row.get(idx)?, Decimal::Point));
    number.filter(|value| value.is_finite())
}
