//! Reads cells that only blanks separate, as fixed-width files and what
//! pandas prints have them, as cells with tabs between.

use std::io::{self, Read};

use crate::market::bars::block_reader::{BlockReader, BlockSource};

/// Lines that are looked at, and the fewest that tell.
const N_LINES_MAX: usize = 20;
const N_LINES_MIN: usize = 2;

/// Fewer words are no bar.
const N_WORDS_MIN: usize = 5;

/// Names of a time of which a date and a clock are.
const TIMES: [&str; 5] = ["time", "date", "datetime", "timestamp", "index"];

/// How the words of a line are its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each is one.
    Words,
    /// The first two of the lines below the names are one time.
    DateAndClock,
    /// The first of the lines below the names has none.
    Index,
    /// The first two of them have none, and are one time.
    IndexWithClock,
    /// The first has none, and the next two are one time.
    CountedWithClock,
}

/// Returns the layout of a text that begins with `start`, if blanks
/// separate its cells beyond doubt: all lines below the first have as
/// many words, each of them without a blank in it.
pub(super) fn layout(start: &[u8]) -> Option<Layout> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = std::str::from_utf8(start)
        .or_else(|error| std::str::from_utf8(&start[..error.valid_up_to()]))
        .ok()?;
    // The last may be part of a line.
    let whole = &text[..text.rfind('\n')?];
    let lines: Vec<Vec<&str>> = whole
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .take(N_LINES_MAX)
        .collect();
    let has_separator = whole.contains([';', '\t', '|', '"']) || whole.contains(", ");
    let (first, mut rows) = lines.split_first()?;
    // The name of an index stands alone below the others.
    let has_index_name = rows.first()?.len() == 1 && rows.len() > 1;
    rows = if has_index_name { &rows[1..] } else { rows };
    let n_words = rows.first()?.len();
    let are_alike = rows.iter().all(|row| row.len() == n_words);
    if has_separator || lines.len() < N_LINES_MIN || n_words < N_WORDS_MIN || !are_alike {
        return None;
    }
    // Commas are decimal signs, or separators of thousands, at most.
    let is_number = |word: &&str| {
        word.bytes().all(|b| b.is_ascii_digit() || b"+-.,:/TZeE".contains(&b))
            && word.matches(',').count() < 3
    };
    let n_numbers = |row: &Vec<&str>| row.iter().filter(|word| is_number(word)).count();
    let are_rows = rows.iter().all(|row| n_numbers(row) >= N_WORDS_MIN);
    let is_time = TIMES.contains(&first[0].to_lowercase().as_str());
    let has_clock = rows.iter().all(|row| row[1].contains(':'));
    let is_count = |word: &str| word.len() < 7 && word.bytes().all(|byte| byte.is_ascii_digit());
    let are_counted = rows.iter().all(|row| is_count(row[0]) && row[1].contains(['-', '/']));
    let are_names = !first.iter().any(is_number) && !first.iter().any(|word| word.contains(','));
    match n_words.checked_sub(first.len())? {
        _ if !are_rows || has_index_name && is_time => None,
        0 if are_names || n_numbers(first) >= N_WORDS_MIN => Some(Layout::Words),
        1 if are_names && is_time && has_clock => Some(Layout::DateAndClock),
        1 if are_names && !has_clock && (!is_time || are_counted) => Some(Layout::Index),
        2 if are_names && !is_time && has_clock => Some(Layout::IndexWithClock),
        2 if are_names && is_time && are_counted && rows.iter().all(|row| row[2].contains(':')) => {
            Some(Layout::CountedWithClock)
        }
        _ => None,
    }
}

/// Puts tabs between the words of each line.
pub(super) struct BlankReader {
    inner: Box<dyn Read + Send>,
    layout: Layout,
    /// What was read and not yet divided.
    rest: Vec<u8>,
    is_below_names: bool,
}

impl BlankReader {
    pub(super) fn new(inner: Box<dyn Read + Send>, layout: Layout) -> BlockReader<Self> {
        let reader = Self { inner, layout, rest: Vec::new(), is_below_names: false };
        BlockReader::new(Vec::new(), reader)
    }

    fn divide(&mut self, line: &[u8], text: &mut Vec<u8>) {
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let words: Vec<&[u8]> = words.collect();
        let is_index = !matches!(self.layout, Layout::Words | Layout::DateAndClock);
        let clock_idx = match self.layout {
            Layout::Words | Layout::Index => None,
            Layout::DateAndClock | Layout::IndexWithClock => Some(1),
            Layout::CountedWithClock => Some(2),
        };
        let is_names = !self.is_below_names && !words.is_empty();
        if is_index && !is_names && words.len() == 1 {
            text.push(b'\n');
            return;
        }
        if is_names && is_index {
            text.push(b'\t');
        }
        for (idx, word) in words.iter().enumerate() {
            let separator = match idx {
                0 => None,
                _ if Some(idx) == clock_idx && !is_names => Some(b' '),
                _ => Some(b'\t'),
            };
            text.extend(separator);
            text.extend_from_slice(word);
        }
        self.is_below_names |= is_names;
        if line.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
}

impl BlockSource for BlankReader {
    /// Divides more lines.
    fn next_block(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut block = [0; 1 << 14];
        let n_bytes = self.inner.read(&mut block)?;
        self.rest.extend_from_slice(&block[..n_bytes]);
        let end = match self.rest.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => end + 1,
            None if n_bytes == 0 => self.rest.len(),
            None => 0,
        };
        let lines: Vec<u8> = self.rest.drain(..end).collect();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            self.divide(line, text);
        }
        Ok(n_bytes > 0 || !text.is_empty())
    }
}
