//! Sweeps: many sessions from one plan.

mod kubernetes;
mod local;
mod overfitting;
mod plan;
mod results;
pub mod slurm;
mod spec;
mod unranked;

use assert_cmd::assert::Assert;
use serde_json::{Value, json};
use xtask::tasks::sweep::plan::Plan;
use xtask::tasks::sweep::spec::SweepSpec;

use crate::support::Sandbox;

/// A trainer whose figures are its settings: quick, and the same in every
/// run. `extra` comes before it leaves its session. It measures no curve
/// where `METRICS_FAIL` is set.
pub fn trainer(sandbox: &Sandbox, extra: &str) -> std::path::PathBuf {
    sandbox.trainer(&format!(
        r#"
if [ "$1" = metrics ]; then
    [ -z "$METRICS_FAIL" ] || exit 1
    echo '{{"metrics":{{"sharpe":1.5,"deflated_sharpe":0.5,"n_bars":119}}}}'
    exit 0
fi
number() {{ sed -n 's/.*"'"$1"'": *\([-0-9.e]*\).*/\1/p' config/training_config.json | head -n 1; }}
discount=$(number discount)
seed=$(number seed)
{extra}
echo trained > logs/training.log
echo "model $discount $seed" > models/memory_efficient_model_final.zip
printf '{{"format":1,"id":"session_%s","status":"completed","seed":%s,
"metrics":{{"agent":{{"sharpe":%s}}}}}}' "$seed" "$seed" "${{discount:-0}}" > logs/session.json
"#
    ))
}

/// Sweeps by `body`.
pub fn swept(sandbox: &Sandbox, body: &str, arguments: &[&str]) -> Assert {
    let trainer = trainer(sandbox, body);
    sandbox.xtask(arguments).arg("--trainer-bin").arg(trainer).assert()
}

/// Writes `spec` as `sweep.json` of the workspace.
pub fn write_spec(sandbox: &Sandbox, spec: &Value) {
    sandbox.write("sweep.json", &spec.to_string());
}

/// Two values of one key by two seeds.
pub fn four_trials() -> Value {
    json!({ "parameters": { "agent.discount": [0.5, 0.9] }, "seeds": [1, 2], "test": false })
}

/// Returns the plan of `spec` on settings that say nothing.
pub fn plan(spec: &Value) -> Plan {
    let spec: SweepSpec = serde_json::from_value(spec.clone()).unwrap();
    spec.check().unwrap();
    let data = if spec.symbols.is_empty() {
        vec![None]
    } else {
        spec.symbols.iter().map(|symbol| Some(symbol.clone())).collect()
    };
    Plan::new(spec, serde_json::Map::new(), data)
}
