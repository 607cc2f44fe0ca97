//! Finds the column that divides a file into series: by its name, or
//! because rows repeat a time and only this column distinguishes them.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::names::{quoted, words};
use super::time_names::is_time;
use super::time_parts::is_part_of_time;
use super::variants::Variants;
use super::wide::N_SHOWN;
use super::{Columns, SymbolColumn, contracts};
use crate::market::bars::lenient::number_in;
use crate::market::bars::printable;
use crate::market::bars::timestamp::is_number_of_day;

/// The most blocks of rows with the same text.
const N_BLOCKS_MAX: usize = 64;
/// The fewest rows that a block has on average.
const N_BLOCK_ROWS_MIN: usize = 4;

impl Columns {
    /// Finds the column of symbols by `rows`, unless the settings name it
    /// or say that there is none (`is_configured`), and the constant
    /// columns.
    pub(in crate::market::bars) fn resolve_symbol(
        &mut self,
        rows: &[Vec<String>],
        is_configured: bool,
    ) {
        if !is_configured {
            self.symbol = self.find_symbol_column(rows);
        }
        let known = self.symbol.map(SymbolColumn::all).unwrap_or_default();
        let taken = self.taken();
        let constant = |idx: usize| {
            let text = rows.first()?.get(idx)?.trim();
            let is_label = !text.is_empty()
                && number_in(text).is_none()
                && rows.iter().all(|row| row[idx].trim() == text);
            is_label.then(|| (idx, text.to_owned()))
        };
        self.labels = (0..self.width)
            .filter(|idx| !taken.contains(idx) && !known.contains(idx))
            .filter_map(constant)
            .collect();
    }

    fn find_symbol_column(&self, rows: &[Vec<String>]) -> Option<SymbolColumn> {
        if self.wide.is_some() {
            return None;
        }
        let taken = self.taken();
        let is_free = |idx: &usize| {
            !taken.contains(idx)
                && !is_zone(self.name(*idx))
                && !is_part_of_time(self.name(*idx))
                && !is_time(&words(self.name(*idx)))
                && !self.are_clocks(rows, *idx)
        };
        let free: Vec<usize> = (0..self.width).filter(is_free).collect();
        let times = rows.iter().map(|row| self.time.joined(row)).collect();
        let cells = SampleCells { rows, times, open: self.open, close: self.close };
        let named = |is: fn(&str) -> bool| {
            let mut found: Vec<usize> =
                free.iter().copied().filter(|&i| is(self.name(i))).collect();
            found.retain(|idx| cells.are_labels(*idx));
            found.sort_by_key(|idx| contracts::rank(self.name(*idx)));
            let varied = found.iter().find(|idx| cells.n_different(**idx) > 1);
            varied.or(found.first()).copied()
        };
        let coded = |is: fn(&str) -> bool| {
            let is_other = |idx: &usize| !contracts::is_symbol(self.name(*idx));
            let mut others = free.iter().copied().filter(is_other);
            others.find(|&idx| cells.n_different(idx) > 1 && cells.all(idx, is))
        };
        let symbol = named(|name| contracts::is_symbol(name) && !contracts::is_contract(name));
        let symbol = symbol.or_else(|| coded(contracts::is_isin));
        let contract = named(contracts::is_contract).or_else(|| coded(contracts::is_future));
        let found = match (symbol, contract) {
            (None, None) => None,
            (Some(idx), None) | (None, Some(idx)) => Some(SymbolColumn::Whole(idx)),
            (Some(symbol), Some(contract)) if cells.begins_with(contract, symbol) => {
                Some(SymbolColumn::Whole(contract))
            }
            (Some(symbol), Some(_)) if cells.all(symbol, contracts::is_future) => {
                Some(SymbolColumn::Whole(symbol))
            }
            (Some(symbol), Some(contract)) => Some(SymbolColumn::Split(symbol, contract)),
        };
        let variants = self.variants_among(&free, rows);
        match found {
            Some(SymbolColumn::Whole(idx)) if variants.is_some_and(|other| other != idx) => {
                variants.map(|other| SymbolColumn::Split(idx, other))
            }
            Some(found @ SymbolColumn::Whole(idx)) if !cells.are_times_unique(Some(found)) => {
                let other = cells.find_distinguishing(&free, Some(found));
                Some(other.map_or(found, |other| SymbolColumn::Split(idx, other)))
            }
            None if variants.is_some() => variants.map(SymbolColumn::Whole),
            None if !cells.are_times_unique(None) => {
                cells.find_distinguishing(&free, None).map(SymbolColumn::Whole)
            }
            found => found,
        }
    }

    /// Returns the column among `free` that holds variants of one series.
    fn variants_among(&self, free: &[usize], rows: &[Vec<String>]) -> Option<usize> {
        let is_found = |idx: &usize| Variants::of_texts(self.name(*idx), &texts_of(*idx, rows));
        free.iter().copied().find(|idx| is_found(idx).is_some())
    }

    /// Returns the error that the symbols of `rows` are variants of one
    /// series, with the remedy; `None` if they are not.
    pub(in crate::market::bars) fn variants_problem(&self, rows: &[Vec<String>]) -> Option<String> {
        let symbol = self.symbol?;
        symbol.all().into_iter().find_map(|idx| {
            let texts = texts_of(idx, rows);
            let variants = Variants::of_texts(self.name(idx), &texts)?;
            let first = symbol.text_of(rows.first()?);
            let texts = texts.iter().take(N_SHOWN).map(|text| (*text).to_owned());
            Some(format!(
                "holds several {} in the column `{}`: {}; choose one by `bars.symbol`, such as by \
                 `--symbol '{}'`, or say by `--column symbol=` that all are one series",
                variants.name(),
                printable(self.name(idx).as_bytes()),
                quoted(&texts.collect::<Vec<_>>()),
                printable(first.as_bytes())
            ))
        })
    }

    /// Returns the columns of the time, the prices and other numbers.
    fn taken(&self) -> Vec<usize> {
        let prices = [self.open, self.high, self.low, self.close];
        let others = [self.volume, self.funding, self.dividend, self.adjusted, self.splits];
        let mut taken: Vec<usize> =
            prices.into_iter().chain(others.into_iter().flatten()).collect();
        taken.extend(self.time.all());
        taken.extend(&self.volumes);
        taken
    }

    /// Returns a column whose texts come in blocks of rows, as those of
    /// series that follow each other, and its first two texts.
    pub(in crate::market::bars) fn label_blocks(
        &self,
        rows: &[Vec<String>],
    ) -> Option<(usize, [String; 2])> {
        let known = self.symbol.map(SymbolColumn::all).unwrap_or_default();
        let taken = self.taken();
        let is_free = |idx: &usize| {
            !taken.contains(idx) && !known.contains(idx) && !is_part_of_time(self.name(*idx))
        };
        (0..self.width).filter(is_free).find_map(|idx| {
            let texts: Vec<&str> = rows.iter().map(|row| row[idx].trim()).collect();
            let mut label_blocks = texts.clone();
            label_blocks.dedup();
            let unique: HashSet<&str> = label_blocks.iter().copied().collect();
            let are_blocks = unique.len() == label_blocks.len()
                && (2..=N_BLOCKS_MAX).contains(&label_blocks.len())
                // Blocks of three rows may be quarters of months, and
                // such short series are too short to learn from.
                && N_BLOCK_ROWS_MIN * label_blocks.len() <= texts.len()
                && label_blocks.iter().all(|text| !text.is_empty() && number_in(text).is_none());
            are_blocks.then(|| (idx, [label_blocks[0].to_owned(), label_blocks[1].to_owned()]))
        })
    }
}

/// Returns the distinct texts of a column, in order of appearance.
fn texts_of(idx: usize, rows: &[Vec<String>]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row[idx].trim()).filter(|text| seen.insert(*text)).collect()
}

/// Whether a column of this name holds time zones: it distinguishes the
/// hour that is repeated at the end of daylight saving time.
fn is_zone(name: &str) -> bool {
    words(name).iter().any(|word| ["tz", "zone", "timezone", "dst"].contains(&word.as_str()))
}

/// The rows of the sample, and their times as text.
struct SampleCells<'a> {
    rows: &'a [Vec<String>],
    times: Vec<Vec<u8>>,
    open: usize,
    close: usize,
}

impl SampleCells<'_> {
    fn n_different(&self, idx: usize) -> usize {
        texts_of(idx, self.rows).len()
    }

    /// Whether the column holds few distinct words or whole numbers.
    fn are_labels(&self, idx: usize) -> bool {
        let is_number = |row: &Vec<String>| number_in(&row[idx]).is_some();
        let has_fraction = |row: &Vec<String>| is_number(row) && row[idx].contains('.');
        let is_few = self.n_different(idx) <= (self.rows.len() / 2).max(1);
        !self.rows.iter().any(has_fraction) && (is_few || !self.rows.iter().any(is_number))
    }

    /// Whether the column counts the rows of each time, such as the half
    /// hours of a day, or has their clock times. The prices then continue from row to row rather
    /// than from one row with the same number to the next.
    fn is_counter(&self, idx: usize) -> bool {
        let number = |row: &Vec<String>, idx: usize| number_in(&row[idx]);
        let numbers: Vec<f64> = self.rows.iter().filter_map(|row| number(row, idx)).collect();
        let first = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let follows = |pair: &[f64]| [pair[0] + 1.0, first].contains(&pair[1]);
        if !numbers.windows(2).all(follows) && !self.are_clocks(idx) {
            return false;
        }
        let (mut last, mut last_of): (Option<f64>, HashMap<&str, f64>) = (None, HashMap::new());
        let (mut by_row, mut by_symbol) = (0.0, 0.0);
        for row in self.rows {
            let (Some(open), Some(close)) = (number(row, self.open), number(row, self.close))
            else {
                continue;
            };
            let before = last_of.insert(row[idx].trim(), close);
            if let (Some(last), Some(before)) = (last.replace(close), before) {
                by_row += (open - last).abs();
                by_symbol += (open - before).abs();
            }
        }
        by_row <= by_symbol
    }

    /// Whether the numbers can be clock times: they increase, or decrease,
    /// among the rows with the same date.
    fn are_clocks(&self, idx: usize) -> bool {
        let number = |row: &Vec<String>| number_in(&row[idx]);
        let pairs = self.rows.windows(2).zip(self.times.windows(2));
        let same = pairs.filter(|(_, times)| times[0] == times[1]).map(|(rows, _)| rows);
        let steps = same.map(|rows| number(&rows[0]).partial_cmp(&number(&rows[1])));
        let steps: Vec<Option<Ordering>> = steps.collect();
        let are_all = |order: Ordering| steps.iter().all(|step| *step == Some(order));
        !steps.is_empty()
            && self.all(idx, |cell| is_number_of_day(cell.as_bytes()))
            && (are_all(Ordering::Less) || are_all(Ordering::Greater))
    }

    fn all(&self, idx: usize, is: fn(&str) -> bool) -> bool {
        self.rows.iter().all(|row| is(row[idx].trim()))
    }

    fn begins_with(&self, whole: usize, head: usize) -> bool {
        self.rows.iter().all(|row| row[whole].trim().starts_with(row[head].trim()))
    }

    /// Whether no two rows of one symbol have the same time.
    fn are_times_unique(&self, symbol: Option<SymbolColumn>) -> bool {
        let mut seen = HashSet::new();
        let text = |row: &[String]| symbol.map_or_else(String::new, |symbol| symbol.text_of(row));
        self.rows.iter().zip(&self.times).all(|(row, time)| seen.insert((text(row), time)))
    }

    /// Returns the column that distinguishes rows with the same time and
    /// the same `known` symbol.
    fn find_distinguishing(&self, free: &[usize], known: Option<SymbolColumn>) -> Option<usize> {
        let mut n_at: HashMap<(String, &Vec<u8>), usize> = HashMap::new();
        for (row, time) in self.rows.iter().zip(&self.times) {
            let symbol = known.map_or_else(String::new, |known| known.text_of(row));
            *n_at.entry((symbol, time)).or_default() += 1;
        }
        let n_most = n_at.values().copied().max().unwrap_or_default();
        let n_repeated = self.rows.len() - n_at.len();
        let is_text = |idx: usize| self.rows.iter().all(|row| number_in(&row[idx]).is_none());
        let cuts = |idx: &usize| {
            let n_different = self.n_different(*idx);
            let column = match known {
                Some(SymbolColumn::Whole(first)) => SymbolColumn::Split(first, *idx),
                _ => SymbolColumn::Whole(*idx),
            };
            (2..=2 * n_most).contains(&n_different)
                && self.are_labels(*idx)
                && (is_text(*idx) || 4 * n_repeated >= self.rows.len() && !self.is_counter(*idx))
                && self.rows.iter().all(|row| !row[*idx].trim().is_empty())
                && self.are_times_unique(Some(column))
        };
        let found: Vec<usize> = free.iter().copied().filter(cuts).collect();
        found.iter().find(|idx| is_text(**idx)).or(found.first()).copied()
    }
}
