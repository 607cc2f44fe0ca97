//! Writes a learner's state with its memory, and reads it back bit for
//! bit.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Memory, MemoryState, Slot};

impl Memory {
    /// Writes a line of JSON with `head`, the learner's own state, and then
    /// the slots in the order of the ring, numbers little-endian: the return
    /// (8 bytes), whether it is linked (1 byte), the time (8 bytes), the
    /// features (8 bytes each).
    pub(in crate::learning) fn write(
        &self,
        head: &impl Serialize,
        out: &mut dyn Write,
    ) -> Result<()> {
        let Self { rows, slots, state } = self;
        serde_json::to_writer(&mut *out, &(head, state, slots.len()))?;
        out.write_all(b"\n")?;
        for (slot, row) in slots.iter().zip(rows.chunks_exact(state.n_features)) {
            out.write_all(&slot.next_return.to_le_bytes())?;
            out.write_all(&[u8::from(slot.is_linked)])?;
            out.write_all(&slot.time_ms.to_le_bytes())?;
            for value in row {
                out.write_all(&value.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Restores the memory from what one of the same size wrote, and
    /// returns the learner's own state.
    pub(in crate::learning) fn read<T: DeserializeOwned>(
        &mut self,
        input: &mut dyn BufRead,
    ) -> Result<T> {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line)?;
        let (head, state, n_filled): (T, MemoryState, usize) =
            serde_json::from_slice(&line).context("the learner's state is damaged")?;
        let MemoryState { n_features, n_bars_max, oldest, pending, next, .. } = state;
        let is_same = (n_features, n_bars_max) == (self.state.n_features, self.state.n_bars_max);
        ensure!(is_same, "the learner's memory has another size");
        let n_slots = self.n_slots();
        let is_filled = (next.min(n_slots)..=n_slots).contains(&n_filled);
        let is_ordered = oldest <= pending && pending <= next && next - oldest <= n_slots;
        ensure!(is_filled && is_ordered, "the memory cannot be in the state {state:?}");
        (self.slots, self.rows) = (Vec::with_capacity(n_filled), Vec::new());
        self.rows.reserve_exact(n_filled * n_features);
        for _ in 0..n_filled {
            let next_return = f64::from_le_bytes(bytes(input)?);
            let [is_linked] = bytes(input)?;
            let time_ms = i64::from_le_bytes(bytes(input)?);
            self.slots.push(Slot { next_return, is_linked: is_linked != 0, time_ms });
            for _ in 0..n_features {
                self.rows.push(f64::from_le_bytes(bytes(input)?));
            }
        }
        self.state = state;
        Ok(head)
    }
}

fn bytes<const N: usize>(input: &mut dyn BufRead) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).context("the memory is cut short")?;
    Ok(bytes)
}
