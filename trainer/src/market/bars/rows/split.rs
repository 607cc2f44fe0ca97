//! Finds delimiters, newlines and quotes, eight bytes at a time.

/// 1 in every byte of a word.
pub(in crate::market::bars) const EACH: u64 = 0x0101_0101_0101_0101;
/// All bits of a byte but the highest.
const LOW_BITS: u64 = 0x7f * EACH;

/// The result of scanning a line.
pub(super) enum LineScan {
    /// A line without quotes, of this length.
    Line(usize),
    /// A line with a quote.
    Quote,
    /// A line whose end is not in the text.
    Incomplete,
}

/// Finds the fields of the first line in `text`, and appends the end of
/// each to `ends`.
#[inline]
pub(super) fn split(text: &[u8], delimiter: u8, ends: &mut Vec<usize>) -> LineScan {
    let (words, rest) = text.as_chunks::<8>();
    for (word_idx, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let stops = marks(word, b'\n') | marks(word, b'"');
        let mut marks = marks(word, delimiter) | stops;
        while marks != 0 {
            let end = 8 * word_idx + (marks.trailing_zeros() / 8) as usize;
            let first = marks & marks.wrapping_neg();
            if first & stops != 0 && text[end] == b'"' {
                return LineScan::Quote;
            }
            ends.push(end);
            if first & stops != 0 {
                return LineScan::Line(end);
            }
            marks &= marks - 1;
        }
    }
    for (end, &byte) in (8 * words.len()..).zip(rest) {
        if byte == b'\n' {
            ends.push(end);
            return LineScan::Line(end);
        } else if byte == b'"' {
            return LineScan::Quote;
        } else if byte == delimiter {
            ends.push(end);
        }
    }
    LineScan::Incomplete
}

/// Returns a word with the highest bit set in each byte where `word` has
/// `byte`.
#[inline]
pub(in crate::market::bars) fn marks(word: u64, byte: u8) -> u64 {
    let difference = word ^ (u64::from(byte) * EACH);
    // Adding to seven bits does not carry into another byte.
    !(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS)
}
