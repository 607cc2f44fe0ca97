//! The memory's rows as bytes: numbers of 8 bytes, little-endian.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Memory, Slot};

/// Where the memory stands; the rows themselves are apart.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::learning::agent) struct MemoryMarks {
    n_filled: usize,
    oldest: usize,
    pending: usize,
    next: usize,
    is_cut: bool,
    next_ms: i64,
}

impl Memory {
    pub(in crate::learning::agent) fn marks(&self) -> MemoryMarks {
        let Self { oldest, pending, next, is_cut, next_ms, .. } = *self;
        MemoryMarks { n_filled: self.slots.len(), oldest, pending, next, is_cut, next_ms }
    }

    /// Writes the slots in the order of the ring: return, link, time,
    /// row.
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

    /// Becomes the memory of the same size that wrote `marks` and rows.
    pub(in crate::learning::agent) fn read_rows(
        &mut self,
        marks: MemoryMarks,
        input: &mut impl Read,
    ) -> Result<()> {
        let MemoryMarks { n_filled, oldest, pending, next, is_cut, next_ms } = marks;
        let n_slots = self.n_slots();
        let is_whole = (next.min(n_slots)..=n_slots).contains(&n_filled);
        let is_ordered = oldest <= pending && pending <= next && next - oldest <= n_slots;
        ensure!(is_whole && is_ordered, "the memory's marks {marks:?} contradict its size");
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
        (self.is_cut, self.next_ms) = (is_cut, next_ms);
        Ok(())
    }
}

fn bytes<const N: usize>(input: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).context("the memory is cut short")?;
    Ok(bytes)
}
