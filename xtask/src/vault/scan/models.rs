//! Recognizes models in the workspace's root, where many frameworks save
//! them, by extension and, for zips, by content.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use zip::ZipArchive;

use super::PathFilter;
use crate::workspace::Workspace;
use crate::workspace::files::folder_entries;

/// Extensions of models, and of little else.
const EXTENSIONS: [&str; 15] = [
    "cbm",
    "ckpt",
    "h5",
    "hdf5",
    "joblib",
    "keras",
    "onnx",
    "pb",
    "pickle",
    "pkl",
    "pt",
    "pth",
    "safetensors",
    "tflite",
    "weights",
];
/// Extensions of models and of much else: data must not be moved away.
const AMBIGUOUS_EXTENSIONS: [&str; 7] = ["bin", "dat", "model", "npy", "npz", "params", "zip"];

/// Whether the file at `path` is a model.
pub fn is_model(path: &Path) -> bool {
    has_one_of(path, &EXTENSIONS) || (has_one_of(path, &["zip"]) && is_zip_of_model(path))
}

/// Files in a workspace's root that may be models but are not archived,
/// with size and time, which tell whether they were written.
#[derive(Debug, Default)]
pub struct UnarchivedModels(BTreeMap<String, (u64, Option<SystemTime>)>);

impl UnarchivedModels {
    /// Lists those of `workspace`.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        let config = &workspace.config().archive;
        let filter = PathFilter::new(&config.include, &config.exclude)?;
        let mut files = BTreeMap::new();
        for path in folder_entries(workspace.root())? {
            let name = path.file_name().map_or(path.as_path(), Path::new);
            let is_kept = filter.matches(name) || config.root_models && is_model(&path);
            if is_kept || filter.excludes(name) || !has_one_of(&path, &AMBIGUOUS_EXTENSIONS) {
                continue;
            }
            let failed = || format!("failed to read `{}`", path.display());
            let metadata = fs::symlink_metadata(&path).with_context(failed)?;
            if metadata.is_file() {
                let name = name.to_string_lossy().into_owned();
                files.insert(name, (metadata.len(), metadata.modified().ok()));
            }
        }
        Ok(Self(files))
    }

    /// Returns the names of those that are new or changed since `before`.
    pub fn written_since(&self, before: &Self) -> Vec<&str> {
        let is_written = |(name, stamp): &(&String, &(u64, Option<SystemTime>))| {
            before.0.get(*name) != Some(stamp)
        };
        self.0.iter().filter(is_written).map(|(name, _)| name.as_str()).collect()
    }
}

fn has_one_of(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|it| it.to_string_lossy().to_lowercase());
    // A file called `.pth` has no extension by `Path`.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = extension.or_else(|| name.strip_prefix('.').map(str::to_lowercase));
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

/// Whether the zip is a model of Stable-Baselines3 or of our trainer. One
/// that cannot be opened is not.
fn is_zip_of_model(path: &Path) -> bool {
    let zip = File::open(path).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok());
    let Some(zip) = zip else {
        return false;
    };
    let holds = |name: &str| zip.index_for_name(name).is_some();
    let is_sb3 = holds("data") && (holds("policy.pth") || holds("_stable_baselines3_version"));
    is_sb3 || holds("model.json")
}
