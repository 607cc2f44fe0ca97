//! Writes bars to temporary files: one series for each symbol of a file,
//! a file in reverse order, or several files one after the other.

use anyhow::Result;

use super::reader::{BarReader, Repairs};
use super::spill::{SpillLayout, SpillWriter, SpilledBars};

/// The bars of each symbol.
pub(super) struct PartitionedBars {
    /// The symbols with their bars, sorted by name.
    pub(super) symbols: Vec<(String, SpilledBars)>,
    /// Bad rows that were dropped or widened.
    pub(super) repairs: Repairs,
}

/// Splits the bars of `reader` and the values of its further columns by
/// its column of symbols.
pub(super) fn by_symbol(mut reader: BarReader, layout: SpillLayout) -> Result<PartitionedBars> {
    let mut writer = SpillWriter::new(layout)?;
    while let Some(bar) = reader.next() {
        let bar = bar?;
        writer.push(reader.symbol().unwrap_or_default(), &bar, reader.columns())?;
    }
    Ok(PartitionedBars { symbols: writer.finish()?, repairs: reader.repairs() })
}

/// Writes the bars of `reader`, newest first, so that they can be read
/// oldest first.
pub(super) fn reversed(reader: BarReader, layout: SpillLayout) -> Result<(SpilledBars, Repairs)> {
    let mut writer = SpillWriter::new(layout)?;
    writer.begin("")?;
    let repairs = write_all_bars(&mut writer, reader)?;
    Ok((writer.finish()?.remove(0).1, repairs))
}

/// Concatenates the bars of several files of one symbol.
pub(super) fn concatenated(
    readers: impl Iterator<Item = Result<BarReader>>,
    layout: SpillLayout,
) -> Result<SpilledBars> {
    let mut writer = SpillWriter::new(layout)?;
    writer.begin("")?;
    for reader in readers {
        write_all_bars(&mut writer, reader?)?;
    }
    Ok(writer.finish()?.remove(0).1)
}

/// Writes all bars of `reader`, under an empty symbol.
fn write_all_bars(writer: &mut SpillWriter, mut reader: BarReader) -> Result<Repairs> {
    while let Some(bar) = reader.next() {
        writer.push("", &bar?, reader.columns())?;
    }
    Ok(reader.repairs())
}
