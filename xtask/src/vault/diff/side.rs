//! Reads what is compared of an archive: manifest, digests, settings.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::ComparedArchive;
use crate::vault::restore::{self, FileSource, RestoreItem};
use crate::vault::verify::Damage;

/// The largest settings file that is compared key by key, in bytes.
const CONFIG_BYTES_MAX: u64 = 16 << 20;

/// Reads the archive at `path` and what is damaged in it.
pub fn read(path: &Path) -> Result<(ComparedArchive, Vec<Damage>)> {
    let mut source = restore::open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut side =
        ComparedArchive { name, manifest: source.manifest.clone(), ..ComparedArchive::default() };
    for item in source.items.clone() {
        let failed = || format!("failed to read `{}` of `{}`", item.path, side.name);
        let digest = match &item.sha256 {
            Some(digest) => digest.clone(),
            None => {
                read_item(&mut source, &item, &mut io::sink(), |_| Ok(())).with_context(failed)?
            }
        };
        if is_config(&item) {
            let mut bytes = Vec::new();
            let restart = |bytes: &mut Vec<u8>| {
                bytes.clear();
                Ok(())
            };
            read_item(&mut source, &item, &mut bytes, restart).with_context(failed)?;
            if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                side.config.insert(item.path.clone(), value);
            }
        }
        side.files.insert(item.path, digest);
    }
    Ok((side, source.damage))
}

fn is_config(item: &RestoreItem) -> bool {
    item.path.starts_with("config/")
        && Path::new(&item.path).extension().is_some_and(|extension| extension == "json")
        && item.size_bytes <= CONFIG_BYTES_MAX
}

/// Reads one file into the empty `sink`, which `restart` empties again,
/// and returns its digest.
fn read_item<W: Write>(
    source: &mut FileSource,
    item: &RestoreItem,
    sink: &mut W,
    restart: impl FnMut(&mut W) -> io::Result<()>,
) -> Result<String> {
    match source.copy(item, sink, restart)? {
        Ok(copied) => Ok(copied.sha256),
        Err(problem) => bail!("{problem}; run `cargo xtask verify` for details"),
    }
}
