//! Counts the bad rows of a file by kind, with the first places of each.

use std::fmt::Write as _;

use anyhow::{Error, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::input::Place;

/// The number of places that are listed for each kind.
const N_PLACES: usize = 3;

/// `--bad-rows drop` accepts at most one row out of order in so many.
const N_ROWS_PER_DISORDER: u64 = 10;

fn is_most(n_faulty: u64, n_rows: u64) -> bool {
    2 * n_faulty > n_rows
}

/// The bad rows that were dropped or widened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repairs {
    /// The number of rows that were left out.
    pub n_dropped: u64,
    /// The number of bars whose range was widened to open and close.
    pub n_widened: u64,
    /// A line for each kind of fault, with its count and first places.
    pub kinds: Vec<String>,
}

/// What is said about a fault.
pub(super) struct FaultMessage {
    pub(super) text: String,
    /// What follows where the row may be left out.
    pub(super) drop_advice: &'static str,
}

impl FaultMessage {
    pub(super) fn error(self) -> Error {
        anyhow!(self.text + self.drop_advice)
    }
}

/// Counts of the faults in one pass.
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
    /// Adds a row that is left out.
    pub(super) fn count(&mut self, fault: &Fault, place: Place) {
        self.n_dropped += 1;
        self.add(fault.kind, place);
    }

    /// Adds a bar that is widened.
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

    fn lines(&self) -> Vec<String> {
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
        Repairs { n_dropped: self.n_dropped, n_widened: self.n_widened, kinds: self.lines() }
    }

    /// Returns the error about all faults, which begins with the `first`.
    pub(super) fn combined_error(&self, first: FaultMessage, n_rows: u64) -> Error {
        let n_faulty: u64 = self.kinds.iter().map(|kind| kind.n_rows).sum();
        if n_faulty < 2 {
            return first.error();
        }
        // Dropping single rows does not help if most rows are faulty or
        // out of order.
        let is_dropped = !is_most(n_faulty, n_rows);
        let mut text = first.text;
        if is_dropped {
            text += first.drop_advice;
        }
        let _ =
            write!(text, "; of {n_rows} rows {n_faulty} are faulty: {}", self.lines().join(", "));
        let has = |kind: FaultKind| self.kinds.iter().any(|known| known.fault == kind);
        if has(FaultKind::Range) {
            text += "; `--bad-rows widen` widens a range to its open and close";
        }
        if is_dropped && !has(FaultKind::Order) {
            text += "; `--bad-rows drop`, or `bars.bad_rows` in the settings, leaves such rows out \
                     and counts them";
        }
        anyhow!(text)
    }

    /// Fails if more than half of the rows were left out, or many are out
    /// of order: the file is then likely misread.
    pub(super) fn refuse_most(&self, name: &str, n_bars: u64) -> Result<(), Error> {
        let is_order = |kind: &&FaultCount| kind.fault == FaultKind::Order;
        let n_disordered = self.kinds.iter().find(is_order).map_or(0, |kind| kind.n_rows);
        if N_ROWS_PER_DISORDER * n_disordered > n_bars + self.n_dropped {
            bail!(
                "`{name}`: {n_disordered} rows are older than the one before, so many that \
                 `--bad-rows drop` would lose good bars; sort the rows by time, oldest first"
            );
        }
        if is_most(self.n_dropped, n_bars + self.n_dropped) {
            bail!(
                "`{name}`: of {} rows {} are invalid ({}), too many for `--bad-rows drop`; without \
                 it, the first of them is reported",
                n_bars + self.n_dropped,
                self.n_dropped,
                self.lines().join(", ")
            );
        }
        Ok(())
    }
}
