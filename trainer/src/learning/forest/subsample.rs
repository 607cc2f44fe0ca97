//! Splits rows into random subsamples of equal size, by a seed.

use anyhow::{Context, Result};

use crate::random::splitmix64;

/// How to split rows into subsamples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subsampling {
    pub(crate) n_subsamples: usize,
    pub(crate) seed: u64,
}

/// Returns for each subsample the indices of its rows. The rows are
/// shuffled and distributed in turn; each list is then sorted, so that
/// rows are read in the order of memory.
pub(crate) fn subsample_rows(n_rows: usize, subsampling: Subsampling) -> Result<Vec<Vec<u32>>> {
    let n_rows = u32::try_from(n_rows).context("a forest takes at most 2^32 - 1 rows")?;
    let n_subsamples = subsampling.n_subsamples.clamp(1, n_rows as usize);
    let mut order: Vec<u32> = (0..n_rows).collect();
    if n_subsamples > 1 {
        shuffle(&mut order, subsampling.seed);
    }
    let mut subsamples = vec![Vec::with_capacity(order.len() / n_subsamples + 1); n_subsamples];
    for (position, row) in order.into_iter().enumerate() {
        subsamples[position % n_subsamples].push(row);
    }
    for subsample in &mut subsamples {
        subsample.sort_unstable();
    }
    Ok(subsamples)
}

/// The shuffle of Fisher and Yates. The random index is the high half of
/// a product (Lemire 2019), whose bias is below 2^-32.
fn shuffle(order: &mut [u32], seed: u64) {
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state = splitmix64(state);
        let other = (u128::from(state) * (last as u128 + 1)) >> 64;
        order.swap(last, usize::try_from(other).expect("it is at most `last`"));
    }
}
