//! The bars of symbols in a nameless file of the temporary folder: dealt
//! out once, so that each can be read by itself as often as it takes.
//!
//! In memory are a few bars of each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use super::Bar;

/// More are no symbols but a column of something else.
const N_SYMBOLS_MAX: usize = 10_000;

/// Bars that are written and read at once.
const N_BLOCK_BARS: usize = 64;

const N_NUMBERS: usize = 8;
const NUMBER_BYTES: usize = 8;

/// Where the bars of one symbol lie in the file of all.
#[derive(Debug, Clone)]
pub(super) struct SpilledBars {
    file: Arc<Mutex<File>>,
    /// The number of each block, in their order.
    blocks: Arc<Vec<u64>>,
    n_bars: usize,
    deal: SpillLayout,
}

/// How bars are dealt out.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpillLayout {
    /// Numbers of each bar beside its own.
    pub(super) n_columns: usize,
    /// Whether the last bar that was dealt comes first.
    pub(super) is_newest_first: bool,
}

impl SpilledBars {
    fn row_bytes(&self) -> usize {
        row_bytes(self.deal.n_columns)
    }
}

fn row_bytes(n_columns: usize) -> usize {
    NUMBER_BYTES * (N_NUMBERS + n_columns)
}

/// Bars that were checked when they were dealt out.
pub(super) struct SpillReader {
    share: SpilledBars,
    n_read: usize,
    /// Which block is in memory.
    loaded: Option<usize>,
    block: Vec<u8>,
    /// Those of the last bar beside its own.
    columns: Vec<f64>,
}

/// Deals bars out to their symbols.
pub(super) struct SpillWriter {
    file: File,
    deal: SpillLayout,
    n_blocks: u64,
    hands: Vec<SymbolBuffer>,
    known: HashMap<String, usize>,
}

#[derive(Default)]
struct SymbolBuffer {
    symbol: String,
    block: Vec<u8>,
    blocks: Vec<u64>,
    n_bars: usize,
}

impl SpillWriter {
    pub(super) fn new(deal: SpillLayout) -> Result<Self> {
        let file = tempfile::tempfile().context("failed to make a temporary file")?;
        Ok(Self { file, deal, n_blocks: 0, hands: Vec::new(), known: HashMap::new() })
    }

    /// Deals `bar` and its further `columns` out to `symbol`.
    pub(super) fn push(&mut self, symbol: &str, bar: &Bar, columns: &[f64]) -> Result<()> {
        let idx = match self.known.get(symbol) {
            Some(&idx) => idx,
            None => self.begin(symbol)?,
        };
        let hand = &mut self.hands[idx];
        hand.n_bars += 1;
        write_bar(bar, &mut hand.block);
        hand.block.extend(columns.iter().flat_map(|number| number.to_le_bytes()));
        let is_full = hand.block.len() == row_bytes(self.deal.n_columns) * N_BLOCK_BARS;
        if is_full { self.flush(idx) } else { Ok(()) }
    }

    /// Makes room for one more symbol, and returns its number.
    pub(super) fn begin(&mut self, symbol: &str) -> Result<usize> {
        let idx = self.hands.len();
        ensure!(
            idx < N_SYMBOLS_MAX,
            "there are more than {N_SYMBOLS_MAX} symbols; rename the column if it holds others"
        );
        self.known.insert(symbol.to_owned(), idx);
        self.hands.push(SymbolBuffer { symbol: symbol.to_owned(), ..SymbolBuffer::default() });
        Ok(idx)
    }

    fn flush(&mut self, idx: usize) -> Result<()> {
        let hand = &mut self.hands[idx];
        hand.block.resize(row_bytes(self.deal.n_columns) * N_BLOCK_BARS, 0);
        self.file.write_all(&hand.block).context("failed to keep bars; is the disk full?")?;
        hand.block.clear();
        hand.blocks.push(self.n_blocks);
        self.n_blocks += 1;
        Ok(())
    }

    /// Returns the share of each symbol, in the order of their names.
    pub(super) fn finish(mut self) -> Result<Vec<(String, SpilledBars)>> {
        for idx in 0..self.hands.len() {
            if !self.hands[idx].block.is_empty() {
                self.flush(idx)?;
            }
        }
        let file = Arc::new(Mutex::new(self.file));
        let share = |SymbolBuffer { symbol, blocks, n_bars, .. }| {
            let (file, blocks) = (Arc::clone(&file), Arc::new(blocks));
            (symbol, SpilledBars { file, blocks, n_bars, deal: self.deal })
        };
        let mut shares: Vec<(String, SpilledBars)> = self.hands.into_iter().map(share).collect();
        shares.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(shares)
    }
}

impl SpillReader {
    pub(super) fn new(share: SpilledBars) -> Self {
        let block = vec![0; share.row_bytes() * N_BLOCK_BARS];
        Self { n_read: 0, loaded: None, block, columns: vec![0.0; share.deal.n_columns], share }
    }

    pub(super) fn columns(&self) -> &[f64] {
        &self.columns
    }

    fn load(&mut self, idx: usize) -> Result<()> {
        self.loaded = Some(idx);
        let block = self.share.blocks[idx];
        let mut file = self.share.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(block * self.block.len() as u64))
            .and_then(|_| file.read_exact(&mut self.block))
            .context("failed to read bars from the temporary folder")
    }
}

impl Iterator for SpillReader {
    type Item = Result<Bar>;

    fn next(&mut self) -> Option<Result<Bar>> {
        if self.n_read == self.share.n_bars {
            return None;
        }
        let SpilledBars { n_bars, deal, .. } = self.share;
        let position = if deal.is_newest_first { n_bars - 1 - self.n_read } else { self.n_read };
        let (block_idx, idx) = (position / N_BLOCK_BARS, position % N_BLOCK_BARS);
        if self.loaded != Some(block_idx)
            && let Err(error) = self.load(block_idx)
        {
            return Some(Err(error));
        }
        self.n_read += 1;
        let n_bytes = self.share.row_bytes();
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
