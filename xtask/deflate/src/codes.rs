//! The codes of a sub-block, and their description in the stream.

use crate::bits::BitWriter;
use crate::huffman::{Code, codes, lengths};
use crate::tables::{
    FIRST_LENGTH, LENGTH_BASE, LENGTH_EXTRA, LENGTH_MIN, N_DISTANCES, N_LITERALS, length_slot,
};

/// The order in which the lengths of the lengths' codes are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// The fixed codes have two more literals and distances than are used.
const N_FIXED_LITERALS: usize = 288;

/// The codes of a sub-block.
pub struct Codes {
    pub literals: [Code; N_LITERALS],
    pub distances: [Code; N_DISTANCES],
}

impl Codes {
    pub fn of(literals: &[u32; N_LITERALS], distances: &[u32; N_DISTANCES]) -> Self {
        let mut distances = lengths(distances, 15);
        if distances.iter().all(|n_bits| *n_bits == 0) {
            // Some readers want one code even where none is used.
            distances[0] = 1;
        }
        Self { literals: codes(&lengths(literals, 15)), distances: codes(&distances) }
    }

    pub fn fixed() -> Self {
        let mut lengths = [8; N_FIXED_LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        let literals = codes(&lengths);
        Self {
            literals: literals[..N_LITERALS].try_into().expect("it is the first part"),
            distances: codes(&[5; N_DISTANCES]),
        }
    }

    /// Returns what to write for each length, and its number of bits.
    pub fn whole_lengths(&self) -> [(u32, u32); 256] {
        std::array::from_fn(|idx| {
            let length = idx + LENGTH_MIN;
            let slot = length_slot(length);
            let code = self.literals[FIRST_LENGTH + slot];
            #[expect(clippy::cast_possible_truncation, reason = "it is below 32")]
            let offset = (length - usize::from(LENGTH_BASE[slot])) as u32;
            let n_bits = u32::from(code.n_bits);
            (u32::from(code.bits) | offset << n_bits, n_bits + u32::from(LENGTH_EXTRA[slot]))
        })
    }
}

/// The description of a sub-block's own codes: their lengths, with runs
/// told as such.
pub struct Header {
    n_literals: usize,
    n_distances: usize,
    /// A symbol and the value of its extra bits.
    runs: Vec<(u8, u8)>,
    codes: [Code; 19],
    n_codes: usize,
}

impl Header {
    pub fn of(own: &Codes) -> Self {
        let used = |codes: &[Code]| codes.iter().rposition(|code| code.n_bits > 0);
        let n_literals = used(&own.literals).map_or(FIRST_LENGTH, |idx| idx + 1);
        let n_distances = used(&own.distances).map_or(1, |idx| idx + 1);
        let all: Vec<u8> = own.literals[..n_literals]
            .iter()
            .chain(&own.distances[..n_distances])
            .map(|code| code.n_bits)
            .collect();
        let runs = runs(&all);
        let mut counts = [0; 19];
        for (symbol, _) in &runs {
            counts[usize::from(*symbol)] += 1;
        }
        let mut n_bits = lengths(&counts, 7);
        if n_bits.iter().filter(|n_bits| **n_bits > 0).count() == 1 {
            // These codes must be complete.
            n_bits[usize::from(n_bits[0] > 0)] = 1;
        }
        let codes = codes(&n_bits);
        let last = ORDER.iter().rposition(|symbol| codes[*symbol].n_bits > 0).unwrap_or(0);
        Self { n_literals, n_distances, runs, codes, n_codes: (last + 1).max(4) }
    }

    pub fn n_bits(&self) -> usize {
        let n_bits = |(symbol, _): &(u8, u8)| {
            usize::from(self.codes[usize::from(*symbol)].n_bits) + n_extra_bits(*symbol) as usize
        };
        17 + 3 * self.n_codes + self.runs.iter().map(n_bits).sum::<usize>()
    }

    pub fn write(&self, bits: &mut BitWriter<'_>) {
        #[expect(clippy::cast_possible_truncation, reason = "they are counts below 300")]
        let small = |count: usize| count as u32;
        bits.put(small(self.n_literals - FIRST_LENGTH), 5);
        bits.put(small(self.n_distances - 1), 5);
        bits.put(small(self.n_codes - 4), 4);
        for symbol in &ORDER[..self.n_codes] {
            bits.put(u32::from(self.codes[*symbol].n_bits), 3);
        }
        for (symbol, extra) in &self.runs {
            let code = self.codes[usize::from(*symbol)];
            bits.add(u32::from(code.bits), u32::from(code.n_bits));
            bits.put(u32::from(*extra), n_extra_bits(*symbol));
        }
    }
}

fn n_extra_bits(symbol: u8) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

/// Spells code lengths with the symbols for runs.
fn runs(lengths: &[u8]) -> Vec<(u8, u8)> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let value = run[0];
        let mut n_left = run.len();
        if value > 0 {
            runs.push((value, 0));
            n_left -= 1;
        }
        while n_left >= 3 {
            let (symbol, n_least, n_most) = match (value, n_left) {
                (0, 11..) => (18, 11, 138),
                (0, _) => (17, 3, 10),
                (_, _) => (16, 3, 6),
            };
            let n_taken = n_left.min(n_most);
            #[expect(clippy::cast_possible_truncation, reason = "it is below 128")]
            runs.push((symbol, (n_taken - n_least) as u8));
            n_left -= n_taken;
        }
        runs.extend(std::iter::repeat_n((value, 0), n_left));
    }
    runs
}
