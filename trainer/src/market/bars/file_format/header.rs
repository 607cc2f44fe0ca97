//! Finds the header above the bars, if there is one.

use anyhow::{Result, bail, ensure};

use super::names::{names_of, with_nameless, without_mark};
use crate::market::bars::columns::{Columns, is_data, line_for_parts};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::input::{Packing, Sample, SampleRow};
use crate::market::bars::lenient::{is_null, number_in};
use crate::market::bars::timestamp::{is_date, is_numeric_time};

/// The most lines above the header.
const N_ABOVE_MAX: usize = 10;
/// The most lines of a header.
const N_NAME_ROWS_MAX: usize = 3;
/// The fewest texts of a header; fewer may be a title.
const N_NAMES_MIN: usize = 4;

/// The fewest numbers to be taken as times; fewer may increase by chance.
const N_COUNTS_MIN: usize = 5;

/// The columns of a file, and the number of rows above its bars.
pub(in crate::market::bars) struct Table {
    pub(in crate::market::bars) columns: Columns,
    pub(in crate::market::bars) n_rows_above: usize,
}

impl Table {
    /// Finds the header in the first rows, or the columns without one.
    pub(in crate::market::bars) fn find(
        sample: &Sample,
        delimiter: u8,
        config: &BarsConfig,
    ) -> Result<Self> {
        let mut failure = None;
        for (idx, row) in sample.rows.iter().enumerate().take(N_ABOVE_MAX) {
            if is_data(&row.cells) {
                let above = &sample.rows[..idx];
                if above.iter().any(|above| are_names(above, row.cells.len())) {
                    break;
                }
                if let Some(names) = above.iter().find(|above| are_names(above, 0)) {
                    return refuse_widths(row, names.cells.len());
                }
                let in_comment = (idx == 0).then(|| names_in_comment(sample, config));
                return match in_comment.flatten() {
                    Some(columns) => Self::below(sample, columns, 0),
                    None => Self::headless(sample, idx, delimiter, config),
                };
            }
            if row.cells.iter().any(|cell| is_date(cell.as_bytes())) {
                continue;
            }
            match names_at(sample, idx, config) {
                Ok((columns, n_rows)) => return Self::below(sample, columns, idx + n_rows),
                // The first row of several cells is most like a header.
                Err(error) => failure = failure.or((row.cells.len() > 1).then_some(error)),
            }
        }
        let is_counted = |name: &String| name.parse::<usize>().is_ok();
        if !config.columns.is_empty() && config.columns.values().all(is_counted) {
            return Self::headless(sample, 0, delimiter, config);
        }
        if let Some(line) = line_for_parts(&sample.rows[0].cells, delimiter) {
            bail!("has no header; put this line at the top: `{line}`");
        }
        let Some(failure) = failure else { bail!(no_cells(sample)) };
        ensure!(
            !sample.is_latin,
            "{failure}; it is no UTF-8 text: write it as such by `iconv -f GB18030 -t UTF-8 'NAME' > \
             bars.csv` if its names are Chinese, or with another name of its encoding: `BIG5` of \
             Taiwan, `SHIFT_JIS` of Japan, `EUC-KR`, `CP1251` (Cyrillic), `CP1250` (Polish, Czech, \
             Hungarian), `CP1254` (Turkish)"
        );
        Err(failure)
    }

    /// Finds the columns of a file without a header. The row at `idx` is
    /// the first valid one; faulty rows may precede it.
    fn headless(sample: &Sample, idx: usize, delimiter: u8, config: &BarsConfig) -> Result<Self> {
        let width = sample.rows[idx].cells.len();
        let is_faulty = |row: &&SampleRow| {
            row.cells.len() == width && row.cells.iter().any(|cell| is_date(cell.as_bytes()))
        };
        let n_faulty = sample.rows[..idx].iter().rev().take_while(is_faulty).count();
        let mut rows = rows_like(&sample.rows[idx..], width);
        if rows.is_empty() {
            rows.push(sample.rows[idx].cells.clone());
        }
        let is_json = sample.rows[idx].place.packing == Packing::Json;
        let columns = Columns::of_headless(&rows, delimiter, config);
        if columns.is_err() && is_json && config.columns.is_empty() {
            bail!(
                "has lists of {width} values without names, and which value is which is ambiguous; \
                 say it, counted from 1, such as by `--column time=1 --column open=2 --column \
                 high=3 --column low=4 --column close=5`"
            );
        }
        Ok(Self { columns: columns?, n_rows_above: idx - n_faulty })
    }

    fn below(sample: &Sample, columns: Columns, n_rows_above: usize) -> Result<Self> {
        let rows = sample.rows.get(n_rows_above..).unwrap_or_default();
        let Some(first) = rows.first() else {
            bail!("has a header but no bars below it");
        };
        // Dates with a comma make all rows longer than the header.
        let are_others = rows.iter().all(|row| row.cells.len() == first.cells.len());
        let is_other = first.cells.len() > columns.width && are_others && rows.len() > 1;
        let is_right = |row: &SampleRow| row.cells.len() == columns.width && is_data(&row.cells);
        let is_bar = is_data(&first.cells) && !rows.iter().any(is_right);
        if first.cells.len() != columns.width && (is_bar || is_other) {
            return refuse_widths(first, columns.width);
        }
        Ok(Self { columns, n_rows_above })
    }
}

/// Returns the columns by the names in a comment right above the first
/// row: `#RIC,Date-Time,Open`.
fn names_in_comment(sample: &Sample, config: &BarsConfig) -> Option<Columns> {
    let mut names = sample.comment.clone()?;
    names[0] = without_mark(&names[0]);
    let width = sample.rows.first()?.cells.len();
    if names.len() != width {
        return None;
    }
    find_columns(&names, &rows_like(&sample.rows, width), config).ok()
}

fn refuse_widths(row: &SampleRow, n_names: usize) -> Result<Table> {
    let is_longer = row.cells.len() > n_names;
    bail!(
        "{} has {} columns, and the header {n_names}; give each column a name{}",
        row.place,
        row.cells.len(),
        if is_longer {
            ", or, if dates or numbers have a comma in them, put them in quotes or a `;` between \
             the columns"
        } else {
            ""
        }
    )
}

/// Returns the error that the rows are not split into cells, or have no
/// header.
fn no_cells(sample: &Sample) -> String {
    let has_words =
        |row: &SampleRow| row.cells.len() == 1 && row.cells[0].split_whitespace().count() > 4;
    if sample.rows.iter().filter(|row| has_words(row)).count() * 2 > sample.rows.len() {
        return "has blanks between its columns; put commas there, such as by `sed -E 's/^ +//; \
                s/ +$//; s/ +/,/g' 'NAME' > bars.csv`, so that a date and its clock become two \
                columns, each with a name"
            .to_owned();
    }
    let is_quoted = |row: &SampleRow| row.cells.len() == 1 && row.cells[0].matches(',').count() > 3;
    if sample.rows.iter().all(is_quoted) {
        return "has each of its lines in quotes; take them off, such as by `sed -E \
                's/^\"//; s/\"\\r?$//; s/\"\"/\"/g' 'NAME' > bars.csv`"
            .to_owned();
    }
    "has no header; put one at the top, such as `Date,open,high,low,close,volume` in the order of \
     the columns"
        .to_owned()
}

/// Whether `row` may be a header, of `width` columns if that is not 0.
fn are_names(row: &SampleRow, width: usize) -> bool {
    let cells = &row.cells;
    let is_dated = cells.iter().any(|cell| is_date(cell.as_bytes()));
    let is_text = |cell: &&String| !cell.is_empty() && number_in(cell).is_none();
    let n_texts = cells.iter().filter(is_text).count();
    let is_wide = if width == 0 { n_texts >= N_NAMES_MIN } else { cells.len() == width };
    is_wide && cells.len() > 1 && !is_dated && !are_counted(cells)
}

/// Whether the cells count the columns, as pandas names those of a list:
/// `0,1,2` or `,0,1,2`.
fn are_counted(cells: &[String]) -> bool {
    let counted = &cells[usize::from(cells[0].is_empty())..];
    counted.iter().enumerate().all(|(idx, cell)| *cell == idx.to_string())
}

/// Returns the columns by the header that begins in the row at `idx`, and
/// the number of its rows.
fn names_at(sample: &Sample, idx: usize, config: &BarsConfig) -> Result<(Columns, usize)> {
    let n_rows = n_name_rows(&sample.rows[idx..]);
    let rows = &sample.rows[idx..idx + n_rows];
    let mut names = names_of(rows);
    let mut below = rows_like(&sample.rows[idx + n_rows..], names.len());
    // The header may end in delimiters that no row has.
    let n_names = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    if below.is_empty() && n_names < names.len() {
        below = rows_like(&sample.rows[idx + n_rows..], n_names);
        names.truncate(if below.is_empty() { names.len() } else { n_names });
    }
    let (after, width) = (&sample.rows[idx + n_rows..], names.len() + 1);
    let is_longer = after.first().is_some_and(|row| row.cells.len() == width);
    let longer = if is_longer { rows_like(after, width) } else { Vec::new() };
    let found = find_columns(&names, &below, config);
    if let Some(names) = with_nameless(&names, &longer, found.is_err()) {
        return Ok((find_columns(&names, &longer, config)?, n_rows));
    }
    // The second line may be units.
    let found = match found {
        Err(error) if n_rows > 1 => {
            find_columns(&names_of(&rows[..1]), &below, config).map_err(|_| error)
        }
        found => found,
    };
    Ok((found?, n_rows))
}

/// Returns the cells of the bars among `rows` with `width` cells.
fn rows_like(rows: &[SampleRow], width: usize) -> Vec<Vec<String>> {
    let rows = rows.iter().map(|row| &row.cells);
    rows.filter(|cells| cells.len() == width && is_data(cells)).cloned().collect()
}

/// Returns the number of the first `rows` that belong to the header.
fn n_name_rows(rows: &[SampleRow]) -> usize {
    let width = rows[0].cells.len();
    let is_time = |cell: &String| is_date(cell.as_bytes()) || is_numeric_time(cell.as_bytes());
    let is_names = |row: &&SampleRow| {
        let cells = &row.cells;
        let is_text = |cell: &String| !cell.bytes().any(|byte| byte.is_ascii_digit());
        let are_all_there = cells[1..].iter().all(|cell| !cell.is_empty());
        cells.len() == width
            && !cells.iter().any(is_time)
            && (!cells[0].is_empty() || are_all_there)
            && is_text(&cells[0])
            && cells.iter().all(|cell| cell.is_empty() || number_in(cell).is_none())
            && !cells.iter().any(|cell| is_null(cell))
    };
    1 + rows[1..].iter().take(N_NAME_ROWS_MAX - 1).take_while(is_names).count()
}

/// Returns the columns of a file with these names, some of whose rows are
/// `rows`.
fn find_columns(names: &[String], rows: &[Vec<String>], config: &BarsConfig) -> Result<Columns> {
    let error = match Columns::find(names, config) {
        Ok(columns) => return Ok(columns),
        Err(error) => error,
    };
    if !error.to_string().starts_with("has no column `time`") {
        return Err(error);
    }
    let is_given = ["time", "date"].iter().any(|role| config.columns.contains_key(*role));
    let is_end = |name: &String| ["close", "end"].iter().any(|w| name.to_lowercase().contains(w));
    let mut times = (0..names.len()).filter(|idx| !is_end(&names[*idx]) && holds_times(*idx, rows));
    let (Some(time), None, false) = (times.next(), times.next(), is_given) else {
        return Err(error);
    };
    if names.iter().filter(|name| **name == names[time]).count() > 1 {
        return Err(error);
    }
    let mut config = config.clone();
    config.columns.insert("time".to_owned(), names[time].clone());
    let mut columns = Columns::find(names, &config).map_err(|_| error)?;
    columns.is_time_configured = false;
    Ok(columns)
}

/// Whether the column holds a date in each row, or possible times as
/// numbers that strictly increase or decrease.
fn holds_times(idx: usize, rows: &[Vec<String>]) -> bool {
    let all = |is: fn(&[u8]) -> bool| rows.iter().all(|row| is(row[idx].as_bytes()));
    let counts: Vec<f64> = rows.iter().filter_map(|row| number_in(&row[idx])).collect();
    let is_ordered = counts.is_sorted_by(|one, other| one < other)
        || counts.is_sorted_by(|one, other| one > other);
    let are_counts = rows.len() >= N_COUNTS_MIN && all(is_numeric_time) && is_ordered;
    !rows.is_empty() && (all(is_date) || are_counts)
}
