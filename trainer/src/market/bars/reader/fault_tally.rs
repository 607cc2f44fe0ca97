//! Counts the rows that cannot be, by kind, with the first of each.

use std::fmt::Write as _;

use anyhow::{Error, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::input::Place;

/// Lines of a kind that are told.
const N_PLACES: usize = 3;

/// What messages about single rows advise.
const ADVICE: [&str; 4] = [
    "; a row that is no bar is left out by `--bad-rows drop`",
    ", or leave such rows out with `--bad-rows drop`",
    ", or leave it out with `--bad-rows drop`",
    ", `--bad-rows drop` leaves the row out",
];

/// More than a tenth of the rows in disorder are no single rows.
const N_TENTHS: u64 = 10;

fn is_most(n_faulty: u64, n_rows: u64) -> bool {
    2 * n_faulty > n_rows
}

/// What was done about rows that cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repairs {
    /// Rows that were left out.
    pub n_dropped: u64,
    /// Bars whose range was widened to their open and close.
    pub n_widened: u64,
    /// Each kind of fault, how often, and where first.
    pub kinds: Vec<String>,
}

/// The faults of one pass.
#[derive(Debug, Default)]
pub(super) struct FaultTally {
    kinds: Vec<FaultCount>,
    n_dropped: u64,
    n_widened: u64,
}

#[derive(Debug)]
struct FaultCount {
    fault: FaultKind,
    n_rows: u64,
    first: Vec<Place>,
}

impl FaultTally {
    /// Counts a row that is left out.
    pub(super) fn count(&mut self, fault: &Fault, place: Place) {
        self.n_dropped += 1;
        self.add(fault.kind, place);
    }

    /// Counts a bar that is widened.
    pub(super) fn count_widened(&mut self, fault: &Fault, place: Place) {
        self.n_widened += 1;
        self.add(fault.kind, place);
    }

    fn add(&mut self, kind: FaultKind, place: Place) {
        let idx = self.kinds.iter().position(|known| known.fault == kind).unwrap_or_else(|| {
            self.kinds.push(FaultCount { fault: kind, n_rows: 0, first: Vec::new() });
            self.kinds.len() - 1
        });
        let known = &mut self.kinds[idx];
        known.n_rows += 1;
        if known.first.len() < N_PLACES {
            known.first.push(place);
        }
    }

    fn told(&self) -> Vec<String> {
        self.kinds
            .iter()
            .map(|FaultCount { fault, n_rows, first }| {
                let places: Vec<String> = first.iter().map(Place::to_string).collect();
                let more = if *n_rows > first.len() as u64 { ", …" } else { "" };
                format!("{n_rows} {fault} ({}{more})", places.join(", "))
            })
            .collect()
    }

    pub(super) fn repairs(&self) -> Repairs {
        Repairs { n_dropped: self.n_dropped, n_widened: self.n_widened, kinds: self.told() }
    }

    /// Returns the error that begins with the `first` fault.
    pub(super) fn combined_error(&self, first: &Error, n_rows: u64) -> Error {
        let n_faulty: u64 = self.kinds.iter().map(|kind| kind.n_rows).sum();
        let mut text = first.to_string();
        if n_faulty < 2 {
            return anyhow!(text);
        }
        let _ =
            write!(text, "; of {n_rows} rows {n_faulty} are faulty: {}", self.told().join(", "));
        let has = |kind: FaultKind| self.kinds.iter().any(|known| known.fault == kind);
        if has(FaultKind::Range) {
            text += "; `--bad-rows widen` widens a range to its open and close";
        }
        // What is faulty throughout, or in disorder, is not in single rows.
        if is_most(n_faulty, n_rows) {
            for advice in ADVICE {
                text = text.replace(advice, "");
            }
        } else if !has(FaultKind::Order) {
            text += "; `--bad-rows drop`, or `bars.bad_rows` in the settings, leaves such rows out \
                     and counts them";
        }
        anyhow!(text)
    }

    /// Fails where more rows were left out than not: what is wrong is
    /// then how the file is read.
    pub(super) fn refuse_most(&self, name: &str, n_bars: u64) -> Result<(), Error> {
        let is_order = |kind: &&FaultCount| kind.fault == FaultKind::Order;
        let n_disordered = self.kinds.iter().find(is_order).map_or(0, |kind| kind.n_rows);
        if N_TENTHS * n_disordered > n_bars + self.n_dropped {
            bail!(
                "`{name}`: {n_disordered} rows are older than the one before, so many that \
                 `--bad-rows drop` would lose good bars; sort the rows by time, oldest first"
            );
        }
        if is_most(self.n_dropped, n_bars + self.n_dropped) {
            bail!(
                "`{name}`: of {} rows {} cannot be ({}), more than `--bad-rows drop` is for; \
                 without it the first of them is told",
                n_bars + self.n_dropped,
                self.n_dropped,
                self.told().join(", ")
            );
        }
        Ok(())
    }
}
