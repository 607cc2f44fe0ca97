//! Compresses blocks of one deflate stream, each on any thread.
//!
//! Blocks joined in order are one stream, which every unzip reads. The
//! bytes depend on the content and the level alone. It only compresses;
//! it is its own package so that `cargo xtask` can optimise it alone.

mod bits;
mod block;
mod codes;
mod huffman;
mod matches;
mod tables;

use bits::BitWriter;
use block::SubBlock;
use matches::{Finder, Match};

/// How far back a match may reach: a block compresses better with this
/// much of what precedes it.
pub const WINDOW_BYTES: usize = 32 * 1024;

/// The content of a sub-block, which has codes of its own, in bytes.
const SUB_BLOCK_BYTES: usize = 128 * 1024;

/// Up to here a file is small, in bytes.
const SMALL_BYTES: usize = 256 * 1024;

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At a whole byte: another block follows.
    Flush,
    /// With the end of the stream.
    Finish,
}

/// How hard to look for matches.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// How many bytes are looked up: short matches rarely pay.
    n_hashed_bytes: u32,
    /// How many earlier places are tried.
    n_candidates: u32,
    /// A match this long is taken at once.
    nice_bytes: usize,
    /// Whether the match one byte on is looked at, too.
    is_lazy: bool,
}

impl Effort {
    fn of(level: u8) -> Self {
        let (n_hashed_bytes, n_candidates, nice_bytes, is_lazy) = match level {
            0 | 1 => (6, 1, 32, false),
            2 => (6, 2, 32, false),
            3 | 4 => (6, 1, 48, true),
            5 => (5, 1, 64, true),
            6 => (6, 2, 64, true),
            7 => (5, 6, 96, true),
            8 => (5, 24, 128, true),
            _ => (4, 128, 258, true),
        };
        Self { n_hashed_bytes, n_candidates, nice_bytes, is_lazy }
    }

    /// Returns how hard to look in a whole file of a few blocks: there
    /// are few places to look at, and of such files a session has many
    /// but not much of it.
    fn of_small(level: u8) -> Self {
        match level {
            0..=5 => Self::of(level),
            6 => Self { n_hashed_bytes: 4, n_candidates: 64, nice_bytes: 128, is_lazy: true },
            _ => Self::of(9),
        }
    }
}

/// Compresses block after block; its memory is used again.
#[derive(Debug)]
pub struct Encoder {
    level: u8,
    effort: Effort,
    finder: Finder,
    sub_block: SubBlock,
}

impl Encoder {
    /// Returns an encoder of `level`, 1 (fastest) to 9 (smallest).
    pub fn new(level: u8) -> Self {
        let effort = Effort::of(level);
        Self { level, effort, finder: Finder::new(), sub_block: SubBlock::new() }
    }

    /// Compresses `window` from `start` on, and puts the result at the
    /// end of `out`; what precedes `start` precedes it in the stream.
    ///
    /// # Panics
    /// When `start` is not in `window`.
    pub fn block(&mut self, window: &[u8], start: usize, end: End, out: &mut Vec<u8>) {
        let content_bytes = window[start..].len();
        let is_small = start == 0 && content_bytes <= SMALL_BYTES && end == End::Finish;
        self.effort = if is_small { Effort::of_small(self.level) } else { Effort::of(self.level) };
        let begin = out.len();
        // More than content that does not shrink needs.
        out.resize(begin + content_bytes + content_bytes / 1024 + 1024, 0);
        let mut bits = BitWriter::new(&mut out[begin..]);
        self.finder.begin(window, start, self.effort);
        self.sub_block.begin(start);
        self.parse(window, start, &mut bits);
        self.sub_block.write(window, window.len(), end, &mut bits);
        let length = bits.finish();
        out.truncate(begin + length);
    }

    /// Splits the window into literals and matches, as long as a match
    /// can begin; the rest is literals.
    fn parse(&mut self, window: &[u8], start: usize, bits: &mut BitWriter<'_>) {
        let limit = matches::limit(window);
        let mut position = start;
        let mut n_misses = 0;
        while position < limit {
            let found = self.finder.find(window, position, self.effort, 0);
            if found.is_none() {
                // Step faster through what does not repeat.
                n_misses += 1;
                position += 1 + (n_misses >> 7);
            } else {
                n_misses = 0;
                position = self.take(window, position, found, limit);
            }
            let taken = position.min(window.len());
            if taken - self.sub_block.start() >= SUB_BLOCK_BYTES {
                self.sub_block.write_more(window, taken, bits);
                self.finder.learn(self.sub_block.literal_cost());
            }
        }
    }

    /// Takes the match at `position`, or a better one a byte or more on,
    /// and returns where it ends.
    fn take(&mut self, window: &[u8], at: usize, first: Match, limit: usize) -> usize {
        // It rarely pays to search for long here.
        let effort = Effort { n_candidates: self.effort.n_candidates.div_ceil(2), ..self.effort };
        let (mut position, mut best) = (at, first);
        let mut next = position + 1;
        while self.effort.is_lazy && best.length < self.effort.nice_bytes && next < limit {
            let later = self.finder.find(window, next, effort, best.gain);
            next += 1;
            if later.is_none() {
                break;
            }
            (position, best) = (next - 1, later);
        }
        self.sub_block.push(window, position, best);
        let end = position + best.length;
        for passed in next..end.min(limit) {
            self.finder.visit(window, passed);
        }
        end
    }
}
