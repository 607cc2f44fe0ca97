//! Puts a learner into bytes and takes it out again, bit for bit.
//!
//! A line of JSON with all but the memory's rows, then those. The
//! random state is the number of backups: every seed follows from it.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::FittedQ;
use super::conclusion::Conclusion;
use crate::learning::agent::memory::MemoryMarks;
use crate::learning::forest::Forest;

/// All but the rows of the memory.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    n_backups: u64,
    previous_open: Option<f64>,
    has_rows: [bool; 2],
    forests: Vec<Forest>,
    margin: Option<f64>,
    n_rows_refitted: usize,
    conclusion: Option<Conclusion>,
    is_over: bool,
    memory: MemoryMarks,
}

impl FittedQ {
    /// Writes all that was learned and remembered to `out`; the
    /// settings are not part of it.
    pub fn write_state(&self, out: &mut impl Write) -> Result<()> {
        // Named one by one, so that a new field is not forgotten.
        let Self {
            config: _,
            setup: _,
            policy,
            memory,
            n_backups,
            previous_open,
            has_rows,
            n_rows_refitted,
            conclusion,
            is_over,
        } = self;
        let head = Head {
            n_backups: *n_backups,
            previous_open: *previous_open,
            has_rows: *has_rows,
            forests: policy.forests().to_vec(),
            margin: policy.margin(),
            n_rows_refitted: *n_rows_refitted,
            conclusion: conclusion.clone(),
            is_over: *is_over,
            memory: memory.marks(),
        };
        serde_json::to_writer(&mut *out, &head)?;
        out.write_all(b"\n")?;
        memory.write_rows(out)
    }

    /// Becomes the learner that wrote to `input`, which had the same
    /// settings. Fails on bytes that are none of such a learner's.
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
        self.conclusion = head.conclusion;
        self.is_over = head.is_over;
        Ok(())
    }
}
