//! The names, options and scripts of jobs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::array_layout::ArrayLayout;
use crate::tasks::sweep::folder::SweepFolder;
use crate::tasks::sweep::status::ranges;
use crate::workspace::digest;

/// The folder of logs and scripts of jobs, in the sweep's folder.
pub const JOBS: &str = "jobs";
/// The time in minutes that an element needs besides its trainings, such
/// as for archiving.
const OVERHEAD_MINUTES: f64 = 5.0;

/// The purpose of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobName {
    /// The trials of this array.
    Array(u64),
    /// The test of the best trial.
    Merge,
}

impl JobName {
    /// Returns all names of a sweep with `n_arrays`.
    pub fn all(n_arrays: u64) -> impl Iterator<Item = Self> {
        (0..n_arrays).map(Self::Array).chain([Self::Merge])
    }

    /// Returns the name of the job in the sweep `id`.
    pub fn text(self, id: &str) -> String {
        match self {
            Self::Array(array) => format!("{id}-{array}"),
            Self::Merge => format!("{id}-merge"),
        }
    }

    /// Parses the name of a job of the sweep `id`.
    pub fn read(text: &str, id: &str) -> Option<Self> {
        match text.strip_prefix(id)?.strip_prefix('-')? {
            "merge" => Some(Self::Merge),
            array => array.parse().ok().map(Self::Array),
        }
    }
}

/// Returns a unique prefix for the names of the sweep's jobs, so that
/// they are found in the queue without remembering their ids.
pub fn id(folder: &SweepFolder) -> String {
    let root = folder.root().canonicalize().unwrap_or_else(|_| folder.root().to_owned());
    let created_at = folder.definition().created_at.timestamp_micros();
    let identity = format!("{created_at} {}", root.display());
    format!("sweep-{}-{}", folder.name(), &digest::of_bytes(identity.as_bytes())[..8])
}

/// The programs that jobs run.
#[derive(Debug, Clone)]
pub struct Programs {
    /// This tool.
    pub tool: PathBuf,
    /// The trainer; `None` if a command trains.
    pub trainer: Option<PathBuf>,
    /// The workspace.
    pub root: PathBuf,
}

/// The jobs of one sweep.
pub struct Jobs<'a> {
    /// The sweep.
    pub folder: &'a SweepFolder,
    /// The layout of the trials.
    pub layout: ArrayLayout,
    /// The programs that they run.
    pub programs: &'a Programs,
}

impl Jobs<'_> {
    /// Returns the script that runs each element of `array`.
    ///
    /// # Errors
    /// When a path is not text.
    pub fn script_of_array(&self, array: u64) -> Result<String> {
        let (first, count) = (self.layout.first_of(array), self.layout.trials_per_element);
        let index = format!("$(({first} + SLURM_ARRAY_TASK_ID * {count}))");
        self.script(&format!("trial {index} --count {count} --sweep {}", self.folder.name()))
    }

    /// Returns the script that tests the best trial.
    pub fn script_of_merge(&self) -> Result<String> {
        self.script(&format!("merge {}", self.folder.name()))
    }

    /// Uses `exec`, so that signals of Slurm reach the tool.
    fn script(&self, words: &str) -> Result<String> {
        let Programs { tool, trainer, root } = self.programs;
        let (tool, root) = (quoted(tool)?, quoted(root)?);
        let trainer = trainer.as_deref().map(quoted).transpose()?;
        let trainer = trainer.map_or_else(String::new, |it| format!(" --trainer-bin {it}"));
        Ok(format!("#!/bin/sh\nexec {tool} sweep {words} --root {root}{trainer}\n"))
    }

    /// Returns the options for submitting the `elements` of `array`, to start
    /// after the jobs `after`.
    pub fn options_of_array(
        &self,
        array: u64,
        elements: &BTreeSet<u64>,
        after: &BTreeSet<u64>,
    ) -> Vec<OsString> {
        let spec = &self.folder.plan().spec;
        let elements: Vec<u64> = elements.iter().copied().collect();
        let list = ranges(&elements).replace(' ', "");
        let throttle = spec.slurm.max_running.map_or_else(String::new, |n| format!("%{n}"));
        let mut options = self.options(JobName::Array(array), "%A_%a", after);
        options.push(format!("--array={list}{throttle}"));
        self.finish(options, self.layout.trials_per_element)
    }

    /// Returns the options for submitting the test, to start after the jobs
    /// `after`.
    pub fn options_of_merge(&self, after: &BTreeSet<u64>) -> Vec<OsString> {
        let options = self.options(JobName::Merge, "merge_%j", after);
        self.finish(options, self.folder.plan().data.len() as u64)
    }

    fn options(&self, name: JobName, log: &str, after: &BTreeSet<u64>) -> Vec<String> {
        let spec = &self.folder.plan().spec;
        let mut options = vec![
            format!("--job-name={}", name.text(&id(self.folder))),
            // Relative to the current folder: `%` in a path would be a pattern.
            format!("--output={JOBS}/{log}.log"),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
            format!("--cpus-per-task={}", spec.threads),
            format!("--mem={}M", spec.memory_mb),
        ];
        let named = [("partition", &spec.slurm.partition), ("account", &spec.slurm.account)];
        let given = named.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        options.extend(given.map(|(key, value)| format!("--{key}={value}")));
        if !after.is_empty() {
            let after: Vec<String> = after.iter().map(u64::to_string).collect();
            options.push(format!("--dependency=afterany:{}", after.join(":")));
        }
        options
    }

    /// Adds the time for `n_trainings`, and the user's own options.
    fn finish(&self, mut options: Vec<String>, n_trainings: u64) -> Vec<OsString> {
        let spec = &self.folder.plan().spec;
        let limit = spec.time_limit_minutes;
        let limit = limit.map(|minutes| minutes * n_trainings as f64 + OVERHEAD_MINUTES);
        // Slurm takes whole minutes.
        let time = spec.slurm.time_minutes.or(limit).map(f64::ceil);
        options.extend(time.map(|minutes| format!("--time={minutes}")));
        options.extend(spec.slurm.options.iter().cloned());
        let place: [OsString; 2] = ["--chdir".into(), self.folder.root().into()];
        options.into_iter().map(OsString::from).chain(place).collect()
    }
}

/// Quotes `path` for the shell.
fn quoted(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("`{}` is not UTF-8: a job cannot name it", path.display()))?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}
