//! The names of the columns, from the lines of a header.

use crate::market::bars::columns::is_counted;
use crate::market::bars::input::{SampleRow, is_type};
use crate::market::bars::timestamp::is_date;

/// Joins the lines of a header to one name for each column: of the first
/// column, the last line; of the others, all lines that differ between
/// columns.
pub(in crate::market::bars) fn names_of(rows: &[SampleRow]) -> Vec<String> {
    let mut names: Vec<String> = rows[0].cells.iter().map(|name| without_mark(name)).collect();
    for row in rows[1..].iter().filter(|row| !row.cells.iter().all(|cell| is_type(cell))) {
        names[0].clone_from(&row.cells[0]);
        let others = &row.cells[1..];
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
