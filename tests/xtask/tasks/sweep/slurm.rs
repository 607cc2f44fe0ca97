//! The Slurm engine, on a real one where it is installed.

mod array_layout;
pub mod cluster;
mod faults;
mod time;
mod unasked;

use serde_json::{Value, json};

use self::cluster::{Cluster, wait_until};
use super::{trainer, write_spec};
use crate::support::{CommandOutput, Sandbox, stdout};

/// Runs a task on the cluster, and returns its exit code and stderr.
#[track_caller]
fn run(cluster: &Cluster, sandbox: &Sandbox, arguments: &[&str]) -> (i32, String) {
    let output = cluster.xtask(sandbox, arguments);
    (output.exit_code(), output.stderr_text())
}

/// Begins the sweep on the cluster.
#[track_caller]
fn begin(cluster: &Cluster, sandbox: &Sandbox) {
    let arguments = ["sweep", "sweep.json", "--engine", "slurm", "--trainer-bin", "./trainer.sh"];
    let (code, notes) = run(cluster, sandbox, &arguments);
    assert_eq!(code, 0, "{notes}");
}

#[track_caller]
fn resume(cluster: &Cluster, sandbox: &Sandbox) -> String {
    let (code, notes) =
        run(cluster, sandbox, &["sweep", "resume", "--trainer-bin", "./trainer.sh"]);
    assert_eq!(code, 0, "{notes}");
    notes
}

#[track_caller]
fn status(cluster: &Cluster, sandbox: &Sandbox) -> Value {
    cluster.xtask(sandbox, &["--format", "json", "sweep", "status"]).stdout_json()
}

/// Returns everything that the sweep found, and its models.
fn findings(sandbox: &Sandbox) -> (String, Vec<Vec<u8>>) {
    let table = stdout(&mut sandbox.xtask(&["--format", "csv", "sweep", "results"]));
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "results"]));
    let model = |index: u64| {
        let path =
            format!("sweeps/sweep/trials/{index:04}/models/memory_efficient_model_final.zip");
        std::fs::read(sandbox.path(&path)).unwrap()
    };
    (table + &stdout_text, (0..6).map(model).collect())
}

fn six_trials() -> Value {
    json!({
        "parameters": { "agent.discount": [0.5, 0.9] },
        "seeds": [1, 2, 3],
        "memory_mb": 50,
        "slurm": { "trials_per_element": 1 },
    })
}

/// A trainer that waits until there is a file `go` in the workspace, or no
/// workspace any more.
const WAITS: &str =
    "while [ ! -e ../../../../go ] && [ -e ../../../../sweep.json ]; do sleep 0.05; done";

#[test]
fn a_cluster_gives_what_this_machine_gives() {
    let Some(cluster) = Cluster::start() else { return };
    let (here, there) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&here, &there] {
        write_spec(sandbox, &six_trials());
        trainer(sandbox, "");
    }
    let mut command = here.xtask(&["sweep", "sweep.json", "--trainer-bin", "./trainer.sh"]);
    command.assert().success();
    begin(&cluster, &there);
    cluster.wait_until_idle();
    // More elements than an array may have, so two arrays; then the test.
    let jobs = cluster.ask("squeue", &["-h", "-r", "-t", "all", "-o", "%F_%K %T"]);
    assert_eq!(jobs.matches("COMPLETED").count(), 7, "{jobs}");
    assert!(jobs.contains("1_3 ") && jobs.contains("2_1 "), "{jobs}");
    let sweep_status = status(&cluster, &there);
    assert_eq!((&sweep_status["n_completed"], &sweep_status["missing"]), (&json!(6), &json!([])));
    let (table, models) = findings(&there);
    assert!(table.contains("test"), "{table}");
    assert_eq!((table, models), findings(&here));
    // Nothing is left to be done.
    let notes = resume(&cluster, &there);
    assert!(!notes.contains("submitted"), "{notes}");
}

#[test]
fn resume_submits_what_is_in_no_job_and_only_that() {
    let Some(cluster) = Cluster::start() else { return };
    let sandbox = Sandbox::new();
    let mut spec = six_trials();
    spec["slurm"] = json!({ "trials_per_element": 2, "max_running": 2 });
    write_spec(&sandbox, &spec);
    trainer(&sandbox, WAITS);
    begin(&cluster, &sandbox);
    wait_until("two elements run", || {
        status(&cluster, &sandbox)["cluster"]["running"] == json!([0, 1, 2, 3])
    });
    let sweep_status = status(&cluster, &sandbox);
    assert_eq!(sweep_status["cluster"]["queued"], json!([4, 5]));
    assert_eq!(sweep_status["cluster"]["is_merge_queued"], true);
    let notes = resume(&cluster, &sandbox);
    assert!(!notes.contains("submitted"), "{notes}");
    // One element is lost.
    cluster.ask("scancel", &["1_0"]);
    wait_until("it is told", || status(&cluster, &sandbox)["cluster"]["lost"] == json!([0, 1]));
    let text = String::from_utf8(cluster.xtask(&sandbox, &["sweep", "status"]).stdout).unwrap();
    assert!(text.contains("lost     trials 0-1; in no job"), "{text}");
    sandbox.write("go", "");
    let notes = resume(&cluster, &sandbox);
    assert!(notes.contains("1 element of array 0"), "{notes}");
    cluster.wait_until_idle();
    assert_eq!(status(&cluster, &sandbox)["n_completed"], 6);
    assert!(sandbox.path("sweeps/sweep/verdict.json").exists());
}

#[test]
fn cancel_ends_the_jobs_and_resume_goes_on() {
    let Some(cluster) = Cluster::start() else { return };
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &six_trials());
    trainer(&sandbox, &format!("[ $seed = 1 ] || {{ {WAITS}; }}"));
    begin(&cluster, &sandbox);
    wait_until("some are over", || status(&cluster, &sandbox)["n_completed"] == 2);
    let (code, notes) = run(&cluster, &sandbox, &["sweep", "cancel"]);
    assert_eq!(code, 0, "{notes}");
    cluster.wait_until_idle();
    let sweep_status = status(&cluster, &sandbox);
    assert_eq!(
        (&sweep_status["is_cancelled"], &sweep_status["cluster"]["lost"]),
        (&json!(true), &json!([1, 2, 4, 5]))
    );
    sandbox.write("go", "");
    resume(&cluster, &sandbox);
    cluster.wait_until_idle();
    assert_eq!(status(&cluster, &sandbox)["n_completed"], 6);
}
