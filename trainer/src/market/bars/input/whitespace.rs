//! Reads whitespace-separated text, such as fixed-width files and what
//! pandas prints, as tab-separated text.

use std::io::Read;

use super::lines::Lines;

/// The most lines that are examined, and the fewest that are needed.
const N_LINES_MAX: usize = 20;
const N_LINES_MIN: usize = 2;

/// The fewest words of a bar.
const N_WORDS_MIN: usize = 5;

/// Names of a column whose values are a date and a clock time.
const TIMES: [&str; 5] = ["time", "date", "datetime", "timestamp", "index"];

/// How the words of a line form cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each word is a cell.
    Words,
    /// Below the header, the first two words are one time.
    DateAndClock,
    /// The first column is an index without a name.
    Index,
    /// The same, and the index is a date and a clock time.
    IndexWithClock,
    /// The first column is a row number without a name, and the next two
    /// words are one time.
    RowNumberWithClock,
}

/// Returns the layout of a text that begins with `start`, if it is
/// clearly separated by whitespace: all lines below the first have the
/// same number of words.
pub(super) fn layout(start: &[u8]) -> Option<Layout> {
    let text = std::str::from_utf8(start)
        .or_else(|error| std::str::from_utf8(&start[..error.valid_up_to()]))
        .ok()?;
    // The last line may be incomplete.
    let whole = &text[..text.rfind('\n')?];
    let lines: Vec<Vec<&str>> = whole
        .lines()
        .map(|line| line.split_whitespace().map(|word| word.trim_matches('"')).collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .take(N_LINES_MAX)
        .collect();
    // R puts names in quotes, which a CSV reader takes off.
    let are_blank = |quoted: &str| quoted.contains(char::is_whitespace);
    let has_separator = whole.contains([';', '\t', '|'])
        || whole.contains(", ")
        || whole.lines().any(|line| line.split('"').skip(1).step_by(2).any(are_blank));
    let (first, mut rows) = lines.split_first()?;
    // pandas prints the name of an index alone on the second line.
    let has_index_name = rows.first()?.len() == 1 && rows.len() > 1;
    rows = if has_index_name { &rows[1..] } else { rows };
    let n_words = rows.first()?.len();
    let are_alike = rows.iter().all(|row| row.len() == n_words);
    if has_separator || lines.len() < N_LINES_MIN || n_words < N_WORDS_MIN || !are_alike {
        return None;
    }
    // Commas in a number are decimal signs or thousands separators.
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
            Some(Layout::RowNumberWithClock)
        }
        _ => None,
    }
}

/// Returns a reader of `inner` with tabs in place of the whitespace between
/// cells.
pub(super) fn open(inner: Box<dyn Read + Send>, layout: Layout) -> impl Read + Send {
    let mut rows = WhitespaceRows { layout, is_below_header: false };
    Lines::new(inner, move |line, text| {
        rows.convert(line, text);
        Ok(())
    })
}

struct WhitespaceRows {
    layout: Layout,
    is_below_header: bool,
}

impl WhitespaceRows {
    fn convert(&mut self, line: &[u8], text: &mut Vec<u8>) {
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let words: Vec<&[u8]> = words.collect();
        let is_index = !matches!(self.layout, Layout::Words | Layout::DateAndClock);
        let clock_idx = match self.layout {
            Layout::Words | Layout::Index => None,
            Layout::DateAndClock | Layout::IndexWithClock => Some(1),
            Layout::RowNumberWithClock => Some(2),
        };
        let is_names = !self.is_below_header && !words.is_empty();
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
        self.is_below_header |= is_names;
        if line.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
}
