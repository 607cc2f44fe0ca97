//! The Slurm engine: job arrays whose elements run `sweep trial`.
//!
//! `array_layout` maps trials to elements of arrays, `job` describes what is
//! submitted, `queue` what waits and runs. Which trials are finished is
//! determined by the sweep's folder only; comparing it with the queue
//! shows what the cluster lost or ran twice.

pub mod array_layout;
mod job;
pub mod queue;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::array_layout::ArrayLayout;
use self::job::Jobs;
use self::queue::Queue;
use super::folder::SweepFolder;
use super::select;
use super::status::ClusterStatus;
use crate::programs::slurm;
use crate::tasks::TaskContext;
use crate::workspace::digest::file_sha256;
use crate::workspace::exit::check_interrupt;
use crate::workspace::files::{self, exists};
use crate::workspace::text;

pub use crate::programs::slurm::is_out_of_time;
pub use job::Programs;

/// The folder of the programs of jobs, in the sweep's folder.
const PROGRAMS: &str = "bin";

/// Checks that there is a cluster that allows job arrays.
pub fn check() -> Result<()> {
    slurm::elements_max().map(|_| ())
}

/// Submits the missing trials that are in no job, and the job that tests
/// the best trial after all others. The caller holds the sweep's lock.
///
/// # Errors
/// When Slurm fails or refuses a job; submitted jobs are kept.
pub fn submit(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    programs: &Programs,
) -> Result<()> {
    let spec = &folder.plan().spec;
    files::create_folder(&folder.root().join(job::JOBS))?;
    let jobs = Jobs { folder, layout: layout(folder)?, programs };
    let queue = queue::read(folder, jobs.layout)?;
    let missing = folder.missing()?;
    slurm::cancel(queue.stuck(jobs.layout, &missing))?;
    let wanted = jobs.layout.wanted(&missing, &queue.live());
    let mut ids = queue.arrays();
    for (array, elements) in &wanted {
        check_interrupt(context.interrupt)?;
        // The limit applies to each array, so arrays run one after another.
        let is_limited = spec.slurm.max_running.is_some();
        let after = if is_limited { ids.clone() } else { BTreeSet::new() };
        let script = jobs.script_of_array(*array)?;
        let script = write_script(folder, &format!("array_{array}.sh"), &script)?;
        let options = jobs.options_of_array(*array, elements, &after);
        let id = slurm::submit(&script, &options).with_context(|| rest_is_missing(folder))?;
        ids.insert(id);
        let n_elements = text::count(elements.len() as u64, "element");
        (context.on_message)(&format!("submitted job {id}: {n_elements} of array {array}"));
    }
    let merges = queue.merges();
    let is_waited_for = wanted.is_empty() && !merges.is_empty();
    if !spec.test || is_waited_for || select::verdict(folder)?.is_some() {
        return Ok(());
    }
    let script = write_script(folder, "merge.sh", &jobs.script_of_merge()?)?;
    let id = slurm::submit(&script, &jobs.options_of_merge(&ids))
        .with_context(|| rest_is_missing(folder))?;
    (context.on_message)(&format!("submitted job {id}: tests the best when all are over"));
    // The old jobs wait for fewer arrays.
    slurm::cancel(merges)
}

/// Returns the layout, which is fixed when the first job is submitted.
fn layout(folder: &SweepFolder) -> Result<ArrayLayout> {
    if let Some(layout) = ArrayLayout::read(folder.root())? {
        return Ok(layout);
    }
    let requested = folder.plan().spec.slurm.trials_per_element;
    let layout = ArrayLayout::of(folder.plan().n_trials(), requested, slurm::elements_max()?);
    layout.write(folder.root())?;
    Ok(layout)
}

fn rest_is_missing(folder: &SweepFolder) -> String {
    format!(
        "not all of the sweep is submitted; submit the rest by `cargo xtask sweep resume {}`",
        folder.name()
    )
}

fn write_script(folder: &SweepFolder, name: &str, script: &str) -> Result<PathBuf> {
    let path = folder.root().join(job::JOBS).join(name);
    files::write_atomically(&path, script.as_bytes())?;
    Ok(path)
}

/// Cancels all jobs of the sweep.
pub fn cancel(folder: &SweepFolder) -> Result<()> {
    let Some(layout) = ArrayLayout::read(folder.root())? else { return Ok(()) };
    let queue = queue::read(folder, layout)?;
    slurm::cancel(queue.arrays().union(&queue.merges()))
}

/// Returns the state of the trials `missing` on the cluster.
pub fn cluster_status(folder: &SweepFolder, missing: &[u64]) -> Result<ClusterStatus> {
    match ArrayLayout::read(folder.root())? {
        Some(layout) => Ok(queue::read(folder, layout)?.status(layout, missing)),
        // Nothing was submitted yet.
        None => Ok(Queue::default().status(ArrayLayout::of(1, None, 1), missing)),
    }
}

/// Copies `program` into the sweep's folder, so that later builds do not
/// change it, and returns the path of the copy.
pub fn keep_program(folder: &SweepFolder, program: &Path) -> Result<PathBuf> {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let programs = folder.root().join(PROGRAMS);
    let copy = programs.join(format!("{name}-{}", &file_sha256(program)?[..16]));
    if exists(&copy) {
        return Ok(copy);
    }
    files::create_folder(&programs)?;
    let draft = programs.join(format!(".{name}-{}.partial", std::process::id()));
    let write = || {
        fs::copy(program, &draft)?;
        files::sync_file(&draft)?;
        files::rename(&draft, &copy)
    };
    write().with_context(|| format!("failed to copy `{}` to the sweep", program.display()))?;
    Ok(copy)
}
