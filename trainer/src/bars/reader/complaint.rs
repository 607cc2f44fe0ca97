//! Says which file, line, column and value is wrong, and what to do.

use std::fmt::Write;
use std::io::{self, ErrorKind};

use anyhow::{Error, anyhow};

use super::TextBars;
use crate::bars::check::Fault;
use crate::bars::columns::Part;
use crate::bars::input::{Packing, Place};
use crate::bars::timestamp;
use crate::wording::counted;

impl TextBars {
    /// Returns the line, counted from 1, on which the row begins.
    fn place(&self) -> Place {
        Place { line: self.rows.line() + self.n_lines_skipped, packing: self.packing() }
    }

    fn text_of(&self, part: Part) -> String {
        let row = self.rows.row();
        let text = |idx: usize| String::from_utf8_lossy(row[idx].trim_ascii()).into_owned();
        match part {
            Part::Time => self.columns.time.text(row),
            Part::Open => text(self.columns.open),
            Part::High => text(self.columns.high),
            Part::Low => text(self.columns.low),
            Part::Close => text(self.columns.close),
            Part::Volume => self.columns.volume.map_or_else(String::new, text),
            Part::Funding => self.columns.funding.map_or_else(String::new, text),
            Part::Symbol => self.columns.symbol.map_or_else(String::new, text),
            Part::Further(idx) => text(idx),
        }
    }

    #[cold]
    pub(super) fn describe(&self, fault: &Fault) -> Error {
        anyhow!(
            "`{}` {}, column `{}`: `{}` {}",
            self.name,
            self.place(),
            self.columns.name_of(fault.part),
            self.text_of(fault.part),
            fault.problem
        )
    }

    #[cold]
    pub(super) fn wrong_width(&mut self) -> Error {
        let problem = format!(
            "`{}` {} has {} where the first line has {}",
            self.name,
            self.place(),
            counted(self.rows.row().len() as u64, "column"),
            self.columns.width
        );
        let is_last = !self.rows.advance().unwrap_or(true);
        if is_last {
            return anyhow!("{problem}; the file may be cut short: copy or download it again");
        }
        anyhow!("{problem}; correct or delete the row")
    }

    #[cold]
    pub(super) fn another_symbol(&self, idx: usize) -> Error {
        let first = &self.symbol;
        let mut problem = format!(
            "is another symbol than `{first}` above it; one file holds one symbol: split it"
        );
        if let Some(print) = self.print_command() {
            let script = format!("NR == 1 || ${} == \"{first}\"", idx + 1);
            let delimiter = char::from(self.delimiter);
            let _ = write!(
                problem,
                ", such as by `{print} | awk -F '{delimiter}' '{script}' > {first}.csv`"
            );
        }
        self.describe(&Fault { part: Part::Symbol, problem })
    }

    #[cold]
    pub(super) fn out_of_order(&self, time_ms: i64, previous_ms: i64) -> Error {
        let previous = timestamp::format(previous_ms);
        let problem = if time_ms == previous_ms {
            "is a duplicate: the bar before has the same time; delete one of them \
             (a local time repeats an hour each autumn: use UTC)"
                .to_owned()
        } else if self.n_bars == 1 {
            format!(
                "is older than the bar before, `{previous}`: the newest bar comes first; \
                 turn the file round, such as by {}",
                self.reverse_command()
            )
        } else {
            format!(
                "is older than the bar before, `{previous}`; sort the rows by time, oldest first"
            )
        };
        self.describe(&Fault { part: Part::Time, problem })
    }

    /// Returns what prints the file as text, where a program does.
    fn print_command(&self) -> Option<String> {
        let program = match self.packing() {
            Packing::Plain => "cat",
            Packing::Gzip => "zcat",
            Packing::Zstd => "zstdcat",
            Packing::Parquet => return None,
        };
        Some(format!("{program} '{}'", self.name))
    }

    fn packing(&self) -> Packing {
        self.rows.get_ref().packing()
    }

    /// Returns what turns the file round.
    fn reverse_command(&self) -> String {
        let Some(print) = self.print_command() else {
            return "pandas' `sort_values`".to_owned();
        };
        let n_above = self.n_lines_skipped + u64::from(self.columns.has_header);
        if n_above == 0 {
            return format!("`{print} | tac > sorted.csv`");
        }
        format!("`{print} | (sed -u {n_above}q; tac) > sorted.csv`")
    }
}

#[cold]
pub(in crate::bars) fn input_error(name: &str, n_bars: u64, error: &io::Error) -> Error {
    let n_read = counted(n_bars, "bar");
    match error.kind() {
        ErrorKind::UnexpectedEof => anyhow!(
            "`{name}` is cut short after {n_read}: its packed stream has no end; \
             copy or download it again"
        ),
        ErrorKind::InvalidInput => {
            anyhow!("`{name}` is damaged after {n_read}: {error}; copy or download it again")
        }
        ErrorKind::InvalidData => anyhow!("`{name}` {error}"),
        _ => anyhow!("failed to read `{name}` after {n_read}: {error}"),
    }
}
