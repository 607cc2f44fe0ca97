//! Finds what occurred before, by hashes of a few bytes.
//!
//! A match is judged by the bits that it saves, not by its length: in
//! figures, short matches cost more than the digits they replace.

use crate::tables::LENGTH_MAX;
use crate::{Effort, WINDOW_BYTES};

const HASH_BITS: u32 = 15;
const MULTIPLIER: u64 = 0x9E37_79B1_85EB_CA87;
/// The longest distance: what the chains surely still hold.
const DISTANCE_MAX: usize = WINDOW_BYTES - LENGTH_MAX - 1;
/// Matches up to this length are not looked at.
const TOO_SHORT: usize = 3;
/// Bits are counted in sixteenths.
pub const BIT: u32 = 16;
/// What a match costs beside the bits of its distance, in bits.
const MATCH_COST: u32 = 11;

/// An earlier occurrence; of length 0 when there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Match {
    pub length: usize,
    pub distance: usize,
    /// The sixteenths of a bit that it saves.
    pub gain: u32,
}

impl Match {
    pub fn is_none(&self) -> bool {
        self.length == 0
    }
}

/// Remembers where each hash occurred. Positions are counted from 1: 0
/// is none.
#[derive(Debug)]
pub struct Finder {
    newest: Box<[u32; 1 << HASH_BITS]>,
    earlier: Box<[u32; WINDOW_BYTES]>,
    /// What a literal costs, in sixteenths of a bit.
    literal_cost: u32,
    /// How many bits of eight bytes are left out of the hash.
    n_bits_out: u32,
}

impl Finder {
    pub fn new() -> Self {
        Self { newest: boxed(), earlier: boxed(), literal_cost: 8 * BIT, n_bits_out: 0 }
    }

    /// Forgets all, and learns what precedes `start`.
    pub fn begin(&mut self, window: &[u8], start: usize, effort: Effort) {
        let sample = &window[start..window.len().min(start + 16 * 1024)];
        self.literal_cost = entropy(sample).max(1);
        self.n_bits_out = 64 - 8 * effort.n_hashed_bytes;
        self.newest.fill(0);
        for position in start.saturating_sub(WINDOW_BYTES)..start.min(limit(window)) {
            self.visit(window, position);
        }
    }

    /// Takes `literal_cost`, where it is known, for what follows.
    pub fn learn(&mut self, literal_cost: Option<u32>) {
        self.literal_cost = literal_cost.unwrap_or(self.literal_cost);
    }

    /// Remembers `position`, and returns the last with the same hash.
    #[inline]
    pub fn visit(&mut self, window: &[u8], position: usize) -> u32 {
        let hashed = load(window, position) << self.n_bits_out;
        let hash = (hashed.wrapping_mul(MULTIPLIER) >> (64 - HASH_BITS)) as usize;
        let place = self.newest[hash];
        #[expect(clippy::cast_possible_truncation, reason = "a block is far smaller than 4 GiB")]
        let here = position as u32 + 1;
        self.newest[hash] = here;
        self.earlier[position % WINDOW_BYTES] = place;
        place
    }

    /// Visits `position`, and returns the match there that saves the
    /// most, and more than `gain_min`.
    #[inline]
    pub fn find(&mut self, window: &[u8], position: usize, effort: Effort, gain_min: u32) -> Match {
        let mut place = self.visit(window, position);
        let length_max = (window.len() - position).min(LENGTH_MAX);
        let here = load(window, position);
        let mut best = Match { length: 0, distance: 0, gain: gain_min };
        let mut best_length = TOO_SHORT;
        for _ in 0..effort.n_candidates {
            if place == 0 {
                break;
            }
            let candidate = place as usize - 1;
            let distance = position - candidate;
            if distance > DISTANCE_MAX {
                break;
            }
            let difference = load(window, candidate) ^ here;
            let length = if difference == 0 {
                common(window, candidate, position, length_max)
            } else {
                (difference.trailing_zeros() as usize >> 3).min(length_max)
            };
            if length > best_length {
                best_length = length;
                let gain = self.gain(length, distance);
                if gain > best.gain {
                    best = Match { length, distance, gain };
                    if length >= effort.nice_bytes {
                        break;
                    }
                }
            }
            place = self.earlier[candidate % WINDOW_BYTES];
        }
        best
    }

    #[inline]
    fn gain(&self, length: usize, distance: usize) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "a match has at most 258 bytes")]
        let literals = length as u32 * self.literal_cost;
        literals.saturating_sub(BIT * (MATCH_COST + distance.ilog2().saturating_sub(1)))
    }
}

/// Returns the position from which on no match begins.
pub fn limit(window: &[u8]) -> usize {
    window.len().saturating_sub(8)
}

fn boxed<const N: usize>() -> Box<[u32; N]> {
    vec![0; N].into_boxed_slice().try_into().expect("it has the length of the array")
}

#[inline]
fn load(window: &[u8], position: usize) -> u64 {
    let bytes = window[position..position + 8].try_into();
    u64::from_le_bytes(bytes.expect("these are eight bytes"))
}

/// Returns how many bytes at `a` and at `b`, which is later, are equal.
#[inline]
fn common(window: &[u8], a: usize, b: usize, length_max: usize) -> usize {
    let mut length = 8;
    while length + 8 <= length_max {
        let difference = load(window, a + length) ^ load(window, b + length);
        if difference != 0 {
            return length + (difference.trailing_zeros() as usize >> 3);
        }
        length += 8;
    }
    while length < length_max && window[a + length] == window[b + length] {
        length += 1;
    }
    length.min(length_max)
}

/// Returns the entropy of `sample` for each byte, in sixteenths of a
/// bit, in integers: no machine rounds it differently.
fn entropy(sample: &[u8]) -> u32 {
    let mut counts = [0u32; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let Ok(n_bytes) = u32::try_from(sample.len().max(1)) else { return 8 * BIT };
    let total: u64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| u64::from(*count) * u64::from(log2(n_bytes) - log2(*count)))
        .sum();
    u32::try_from(total / u64::from(n_bytes)).unwrap_or(8 * BIT)
}

/// Returns the logarithm in sixteenths, between two powers of two along
/// a straight line.
fn log2(count: u32) -> u32 {
    let whole = count.ilog2();
    whole * BIT + ((count * BIT) >> whole) - BIT
}
