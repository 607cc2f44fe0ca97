//! Deals rows into shares of equal size, at random but repeatably.

use anyhow::{Context, Result};

use super::seed::splitmix64;

/// How to deal rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deal {
    pub(crate) n_shares: usize,
    pub(crate) seed: u64,
}

/// Deals the row numbers into shares by a seeded shuffle; each share
/// is sorted, so that gathering reads forwards.
pub(crate) fn deal_rows(n_rows: usize, deal: Deal) -> Result<Vec<Vec<u32>>> {
    let n_rows = u32::try_from(n_rows).context("a forest takes at most 2^32 - 1 rows")?;
    let n_shares = deal.n_shares.clamp(1, n_rows as usize);
    let mut order: Vec<u32> = (0..n_rows).collect();
    if n_shares > 1 {
        shuffle(&mut order, deal.seed);
    }
    let mut shares = vec![Vec::with_capacity(order.len() / n_shares + 1); n_shares];
    for (at, row) in order.into_iter().enumerate() {
        shares[at % n_shares].push(row);
    }
    for share in &mut shares {
        share.sort_unstable();
    }
    Ok(shares)
}

/// Fisher and Yates's shuffle; the index is the high half of a product
/// (Lemire 2019), whose bias is far below what a deal could show.
fn shuffle(order: &mut [u32], seed: u64) {
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state = splitmix64(state);
        let other = (u128::from(state) * (last as u128 + 1)) >> 64;
        order.swap(last, usize::try_from(other).expect("it is at most `last`"));
    }
}
