//! Parses a row to a bar, by the format of its file.

use std::sync::Arc;

use crate::market::bars::Bar;
use crate::market::bars::check::{self, Fault};
use crate::market::bars::columns::BarField;
use crate::market::bars::config::{BarsConfig, Decimal};
use crate::market::bars::file_format::FileFormat;
use crate::market::bars::input::{TextReader, input_error};
use crate::market::bars::lenient;
use crate::market::bars::rows::{Row, Rows};
use crate::market::bars::timestamp::TimeParser;

/// Parses the rows of one file.
pub(super) struct RowParser {
    format: Arc<FileFormat>,
    time: TimeParser,
    /// The column of adjusted closes, if prices are to be adjusted.
    adjusted: Option<usize>,
    allows_negative: bool,
}

impl RowParser {
    pub(super) fn new(format: &Arc<FileFormat>, config: &BarsConfig) -> Self {
        Self {
            time: TimeParser::of(format.time.clone()),
            adjusted: format.columns.adjusted.filter(|_| config.adjusted),
            allows_negative: config.negative_prices,
            format: Arc::clone(format),
        }
    }

    /// Parses `row` to a bar, without checking it; `previous_ms` is the
    /// time of the row before.
    #[inline]
    pub(super) fn parse(&self, row: Row<'_>, previous_ms: Option<i64>) -> Result<Bar, Fault> {
        let columns = &self.format.columns;
        let time_ms = columns
            .time
            .parse(row, &self.time, previous_ms)
            .ok_or_else(|| Fault::not_a_time(columns.time.text(row).as_bytes(), &self.time))?;
        let Some([open, high, low, close]) = self.prices(row) else {
            return Err(self.price_fault(row));
        };
        let mut bar = Bar {
            time_ms,
            open,
            high,
            low,
            close,
            volume: match columns.volume {
                Some(idx) => self.volume(row, idx)?,
                None => 0.0,
            },
            funding: match columns.funding {
                Some(idx) => self.payment(row, idx, BarField::Funding)?,
                None => 0.0,
            },
            dividend: match columns.dividend {
                Some(idx) => self.payment(row, idx, BarField::Dividend)?,
                None => 0.0,
            },
        };
        if let Some(idx) = self.adjusted {
            let field = BarField::Further(idx);
            let adjusted = self
                .number(row, idx)
                .ok_or_else(|| Fault::not_a_price(field, row[idx].trim_ascii()))?;
            if bar.close > 0.0 && (adjusted.is_nan() || adjusted <= 0.0) {
                return Err(Fault::not_an_adjusted_close(field));
            }
            adjust(&mut bar, adjusted);
        }
        Ok(bar)
    }

    /// Whether the prices of `row` are missing, as they are where only other
    /// symbols of a table in wide format have a bar.
    #[cold]
    pub(super) fn has_no_price(&self, row: Row<'_>) -> bool {
        let columns = &self.format.columns;
        let prices = [columns.open, columns.high, columns.low, columns.close];
        row.len() == columns.width && prices.iter().all(|&idx| lenient::is_unknown(&row[idx]))
    }

    /// Returns the open, high, low and close; none if one is no number.
    #[inline]
    fn prices(&self, row: Row<'_>) -> Option<[f64; 4]> {
        let columns = &self.format.columns;
        Some([
            self.number(row, columns.open)?,
            self.number(row, columns.high)?,
            self.number(row, columns.low)?,
            self.number(row, columns.close)?,
        ])
    }

    /// Returns the fault of the first price that is no number.
    #[cold]
    fn price_fault(&self, row: Row<'_>) -> Fault {
        let columns = &self.format.columns;
        let prices = [
            (BarField::Open, columns.open),
            (BarField::High, columns.high),
            (BarField::Low, columns.low),
            (BarField::Close, columns.close),
        ];
        let is_fault = |&(_, idx): &(BarField, usize)| self.number(row, idx).is_none();
        let (field, idx) = prices.into_iter().find(is_fault).expect("one price is no number");
        Fault::not_a_price(field, row[idx].trim_ascii())
    }

    #[inline]
    fn number(&self, row: Row<'_>, idx: usize) -> Option<f64> {
        let is_plain = self.format.decimal == Decimal::Point;
        let plain = if is_plain { row.number(idx) } else { None };
        plain.or_else(|| lenient::parse(&row[idx], self.format.decimal))
    }

    /// Returns a funding rate or dividend; an empty cell is 0.
    fn payment(&self, row: Row<'_>, idx: usize, part: BarField) -> Result<f64, Fault> {
        let cell = row[idx].trim_ascii();
        if cell.is_empty() {
            return Ok(0.0);
        }
        self.number(row, idx).ok_or_else(|| Fault::not_a_number(part, cell))
    }

    /// Returns the volume; a missing value is 0.
    #[inline]
    fn volume(&self, row: Row<'_>, idx: usize) -> Result<f64, Fault> {
        match self.number(row, idx) {
            Some(volume) if !volume.is_nan() => Ok(volume),
            _ if lenient::is_unknown(&row[idx]) => Ok(0.0),
            _ => Err(Fault::not_a_number(BarField::Volume, row[idx].trim_ascii())),
        }
    }

    /// Checks `bar` and returns it, its range widened if that corrects a
    /// rounding error; else returns it with its fault.
    #[inline]
    pub(super) fn check(&self, bar: Bar) -> Result<Bar, Box<(Bar, Fault)>> {
        if check::is_valid(&bar) { Ok(bar) } else { self.check_again(bar) }
    }

    #[cold]
    fn check_again(&self, mut bar: Bar) -> Result<Bar, Box<(Bar, Fault)>> {
        check::widen_within_rounding(&mut bar);
        match check::check(&bar, self.allows_negative) {
            Ok(()) => Ok(bar),
            Err(fault) => Err(Box::new((bar, fault))),
        }
    }
}

/// Scales all prices so that the close is `adjusted`, and the volume
/// inversely.
fn adjust(bar: &mut Bar, adjusted: f64) {
    let factor = adjusted / bar.close;
    bar.open *= factor;
    bar.high *= factor;
    bar.low *= factor;
    bar.close = adjusted;
    // The volume in shares of today, after all splits.
    bar.volume /= factor;
}

/// Advances to the next row of `name` that is neither blank nor a
/// comment; returns `false` at the end.
#[inline]
pub(super) fn read_row(
    rows: &mut Rows<TextReader>,
    name: &str,
    n_bars: u64,
) -> anyhow::Result<bool> {
    loop {
        match rows.advance() {
            Ok(true) if rows.row().is_blank_or_comment() => {}
            Ok(is_row) => return Ok(is_row),
            Err(error) => return Err(input_error(name, n_bars, &error)),
        }
    }
}

/// Parses the columns `further` of `row` to `numbers`.
#[inline]
pub(super) fn parse_further(
    row: Row<'_>,
    further: &[usize],
    numbers: &mut [f64],
) -> Result<(), Fault> {
    for (number, &idx) in numbers.iter_mut().zip(further) {
        *number = row
            .number(idx)
            .filter(|number| number.is_finite())
            .ok_or_else(|| Fault::not_a_feature(BarField::Further(idx), row[idx].trim_ascii()))?;
    }
    Ok(())
}
