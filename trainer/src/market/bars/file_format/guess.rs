//! Finds the column of the time by its values, if no name matches.

use anyhow::Result;

use crate::market::bars::columns::Columns;
use crate::market::bars::config::BarsConfig;
use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{is_date, is_numeric_time};

/// The fewest numbers to be taken as times; fewer may increase by chance.
const N_COUNTS_MIN: usize = 5;

/// Returns the columns of a file with these names, some of whose rows are
/// `rows`.
pub(super) fn find(names: &[String], rows: &[Vec<String>], config: &BarsConfig) -> Result<Columns> {
    let error = match Columns::find(names, config) {
        Ok(columns) => return Ok(columns),
        Err(error) => error,
    };
    if !error.to_string().starts_with("has no column `time`") {
        return Err(error);
    }
    let is_given = ["time", "date"].iter().any(|role| config.columns.contains_key(*role));
    let is_end = |name: &String| ["close", "end"].iter().any(|w| name.to_lowercase().contains(w));
    let mut times = (0..names.len()).filter(|idx| !is_end(&names[*idx]) && is_time(*idx, rows));
    let (Some(time), None, false) = (times.next(), times.next(), is_given) else {
        return Err(error);
    };
    if names.iter().filter(|name| **name == names[time]).count() > 1 {
        return Err(error);
    }
    let mut config = config.clone();
    config.columns.insert("time".to_owned(), names[time].clone());
    Columns::find(names, &config).map_err(|_| error)
}

/// Whether the column holds a date in each row, or possible times as
/// numbers that strictly increase or decrease.
fn is_time(idx: usize, rows: &[Vec<String>]) -> bool {
    let all = |is: fn(&[u8]) -> bool| rows.iter().all(|row| is(row[idx].as_bytes()));
    let counts: Vec<f64> = rows.iter().filter_map(|row| number_in(&row[idx])).collect();
    let is_ordered = counts.is_sorted_by(|one, other| one < other)
        || counts.is_sorted_by(|one, other| one > other);
    let are_counts = rows.len() >= N_COUNTS_MIN && all(is_numeric_time) && is_ordered;
    !rows.is_empty() && (all(is_date) || are_counts)
}
