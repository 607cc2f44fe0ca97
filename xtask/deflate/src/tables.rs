//! The tables of RFC 1951, section 3.2.5.

/// The shortest match.
pub const LENGTH_MIN: usize = 3;
/// The longest match.
pub const LENGTH_MAX: usize = 258;
/// The symbol that ends a sub-block.
pub const END_OF_BLOCK: usize = 256;
/// The symbol of the first length slot.
pub const FIRST_LENGTH: usize = 257;
/// The number of symbols for literals, the end and lengths.
pub const N_LITERALS: usize = 286;
/// The number of symbols for distances.
pub const N_DISTANCES: usize = 30;

/// The first length of each slot.
pub const LENGTH_BASE: [u16; 29] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
];
/// How many bits tell the length within its slot.
pub const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// The first distance of each slot.
pub const DISTANCE_BASE: [u16; N_DISTANCES] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
/// How many bits tell the distance within its slot.
pub const DISTANCE_EXTRA: [u8; N_DISTANCES] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
];

const LENGTH_SLOTS: [u8; 256] = length_slots();

const fn length_slots() -> [u8; 256] {
    let mut slots = [0; 256];
    let mut slot = 0;
    let mut idx = 0;
    while idx < 256 {
        if slot + 1 < 29 && idx + LENGTH_MIN >= LENGTH_BASE[slot + 1] as usize {
            slot += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "there are 29 slots")]
        let number = slot as u8;
        slots[idx] = number;
        idx += 1;
    }
    slots
}

/// Returns the slot of a match's `length`.
#[inline]
pub fn length_slot(length: usize) -> usize {
    usize::from(LENGTH_SLOTS[length - LENGTH_MIN])
}

/// Returns the slot of a match's `distance`.
#[inline]
pub fn distance_slot(distance: usize) -> usize {
    let offset = distance - 1;
    if offset < 2 {
        offset
    } else {
        let n_bits = offset.ilog2();
        2 * n_bits as usize + (offset >> (n_bits - 1) & 1)
    }
}
