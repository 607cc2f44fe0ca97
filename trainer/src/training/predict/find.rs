//! Finds the model that a path means: a model's zip, or an archive of
//! the vault that holds one.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use zip::ZipArchive;

use crate::learning::model::TradingModel;

/// The model at the end of a run, as archives hold it.
const FINAL_MODEL: &str = "models/memory_efficient_model_final.zip";
const FOLDER: &str = "models/";
/// What every archive of the vault holds.
const MANIFEST: &str = "MANIFEST.json";
/// The most bytes that a model in an archive may have.
const MODEL_BYTES_MAX: u64 = 512 << 20;

/// Reads and checks the model at `path`: a model's zip, or an archive
/// with one in `models/`, the final one where there are several.
///
/// Fails as [`TradingModel::load`] does, and when an archive holds no
/// model or several that are not the final one.
pub fn load_model(path: &Path) -> Result<TradingModel> {
    let Some(mut archive) = open_archive(path) else {
        return TradingModel::load(path);
    };
    let name = name_of_model(&archive, path)?;
    let context = || format!("failed to read `{name}` of the archive `{}`", path.display());
    let mut unpacked = tempfile::NamedTempFile::new().context("failed to unpack a model")?;
    let entry = archive.by_name(&name).with_context(context)?;
    // What the headers say of the size is only a claim.
    let n_bytes =
        io::copy(&mut entry.take(MODEL_BYTES_MAX + 1), &mut unpacked).with_context(context)?;
    if n_bytes > MODEL_BYTES_MAX {
        bail!("`{name}` of the archive `{}` is larger than any model", path.display());
    }
    TradingModel::load(unpacked.path()).map_err(|error| {
        // The first says where it was unpacked, which is no one's path.
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        anyhow!(causes.join(": ")).context(context())
    })
}

/// Returns the newest archive in the folder `archives` of `root`, by
/// the number of its run and, without one, its name.
///
/// Fails when there is none.
pub fn latest_archive(root: &Path) -> Result<PathBuf> {
    let folder = root.join("archives");
    let read = || format!("failed to read `{}`; name a model's zip", folder.display());
    let mut newest = None;
    for entry in fs::read_dir(&folder).with_context(read)? {
        let path = entry.with_context(read)?.path();
        if let Some(mut archive) = open_archive(&path) {
            let key = (run_number(&mut archive), path);
            newest = newest.max(Some(key));
        }
    }
    let (_, path) = newest.with_context(|| {
        format!("there is no archive in `{}`; name a model's zip", folder.display())
    })?;
    Ok(path)
}

fn run_number(archive: &mut ZipArchive<BufReader<File>>) -> Option<u64> {
    let manifest = archive.by_name(MANIFEST).ok()?;
    let manifest: Value = serde_json::from_reader(manifest.take(MODEL_BYTES_MAX)).ok()?;
    manifest["run_number"].as_u64()
}

/// Returns the zip at `path` if it is an archive of the vault.
fn open_archive(path: &Path) -> Option<ZipArchive<BufReader<File>>> {
    // What cannot be read is told by who loads it as a model.
    let archive = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
    let is_archive = names(&archive).any(|name| name == MANIFEST || is_model(&name));
    is_archive.then_some(archive)
}

/// Returns the names that can be read; others are no model's.
fn names(archive: &ZipArchive<BufReader<File>>) -> impl Iterator<Item = String> {
    archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()))
}

/// Checkpoints and earlier versions lie in folders of their own.
fn is_model(name: &str) -> bool {
    let stem = name.strip_prefix(FOLDER).and_then(|rest| rest.strip_suffix(".zip"));
    stem.is_some_and(|stem| !stem.contains('/'))
}

fn name_of_model(archive: &ZipArchive<BufReader<File>>, path: &Path) -> Result<String> {
    let mut names: Vec<String> = names(archive).filter(|name| is_model(name)).collect();
    names.sort_unstable();
    match &names[..] {
        [] => bail!(
            "the archive `{}` holds no model in `models/`; its session ended before there was one",
            path.display()
        ),
        [name] => Ok(name.clone()),
        _ if names.iter().any(|name| name == FINAL_MODEL) => Ok(FINAL_MODEL.to_owned()),
        _ => bail!(
            "the archive `{}` holds several models: `{}`; restore it and name one of them",
            path.display(),
            names.join("`, `")
        ),
    }
}
