//! Writes the memory's rows as bytes and reads them back.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Memory, Slot};

/// The state of the memory without its rows; see the fields of
/// [`Memory`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::learning::agent) struct MemoryState {
    /// Slots in use.
    n_filled: usize,
    oldest: usize,
    pending: usize,
    next: usize,
    #[serde(rename = "is_cut")]
    is_after_gap: bool,
}

impl Memory {
    pub(in crate::learning::agent) fn state(&self) -> MemoryState {
        let Self { oldest, pending, next, is_after_gap, .. } = *self;
        MemoryState { n_filled: self.slots.len(), oldest, pending, next, is_after_gap }
    }

    /// Writes the slots in the order of the ring, numbers little-endian:
    /// the return (8 bytes), whether it is linked (1 byte), the time (8
    /// bytes), the features (8 bytes each).
    pub(in crate::learning::agent) fn write_rows(&self, out: &mut impl Write) -> Result<()> {
        for (slot, row) in self.slots.iter().zip(self.rows.chunks_exact(self.n_features)) {
            out.write_all(&slot.next_return.to_le_bytes())?;
            out.write_all(&[u8::from(slot.is_linked)])?;
            out.write_all(&slot.time_ms.to_le_bytes())?;
            for value in row {
                out.write_all(&value.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Restores the memory from `state` and the rows in `input`, written
    /// by a memory of the same size.
    pub(in crate::learning::agent) fn read_rows(
        &mut self,
        state: MemoryState,
        input: &mut impl Read,
    ) -> Result<()> {
        let MemoryState { n_filled, oldest, pending, next, is_after_gap } = state;
        let n_slots = self.n_slots();
        let is_filled = (next.min(n_slots)..=n_slots).contains(&n_filled);
        let is_ordered = oldest <= pending && pending <= next && next - oldest <= n_slots;
        ensure!(is_filled && is_ordered, "the memory cannot be in the state {state:?}");
        (self.slots, self.rows) = (Vec::with_capacity(n_filled), Vec::new());
        self.rows.reserve_exact(n_filled * self.n_features);
        for _ in 0..n_filled {
            let next_return = f64::from_le_bytes(bytes(input)?);
            let [is_linked] = bytes(input)?;
            let time_ms = i64::from_le_bytes(bytes(input)?);
            self.slots.push(Slot { next_return, is_linked: is_linked != 0, time_ms });
            for _ in 0..self.n_features {
                self.rows.push(f64::from_le_bytes(bytes(input)?));
            }
        }
        (self.oldest, self.pending, self.next) = (oldest, pending, next);
        self.is_after_gap = is_after_gap;
        Ok(())
    }
}

fn bytes<const N: usize>(input: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).context("the memory is cut short")?;
    Ok(bytes)
}
