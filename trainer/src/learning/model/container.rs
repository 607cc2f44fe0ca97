//! Writes and reads a model's zip file. A file that is read may be hostile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Greatest size of all parts together, unpacked.
const TOTAL_BYTES_MAX: u64 = 256 << 20;
/// Greatest number of parts.
const PARTS_MAX: usize = 1024;

/// The parts of a model by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ModelParts(pub(super) BTreeMap<String, Vec<u8>>);

impl ModelParts {
    pub(super) fn get(&self, name: &str) -> Result<&[u8]> {
        self.0.get(name).map(Vec::as_slice).with_context(|| format!("the part `{name}` is missing"))
    }

    /// Reads the part `name` as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let bytes = self.get(name)?;
        serde_json::from_slice(bytes).with_context(|| format!("the part `{name}` is damaged"))
    }
}

/// Returns the bytes of a zip with `parts` in the order of their names.
pub(super) fn write(parts: &ModelParts) -> Result<Vec<u8>> {
    let n_bytes: u64 = parts.0.values().map(|bytes| bytes.len() as u64).sum();
    ensure!(
        n_bytes <= TOTAL_BYTES_MAX,
        "the model has {n_bytes} bytes, the most is {TOTAL_BYTES_MAX}; use fewer or smaller trees"
    );
    // A fixed time and mode: equal models must be equal files.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &parts.0 {
        zip.start_file(name.as_str(), options)
            .and_then(|()| Ok(zip.write_all(bytes)?))
            .with_context(|| format!("failed to pack the part `{name}`"))?;
    }
    Ok(zip.finish().context("failed to pack the model")?.into_inner())
}

/// Reads all parts of the zip at `path`.
pub(super) fn read(path: &Path) -> Result<ModelParts> {
    let file = File::open(path).context("failed to open it")?;
    read_from(BufReader::new(file))
}

/// Reads all parts of the zip in `reader`.
pub(super) fn read_from(reader: impl Read + Seek) -> Result<ModelParts> {
    let mut zip = ZipArchive::new(reader).context("it is not a whole zip")?;
    zip.validate_header_consistency().context("its zip headers contradict each other")?;
    ensure!(zip.len() <= PARTS_MAX, "it has {} parts; at most {PARTS_MAX} are read", zip.len());
    let mut parts = BTreeMap::new();
    let mut n_left = TOTAL_BYTES_MAX;
    for index in 0..zip.len() {
        let (name, bytes) = read_part(&mut zip, index, n_left)?;
        n_left -= bytes.len() as u64;
        let previous = parts.insert(name.clone(), bytes);
        ensure!(previous.is_none(), "the part `{name}` is there twice");
    }
    Ok(ModelParts(parts))
}

/// Reads the part `index`, of at most `n_left` bytes: its name and bytes.
fn read_part(
    zip: &mut ZipArchive<impl Read + Seek>,
    index: usize,
    n_left: u64,
) -> Result<(String, Vec<u8>)> {
    let part = zip.by_index(index).with_context(|| format!("failed to open part {index}"))?;
    let name = part.name().context("a part has no readable name")?.into_owned();
    let mut bytes = Vec::new();
    // The size in the headers may be false: limit what is unpacked.
    part.take(n_left + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("failed to unpack the part `{name}`"))?;
    let is_bounded = bytes.len() as u64 <= n_left;
    ensure!(is_bounded, "its parts unpack to more than {TOTAL_BYTES_MAX} bytes");
    Ok((name, bytes))
}
