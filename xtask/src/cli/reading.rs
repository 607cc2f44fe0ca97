//! The arguments of `train` and `predict` on how files of bars are read.

use std::ffi::OsString;

use clap::Args;

/// Details that a file of bars does not contain; the trainer checks them.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Take the times as `day_first`, `month_first`, `unix_s`, `excel`, a pattern such as `%d.%m.%y`, …
    #[arg(long, value_name = "FORM")]
    pub time_format: Option<OsString>,
    /// Read times without a zone in this one, such as `America/New_York`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<OsString>,
    /// Take this column for that role, as in close=Last; may be repeated
    #[arg(long = "column", value_name = "ROLE=NAME")]
    pub columns: Vec<OsString>,
    /// Read this symbol only, if a file or folder has several
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<OsString>,
    /// Take this as the decimal sign of the numbers
    #[arg(long, value_name = "point|comma")]
    pub decimal: Option<OsString>,
    /// Adjust all four prices and the volume by the column of adjusted closes
    #[arg(long)]
    pub adjusted: bool,
    /// Stop at invalid rows, drop them, or widen their range
    #[arg(long, value_name = "stop|drop|widen")]
    pub bad_rows: Option<OsString>,
    /// Say why a model cannot take prices of 0 and below
    #[arg(long, hide = true)]
    pub negative_prices: bool,
}

impl ReadingArgs {
    /// Returns them as arguments of the trainer.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let single = [
            ("--time-format", &self.time_format),
            ("--time-zone", &self.time_zone),
            ("--symbol", &self.symbol),
            ("--decimal", &self.decimal),
            ("--bad-rows", &self.bad_rows),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let columns = self.columns.iter().map(|column| ("--column", column));
        for (name, value) in single.chain(columns) {
            arguments.extend([OsString::from(name), value.clone()]);
        }
        let switches = [("--adjusted", self.adjusted), ("--negative-prices", self.negative_prices)];
        for (name, is_set) in switches {
            arguments.extend(is_set.then(|| OsString::from(name)));
        }
        arguments
    }
}
