//! How results are printed.

use clap::ValueEnum;

use super::Task;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// A table with typed columns; of `export` alone
    #[value(hide = true)]
    Parquet,
    /// A table as text; of `export` and `predict`
    #[value(hide = true)]
    Csv,
}

impl Format {
    /// Whether it is one of tables.
    pub fn is_of_tables(self) -> bool {
        matches!(self, Self::Parquet | Self::Csv)
    }

    /// Whether `task` gives its result in this form.
    pub fn fits(self, task: &Task) -> bool {
        match self {
            Self::Text | Self::Json => true,
            Self::Parquet => matches!(task, Task::Export(_)),
            Self::Csv => matches!(task, Task::Export(_) | Task::Predict(_)),
        }
    }
}
