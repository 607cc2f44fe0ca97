//! Changes the spec of a sweep after it began, where this affects no
//! finished trial: its limits and the metric that ranks.

use anyhow::Result;
use serde_json::{Map, Value};

use super::definition::SweepDefinition;
use super::folder::{DEFINITION, SweepFolder};
use super::plan::Plan;
use super::spec::{SlurmSettings, SweepSpec};
use crate::workspace::Workspace;
use crate::workspace::exit::usage;
use crate::workspace::files;

/// Returns `old` with the changes of `new`, whose name is ignored.
///
/// # Errors
/// When a key differs that must not change; names the key.
pub fn amended(old: &SweepSpec, new: &SweepSpec) -> Result<SweepSpec> {
    // The layout of trials in jobs is fixed by the first submission.
    let trials_per_element = old.slurm.trials_per_element;
    let amended = SweepSpec {
        metric: new.metric.clone(),
        goal: new.goal,
        retries: new.retries,
        memory_mb: new.memory_mb,
        time_limit_minutes: new.time_limit_minutes,
        slurm: SlurmSettings { trials_per_element, ..new.slurm.clone() },
        ..old.clone()
    };
    let requested = SweepSpec { schema: old.schema.clone(), name: old.name.clone(), ..new.clone() };
    if new.slurm.trials_per_element != trials_per_element {
        return Err(refused("slurm.trials_per_element"));
    }
    let (amended_keys, requested_keys) = (keys(&amended), keys(&requested));
    match requested_keys.iter().find(|(key, value)| amended_keys.get(*key) != Some(value)) {
        Some((key, _)) => Err(refused(key)),
        None => Ok(amended),
    }
}

fn keys(spec: &SweepSpec) -> Map<String, Value> {
    match serde_json::to_value(spec) {
        Ok(Value::Object(keys)) => keys,
        _ => unreachable!("a spec is an object of plain data"),
    }
}

fn refused(key: &str) -> anyhow::Error {
    usage!(
        "`{key}` is not what the sweep was begun with; `retries`, `memory_mb`, \
         `time_limit_minutes`, `slurm`, `metric` and `goal` may change: begin another sweep, by \
         another `name`, for the rest"
    )
}

/// Stores `spec` as that of the sweep in `folder`, and returns the
/// updated sweep. The caller holds the sweep's lock.
pub fn store(workspace: &Workspace, folder: &SweepFolder, spec: SweepSpec) -> Result<SweepFolder> {
    let definition = folder.definition().clone();
    let definition = SweepDefinition {
        plan: Plan::new(spec, definition.plan.settings, definition.plan.data),
        ..definition
    };
    files::write_json(&folder.root().join(DEFINITION), &definition)?;
    SweepFolder::open(workspace, Some(folder.name()))
}
