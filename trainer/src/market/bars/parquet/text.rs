//! Converts the rows of a Parquet file to CSV text.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::cells::ColumnText;
use super::pages;
use super::quoted::push_quoted;
use crate::market::bars::block_reader::{BlockReader, BlockSource};

/// The number of rows that are converted at once.
const N_ROWS: usize = 1024;

/// The fewest columns of a table of bars.
const N_COLUMNS_MIN: usize = 5;

const LISTS: &str = "is a Parquet file whose cells are lists; write a row for each value, such as by \
                     `python3 -c \"import sys, pandas; d = pandas.read_parquet(sys.argv[1]); lists = [c for c in \
                     d if hasattr(d[c].iloc[0], 'tolist') and getattr(d[c].iloc[0], 'ndim', 0)]; \
                     d.explode(lists).to_csv('bars.csv', index=False)\" 'NAME'`";

/// The name that pandas gives to an unnamed index, which it writes last.
const NAMELESS_INDEX: &str = "__index_level_";

/// Produces the CSV text of one file.
pub(super) struct ParquetText {
    file: Arc<File>,
    metadata: ParquetMetaData,
    /// The leaf columns in the order of the text.
    columns: Vec<usize>,
    next_group: usize,
    readers: Vec<ColumnReader>,
    n_rows_left: usize,
    texts: Vec<ColumnText>,
}

impl ParquetText {
    /// Reads the footer of `file`; returns a reader of its text.
    pub(super) fn open(file: File) -> io::Result<BlockReader<Self>> {
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).map_err(failure)?;
        let schema = metadata.file_metadata().schema_descr();
        let is_flat = |idx: &usize| schema.column(*idx).max_rep_level() == 0;
        let is_index = |idx: &usize| schema.column(*idx).name().starts_with(NAMELESS_INDEX);
        let (mut columns, others): (Vec<usize>, Vec<usize>) =
            (0..schema.num_columns()).filter(is_flat).partition(is_index);
        columns.extend(others);
        if columns.len() < N_COLUMNS_MIN && columns.len() < schema.num_columns() {
            return Err(io::Error::new(ErrorKind::InvalidData, LISTS));
        }
        let mut text = Vec::new();
        for (position, &idx) in columns.iter().enumerate() {
            let column = schema.column(idx);
            // A part of a struct is named like `bar.open`.
            let name = if is_index(&idx) { String::new() } else { column.path().parts().join(".") };
            text.extend(if position == 0 { None } else { Some(b',') });
            push_quoted(&mut text, name.as_bytes());
        }
        text.push(b'\n');
        let texts = columns.iter().map(|_| ColumnText::default()).collect();
        let rows = Self {
            file: Arc::new(file),
            columns,
            next_group: 0,
            readers: Vec::new(),
            n_rows_left: 0,
            texts,
            metadata,
        };
        Ok(BlockReader::new(text, rows))
    }

    /// Opens the next row group; returns `false` after the last.
    fn next_group(&mut self) -> Result<bool, ParquetError> {
        if self.next_group == self.metadata.num_row_groups() {
            return Ok(false);
        }
        let group = self.metadata.row_group(self.next_group);
        self.next_group += 1;
        self.n_rows_left = usize::try_from(group.num_rows())?;
        self.readers.clear();
        for &idx in &self.columns {
            let chunk = group.column(idx);
            let pages = pages::open(&self.file, chunk, self.n_rows_left)?;
            self.readers.push(get_column_reader(chunk.column_descr_ptr(), pages));
        }
        Ok(true)
    }

    /// Converts the next rows to text; returns `false` after the last.
    fn fill(&mut self, text: &mut Vec<u8>) -> Result<bool, ParquetError> {
        while self.n_rows_left == 0 {
            if !self.next_group()? {
                return Ok(false);
            }
        }
        let n_rows = self.n_rows_left.min(N_ROWS);
        self.n_rows_left -= n_rows;
        let schema = self.metadata.file_metadata().schema_descr();
        let columns = self.columns.iter().zip(&mut self.readers).zip(&mut self.texts);
        for ((&idx, reader), cells) in columns {
            cells.read(reader, &schema.column(idx), n_rows)?;
        }
        for row in 0..n_rows {
            for (position, cells) in self.texts.iter().enumerate() {
                text.extend(if position == 0 { None } else { Some(b',') });
                text.extend_from_slice(cells.cell(row));
            }
            text.push(b'\n');
        }
        Ok(true)
    }
}

impl BlockSource for ParquetText {
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        self.fill(text).map_err(failure)
    }
}

fn failure(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) if error.is::<io::Error>() => {
            *error.downcast::<io::Error>().expect("it is one")
        }
        error => match unread_packing(&error.to_string()) {
            Some(problem) => io::Error::new(ErrorKind::InvalidData, problem),
            None => io::Error::new(ErrorKind::InvalidInput, error.to_string()),
        },
    }
}

/// Returns the message about an unsupported compression.
fn unread_packing(error: &str) -> Option<String> {
    let packings = [("brotli", "Brotli"), ("lzo", "LZO")];
    let error = error.to_lowercase();
    let (_, packing) = packings.iter().find(|(name, _)| error.contains(name))?;
    Some(format!(
        "is a Parquet file packed with {packing}, which is not supported; pack it with zstd, such \
         as by `python3 -c \"import sys, pandas; pandas.read_parquet(sys.argv[1]).to_parquet('bars.parquet', \
         compression='zstd')\" 'NAME'`"
    ))
}
