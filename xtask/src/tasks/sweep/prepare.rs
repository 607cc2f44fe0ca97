//! Plans a sweep from the spec and the workspace's settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use super::definition::{Engine, SweepDefinition};
use super::folder::SWEEPS;
use super::plan::Plan;
use super::sample;
use super::spec::SweepSpec;
use crate::programs::features;
use crate::programs::process::{TrainerProcess, TrainerRun};
use crate::tasks::TaskContext;
use crate::tasks::gate::METRICS;
use crate::tasks::train::{TrainerSource, run_with_full_if_needed};
use crate::vault::session::METRIC_POINTERS;
use crate::workspace::Workspace;
use crate::workspace::config::{ArchiveConfig, WorkspaceConfig, nearest};
use crate::workspace::exit::{CodedError, TrainerExit, usage};
use crate::workspace::files::{self, exists, folder_entries};

/// The path from a trial's folder to the workspace.
const TO_WORKSPACE: &str = "../../../..";
/// The most values of one key that are checked before the sweep.
const N_VALUES_CHECKED: usize = 16;

/// The parameters of a new sweep.
pub struct SweepRequest<'a> {
    /// The file of the spec.
    pub spec: &'a Path,
    /// The engine that runs the trials.
    pub engine: Engine,
    /// Whether the trainer of this repository, whose metrics are known, is
    /// used if the spec has no command.
    pub is_own_trainer: bool,
}

/// Plans a sweep, without writing anything.
///
/// # Errors
/// [`CodedError::Usage`] when the spec or the settings are not valid.
pub fn plan(context: &TaskContext<'_>, request: &SweepRequest<'_>) -> Result<SweepDefinition> {
    let workspace = context.workspace;
    features::check_compression(workspace.config().archive.compression)?;
    let usage = |error: anyhow::Error| usage!("{error:#}");
    let spec = load(request.spec, request.is_own_trainer)?;
    let settings = read_object(&workspace.root().join("config/training_config.json"));
    let settings = settings.map_err(usage)?.unwrap_or_default();
    let logging = read_object(&workspace.root().join("config/logging_config.json"));
    let invalid = || format!("`{}` is not valid", request.spec.display());
    let data = data_of(workspace, &spec, &settings).with_context(invalid).map_err(usage)?;
    let plan = Plan::new(spec, settings, data);
    plan.check().with_context(invalid).map_err(usage)?;
    Ok(SweepDefinition {
        format: 1,
        created_at: (context.clock)(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: request.engine,
        needs_full_trainer: false,
        plan,
        workspace: settings_of_trials(workspace.config()),
        logging: logging.map_err(usage)?.map(Value::Object),
    })
}

/// Reads the spec in the file at `path`. `is_own_trainer` is that of
/// [`SweepRequest`].
///
/// # Errors
/// [`CodedError::Usage`] when it is not valid.
pub fn load(path: &Path, is_own_trainer: bool) -> Result<SweepSpec> {
    let load = || -> Result<SweepSpec> {
        let spec = SweepSpec::load(path)?;
        if is_own_trainer && spec.command.is_empty() {
            let invalid = || format!("`{}` is not valid", path.display());
            check_metric(&spec.metric).with_context(invalid)?;
        }
        Ok(spec)
    };
    load().map_err(|error| usage!("{error:#}"))
}

/// Checks that the trainer of this repository has the metric that ranks.
fn check_metric(metric: &str) -> Result<()> {
    let further = METRIC_POINTERS.map(|(name, _)| name);
    let known: Vec<&str> = METRICS.into_iter().chain(further).collect();
    // Gates use this prefix for metrics of other trainers.
    let bare = metric.strip_prefix("agent.").unwrap_or(metric);
    ensure!(
        known.contains(&metric),
        "`metric` is `{metric}`, which is no figure of the trainer's; there are {}{}",
        known.join(", "),
        nearest(bare, known.iter().copied())
    );
    Ok(())
}

/// Returns the workspace settings of a trial: those of content and
/// compression only, so that it has its own archive folder.
fn settings_of_trials(config: &WorkspaceConfig) -> WorkspaceConfig {
    let ArchiveConfig { folder, remote, .. } = ArchiveConfig::default();
    let archive = ArchiveConfig { folder, remote, ..config.archive.clone() };
    WorkspaceConfig { archive, ..WorkspaceConfig::default() }
}

/// Reads a JSON object; `None` if there is no such file.
fn read_object(path: &Path) -> Result<Option<Map<String, Value>>> {
    let Some(bytes) = files::read_existing(path)? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(mut object)) => {
            object.remove("$schema");
            Ok(Some(object))
        }
        Ok(_) => bail!("`{}` is not a JSON object", path.display()),
        Err(error) => Err(error).with_context(|| format!("`{}` is not valid", path.display())),
    }
}

/// Returns the data path of each symbol, as seen from a trial.
fn data_of(
    workspace: &Workspace,
    spec: &SweepSpec,
    settings: &Map<String, Value>,
) -> Result<Vec<Option<String>>> {
    let data = settings.get("data").and_then(Value::as_str);
    if spec.symbols.is_empty() {
        return Ok(vec![data.map(|data| seen_from_trial(workspace, data))]);
    }
    let find = |symbol: &String| {
        let file = find_symbol(workspace, data, symbol)?;
        Ok(Some(seen_from_trial(workspace, &file)))
    };
    spec.symbols.iter().map(find).collect()
}

/// Returns the data file of `symbol`: the file of this name, or the one
/// in the folder `data` with this stem.
fn find_symbol(workspace: &Workspace, data: Option<&str>, symbol: &str) -> Result<String> {
    if symbol.starts_with("builtin:") || exists(&workspace.root().join(symbol)) {
        return Ok(symbol.to_owned());
    }
    let folder = data.unwrap_or_default();
    let files = folder_entries(&workspace.root().join(folder)).unwrap_or_default();
    let is_its = |file: &&PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.strip_prefix(symbol).is_some_and(|rest| rest.starts_with('.'))
    };
    let name = files.iter().find(is_its).and_then(|file| file.file_name()?.to_str());
    let Some(name) = name else {
        let place = match folder {
            "" => "`training_config.json` names no folder by `data`".to_owned(),
            folder => format!("none of this name in the folder of `data`, `{folder}`"),
        };
        bail!(
            "`symbols` names `{symbol}`, and there is no such file in the workspace, and {place}"
        );
    };
    Ok(format!("{folder}/{name}"))
}

/// Returns the path of `data` relative to a trial, four folders below the
/// workspace.
fn seen_from_trial(workspace: &Workspace, data: &str) -> String {
    let is_elsewhere = data.starts_with("builtin:") || Path::new(data).is_absolute();
    if is_elsewhere {
        return data.to_owned();
    }
    let sweeps = workspace.root().join(SWEEPS);
    // If `sweeps` is a symlink, `..` would lead elsewhere.
    if sweeps.canonicalize().is_ok_and(|real| real != sweeps) {
        return workspace.root().join(data).to_string_lossy().into_owned();
    }
    format!("{TO_WORKSPACE}/{data}")
}

/// Lets the trainer check the settings before anything is trained: those
/// of the first trial, and with each other value of a key. Returns its
/// binary, or that of the full trainer if a trial needs it.
///
/// # Errors
/// [`CodedError::Usage`] when it refuses some.
pub fn check_settings(
    context: &mut TaskContext<'_>,
    definition: &SweepDefinition,
    source: &TrainerSource,
    binary: &Path,
    arguments: &[OsString],
) -> Result<PathBuf> {
    let mut binary = binary.to_owned();
    let name = definition.plan.spec.name();
    // As deep as a trial's folder, for the relative paths in its settings.
    let root = context.workspace.root().join(SWEEPS).join(name).join("attempts/check");
    for (description, settings) in to_check(&definition.plan) {
        definition.write_settings(&root, &settings)?;
        let mut words: Vec<OsString> = vec!["--root".into(), root.clone().into()];
        words.extend(arguments.iter().cloned());
        words.push("--check".into());
        let (able, exit) = run_with_full_if_needed(context, source, &binary, |binary| {
            let run = TrainerRun { binary, root: &root, arguments: &words, is_silent: true };
            TrainerProcess::default().run(&run)
        })?;
        binary = able;
        match exit {
            TrainerExit::Code(0) => {}
            TrainerExit::INTERRUPTED => return Err(CodedError::Interrupted.into()),
            _ => {
                return Err(usage!(
                    "the trainer refuses the settings {description}, as it says above; nothing was \
                     trained"
                ));
            }
        }
    }
    Ok(binary)
}

/// Returns settings that cover the values of each key, with a description
/// for messages.
fn to_check(plan: &Plan) -> Vec<(String, Map<String, Value>)> {
    let first = plan.trial(0);
    let mut checks = vec![("of the first trial".to_owned(), first.settings)];
    for (key, choices) in &plan.spec.parameters {
        for value in sample::ends(choices).into_iter().take(N_VALUES_CHECKED) {
            let mut settings = checks[0].1.clone();
            Plan::set(&mut settings, key, value.clone());
            checks.push((format!("with `{key}` = {value}"), settings));
        }
    }
    checks
}
