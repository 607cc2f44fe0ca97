//! Deals the bars of readers out: those of a column of symbols, of a file
//! that begins with the newest, of files that follow each other.

use anyhow::Result;

use super::reader::{BarReader, Repairs};
use super::spill::{Deal, Dealer, Share};

/// The bars of each symbol, in the order of their names.
pub(super) struct Dealt {
    pub(super) shares: Vec<(String, Share)>,
    /// What was done about bad rows.
    pub(super) repairs: Repairs,
}

/// Deals the bars of `reader`, a file with a column of symbols, and the
/// numbers of its further columns out to them.
pub(super) fn of_column(mut reader: BarReader, deal: Deal) -> Result<Dealt> {
    let mut dealer = Dealer::new(deal)?;
    while let Some(bar) = reader.next() {
        let bar = bar?;
        dealer.push(reader.symbol().unwrap_or_default(), &bar, reader.columns())?;
    }
    Ok(Dealt { shares: dealer.finish()?, repairs: reader.repairs() })
}

/// Deals out the bars of one symbol, to be read the other way round.
pub(super) fn turn_round(reader: BarReader, deal: Deal) -> Result<(Share, Repairs)> {
    let mut dealer = Dealer::new(deal)?;
    dealer.begin("")?;
    let repairs = deal_all(&mut dealer, reader)?;
    Ok((dealer.finish()?.remove(0).1, repairs))
}

/// Deals out the bars of one symbol from several files, one after the
/// other.
pub(super) fn join(readers: impl Iterator<Item = Result<BarReader>>, deal: Deal) -> Result<Share> {
    let mut dealer = Dealer::new(deal)?;
    dealer.begin("")?;
    for reader in readers {
        deal_all(&mut dealer, reader?)?;
    }
    Ok(dealer.finish()?.remove(0).1)
}

/// Deals all bars of `reader` out to the symbol without a name.
fn deal_all(dealer: &mut Dealer, mut reader: BarReader) -> Result<Repairs> {
    while let Some(bar) = reader.next() {
        dealer.push("", &bar?, reader.columns())?;
    }
    Ok(reader.repairs())
}
