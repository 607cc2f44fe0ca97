//! Deals the bars of readers out: those of a column of symbols, of a file
//! that begins with the newest, of files that follow each other.

use anyhow::Result;

use super::reader::{BarReader, Repairs};
use super::spill::{SpillLayout, SpillWriter, SpilledBars};

/// The bars of each symbol, in the order of their names.
pub(super) struct PartitionedBars {
    pub(super) shares: Vec<(String, SpilledBars)>,
    /// What was done about bad rows.
    pub(super) repairs: Repairs,
}

/// Deals the bars of `reader`, a file with a column of symbols, and the
/// numbers of its further columns out to them.
pub(super) fn by_symbol(mut reader: BarReader, deal: SpillLayout) -> Result<PartitionedBars> {
    let mut dealer = SpillWriter::new(deal)?;
    while let Some(bar) = reader.next() {
        let bar = bar?;
        dealer.push(reader.symbol().unwrap_or_default(), &bar, reader.columns())?;
    }
    Ok(PartitionedBars { shares: dealer.finish()?, repairs: reader.repairs() })
}

/// Deals out the bars of one symbol, to be read the other way round.
pub(super) fn reversed(reader: BarReader, deal: SpillLayout) -> Result<(SpilledBars, Repairs)> {
    let mut dealer = SpillWriter::new(deal)?;
    dealer.begin("")?;
    let repairs = write_all_bars(&mut dealer, reader)?;
    Ok((dealer.finish()?.remove(0).1, repairs))
}

/// Deals out the bars of one symbol from several files, one after the
/// other.
pub(super) fn concatenated(
    readers: impl Iterator<Item = Result<BarReader>>,
    deal: SpillLayout,
) -> Result<SpilledBars> {
    let mut dealer = SpillWriter::new(deal)?;
    dealer.begin("")?;
    for reader in readers {
        write_all_bars(&mut dealer, reader?)?;
    }
    Ok(dealer.finish()?.remove(0).1)
}

/// Deals all bars of `reader` out to the symbol without a name.
fn write_all_bars(dealer: &mut SpillWriter, mut reader: BarReader) -> Result<Repairs> {
    while let Some(bar) = reader.next() {
        dealer.push("", &bar?, reader.columns())?;
    }
    Ok(reader.repairs())
}
