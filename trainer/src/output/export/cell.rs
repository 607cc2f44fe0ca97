//! The columns and cells of a table.

use serde::Serialize;

/// The type of a column; any value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// A time in UTC, to the millisecond.
    Time,
    /// UTF-8.
    Text,
    /// 64 bits with a sign.
    Integer,
    /// 64 bits.
    Number,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Its meaning, with the unit.
    pub meaning: String,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    /// Milliseconds since 1970 in UTC.
    Time(i64),
    Text(&'a str),
    Integer(i64),
    Number(f64),
}
