//! The bars of several symbols in an unnamed temporary file, written
//! once, so that each symbol can be read by itself any number of times.
//!
//! A block of 64 bars of each symbol is in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use super::Bar;

/// More values mean that the column holds something else than symbols.
const N_SYMBOLS_MAX: usize = 10_000;

/// The number of bars that are written and read at once.
const N_BLOCK_BARS: usize = 64;

const N_NUMBERS: usize = 8;
const NUMBER_BYTES: usize = 8;

/// The bars of one symbol in the temporary file.
#[derive(Debug, Clone)]
pub(super) struct SpilledBars {
    file: Arc<Mutex<File>>,
    /// The position of each block in the file, in blocks, in order.
    blocks: Arc<Vec<u64>>,
    n_bars: usize,
    layout: SpillLayout,
}

/// How bars are written and read back.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpillLayout {
    /// The number of further columns.
    pub(super) n_columns: usize,
    /// Whether the bars are read in the reverse of the order written.
    pub(super) is_newest_first: bool,
}

impl SpilledBars {
    fn row_bytes(&self) -> usize {
        row_bytes(self.layout.n_columns)
    }
}

fn row_bytes(n_columns: usize) -> usize {
    NUMBER_BYTES * (N_NUMBERS + n_columns)
}

/// Reads the bars of one symbol; they were checked when written.
pub(super) struct SpillReader {
    bars: SpilledBars,
    n_read: usize,
    /// The index of the block in memory.
    loaded: Option<usize>,
    block: Vec<u8>,
    /// The further columns of the last bar.
    columns: Vec<f64>,
}

/// Writes bars, grouped by symbol.
pub(super) struct SpillWriter {
    file: File,
    layout: SpillLayout,
    n_blocks: u64,
    buffers: Vec<SymbolBuffer>,
    indices: HashMap<String, usize>,
}

/// The bars of a symbol that are not written yet, and its blocks.
#[derive(Default)]
struct SymbolBuffer {
    symbol: String,
    block: Vec<u8>,
    blocks: Vec<u64>,
    n_bars: usize,
}

impl SpillWriter {
    pub(super) fn new(layout: SpillLayout) -> Result<Self> {
        let file = tempfile::tempfile().context("failed to make a temporary file")?;
        Ok(Self { file, layout, n_blocks: 0, buffers: Vec::new(), indices: HashMap::new() })
    }

    /// Adds `bar` of `symbol` with its further `columns`.
    pub(super) fn push(&mut self, symbol: &str, bar: &Bar, columns: &[f64]) -> Result<()> {
        let idx = match self.indices.get(symbol) {
            Some(&idx) => idx,
            None => self.begin(symbol)?,
        };
        let buffer = &mut self.buffers[idx];
        buffer.n_bars += 1;
        write_bar(bar, &mut buffer.block);
        buffer.block.extend(columns.iter().flat_map(|number| number.to_le_bytes()));
        let is_full = buffer.block.len() == row_bytes(self.layout.n_columns) * N_BLOCK_BARS;
        if is_full { self.flush(idx) } else { Ok(()) }
    }

    /// Adds a symbol and returns its index. Fails on more than 10,000.
    pub(super) fn begin(&mut self, symbol: &str) -> Result<usize> {
        let idx = self.buffers.len();
        ensure!(
            idx < N_SYMBOLS_MAX,
            "there are more than {N_SYMBOLS_MAX} symbols; rename the column if it holds others"
        );
        self.indices.insert(symbol.to_owned(), idx);
        self.buffers.push(SymbolBuffer { symbol: symbol.to_owned(), ..SymbolBuffer::default() });
        Ok(idx)
    }

    fn flush(&mut self, idx: usize) -> Result<()> {
        let buffer = &mut self.buffers[idx];
        buffer.block.resize(row_bytes(self.layout.n_columns) * N_BLOCK_BARS, 0);
        self.file.write_all(&buffer.block).context("failed to keep bars; is the disk full?")?;
        buffer.block.clear();
        buffer.blocks.push(self.n_blocks);
        self.n_blocks += 1;
        Ok(())
    }

    /// Returns the bars of each symbol, sorted by name.
    pub(super) fn finish(mut self) -> Result<Vec<(String, SpilledBars)>> {
        for idx in 0..self.buffers.len() {
            if !self.buffers[idx].block.is_empty() {
                self.flush(idx)?;
            }
        }
        let file = Arc::new(Mutex::new(self.file));
        let bars = |SymbolBuffer { symbol, blocks, n_bars, .. }| {
            let (file, blocks) = (Arc::clone(&file), Arc::new(blocks));
            (symbol, SpilledBars { file, blocks, n_bars, layout: self.layout })
        };
        let mut symbols: Vec<(String, SpilledBars)> = self.buffers.into_iter().map(bars).collect();
        symbols.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(symbols)
    }
}

impl SpillReader {
    pub(super) fn new(bars: SpilledBars) -> Self {
        let block = vec![0; bars.row_bytes() * N_BLOCK_BARS];
        Self { n_read: 0, loaded: None, block, columns: vec![0.0; bars.layout.n_columns], bars }
    }

    pub(super) fn columns(&self) -> &[f64] {
        &self.columns
    }

    fn load(&mut self, idx: usize) -> Result<()> {
        self.loaded = Some(idx);
        let block = self.bars.blocks[idx];
        let mut file = self.bars.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(block * self.block.len() as u64))
            .and_then(|_| file.read_exact(&mut self.block))
            .context("failed to read bars from the temporary folder")
    }
}

impl Iterator for SpillReader {
    type Item = Result<Bar>;

    fn next(&mut self) -> Option<Result<Bar>> {
        if self.n_read == self.bars.n_bars {
            return None;
        }
        let SpilledBars { n_bars, layout, .. } = self.bars;
        let position = if layout.is_newest_first { n_bars - 1 - self.n_read } else { self.n_read };
        let (block_idx, idx) = (position / N_BLOCK_BARS, position % N_BLOCK_BARS);
        if self.loaded != Some(block_idx)
            && let Err(error) = self.load(block_idx)
        {
            return Some(Err(error));
        }
        self.n_read += 1;
        let n_bytes = self.bars.row_bytes();
        let row = &self.block[idx * n_bytes..(idx + 1) * n_bytes];
        let (bar, columns) = row.split_at(NUMBER_BYTES * N_NUMBERS);
        for (number, bytes) in self.columns.iter_mut().zip(columns.as_chunks().0) {
            *number = f64::from_le_bytes(*bytes);
        }
        Some(Ok(read_bar(bar)))
    }
}

fn write_bar(bar: &Bar, block: &mut Vec<u8>) {
    let Bar { time_ms, open, high, low, close, volume, funding, dividend } = *bar;
    block.extend(time_ms.to_le_bytes());
    for number in [open, high, low, close, volume, funding, dividend] {
        block.extend(number.to_le_bytes());
    }
}

fn read_bar(bytes: &[u8]) -> Bar {
    let mut numbers = [[0; 8]; N_NUMBERS];
    for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
        number.copy_from_slice(bytes);
    }
    let [time, numbers @ ..] = numbers;
    let [open, high, low, close, volume, funding, dividend] = numbers.map(f64::from_le_bytes);
    let time_ms = i64::from_le_bytes(time);
    Bar { time_ms, open, high, low, close, volume, funding, dividend }
}
