//! Reads tables with borders of box-drawing characters, as rich, polars
//! and `DuckDB` print them, as text with `|` between the cells.

use std::io::{self, ErrorKind, Read};

use super::lines::Lines;
use crate::market::bars::letters::has_word;

/// The characters between cells.
const BETWEEN: [char; 9] = ['│', '┃', '┆', '┇', '┊', '┋', '║', '╎', '╏'];

/// Types that polars and `DuckDB` print below the names, up to a bracket.
const TYPES: &str = "--- i8 i16 i32 i64 i128 u8 u16 u32 u64 f32 f64 str bool cat enum date datetime \
                     time int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double varchar \
                     boolean bigint integer hugeint timestamp decimal ubigint uinteger smallint int \
                     string object float16 float32 float64 datetime64 number numeric real text";

/// Marks of rows that are not printed.
const LEFT_OUT: [&str; 3] = ["…", "·", "..."];

/// Whether a text that begins with `start` has such borders, and they are
/// not only in cells between other delimiters.
pub(super) fn is_box_table(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let is_between = |line: &&str| line.matches(BETWEEN).count() > 3;
    let is_other = |line: &&str| line.matches([',', ';', '\t', '|']).count() > 3;
    let mut lines = text.lines().skip_while(|line| !is_between(line) && !is_other(line));
    lines.next().is_some_and(|line| !is_other(&line)) && lines.any(|line| is_between(&line))
}

/// Returns a reader of the table `inner` that replaces its borders.
pub(super) fn open(inner: Box<dyn Read + Send>) -> impl Read + Send {
    Lines::new(inner, |line, text| {
        text.extend(plain(&String::from_utf8_lossy(line))?.as_bytes());
        Ok(())
    })
}

/// Returns `line` with `|` between the cells; an empty line for a rule and
/// for types.
fn plain(line: &str) -> io::Result<String> {
    let end = if line.ends_with('\n') { "\n" } else { "" };
    let trimmed = line.trim();
    let is_border = |letter: char| ('\u{2500}'..='\u{257f}').contains(&letter);
    let is_of_rule = |letter: char| is_border(letter) && !BETWEEN.contains(&letter);
    // A cell of a row may have such characters, too.
    if trimmed.starts_with(is_of_rule) || !trimmed.is_empty() && trimmed.chars().all(is_border) {
        return Ok(end.to_owned());
    }
    let inner = trimmed.strip_prefix(BETWEEN).unwrap_or(trimmed);
    let cells: Vec<&str> =
        inner.strip_suffix(BETWEEN).unwrap_or(inner).split(BETWEEN).map(str::trim).collect();
    if cells.len() > 1 && cells.iter().all(|cell| LEFT_OUT.contains(cell)) {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "is a printed table whose middle rows are left out; write all rows, as CSV",
        ));
    }
    let are_types = cells.len() > 1 && cells.iter().all(|cell| is_type(cell));
    Ok(if are_types { end.to_owned() } else { cells.join("|") + end })
}

/// Whether `cell` is the name of a type, such as `datetime[μs, UTC]`.
pub(in crate::market::bars) fn is_type(cell: &str) -> bool {
    let name = cell.split(['[', '(', ' ']).next().unwrap_or_default().to_lowercase();
    has_word(TYPES, &name)
}
