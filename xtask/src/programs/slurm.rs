//! Submits and lists jobs of Slurm by its client programs: `sbatch`,
//! `squeue`, `scontrol`, `scancel`.
//!
//! Only output formats that are the same in every release are parsed:
//! `sacct` needs a database, and `--json` changes. A program that fails,
//! or prints something unknown, is an error, never an empty result.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::process;

/// A job in the queue, or one element of a job array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedJob {
    /// The id of the job or of the whole array.
    pub job: u64,
    /// The index in the array; `None` for a plain job.
    pub element: Option<u64>,
    /// Its state, such as `RUNNING`.
    pub state: String,
    /// Why it waits; the text `None` if it does not.
    pub reason: String,
    /// The name it was submitted with.
    pub name: String,
}

/// The columns of [`queue`]: array, element, state, reason, name.
const COLUMNS: &str = "--format=%F|%K|%T|%r|%j";

/// Returns how many elements an array may have.
///
/// # Errors
/// When Slurm fails, or allows no arrays.
pub fn elements_max() -> Result<u64> {
    let config = run("scontrol", &["show".into(), "config".into()])?;
    let elements_max = elements_max_in(&config)?;
    ensure!(elements_max > 0, "the cluster runs no arrays of jobs: its `MaxArraySize` is 0");
    Ok(elements_max)
}

/// Parses the `MaxArraySize` in the output of `scontrol show config`.
///
/// # Errors
/// When there is none.
pub fn elements_max_in(config: &str) -> Result<u64> {
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "MaxArraySize").then(|| value.trim().parse().ok())?
    };
    config.lines().find_map(value).context("`scontrol show config` prints no `MaxArraySize`")
}

/// Submits `script` with `options`, and returns the id of the job.
///
/// # Errors
/// When Slurm refuses it; the error shows its message.
pub fn submit(script: &Path, options: &[OsString]) -> Result<u64> {
    let mut arguments: Vec<OsString> = vec!["--parsable".into()];
    arguments.extend(options.iter().cloned());
    arguments.push(script.into());
    let output = run("sbatch", &arguments)?;
    // Other lines are messages of the site; `;CLUSTER` may follow the id.
    let job = output.lines().rev().find_map(|line| line.split(';').next()?.trim().parse().ok());
    job.with_context(|| format!("`sbatch` did not say which job it submitted: {}", output.trim()))
}

/// Returns the running and waiting jobs with one of `names`.
pub fn queue(names: &[String]) -> Result<Vec<QueuedJob>> {
    let names = format!("--name={}", names.join(","));
    // Short options, which the oldest release has too.
    parse_queue(&run("squeue", &["-h".into(), "-r".into(), COLUMNS.into(), names.into()])?)
}

/// Parses the output of `squeue`.
///
/// # Errors
/// When a line is not a job; names the line.
pub fn parse_queue(output: &str) -> Result<Vec<QueuedJob>> {
    let lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
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

/// Cancels `jobs`: `7`, or `7_1` for an element of an array.
pub fn cancel(jobs: impl IntoIterator<Item = impl ToString>) -> Result<()> {
    let jobs: Vec<OsString> = jobs.into_iter().map(|job| job.to_string().into()).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    run("scancel", &jobs).map(|_| ())
}

/// Whether Slurm is ending the job of this process because of its time
/// limit; false if unknown.
pub fn is_out_of_time() -> bool {
    let Some(job) = std::env::var_os("SLURM_JOB_ID") else { return false };
    let output = run("squeue", &["-h".into(), "-j".into(), job, "-o".into(), "%r".into()]);
    output.is_ok_and(|reason| reason.trim() == "TimeLimit")
}

/// Runs a client program, and returns its output.
fn run(program: &str, arguments: &[OsString]) -> Result<String> {
    let end = process::slurm(program, arguments)?.ok_or_else(|| {
        anyhow!("there is no `{program}`; run this where the cluster's jobs are submitted from")
    })?;
    if !end.is_success {
        let error_output = match end.error_output.as_str() {
            "" => "it did not say why",
            error_output => error_output,
        };
        bail!("`{program}` failed: {error_output}");
    }
    Ok(end.output)
}
