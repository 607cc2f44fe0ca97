//! Reads `config/config.json`, the settings of the archive cycle.
//!
//! A missing file means the defaults; an unknown key is an error that
//! names the nearest known one.

mod parse;
mod remote;
mod retention;
mod rules;
mod span;

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::workspace::files;

pub use parse::{nearest, nearest_key, parse_settings, plain_words};
pub use remote::{PushMode, RemoteConfig};
pub use retention::RetentionConfig;
pub use rules::{Best, Count, TagList};
pub use span::Span;

/// The settings of the archive cycle: `config/config.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What an archive holds and where archives go.
    pub archive: ArchiveConfig,
    /// Which old sessions stay.
    pub retention: RetentionConfig,
}

impl Default for WorkspaceConfig {
    fn default() -> Self {
        let (archive, retention) = (ArchiveConfig::default(), RetentionConfig::of_settings());
        Self { schema: None, archive, retention }
    }
}

/// What an archive holds and where archives go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveConfig {
    /// Globs, relative to the workspace, of what belongs in an archive.
    /// `*` stays within a folder, `**` spans folders, and a trailing
    /// `/` means everything below. Default: `logs/`, `models/`,
    /// `config/`.
    pub include: Vec<String>,
    /// Whether models in the workspace's root belong in an archive, too:
    /// `*.pt`, `*.pth`, `*.ckpt`, `*.safetensors`, `*.onnx`, `*.h5`,
    /// `*.hdf5`, `*.keras`, `*.pb`, `*.tflite`, `*.pkl`, `*.pickle`,
    /// `*.joblib`, `*.cbm`, `*.weights`, and zips of Stable-Baselines3.
    /// Default: true.
    pub root_models: bool,
    /// Globs of what to leave out of these. Default: none. `archives/`,
    /// `backups/`, `target/` and `.git/` are never included.
    pub exclude: Vec<String>,
    /// The folder of the archives: relative to the workspace, or
    /// absolute (another disk); apart from what is archived or moved.
    /// Default: `archives`.
    pub folder: String,
    /// How content is packed; what is packed already is stored as it
    /// is. Default: `deflate`.
    pub compression: Compression,
    /// The level of compression, 1 (fastest) to 9 (smallest). Default: 4.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 9)))]
    pub compression_level: u8,
    /// The restic repository that archives are pushed to. Default:
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteConfig>,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self {
            include: ["logs/", "models/", "config/"].map(str::to_owned).to_vec(),
            root_models: true,
            exclude: Vec::new(),
            folder: "archives".to_owned(),
            compression: Compression::Deflate,
            compression_level: 4,
            remote: None,
        }
    }
}

/// How an archive's content is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Every unzip opens it.
    Deflate,
    /// Faster and smaller; needs 7-Zip, bsdtar or Python 3.14 to open.
    /// The first task that needs it builds the tool once more, for
    /// which there must be a C compiler.
    Zstd,
    /// Not at all.
    Store,
}

impl WorkspaceConfig {
    /// Reads the settings in `path`; returns the defaults if there is no such
    /// file.
    ///
    /// # Errors
    /// When the settings are not valid; names the file, line, key and
    /// remedy.
    pub fn load(path: &Path) -> Result<Self> {
        let Some(bytes) = files::read_existing(path)? else { return Ok(Self::default()) };
        let text = String::from_utf8(bytes)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        let config = parse(&text).with_context(|| format!("`{}` is not valid", path.display()))?;
        config.check().with_context(|| format!("`{}` is not valid", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let level = self.archive.compression_level;
        if !(1..=9).contains(&level) {
            bail!("`archive.compression_level` is {level}; it must be 1 to 9");
        }
        if self.archive.folder.trim().is_empty() {
            bail!("`archive.folder` is empty; name a folder, such as `archives`");
        }
        if self.archive.include.is_empty() {
            bail!("`archive.include` is empty; nothing would be archived: remove the key");
        }
        self.archive.remote.as_ref().map_or(Ok(()), RemoteConfig::check)
    }
}

fn parse(text: &str) -> Result<WorkspaceConfig> {
    parse_settings(text, &["", "/archive", "/archive/remote", "/retention", "/retention/keep_best"])
}
