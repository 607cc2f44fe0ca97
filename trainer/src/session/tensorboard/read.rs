//! Reads the scalars of an event file, up to a truncated last record.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use prost::Message as _;

use super::masked_crc;
use super::message::{Content, Event, What};

/// The longest record, in bytes; a longer one means damage.
const RECORD_BYTES_MAX: u64 = 64 << 20;

/// A point of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarPoint {
    /// The curve, such as `train/reward`.
    pub tag: String,
    /// The step on the x axis.
    pub step: i64,
    /// When it was written, in seconds since 1970.
    pub wall_time: f64,
    /// Its value.
    pub value: f32,
}

/// Calls `each` with every scalar in the event file at `path`, in order.
///
/// A last record that a kill has truncated is skipped.
///
/// # Errors
///
/// Fails when a record is damaged, and when `each` does.
pub fn read_scalars(path: &Path, each: &mut dyn FnMut(ScalarPoint) -> Result<()>) -> Result<()> {
    let failed = || format!("failed to read `{}`", path.display());
    let mut file = BufReader::new(File::open(path).with_context(failed)?);
    while let Some(record) = next_record(&mut file).with_context(failed)? {
        scalars_of(&record).with_context(failed)?.try_for_each(&mut *each)?;
    }
    Ok(())
}

/// Returns the scalars of one record, without its frame.
///
/// # Errors
///
/// Fails when the record is not an event.
pub(crate) fn scalars_of(
    record: &[u8],
) -> Result<impl Iterator<Item = ScalarPoint>, prost::DecodeError> {
    let Event { step, wall_time, what } = Event::decode(record)?;
    let values = match what {
        Some(What::Summary(summary)) => summary.value,
        _ => Vec::new(),
    };
    Ok(values.into_iter().filter_map(move |value| match value.content {
        Some(Content::Scalar(scalar)) => {
            Some(ScalarPoint { tag: value.tag, step, wall_time, value: scalar })
        }
        _ => None,
    }))
}

/// Reads the next record; `None` where the file ends before its end.
pub(crate) fn next_record(file: &mut impl Read) -> Result<Option<Vec<u8>>> {
    let Some(length) = take(file, 8)? else { return Ok(None) };
    let Some(length_crc) = take(file, 4)? else { return Ok(None) };
    if length_crc != masked_crc(&length).to_le_bytes() {
        bail!("a record's length is damaged");
    }
    let n_bytes = u64::from_le_bytes(length.try_into().expect("eight bytes were read"));
    if n_bytes > RECORD_BYTES_MAX {
        bail!("a record of {n_bytes} bytes was not written by the trainer");
    }
    let Some(record) = take(file, n_bytes)? else { return Ok(None) };
    let Some(record_crc) = take(file, 4)? else { return Ok(None) };
    if record_crc != masked_crc(&record).to_le_bytes() {
        bail!("a record is damaged");
    }
    Ok(Some(record))
}

/// Returns the next `n_bytes`; `None` when fewer are left.
fn take(file: &mut impl Read, n_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(n_bytes).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == n_bytes).then_some(bytes))
}
