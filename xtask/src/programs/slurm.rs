//! What sweeps need of Slurm, by its client programs: `sbatch`, `squeue`,
//! `scontrol`, `scancel`.
//!
//! Only forms that are the same in every release are read: `sacct` needs
//! a database, and what `--json` prints changes. A program that fails,
//! or prints what is not understood, is an error, never an empty answer.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::process;

/// One element of an array, or a job of its own, in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedJob {
    /// The job, of an array the whole array's.
    pub job: u64,
    /// Which element of the array; `None` of a job of its own.
    pub element: Option<u64>,
    /// Its state, such as `RUNNING`.
    pub state: String,
    /// Why it waits; `None` when it does not.
    pub reason: String,
    /// The name that it was submitted by.
    pub name: String,
}

/// What the columns of [`queue`] are: array, element, state, reason, name.
const COLUMNS: &str = "--format=%F|%K|%T|%r|%j";

/// Returns how many elements an array may have.
///
/// # Errors
/// When the cluster cannot be asked, or has no arrays.
pub fn elements_max() -> Result<u64> {
    let config = run("scontrol", &["show".into(), "config".into()])?;
    let elements_max = elements_max_in(&config)?;
    ensure!(elements_max > 0, "the cluster runs no arrays of jobs: its `MaxArraySize` is 0");
    Ok(elements_max)
}

/// Returns the `MaxArraySize` in what `scontrol show config` prints.
///
/// # Errors
/// When there is none.
pub fn elements_max_in(config: &str) -> Result<u64> {
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "MaxArraySize").then(|| value.trim().parse().ok())?
    };
    config.lines().find_map(value).context("`scontrol show config` tells no `MaxArraySize`")
}

/// Submits `script` with `options`, and returns the job's number.
///
/// # Errors
/// When the cluster refuses it; the error shows Slurm's own words.
pub fn submit(script: &Path, options: &[OsString]) -> Result<u64> {
    let mut arguments: Vec<OsString> = vec!["--parsable".into()];
    arguments.extend(options.iter().cloned());
    arguments.push(script.into());
    let told = run("sbatch", &arguments)?;
    // Other lines are a site's greeting; a cluster's name may follow.
    let job = told.lines().rev().find_map(|line| line.split(';').next()?.trim().parse().ok());
    job.with_context(|| format!("`sbatch` did not say which job it submitted: {}", told.trim()))
}

/// Returns what is in the queue, running or waiting, of jobs of these
/// `names`.
///
/// # Errors
/// When the cluster cannot be asked.
pub fn queue(names: &[String]) -> Result<Vec<QueuedJob>> {
    let names = format!("--name={}", names.join(","));
    // `-h -r`, which the oldest release has too.
    parse_queue(&run("squeue", &["-h".into(), "-r".into(), COLUMNS.into(), names.into()])?)
}

/// Reads what `squeue` prints.
///
/// # Errors
/// Names the line that it cannot read.
pub fn parse_queue(told: &str) -> Result<Vec<QueuedJob>> {
    let lines = told.lines().map(str::trim).filter(|line| !line.is_empty());
    let parse = |line: &str| -> Option<QueuedJob> {
        let fields: Vec<&str> = line.split('|').collect();
        let [job, element, state, reason, name] = fields[..] else { return None };
        let element = match element {
            "N/A" => None,
            element => Some(element.parse().ok()?),
        };
        let (reason, name) = (reason.to_owned(), name.to_owned());
        Some(QueuedJob { job: job.parse().ok()?, element, state: state.to_owned(), reason, name })
    };
    lines
        .map(|line| parse(line).with_context(|| format!("`squeue` printed `{line}`: not a job")))
        .collect()
}

/// Ends `jobs`, which run or wait: `7`, or `7_1` for an element of one.
///
/// # Errors
/// When the cluster refuses.
pub fn cancel(jobs: impl IntoIterator<Item = impl ToString>) -> Result<()> {
    let jobs: Vec<OsString> = jobs.into_iter().map(|job| job.to_string().into()).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    run("scancel", &jobs).map(|_| ())
}

/// Whether the cluster ends the job that this process runs in since its
/// time is over; false where nobody says so.
pub fn is_out_of_time() -> bool {
    let Some(job) = std::env::var_os("SLURM_JOB_ID") else { return false };
    let told = run("squeue", &["-h".into(), "-j".into(), job, "-o".into(), "%r".into()]);
    told.is_ok_and(|reason| reason.trim() == "TimeLimit")
}

/// Runs a client program, and returns what it prints.
fn run(program: &str, arguments: &[OsString]) -> Result<String> {
    let end = process::slurm(program, arguments)?.ok_or_else(|| {
        anyhow!("there is no `{program}`; run this where the cluster's jobs are submitted from")
    })?;
    if !end.is_success {
        let complaint = match end.complaint.as_str() {
            "" => "it did not say why",
            complaint => complaint,
        };
        bail!("`{program}` failed: {complaint}");
    }
    Ok(end.output)
}
