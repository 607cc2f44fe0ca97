//! Writes a sub-block: stored, with fixed codes or with its own,
//! whichever is the smallest.

use crate::End;
use crate::bits::BitWriter;
use crate::codes::{Codes, Header};
use crate::huffman::Code;
use crate::matches::{BIT, Match};
use crate::tables::{
    DISTANCE_BASE, DISTANCE_EXTRA, END_OF_BLOCK, FIRST_LENGTH, LENGTH_EXTRA, LENGTH_MIN,
    N_DISTANCES, N_LITERALS, distance_slot, length_slot,
};

/// The most that a stored part holds.
const STORED_BYTES_MAX: usize = 65_535;

/// Some literals, then a match; of length 0 at the end.
#[derive(Debug, Clone, Copy)]
struct Step {
    n_literals: u32,
    length: u16,
    distance: u16,
}

/// What was found since the last sub-block was written.
#[derive(Debug)]
pub struct SubBlock {
    start: usize,
    /// The end of the last match.
    end: usize,
    steps: Vec<Step>,
    literals: [u32; N_LITERALS],
    distances: [u32; N_DISTANCES],
    literal_cost: Option<u32>,
}

impl SubBlock {
    pub fn new() -> Self {
        Self {
            start: 0,
            end: 0,
            steps: Vec::new(),
            literals: [0; N_LITERALS],
            distances: [0; N_DISTANCES],
            literal_cost: None,
        }
    }

    /// Starts anew at `start`.
    pub fn begin(&mut self, start: usize) {
        (self.start, self.end) = (start, start);
    }

    pub fn start(&self) -> usize {
        self.start
    }

    /// Returns what a literal cost in the last sub-block, in sixteenths
    /// of a bit, where it had enough of them to say.
    pub fn literal_cost(&self) -> Option<u32> {
        self.literal_cost
    }

    /// Adds the match at `position` and the literals before it.
    #[inline]
    pub fn push(&mut self, window: &[u8], position: usize, found: Match) {
        self.literals[FIRST_LENGTH + length_slot(found.length)] += 1;
        self.distances[distance_slot(found.distance)] += 1;
        self.step(window, position, found);
        self.end = position + found.length;
    }

    /// Writes what there is up to `end`; more follows.
    pub fn write_more(&mut self, window: &[u8], end: usize, bits: &mut BitWriter<'_>) {
        self.close(window, end, IsLast::No, bits);
    }

    /// Writes the rest, up to `end`, and ends the block.
    pub fn write(&mut self, window: &[u8], end: usize, how: End, bits: &mut BitWriter<'_>) {
        match how {
            End::Finish => self.close(window, end, IsLast::Yes, bits),
            End::Flush => {
                if end > self.start {
                    self.close(window, end, IsLast::No, bits);
                }
                stored(&[], IsLast::No, bits);
            }
        }
    }

    #[inline]
    fn step(&mut self, window: &[u8], position: usize, found: Match) {
        for byte in &window[self.end..position] {
            self.literals[usize::from(*byte)] += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "deflate's own limits are lower")]
        self.steps.push(Step {
            n_literals: (position - self.end) as u32,
            length: found.length as u16,
            distance: found.distance as u16,
        });
    }

    fn close(&mut self, window: &[u8], end: usize, last: IsLast, bits: &mut BitWriter<'_>) {
        self.step(window, end, Match::default());
        self.literals[END_OF_BLOCK] = 1;
        let own = Codes::of(&self.literals, &self.distances);
        let header = Header::of(&own);
        self.literal_cost = self.cost_of_literals(&own);
        let content = &window[self.start..end];
        let n_parts = content.len().div_ceil(STORED_BYTES_MAX).max(1);
        let stored_bits = (content.len() + 5 * n_parts) * 8;
        let own_bits = header.n_bits() + self.n_bits(&own);
        let fixed = Codes::fixed();
        let fixed_bits = self.n_bits(&fixed);
        if stored_bits <= own_bits.min(fixed_bits) {
            stored(content, last, bits);
        } else if fixed_bits <= own_bits {
            bits.put(last as u32 | 1 << 1, 3);
            self.body(content, &fixed, bits);
        } else {
            bits.put(last as u32 | 2 << 1, 3);
            header.write(bits);
            self.body(content, &own, bits);
        }
        (self.start, self.end) = (end, end);
        self.steps.clear();
        self.literals.fill(0);
        self.distances.fill(0);
    }

    fn cost_of_literals(&self, codes: &Codes) -> Option<u32> {
        let n_literals: u32 = self.literals[..END_OF_BLOCK].iter().sum();
        let n_bits: u32 = self.literals[..END_OF_BLOCK]
            .iter()
            .zip(&codes.literals)
            .map(|(count, code)| count * u32::from(code.n_bits))
            .sum();
        (n_literals > 1000).then(|| (n_bits * BIT / n_literals).max(1))
    }

    /// Returns the size of the body with these codes.
    fn n_bits(&self, codes: &Codes) -> usize {
        let sum = |counts: &[u32], codes: &[Code], extra: &[u8]| -> usize {
            counts
                .iter()
                .zip(codes)
                .zip(extra.iter().chain(std::iter::repeat(&0)))
                .map(|((count, code), extra)| *count as usize * usize::from(code.n_bits + extra))
                .sum()
        };
        sum(&self.literals[..FIRST_LENGTH], &codes.literals[..FIRST_LENGTH], &[])
            + sum(&self.literals[FIRST_LENGTH..], &codes.literals[FIRST_LENGTH..], &LENGTH_EXTRA)
            + sum(&self.distances, &codes.distances, &DISTANCE_EXTRA)
    }

    fn body(&self, content: &[u8], codes: &Codes, bits: &mut BitWriter<'_>) {
        let lengths = codes.whole_lengths();
        let literals: &[Code; 256] =
            codes.literals[..256].try_into().expect("there are 256 literals");
        let mut rest = content;
        for step in &self.steps {
            let (run, after) = rest.split_at(step.n_literals as usize);
            // Three codes of 15 bits fit between two flushes.
            let (triples, others) = run.as_chunks::<3>();
            for triple in triples {
                for byte in triple {
                    let code = literals[usize::from(*byte)];
                    bits.add(u32::from(code.bits), u32::from(code.n_bits));
                }
                bits.flush();
            }
            for byte in others {
                let code = literals[usize::from(*byte)];
                bits.add(u32::from(code.bits), u32::from(code.n_bits));
            }
            bits.flush();
            if step.length > 0 {
                let (value, n_bits) = lengths[usize::from(step.length) - LENGTH_MIN];
                bits.add(value, n_bits);
                let slot = distance_slot(usize::from(step.distance));
                let code = codes.distances[slot];
                bits.add(u32::from(code.bits), u32::from(code.n_bits));
                let offset = step.distance - DISTANCE_BASE[slot];
                bits.add(u32::from(offset), u32::from(DISTANCE_EXTRA[slot]));
                bits.flush();
            }
            rest = &after[usize::from(step.length)..];
        }
        let code = codes.literals[END_OF_BLOCK];
        bits.put(u32::from(code.bits), u32::from(code.n_bits));
    }
}

/// Whether a sub-block is the stream's last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsLast {
    No = 0,
    Yes = 1,
}

/// Writes `content` as it is.
fn stored(content: &[u8], last: IsLast, bits: &mut BitWriter<'_>) {
    let mut rest = content;
    loop {
        let (part, after) = rest.split_at(rest.len().min(STORED_BYTES_MAX));
        let is_end = after.is_empty();
        bits.put(if is_end { last as u32 } else { 0 }, 3);
        bits.align();
        #[expect(clippy::cast_possible_truncation, reason = "a part is shorter than 64 KiB")]
        let length = part.len() as u16;
        bits.bytes(&length.to_le_bytes());
        bits.bytes(&(!length).to_le_bytes());
        bits.bytes(part);
        if is_end {
            return;
        }
        rest = after;
    }
}
