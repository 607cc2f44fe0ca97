//! Loads a model from its zip, or from an archive of the vault that
//! holds one.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use zip::ZipArchive;

use crate::learning::model::TradingModel;

/// The archive entry of the final model of a run.
const FINAL_MODEL: &str = "models/memory_efficient_model_final.zip";
/// The archive folder of models.
const FOLDER: &str = "models/";
/// The entry that every archive of the vault has.
const MANIFEST: &str = "MANIFEST.json";
/// Greatest size of a model in an archive.
const MODEL_BYTES_MAX: u64 = 512 << 20;

/// Reads and checks the model at `path`: a model's zip, or an archive
/// with models in `models/`, of which the final one is preferred.
///
/// # Errors
///
/// Fails as [`TradingModel::load`] does, and when an archive holds no
/// model, or several and none is the final one.
pub fn load_model(path: &Path) -> Result<TradingModel> {
    let Some(mut archive) = open_archive(path) else {
        return TradingModel::load(path);
    };
    let name = name_of_model(&archive, path)?;
    let context = || format!("failed to read `{name}` of the archive `{}`", path.display());
    let mut unpacked = tempfile::NamedTempFile::new().context("failed to unpack a model")?;
    let entry = archive.by_name(&name).with_context(context)?;
    // The size in the headers cannot be trusted.
    let n_bytes =
        io::copy(&mut entry.take(MODEL_BYTES_MAX + 1), &mut unpacked).with_context(context)?;
    if n_bytes > MODEL_BYTES_MAX {
        bail!("`{name}` of the archive `{}` is larger than any model", path.display());
    }
    TradingModel::load(unpacked.path()).map_err(|error| {
        // The first cause names the temporary file; leave it out.
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        anyhow!(causes.join(": ")).context(context())
    })
}

/// Returns the newest archive in the folder `archives` of `root`, by
/// run number, then by name; one without a number is older than any.
///
/// # Errors
///
/// Fails when there is none, or the folder cannot be read.
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
    // A file that cannot be read is reported by `TradingModel::load`.
    let archive = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
    let is_archive = names(&archive).any(|name| name == MANIFEST || is_model(&name));
    is_archive.then_some(archive)
}

/// Returns the readable entry names; a model's name is always readable.
fn names(archive: &ZipArchive<BufReader<File>>) -> impl Iterator<Item = String> {
    archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()))
}

/// Returns whether `name` is an entry directly in `models/`: checkpoints
/// and earlier versions are in subfolders.
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
