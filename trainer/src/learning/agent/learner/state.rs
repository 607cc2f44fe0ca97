//! Saves the state of a learner, and restores it bit for bit.
//!
//! The state is a line of JSON, followed by the memory's rows as bytes.
//! There is no random state besides the number of backups: every seed is
//! computed from it.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::FittedQ;
use super::committee::Committee;
use crate::learning::agent::memory::MemoryState;
use crate::learning::forest::Forest;

/// The state without the rows of the memory.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    n_backups: u64,
    previous_open: Option<f64>,
    has_rows: [bool; 2],
    forests: Vec<Forest>,
    margin: Option<f64>,
    n_rows_refitted: usize,
    #[serde(rename = "conclusion")]
    committee: Option<Committee>,
    is_over: bool,
    memory: MemoryState,
}

impl FittedQ {
    /// Writes the policy and the memory to `out`, without the settings.
    pub fn write_state(&self, out: &mut impl Write) -> Result<()> {
        // All fields are named, so that a new one is not forgotten.
        let Self {
            config: _,
            setup: _,
            policy,
            memory,
            n_backups,
            previous_open,
            has_rows,
            n_rows_refitted,
            committee,
            is_over,
        } = self;
        let head = Head {
            n_backups: *n_backups,
            previous_open: *previous_open,
            has_rows: *has_rows,
            forests: policy.forests().to_vec(),
            margin: policy.margin(),
            n_rows_refitted: *n_rows_refitted,
            committee: committee.clone(),
            is_over: *is_over,
            memory: memory.state(),
        };
        serde_json::to_writer(&mut *out, &head)?;
        out.write_all(b"\n")?;
        memory.write_rows(out)
    }

    /// Restores the state that a learner with the same settings wrote.
    /// Fails on a state that is damaged or of other settings.
    pub fn read_state(&mut self, input: &mut impl BufRead) -> Result<()> {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        let head: Head = serde_json::from_slice(&line).context("the learner's head is damaged")?;
        self.policy = self.policy.clone().with_forests(head.forests)?.with_margin(head.margin)?;
        self.memory.read_rows(head.memory, input)?;
        self.n_backups = head.n_backups;
        self.previous_open = head.previous_open;
        self.has_rows = head.has_rows;
        self.n_rows_refitted = head.n_rows_refitted;
        self.committee = head.committee;
        self.is_over = head.is_over;
        Ok(())
    }
}
