//! Trains an archived session again, in a scratch folder, and compares
//! the models.
//!
//! The same data, settings and seed must give the same bytes. If the
//! models differ, reports which of these differ.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::programs::features;
use crate::programs::process::{TrainerProcess, TrainerRun};
use crate::tasks::TaskContext;
use crate::tasks::train::{TrainerSource, run_with_full_if_needed, trainer_binary};
use crate::vault::manifest::SessionStatus;
use crate::vault::name::stamp;
use crate::vault::relocate;
use crate::vault::session::RECORD;
use crate::vault::verify::{self, Receipt};
use crate::workspace::digest::file_sha256;
use crate::workspace::exit::{CodedError, TrainerExit};
use crate::workspace::files;

/// The final model of a session.
const MODEL: &str = "models/memory_efficient_model_final.zip";

/// The result: a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReproduceReport {
    /// The archive.
    pub archive: String,
    /// Whether the models are identical byte for byte.
    pub is_identical: bool,
    /// The archived model's SHA-256.
    pub archived_model_sha256: String,
    /// The new model's SHA-256; null if there is none.
    pub new_model_sha256: Option<String>,
    /// The differences between the two sessions.
    pub differences: Vec<Difference>,
    /// The folder of the new session, if the models differ.
    pub kept_in: Option<String>,
}

/// Something that differs between two sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What, such as `data.sha256`.
    pub what: String,
    /// Its value in the archive, as JSON.
    pub archived: Value,
    /// Its value now, as JSON.
    pub new: Value,
}

/// Trains the session of the archive at `path` again by `source`, in a
/// scratch folder; the workspace is not changed.
///
/// # Errors
/// When the archive is damaged or holds no completed session, its data is
/// missing or has changed, or the training fails.
pub fn reproduce(
    context: &mut TaskContext<'_>,
    trainer: &TrainerProcess,
    path: &Path,
    source: &TrainerSource,
) -> Result<ReproduceReport> {
    features::check_archive(path)?;
    let binary = trainer_binary(context, source)?;
    let receipt = verify::read_back(path)?;
    let archived_model_sha256 = completed_model(&receipt)?;
    let archived = verify::read_entry(path, RECORD)?;
    let archived: Value =
        serde_json::from_slice(&archived).with_context(|| format!("`{RECORD}` is not JSON"))?;
    let scratch = context.workspace.state().join(format!("reproduce_{}", stamp((context.clock)())));
    files::create_folder(&scratch)?;
    write_settings(context, &archived, &scratch)?;
    (context.on_message)(&format!("training again in `{}`", context.workspace.display(&scratch)));
    // One seed suffices: the model is that of the first.
    let arguments: Vec<OsString> = vec![
        "--root".into(),
        (&scratch).into(),
        "--exit-with-parent".into(),
        "--seeds".into(),
        "1".into(),
    ];
    let run =
        TrainerRun { binary: &binary, root: &scratch, arguments: &arguments, is_silent: true };
    run_trainer(context, trainer, source, &run)?;
    let new = read_record(&scratch)?;
    let new_model = scratch.join(MODEL);
    let new_model_sha256 =
        if files::is_file(&new_model)? { Some(file_sha256(&new_model)?) } else { None };
    let is_identical = new_model_sha256.as_ref() == Some(&archived_model_sha256);
    let kept_in = if is_identical {
        relocate::remove(&scratch)?;
        None
    } else {
        Some(context.workspace.display(&scratch))
    };
    Ok(ReproduceReport {
        archive: receipt.manifest().name.clone(),
        is_identical,
        archived_model_sha256,
        new_model_sha256,
        differences: differences(&archived, &new),
        kept_in,
    })
}

/// Returns the digest of the model of a completed session.
fn completed_model(receipt: &Receipt) -> Result<String> {
    let manifest = receipt.manifest();
    let name = &manifest.name;
    match manifest.session.as_ref().map(|session| session.status) {
        Some(SessionStatus::Completed) => {}
        Some(status) => {
            bail!("the session in `{name}` is {status}; only a completed one can be trained again")
        }
        None => bail!("`{name}` holds no session that could be trained again"),
    }
    let model = manifest.files.iter().find(|file| file.path == MODEL);
    Ok(model.with_context(|| format!("`{name}` holds no `{MODEL}`"))?.sha256.clone())
}

/// Writes the archived session's settings into the scratch workspace.
fn write_settings(context: &TaskContext<'_>, archived: &Value, scratch: &Path) -> Result<()> {
    let mut training = archived["config"]["training"].clone();
    if !training.is_object() {
        bail!("`{RECORD}` does not hold the settings; it is of another trainer");
    }
    let data = training["data"].as_str().unwrap_or_default().to_owned();
    if !data.starts_with("builtin:") {
        let path = context.workspace.root().join(&data);
        check_data(&path, &archived["data"]["sha256"])?;
        training["data"] = Value::String(path.to_string_lossy().into_owned());
    }
    let folder = scratch.join("config");
    files::create_folder(&folder)?;
    files::write_json(&folder.join("training_config.json"), &training)
}

fn check_data(path: &Path, archived: &Value) -> Result<()> {
    if !files::is_file(path)? {
        bail!(
            "the data `{}` is not there any more; bring it back to train on it again",
            path.display()
        );
    }
    let now = file_sha256(path)?;
    if archived.as_str() != Some(&now) {
        bail!(
            "the data `{}` has changed: its SHA-256 was {} and is {now}; bring the old file back \
             to train on it again",
            path.display(),
            archived.as_str().unwrap_or("not recorded")
        );
    }
    Ok(())
}

fn run_trainer(
    context: &mut TaskContext<'_>,
    trainer: &TrainerProcess,
    source: &TrainerSource,
    run: &TrainerRun<'_>,
) -> Result<()> {
    let (_, exit) = run_with_full_if_needed(context, source, run.binary, |binary| {
        trainer.run(&TrainerRun { binary, ..*run })
    })?;
    match exit {
        // 3: the metrics are suspicious, which does not affect the model.
        TrainerExit::Code(0 | 3) => Ok(()),
        TrainerExit::INTERRUPTED => Err(CodedError::Interrupted.into()),
        TrainerExit::Code(_) | TrainerExit::Killed => {
            bail!(
                "the training failed, as it says above; its files are in `{}`",
                run.root.display()
            )
        }
    }
}

fn read_record(scratch: &Path) -> Result<Value> {
    let path = scratch.join(RECORD);
    let bytes = fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("`{}` is not JSON", path.display()))
}

/// Returns the differences that affect a model: not times, paths or
/// threads.
fn differences(archived: &Value, new: &Value) -> Vec<Difference> {
    let mut pairs: Vec<(String, Value, Value)> = ["tool_version", "seed"]
        .iter()
        .map(|key| ((*key).to_owned(), archived[*key].clone(), new[*key].clone()))
        .collect();
    let digest = |session: &Value| session["data"]["sha256"].clone();
    pairs.push(("data.sha256".to_owned(), digest(archived), digest(new)));
    let [before, after] = [archived, new].map(settings);
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let value = |settings: &serde_json::Map<String, Value>| {
            settings.get(key).cloned().unwrap_or(Value::Null)
        };
        pairs.push((format!("config.{key}"), value(&before), value(&after)));
    }
    pairs
        .into_iter()
        .filter(|(_, archived, new)| archived != new)
        .map(|(what, archived, new)| Difference { what, archived, new })
        .collect()
}

/// Returns the settings that a model depends on.
fn settings(session: &Value) -> serde_json::Map<String, Value> {
    let mut settings = session["config"]["training"].as_object().cloned().unwrap_or_default();
    settings.remove("data");
    settings.remove("threads");
    settings
}
