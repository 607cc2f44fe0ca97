//! Writes bars to temporary files: one series for each symbol of a file,
//! a file in reverse order, or several files one after the other.

use std::mem;

use anyhow::{Result, ensure};

use super::reader::{BarReader, Repairs};
use super::spill::{SpillLayout, SpillWriter, SpilledBars};
use super::{Bar, timestamp};

/// The most bars that two files may have in common.
const N_COMMON_MAX: usize = 1 << 12;

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

/// One of several files of a series.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) first_ms: i64,
    pub(super) reader: BarReader,
}

/// Concatenates the bars of several files of one symbol, in order of
/// time. Returns them with the number of bars that two files have in
/// common and that are written once.
///
/// Fails if such bars differ.
pub(super) fn concatenated(
    mut parts: impl Iterator<Item = Result<Part>>,
    layout: SpillLayout,
) -> Result<(SpilledBars, u64)> {
    let mut writer = SpillWriter::new(layout)?;
    writer.begin("")?;
    let (mut last_ms, mut n_common) = (i64::MIN, 0);
    let (mut seam, mut name_before): (Vec<Bar>, String) = Default::default();
    let mut current = parts.next().transpose()?;
    while let Some(Part { name, mut reader, .. }) = current {
        current = parts.next().transpose()?;
        let next_ms = current.as_ref().map_or(i64::MAX, |next| next.first_ms);
        let before = mem::take(&mut seam);
        while let Some(bar) = reader.next() {
            let bar = bar?;
            if bar.time_ms >= next_ms && seam.len() < N_COMMON_MAX {
                seam.push(bar);
            }
            if bar.time_ms > last_ms {
                writer.push("", &bar, reader.columns())?;
                last_ms = bar.time_ms;
                continue;
            }
            n_common += 1;
            ensure!(
                before.contains(&bar),
                "`{}` and `{}` are parts of one series, but have different bars at {}; delete the \
                 common rows from one of them",
                name_before,
                name,
                timestamp::format_utc(bar.time_ms)
            );
        }
        name_before = name;
    }
    Ok((writer.finish()?.remove(0).1, n_common))
}

/// Writes all bars of `reader`, under an empty symbol.
fn write_all_bars(writer: &mut SpillWriter, mut reader: BarReader) -> Result<Repairs> {
    while let Some(bar) = reader.next() {
        writer.push("", &bar?, reader.columns())?;
    }
    Ok(reader.repairs())
}
