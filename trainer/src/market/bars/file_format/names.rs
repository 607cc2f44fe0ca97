//! The names of the columns, from the lines of a header.

use std::collections::HashSet;

use crate::market::bars::columns::is_counted;
use crate::market::bars::input::{SampleRow, is_type};
use crate::market::bars::timestamp::is_date;

/// Returns one name for each column, from the lines of a header. Where
/// names repeat, those of merged cells hold for the empty cells behind.
pub(in crate::market::bars) fn names_of(rows: &[SampleRow]) -> Vec<String> {
    let lines: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
    let names = joined(&lines);
    let are_unique = |names: &[String]| names.iter().collect::<HashSet<_>>().len() == names.len();
    if are_unique(&names) {
        return names;
    }
    let spread = joined(&lines.iter().map(|line| spread(line)).collect::<Vec<_>>());
    if are_unique(&spread) { spread } else { names }
}

/// Fills empty cells with the text before, except the first one.
fn spread(line: &[String]) -> Vec<String> {
    let mut last = &String::new();
    let others = line[1..].iter().map(|cell| {
        last = if cell.is_empty() { last } else { cell };
        last.clone()
    });
    [line[0].clone()].into_iter().chain(others).collect()
}

/// Joins the lines of a header: of the first column, the last line; of
/// the others, all lines that differ between columns.
fn joined(lines: &[Vec<String>]) -> Vec<String> {
    let mut names: Vec<String> = lines[0].iter().map(|name| without_mark(name)).collect();
    for line in lines[1..].iter().filter(|line| !line[1..].iter().all(|cell| is_type(cell))) {
        names[0].clone_from(&line[0]);
        let others = &line[1..];
        let differ = others.iter().any(|name| *name != others[0]);
        for (name, more) in names[1..].iter_mut().zip(others) {
            if differ && !more.is_empty() {
                format!("{name} {more}").trim().clone_into(name);
            }
        }
    }
    names
}

/// Returns `name` without the mark of a comment.
pub(super) fn without_mark(name: &str) -> String {
    name.trim().trim_start_matches('#').trim().to_owned()
}

/// Returns `names` with one for a column that has none: row names, as R
/// writes them, or nothing after a last delimiter.
pub(super) fn with_nameless(
    names: &[String],
    rows: &[Vec<String>],
    lacks_time: bool,
) -> Option<Vec<String>> {
    if rows.is_empty() {
        return None;
    }
    let is_empty = rows.iter().all(|row| row[names.len()].trim().is_empty());
    let first = rows[0][0].trim().parse::<usize>();
    let are_counted = is_counted(rows) && first.is_ok_and(|first| first < 2);
    let are_dates = lacks_time && rows.iter().all(|row| is_date(row[0].as_bytes()));
    let nameless = || [String::new()];
    if is_empty {
        Some([names, &nameless()].concat())
    } else if are_counted || are_dates {
        Some([&nameless()[..], names].concat())
    } else {
        None
    }
}
