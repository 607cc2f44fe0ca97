//! Writes a table as Parquet, a row group at a time.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::cell::{Cell, Column, ColumnType};

/// Rows of a group, which are buffered: some ten MB.
const N_GROUP_ROWS: usize = 16 * 1024;

/// Writes a table to a Parquet file.
pub(super) struct ParquetWriter {
    writer: SerializedFileWriter<BufWriter<File>>,
    buffers: Vec<Buffer>,
    n_rows: usize,
}

/// The buffered values of a column.
struct Buffer {
    values: Values,
    /// The definition level of each row: 1 with a value, 0 without.
    levels: Vec<i16>,
}

enum Values {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Texts(Vec<ByteArray>),
}

impl ParquetWriter {
    pub(super) fn new(file: BufWriter<File>, columns: &[Column]) -> Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("trainer {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        let buffers = columns.iter().map(|column| Buffer::of(column.column_type)).collect();
        Ok(Self { writer, buffers, n_rows: 0 })
    }

    pub(super) fn push<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<()> {
        for (buffer, cell) in self.buffers.iter_mut().zip(cells) {
            buffer.push(cell)?;
        }
        self.n_rows += 1;
        if self.n_rows == N_GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if self.n_rows > 0 {
            self.write_group()?;
        }
        self.writer.into_inner()?.into_inner().context("failed to write a table")?;
        Ok(())
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for buffer in &mut self.buffers {
            let mut column = group.next_column()?.context("the table has too few columns")?;
            buffer.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        self.n_rows = 0;
        Ok(())
    }
}

fn field(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical) = match column.column_type {
        ColumnType::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Integer => (Physical::INT64, None),
        ColumnType::Number => (Physical::DOUBLE, None),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

impl Buffer {
    fn of(column_type: ColumnType) -> Self {
        let values = match column_type {
            ColumnType::Time | ColumnType::Integer => Values::Integers(Vec::new()),
            ColumnType::Text => Values::Texts(Vec::new()),
            ColumnType::Number => Values::Numbers(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<()> {
        match (&mut self.values, cell) {
            (_, Cell::Null) => {}
            (Values::Integers(values), Cell::Integer(value) | Cell::Time(value)) => {
                values.push(value);
            }
            (Values::Numbers(values), Cell::Number(value)) => values.push(value),
            (Values::Texts(values), Cell::Text(text)) => values.push(text.into()),
            (_, cell) => bail!("{cell:?} is of another type than its column"),
        }
        self.levels.push(i16::from(cell != Cell::Null));
        Ok(())
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let levels = Some(&*self.levels);
        match &mut self.values {
            Values::Integers(values) => {
                column.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Numbers(values) => {
                column.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Texts(values) => {
                column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}
