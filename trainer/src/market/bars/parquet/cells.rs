//! Converts the values of one Parquet column to CSV cells.

use std::io::Write as _;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescriptor;

use super::quoted::push_quoted;
use crate::market::bars::timestamp::{self, MS_PER_DAY};

/// The cells of one column in a batch of rows, concatenated.
#[derive(Debug, Default)]
pub(super) struct ColumnText {
    bytes: Vec<u8>,
    /// The end of each cell.
    ends: Vec<usize>,
}

/// The number of rows to read, and the definition level of a value.
#[derive(Debug, Clone, Copy)]
struct RowBatch {
    n_rows: usize,
    max_level: i16,
}

/// The meaning of the integers of a column.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Signed,
    Unsigned,
    /// Decimals with so many digits after the point.
    Decimal(u32),
    /// Days since 1970.
    Date,
    /// A time since 1970, in units of which `per_ms` are a millisecond.
    Time {
        per_ms: i64,
        is_utc: bool,
    },
    /// A time since midnight, in units of which so many are a millisecond.
    Clock(i64),
}

impl ColumnText {
    /// Returns the cell of `row`, an index into the last batch.
    pub(super) fn cell(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// Reads the next `n_rows` rows of `column`.
    pub(super) fn read(
        &mut self,
        reader: &mut ColumnReader,
        column: &ColumnDescriptor,
        n_rows: usize,
    ) -> Result<()> {
        self.bytes.clear();
        self.ends.clear();
        let whole = Meaning::of(column);
        let at = RowBatch { n_rows, max_level: column.max_def_level() };
        match reader {
            ColumnReader::BoolColumnReader(reader) => {
                self.values(reader, at, |text, value| text.extend(value.to_string().bytes()))
            }
            ColumnReader::Int32ColumnReader(reader) => self.values(reader, at, |text, &value| {
                // The highest bit of an unsigned number is no sign.
                let value = match whole {
                    Meaning::Unsigned => i64::from(value.cast_unsigned()),
                    _ => i64::from(value),
                };
                whole.write(text, value.into());
            }),
            ColumnReader::Int64ColumnReader(reader) => self.values(reader, at, |text, &value| {
                let value = match whole {
                    Meaning::Unsigned => i128::from(value.cast_unsigned()),
                    _ => i128::from(value),
                };
                whole.write(text, value);
            }),
            ColumnReader::Int96ColumnReader(reader) => self.values(reader, at, |text, value| {
                write_time(text, value.to_millis());
            }),
            ColumnReader::FloatColumnReader(reader) => self.values(reader, at, |text, &value| {
                write(text, f64::from(value));
            }),
            ColumnReader::DoubleColumnReader(reader) => {
                self.values(reader, at, |text, &value| write(text, value))
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.values(reader, at, |text, value| whole.write_bytes(text, value.data()))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.values(reader, at, |text, value| whole.write_bytes(text, value.data()))
            }
        }
    }

    fn values<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        RowBatch { n_rows, max_level }: RowBatch,
        mut each: impl FnMut(&mut Vec<u8>, &T::T),
    ) -> Result<()> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let mut n_read = 0;
        while n_read < n_rows {
            let n_wanted = n_rows - n_read;
            let (n_more, ..) =
                reader.read_records(n_wanted, Some(&mut levels), None, &mut values)?;
            if n_more == 0 {
                return Err(ParquetError::General("a column has too few rows".to_owned()));
            }
            n_read += n_more;
        }
        if max_level == 0 {
            levels.resize(n_rows, 0);
        }
        let mut values = values.iter();
        for level in levels {
            if let Some(value) = (level == max_level).then(|| values.next()).flatten() {
                each(&mut self.bytes, value);
            }
            self.ends.push(self.bytes.len());
        }
        Ok(())
    }
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => {
                let is_utc = time.is_adjusted_to_u_t_c;
                return Self::Time { per_ms: per_ms(time.unit), is_utc };
            }
            Some(LogicalType::Time(time)) => return Self::Clock(per_ms(time.unit)),
            Some(LogicalType::Integer(whole)) if !whole.is_signed => return Self::Unsigned,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::DECIMAL => Self::Decimal(column.type_scale().max(0).cast_unsigned()),
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIMESTAMP_MILLIS => Self::Time { per_ms: 1, is_utc: false },
            ConvertedType::TIMESTAMP_MICROS => Self::Time { per_ms: 1000, is_utc: false },
            ConvertedType::TIME_MILLIS => Self::Clock(1),
            ConvertedType::TIME_MICROS => Self::Clock(1000),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Self::Unsigned,
            _ => Self::Signed,
        }
    }

    fn write(self, text: &mut Vec<u8>, value: i128) {
        let count = i64::try_from(value).unwrap_or(i64::MAX);
        match self {
            Self::Signed | Self::Unsigned => write(text, value),
            Self::Decimal(scale) => write_decimal(text, value, scale),
            Self::Date => {
                let time = timestamp::format_utc(count.saturating_mul(MS_PER_DAY));
                write(text, time.split(' ').next().unwrap_or_default());
            }
            Self::Time { per_ms, is_utc } => {
                write_time(text, count.div_euclid(per_ms));
                // So that the configured zone is not applied.
                text.extend(is_utc.then_some(b'Z'));
            }
            Self::Clock(per_ms) => {
                let time = timestamp::format_utc(count.div_euclid(per_ms).rem_euclid(MS_PER_DAY));
                text.extend(time.bytes().skip("1970-01-01 ".len()));
            }
        }
    }

    fn write_bytes(self, text: &mut Vec<u8>, value: &[u8]) {
        let Self::Decimal(scale) = self else {
            return push_quoted(text, value);
        };
        // Big-endian two's complement.
        let is_negative = value.first().is_some_and(|&byte| byte > 127);
        let mut bytes = [if is_negative { 255 } else { 0 }; 16];
        let n_bytes = value.len().min(16);
        bytes[16 - n_bytes..].copy_from_slice(&value[value.len() - n_bytes..]);
        write_decimal(text, i128::from_be_bytes(bytes), scale);
    }
}

fn per_ms(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1,
        TimeUnit::MICROS => 1000,
        TimeUnit::NANOS => 1_000_000,
    }
}

fn write(text: &mut Vec<u8>, value: impl std::fmt::Display) {
    write!(text, "{value}").expect("a vector takes all that is written");
}

fn write_time(text: &mut Vec<u8>, time_ms: i64) {
    write(text, timestamp::format_utc(time_ms));
}

fn write_decimal(text: &mut Vec<u8>, value: i128, scale: u32) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let point = if fraction.is_empty() { "" } else { "." };
    write(text, format_args!("{sign}{whole}{point}{fraction}"));
}
