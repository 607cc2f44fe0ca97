//! Huffman codes of limited length.

/// A symbol's code, its bits in the order they are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Code {
    pub bits: u16,
    pub n_bits: u8,
}

/// Returns the lengths of the best codes, of at most `n_bits_max`, for
/// symbols that occur this often. A lone symbol gets one bit.
pub fn lengths<const N: usize>(counts: &[u32; N], n_bits_max: usize) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count)| (*count, symbol))
        .collect();
    symbols.sort_unstable();
    if symbols.len() < 2 {
        for (_, symbol) in symbols {
            lengths[symbol] = 1;
        }
        return lengths;
    }
    let mut n_of_length = depths(symbols.iter().map(|(count, _)| *count).collect());
    limit(&mut n_of_length, n_bits_max);
    let mut rarest_last = symbols.iter().rev();
    for (length, n_symbols) in (0..).zip(&n_of_length[..=n_bits_max]) {
        for (_, symbol) in rarest_last.by_ref().take(*n_symbols) {
            lengths[*symbol] = length;
        }
    }
    lengths
}

/// Returns how many leaves of the Huffman tree lie at each depth, for
/// `counts` in rising order: Moffat and Katajainen's way, in place.
fn depths(counts: Vec<u32>) -> [usize; 64] {
    let n = counts.len();
    let mut nodes: Vec<usize> = counts.into_iter().map(|count| count as usize).collect();
    let (mut root, mut leaf) = (0, 0);
    for next in 0..n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            if leaf >= n || (root < next && nodes[root] < nodes[leaf]) {
                sum += nodes[root];
                // From here on a parent, no longer a weight.
                nodes[root] = next;
                root += 1;
            } else {
                sum += nodes[leaf];
                leaf += 1;
            }
        }
        nodes[next] = sum;
    }
    nodes[n - 2] = 0;
    for next in (0..n - 2).rev() {
        nodes[next] = nodes[nodes[next]] + 1;
    }
    let mut n_leaves = [0; 64];
    let (mut n_slots, mut depth) = (1, 0);
    let mut inner = nodes[..n - 1].iter().rev().peekable();
    while n_slots > 0 {
        let mut n_inner = 0;
        while inner.next_if(|node| **node == depth).is_some() {
            n_inner += 1;
        }
        n_leaves[depth] = n_slots - n_inner;
        n_slots = 2 * n_inner;
        depth += 1;
    }
    n_leaves
}

/// Moves leaves that lie too deep up, and others down to make room.
fn limit(n_of_length: &mut [usize; 64], n_bits_max: usize) {
    let n_deeper: usize = n_of_length[n_bits_max + 1..].iter().sum();
    n_of_length[n_bits_max] += n_deeper;
    let room = 1 << n_bits_max;
    let mut used: usize =
        (1..=n_bits_max).map(|length| n_of_length[length] << (n_bits_max - length)).sum();
    while used > room {
        let shorter = (1..n_bits_max)
            .rev()
            .find(|length| n_of_length[*length] > 0)
            .expect("too many symbols for the longest code alone do not exist");
        n_of_length[n_bits_max] -= 1;
        n_of_length[shorter] -= 1;
        n_of_length[shorter + 1] += 2;
        used -= 1;
    }
}

/// Returns the canonical codes of these `lengths`.
pub fn codes<const N: usize>(lengths: &[u8; N]) -> [Code; N] {
    let mut n_of_length = [0u16; 16];
    for length in lengths.iter().filter(|length| **length > 0) {
        n_of_length[usize::from(*length)] += 1;
    }
    let mut next = [0u16; 16];
    for length in 1..16 {
        next[length] = (next[length - 1] + n_of_length[length - 1]) << 1;
    }
    lengths.map(|n_bits| {
        if n_bits == 0 {
            return Code::default();
        }
        let code = &mut next[usize::from(n_bits)];
        let bits = code.reverse_bits() >> (16 - n_bits);
        *code = code.wrapping_add(1);
        Code { bits, n_bits }
    })
}
