//! The folder of a sweep: `sweeps/NAME/`.
//!
//! `sweep.json` is the plan, `trials/` holds a folder for each finished
//! trial, `attempts/` those that run or were lost, `test/` the test. A
//! folder is moved to `trials/` or `test/` by one rename, and only once.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use super::definition::SweepDefinition;
use super::plan::Plan;
use super::record::{self, TrialRecord};
use super::spec::check_name;
use crate::workspace::Workspace;
use crate::workspace::exit::usage;
use crate::workspace::files::{self, exists, folder_entries};

/// The folder of all sweeps, relative to the workspace.
pub const SWEEPS: &str = "sweeps";
/// The file that describes a sweep, in its folder.
pub const DEFINITION: &str = "sweep.json";
const TRIALS: &str = "trials";
const ATTEMPTS: &str = "attempts";
const RETIRED: &str = "retired";
const CANCELLED: &str = "cancelled";

/// Identifies a training of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingKey {
    /// The trial with this index.
    Trial(u64),
    /// The test of the chosen combination, on this symbol, from 0.
    Test(usize),
}

/// A sweep on disk.
#[derive(Debug, Clone)]
pub struct SweepFolder {
    root: PathBuf,
    definition: SweepDefinition,
}

impl SweepFolder {
    /// Checks that no sweep called `name` exists.
    ///
    /// # Errors
    /// A usage error when there is.
    pub fn check_new(workspace: &Workspace, name: &str) -> Result<()> {
        if !exists(&path(workspace, name)?.join(DEFINITION)) {
            return Ok(());
        }
        Err(usage!(
            "there is a sweep `{name}`; go on with it by `cargo xtask sweep resume {name}`, or \
             give this one another `name`"
        ))
    }

    /// Creates the folder of a new sweep.
    pub fn create(workspace: &Workspace, definition: SweepDefinition) -> Result<Self> {
        let name = definition.plan.spec.name();
        Self::check_new(workspace, name)?;
        let root = path(workspace, name)?;
        for folder in [TRIALS, ATTEMPTS] {
            files::create_folder(&root.join(folder))?;
        }
        files::write_json(&root.join(DEFINITION), &definition)?;
        Ok(Self { root, definition })
    }

    /// Opens the sweep called `name`, or else the newest.
    pub fn open(workspace: &Workspace, name: Option<&str>) -> Result<Self> {
        let Some(name) = name else { return newest(workspace) };
        let root = path(workspace, name)?;
        let bytes = files::read_existing(&root.join(DEFINITION))?.ok_or_else(|| {
            usage!("there is no sweep `{name}`; begin one by `cargo xtask sweep SPEC.json`")
        })?;
        let definition: SweepDefinition = serde_json::from_slice(&bytes).with_context(|| {
            format!("`{SWEEPS}/{name}/{DEFINITION}` is damaged; move that folder away, and start the sweep again")
        })?;
        if definition.format != 1 {
            bail!(
                "`{SWEEPS}/{name}/{DEFINITION}` has format {}; this tool reads 1",
                definition.format
            );
        }
        Ok(Self { root, definition })
    }

    /// Returns its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the content of `sweep.json`.
    pub fn definition(&self) -> &SweepDefinition {
        &self.definition
    }

    /// Returns its plan.
    pub fn plan(&self) -> &Plan {
        &self.definition.plan
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        self.definition.plan.spec.name()
    }

    /// Returns the folder name of the trial `index`.
    pub fn label(&self, index: u64) -> String {
        let width = self.plan().n_trials().saturating_sub(1).to_string().len().max(4);
        format!("{index:0width$}")
    }

    /// Returns the folder of the training `key` once it is finished.
    pub fn published(&self, key: TrainingKey) -> PathBuf {
        match key {
            TrainingKey::Trial(index) => self.root.join(TRIALS).join(self.label(index)),
            TrainingKey::Test(symbol_idx) => {
                self.root.join("test").join((symbol_idx + 1).to_string())
            }
        }
    }

    /// Returns which trials are finished: those that have a folder.
    pub fn finished(&self) -> Result<BTreeSet<u64>> {
        let entries = folder_entries(&self.root.join(TRIALS))?;
        let index = |path: &PathBuf| path.file_name()?.to_str()?.parse().ok();
        Ok(entries.iter().filter_map(index).collect())
    }

    /// Returns the trials that are not finished.
    pub fn missing(&self) -> Result<Vec<u64>> {
        let finished = self.finished()?;
        Ok((0..self.plan().n_trials()).filter(|index| !finished.contains(index)).collect())
    }

    /// Returns how the training `key` ended; `None` if it is not finished.
    pub fn record(&self, key: TrainingKey) -> Result<Option<TrialRecord>> {
        let folder = self.published(key);
        if !exists(&folder) {
            return Ok(None);
        }
        let found = record::read(&folder)?;
        found.map(Some).ok_or_else(|| {
            anyhow!(
                "`{}` has no whole `{}`; move the folder away, and `cargo xtask sweep resume {}` \
                 trains it again",
                folder.display(),
                record::RECORD,
                self.name()
            )
        })
    }

    /// Returns the folders of all attempts, sorted.
    pub fn attempts(&self) -> Result<Vec<PathBuf>> {
        folder_entries(&self.root.join(ATTEMPTS))
    }

    /// Returns the folder of attempt `number`, from 1.
    pub fn attempt(&self, key: TrainingKey, number: u32) -> PathBuf {
        self.root.join(ATTEMPTS).join(format!("{}_{number}", self.label_of(key)))
    }

    fn label_of(&self, key: TrainingKey) -> String {
        match key {
            TrainingKey::Trial(index) => self.label(index),
            TrainingKey::Test(symbol_idx) => format!("test-{}", symbol_idx + 1),
        }
    }

    /// Renames the attempt `from` to its final folder, unless that exists:
    /// only the first copy of a trial counts. Returns whether it was the
    /// first.
    pub fn publish(&self, from: &Path, key: TrainingKey) -> Result<bool> {
        let to = self.published(key);
        let parent = to.parent().unwrap_or(Path::new("."));
        if exists(&to) {
            return Ok(false);
        }
        let publish = || -> io::Result<bool> {
            fs::create_dir_all(parent)?;
            // A rename never replaces a folder that is not empty.
            match fs::rename(from, &to) {
                Ok(()) => {}
                Err(_) if exists(&to) => return Ok(false),
                Err(error) => return Err(error),
            }
            files::sync_folder(parent)?;
            Ok(true)
        };
        publish().with_context(|| format!("failed to move a trial to `{}`", to.display()))
    }

    /// Moves a failed training away, so that it is trained again.
    pub fn set_aside_failed(&self, key: TrainingKey) -> Result<()> {
        let retired = self.root.join(RETIRED);
        files::create_folder(&retired)?;
        let label = self.label_of(key);
        let free = (1_u32..).map(|n| retired.join(format!("{label}_{n}"))).find(|to| !exists(to));
        let to = free.expect("some number is free");
        for number in 1_u32.. {
            let attempt = self.attempt(key, number);
            if !exists(&attempt) {
                break;
            }
            let name = format!("{}_attempt_{number}", to.display());
            fs::rename(&attempt, &name).with_context(|| format!("failed to write `{name}`"))?;
        }
        let from = self.published(key);
        fs::rename(&from, &to).with_context(|| format!("failed to move `{}`", from.display()))
    }

    /// Whether the sweep was cancelled.
    pub fn is_cancelled(&self) -> bool {
        exists(&self.root.join(CANCELLED))
    }

    /// Sets or removes the marker that stops all processes that run trials.
    pub fn cancel(&self, is_cancelled: bool) -> Result<()> {
        let marker = self.root.join(CANCELLED);
        if is_cancelled {
            return files::write_atomically(&marker, b"");
        }
        let aside = self.root.join(".resumed");
        match fs::rename(&marker, aside) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("failed to move `{}`", marker.display()))
            }
            _ => Ok(()),
        }
    }
}

fn path(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    check_name(name).map_err(|error| usage!("{error:#}"))?;
    Ok(workspace.root().join(SWEEPS).join(name))
}

/// Returns the names of all sweeps, sorted.
pub fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let entries = folder_entries(&workspace.root().join(SWEEPS))?;
    let swept = entries.iter().filter(|entry| exists(&entry.join(DEFINITION)));
    Ok(swept.filter_map(|entry| Some(entry.file_name()?.to_str()?.to_owned())).collect())
}

fn newest(workspace: &Workspace) -> Result<SweepFolder> {
    let mut sweeps = Vec::new();
    for name in names(workspace)? {
        sweeps.push(SweepFolder::open(workspace, Some(&name))?);
    }
    sweeps
        .into_iter()
        .max_by_key(|sweep| sweep.definition.created_at)
        .ok_or_else(|| usage!("there is no sweep yet; begin one by `cargo xtask sweep SPEC.json`"))
}
