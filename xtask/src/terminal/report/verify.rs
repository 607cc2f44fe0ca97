//! What `verify` prints.

use std::path::Path;

use serde::Serialize;

use super::Report;
use crate::vault::verify::ArchiveCheck;
use crate::workspace::text;

/// The most good files of a damaged archive that the text names.
const N_GOOD_MAX: usize = 20;

/// The results of verifying archives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// The archives, newest first.
    pub archives: Vec<VerifiedArchive>,
}

/// The result of verifying one archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedArchive {
    /// The file's name.
    pub name: String,
    /// Whether it has no damage.
    pub is_good: bool,
    /// Whether it has a manifest; others are checked by CRC-32.
    pub has_manifest: bool,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// The intact files, and what is wrong.
    #[serde(flatten)]
    pub check: ArchiveCheck,
    /// Warnings that are not damage.
    pub warnings: Vec<String>,
    /// The models that were loaded, with `--load`.
    pub models: Vec<CheckedModel>,
}

/// A model that the trainer tried to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedModel {
    /// The path in the archive.
    pub path: String,
    /// Whether it loads and repeats its stored predictions.
    pub loads: bool,
}

impl VerifiedArchive {
    /// Converts the check of the archive at `path`.
    pub fn of(path: &Path, check: ArchiveCheck) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let renamed = check.manifest.as_ref().filter(|manifest| manifest.name != name);
        let warnings =
            renamed.map(|manifest| format!("was made as `{}` and renamed since", manifest.name));
        Self {
            name,
            is_good: check.damage.is_empty(),
            has_manifest: check.manifest.is_some(),
            size_bytes: path.metadata().map_or(0, |metadata| metadata.len()),
            check,
            warnings: warnings.into_iter().collect(),
            models: Vec::new(),
        }
    }

    /// Adds the result of loading the models.
    pub fn finish(&mut self) {
        if self.models.is_empty() {
            self.warnings.push("holds no model to load".to_owned());
        }
        self.is_good = self.check.damage.is_empty() && self.models.iter().all(|model| model.loads);
    }
}

impl Report for VerifyReport {
    fn text(&self) -> String {
        if self.archives.is_empty() {
            return "no archives yet; `cargo xtask train` makes the first\n".to_owned();
        }
        let mut shown: String = self.archives.iter().map(describe).collect();
        if self.archives.len() > 1 {
            let n_good = self.archives.iter().filter(|archive| archive.is_good).count();
            let n_archives = text::count(self.archives.len() as u64, "archive");
            shown.push_str(&format!("{n_good} of {n_archives} good\n"));
        }
        shown
    }
}

fn describe(archive: &VerifiedArchive) -> String {
    let verdict = if archive.is_good { "good" } else { "damaged" };
    let how = if archive.has_manifest { "" } else { ", by CRC-32: it has no manifest" };
    let mut shown = format!(
        "{verdict:7}  {}  ({} good, {}{how})\n",
        archive.name,
        text::count(archive.check.good.len() as u64, "file"),
        text::size(archive.size_bytes)
    );
    for model in &archive.models {
        let verdict = if model.loads { "loads" } else { "does not load" };
        shown.push_str(&format!("         {verdict}: {}\n", model.path));
    }
    for damage in &archive.check.damage {
        let path = damage.path.as_deref().unwrap_or("the archive");
        shown.push_str(&format!("         damaged: {path}: {}\n", damage.problem));
    }
    if !archive.check.damage.is_empty() {
        for path in archive.check.good.iter().take(N_GOOD_MAX) {
            shown.push_str(&format!("         good: {path}\n"));
        }
        let n_more = archive.check.good.len().saturating_sub(N_GOOD_MAX);
        if n_more > 0 {
            let more = format!("         good: {n_more} more; `--format json` names all\n");
            shown.push_str(&more);
        }
        shown.push_str("         `cargo xtask restore` brings back what is good\n");
    }
    shown
}
