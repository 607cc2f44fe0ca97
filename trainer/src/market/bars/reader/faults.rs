//! Counts the rows that cannot be, by kind, with the first of each.

use std::fmt::Write as _;

use anyhow::{Error, anyhow};
use serde::{Deserialize, Serialize};

use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::input::Place;

/// Lines of a kind that are told.
const N_PLACES: usize = 3;

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
    kinds: Vec<Kind>,
    n_dropped: u64,
    n_widened: u64,
}

#[derive(Debug)]
struct Kind {
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
            self.kinds.push(Kind { fault: kind, n_rows: 0, first: Vec::new() });
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
            .map(|Kind { fault, n_rows, first }| {
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
    pub(super) fn complaint(&self, first: &Error, n_rows: u64) -> Error {
        let n_faulty: u64 = self.kinds.iter().map(|kind| kind.n_rows).sum();
        let mut text = first.to_string();
        if n_faulty < 2 {
            return anyhow!(text);
        }
        let _ =
            write!(text, "; of {n_rows} rows {n_faulty} are faulty: {}", self.told().join(", "));
        let is_range = |kind: &Kind| kind.fault == FaultKind::Range;
        if self.kinds.iter().any(is_range) {
            text += "; `--bad-rows widen` widens a range to its open and close";
        }
        text += "; `--bad-rows drop`, or `bars.bad_rows` in the settings, leaves such rows out and \
                 counts them";
        anyhow!(text)
    }
}
