//! Finds the names above the bars, or that there are none.

use anyhow::{Result, bail};

use super::{Sample, SampleRow};
use crate::market::bars::columns::{Columns, is_data};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::loose::{is_null, number_in};
use crate::market::bars::timestamp::{is_count, is_date};

/// Most lines that may stand above the names.
const N_ABOVE_MAX: usize = 10;
/// Most lines that may hold names.
const N_NAME_ROWS_MAX: usize = 3;

/// The columns of a file, and how many rows stand above its bars.
pub(in crate::market::bars) struct Table {
    pub(in crate::market::bars) columns: Columns,
    pub(in crate::market::bars) n_rows_above: usize,
}

impl Table {
    /// Finds the names in the first rows, or does without.
    pub(in crate::market::bars) fn find(
        sample: &Sample,
        delimiter: u8,
        config: &BarsConfig,
    ) -> Result<Self> {
        let mut failure = None;
        for (idx, row) in sample.rows.iter().enumerate().take(N_ABOVE_MAX) {
            if is_data(&row.cells) {
                let has_names = sample.rows[..idx]
                    .iter()
                    .any(|above| above.cells.len() == row.cells.len() && above.cells.len() > 1);
                if has_names {
                    break;
                }
                let rows = rows_like(&sample.rows[idx..], row.cells.len());
                let columns = Columns::of_headless(&rows, delimiter, config)?;
                return Ok(Self { columns, n_rows_above: idx });
            }
            let n_rows = n_name_rows(&sample.rows[idx..]);
            match Columns::find(&names_of(&sample.rows[idx..idx + n_rows]), config) {
                Ok(columns) => return Self::below(sample, columns, idx + n_rows),
                // The names that are most like names are told of.
                Err(error) => failure = failure.or((row.cells.len() > 1).then_some(error)),
            }
        }
        match failure {
            Some(failure) => Err(failure),
            None => bail!(
                "has no line of names; put one at the top, such as \
                 `Date,open,high,low,close,volume` in the order of the columns"
            ),
        }
    }

    fn below(sample: &Sample, columns: Columns, n_rows_above: usize) -> Result<Self> {
        match sample.rows.get(n_rows_above) {
            None => bail!("has a line of names but no bars below it"),
            Some(row) if row.cells.len() != columns.width && is_data(&row.cells) => bail!(
                "{} has {} columns, and the line of names {}; give each column a name",
                row.place,
                row.cells.len(),
                columns.width
            ),
            Some(_) => Ok(Self { columns, n_rows_above }),
        }
    }
}

/// Returns the cells of the rows with as many.
fn rows_like(rows: &[SampleRow], width: usize) -> Vec<Vec<String>> {
    let rows = rows.iter().map(|row| &row.cells);
    rows.filter(|cells| cells.len() == width && is_data(cells)).cloned().collect()
}

/// Returns how many of the first `rows` are lines of names.
fn n_name_rows(rows: &[SampleRow]) -> usize {
    let width = rows[0].cells.len();
    let is_time = |cell: &String| is_date(cell.as_bytes()) || is_count(cell.as_bytes());
    let is_names = |row: &&SampleRow| {
        let cells = &row.cells;
        let is_text = |cell: &String| !cell.bytes().any(|byte| byte.is_ascii_digit());
        cells.len() == width
            && !cells.iter().any(is_time)
            && !cells[0].is_empty()
            && is_text(&cells[0])
            && cells.iter().all(|cell| cell.is_empty() || number_in(cell).is_none())
            && !cells.iter().any(|cell| is_null(cell))
    };
    1 + rows[1..].iter().take(N_NAME_ROWS_MAX - 1).take_while(is_names).count()
}

/// Returns the names that lines of them give: of the first column the
/// last, of the others those that tell them apart.
pub(in crate::market::bars) fn names_of(rows: &[SampleRow]) -> Vec<String> {
    let clean = |name: &str| name.trim().trim_start_matches('#').trim().to_owned();
    let mut names: Vec<String> = rows[0].cells.iter().map(|name| clean(name)).collect();
    for row in &rows[1..] {
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
