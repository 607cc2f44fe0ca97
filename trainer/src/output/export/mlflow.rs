//! Exports a session as a run to an MLflow file store.
//!
//! The layout is that of MLflow's `FileStore`: `meta.yaml` of the
//! experiment and of each run, and a file for each parameter, tag and
//! metric. A run appears whole or not at all, and only once: its id is
//! from the digest of the session's record.

mod artifacts;
mod curves;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use crate::account::metrics::is_ruined;
use crate::config::leaves;
use crate::digest::sha256_of_bytes;
use crate::session::{Layout, Session, Status, create_folder, remove_folder};

use curves::millis;

/// The name and id of the one experiment of all exported runs.
const EXPERIMENT: &str = "trainvault";
const EXPERIMENT_ID: &str = "747261697661756";
/// Length of a run's id, as in MLflow.
const N_ID_LETTERS: usize = 32;

/// Which session to export, and to where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowRun<'a> {
    /// The workspace, or a folder with a restored archive.
    pub layout: &'a Layout,
    /// The store, MLflow's `mlruns`; created if absent.
    pub store: &'a Path,
    /// The run's name; `None` takes the session's id.
    pub name: Option<&'a str>,
    /// Further tags, as name and value.
    pub tags: &'a [(String, String)],
}

/// A run in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MlflowReport {
    /// Its name.
    pub name: String,
    /// Its MLflow id.
    pub run_id: String,
    /// Its folder.
    pub path: PathBuf,
    /// Whether this export added it.
    pub is_new: bool,
}

/// Writes the session as a run, unless the store has it already.
///
/// # Errors
///
/// Fails when there is no session, or the store cannot be written.
pub fn export_mlflow(run: &MlflowRun<'_>) -> Result<MlflowReport> {
    let record = run.layout.session();
    let bytes = fs::read(&record).with_context(|| {
        format!("failed to read `{}`; train first, or name an archive", record.display())
    })?;
    let session: Session = serde_json::from_slice(&bytes)
        .with_context(|| format!("`{}` is no record of this version", record.display()))?;
    let name = run.name.unwrap_or(&session.id).to_owned();
    let mut run_id = sha256_of_bytes(&bytes);
    run_id.truncate(N_ID_LETTERS);
    let store = std::path::absolute(run.store)
        .with_context(|| format!("`{}` is no path", run.store.display()))?;
    let experiment = store.join(EXPERIMENT_ID);
    let path = experiment.join(&run_id);
    let is_new = !path.exists();
    if is_new {
        create_experiment(&experiment, &session)?;
        let draft = store.join(format!(".trainvault_{run_id}"));
        // Of a failed or killed export.
        remove_folder(&draft)?;
        let target = RunTarget { draft: &draft, path: &path, name: &name };
        let written = write_run(run, &session, &target);
        if written.is_err() {
            remove_folder(&draft)?;
        }
        written?;
        fs::rename(&draft, &path)
            .with_context(|| format!("failed to save the run `{}`", path.display()))?;
    }
    Ok(MlflowReport { name, run_id, path, is_new })
}

/// The draft of a run, and its later path and name.
struct RunTarget<'a> {
    draft: &'a Path,
    path: &'a Path,
    name: &'a str,
}

fn write_run(run: &MlflowRun<'_>, session: &Session, target: &RunTarget<'_>) -> Result<()> {
    for folder in ["params", "metrics", "tags", "artifacts"] {
        create_folder(&target.draft.join(folder))?;
    }
    let params = target.draft.join("params");
    let settings = serde_json::to_value(&session.config.training)?;
    write_leaves(&params, leaves("", &settings))?;
    write_file(&params.join("config_sha256"), &session.config.sha256)?;
    if let Some(data) = &session.data {
        write_leaves(&params, leaves("data", &serde_json::to_value(data)?))?;
    }
    write_tags(run, session, target)?;
    curves::write(run.layout, session, &target.draft.join("metrics"))?;
    artifacts::copy(run.layout.root(), &target.draft.join("artifacts"))?;
    write_file(&target.draft.join("meta.yaml"), &run_meta(session, target)?)
}

/// Writes a file for each value, with its name; lists become JSON.
fn write_leaves(folder: &Path, leaves: Vec<(String, &Value)>) -> Result<()> {
    for (name, value) in leaves.into_iter().filter(|(name, _)| name != "$schema") {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        write_file(&folder.join(name), &text)?;
    }
    Ok(())
}

fn write_tags(run: &MlflowRun<'_>, session: &Session, target: &RunTarget<'_>) -> Result<()> {
    let folder = target.draft.join("tags");
    let status = session.status.to_string();
    let version = &session.tool_version;
    let tags = [
        ("mlflow.runName", target.name),
        ("mlflow.source.name", "trainvault"),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.user", ""),
        ("trainvault.session", &session.id),
        ("trainvault.status", &status),
        ("trainvault.version", version),
    ];
    for (name, value) in tags {
        write_file(&folder.join(name), value)?;
    }
    if let Some(reason) = &session.reason {
        write_file(&folder.join("trainvault.reason"), reason)?;
    }
    let agent = session.metrics.agent.as_ref();
    if serde_json::to_value(agent).is_ok_and(|figures| is_ruined(&figures)) {
        let when = agent.and_then(|agent| agent.ruined_at.as_deref());
        write_file(&folder.join("trainvault.ruined_at"), when.unwrap_or("unknown"))?;
    }
    for (name, value) in run.tags {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let is_name = !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain);
        ensure!(is_name, "`{name}` is no name of a tag; use letters, digits, `_`, `-` and `.`");
        write_file(&folder.join(name), value)?;
    }
    Ok(())
}

fn create_experiment(folder: &Path, session: &Session) -> Result<()> {
    create_folder(folder)?;
    let path = folder.join("meta.yaml");
    if path.exists() {
        return Ok(());
    }
    let created = millis(&session.started_at)?;
    let location = quoted(&file_uri(folder));
    let text = format!(
        "artifact_location: {location}\ncreation_time: {created}\nexperiment_id: \
         '{EXPERIMENT_ID}'\nlast_update_time: {created}\nlifecycle_stage: active\nname: \
         {EXPERIMENT}\n"
    );
    write_file(&path, &text)
}

fn run_meta(session: &Session, target: &RunTarget<'_>) -> Result<String> {
    let run_id = target.path.file_name().unwrap_or_default().to_string_lossy();
    // `RunStatus` of MLflow's protocol.
    let status = match session.status {
        Status::Running => 1,
        Status::Completed => 3,
        Status::Failed => 4,
        Status::Interrupted => 5,
    };
    let end = match &session.finished_at {
        Some(time) => millis(time)?.to_string(),
        None => "null".to_owned(),
    };
    Ok(format!(
        "artifact_uri: {artifacts}\nend_time: {end}\nentry_point_name: ''\nexperiment_id: \
         '{EXPERIMENT_ID}'\nlifecycle_stage: active\nrun_id: {run_id}\nrun_name: \
         {name}\nrun_uuid: {run_id}\nsource_name: ''\nsource_type: 4\nsource_version: \
         ''\nstart_time: {start}\nstatus: {status}\ntags: []\nuser_id: ''\n",
        artifacts = quoted(&file_uri(&target.path.join("artifacts"))),
        run_id = quoted(&run_id),
        name = quoted(target.name),
        start = millis(&session.started_at)?,
    ))
}

/// Returns `text` as a quoted string of YAML, which JSON's strings are.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the `file:` URI of `path`, which is absolute.
fn file_uri(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-.~:".contains(byte);
    let encode = |byte: u8| match byte {
        byte if is_plain(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let slash = if text.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", text.bytes().map(encode).collect::<String>())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}
