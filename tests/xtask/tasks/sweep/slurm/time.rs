//! A trial that takes longer than its job may: named, and not begun anew
//! for ever.

use std::process::Command;

use serde_json::{Value, json};

use super::cluster::wait_until;
use super::six_trials;
use super::unasked::{BEGIN, RESUME, fake, run};
use crate::support::{CommandOutput, Sandbox};
use crate::tasks::sweep::{trainer, write_spec};

/// A cluster that ends every job since its time is over.
const OUT_OF_TIME: &str = r#"case "$*" in *" %r") echo TimeLimit ;; esac"#;

fn status(sandbox: &Sandbox) -> Value {
    run(sandbox, &["--format", "json", "sweep", "status"]).stdout_json()
}

/// Begins a sweep on a cluster that is none, whose trials of `seeds` wait
/// to be stopped.
fn begin(squeue: &str, retries: u32, seeds: &str) -> Sandbox {
    let sandbox = fake(squeue);
    let mut spec = six_trials();
    spec["retries"] = json!(retries);
    write_spec(&sandbox, &spec);
    trainer(
        &sandbox,
        &format!("case $seed in {seeds}) touch ../../../../waits; read -r _; exit 130 ;; esac"),
    );
    run(&sandbox, &BEGIN).code(0);
    sandbox
}

/// Runs a job of `count` trials from 0 on, and stops it when one waits.
fn stopped_job(sandbox: &Sandbox, count: &str) {
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    let _ = std::fs::remove_file(sandbox.path("waits"));
    let mut job = sandbox.process(&["sweep", "trial", "0", "--count", count]);
    job.args(["--trainer-bin", "./trainer.sh"]).env("PATH", path).env("SLURM_JOB_ID", "7");
    let mut job = job.spawn().unwrap();
    wait_until("a trial waits", || sandbox.path("waits").exists());
    let pid = job.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(job.wait().unwrap().code(), Some(130));
}

#[test]
fn a_trial_that_always_exceeds_its_jobs_time_fails_by_name_and_may_be_given_more() {
    let sandbox = begin(OUT_OF_TIME, 1, "1");
    for n_lost in 1..=2 {
        stopped_job(&sandbox, "1");
        let cut =
            json!([{ "index": 0, "n_lost": n_lost, "reason": "it exceeded its job's time limit" }]);
        assert_eq!(status(&sandbox)["cut"], cut);
    }
    let stdout = run(&sandbox, &["sweep", "status"]).stdout_text();
    assert!(
        stdout.contains("cut      0, 2 attempts: it exceeded its job's time limit"),
        "{stdout}"
    );
    let trial = ["sweep", "trial", "0", "--trainer-bin", "./trainer.sh"];
    run(&sandbox, &trial).code(3);
    let reason = status(&sandbox)["failed"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("time limit, 2 times; raise `slurm.time_minutes`"), "{reason}");
    let mut spec = six_trials();
    spec["retries"] = json!(1);
    spec["slurm"]["time_minutes"] = json!(90);
    write_spec(&sandbox, &spec);
    let more = ["--spec", "sweep.json", "--retry-failed"];
    run(&sandbox, &[&RESUME[..], &more].concat()).code(0);
    let submitted = sandbox.read("submitted");
    assert!(submitted.lines().any(|line| line == "--time=90"), "{submitted}");
    trainer(&sandbox, "");
    run(&sandbox, &trial).code(0);
}

#[test]
fn a_trial_that_had_only_the_rest_of_the_time_uses_up_no_retry() {
    let sandbox = begin(OUT_OF_TIME, 0, "2");
    stopped_job(&sandbox, "2");
    let sweep_status = status(&sandbox);
    assert_eq!(
        (&sweep_status["cut"], &sweep_status["n_attempts_stopped"]),
        (&json!([]), &json!(1))
    );
    assert_eq!(sweep_status["n_completed"], 1);
}

#[test]
fn a_trial_that_is_stopped_for_another_reason_uses_up_no_retry() {
    for squeue in [r#"case "$*" in *" %r") echo None ;; esac"#, "exit 1"] {
        let sandbox = begin("", 0, "1");
        super::unasked::put_program(&sandbox, "squeue", squeue);
        // What it exits with then says nothing.
        trainer(&sandbox, "touch ../../../../waits; read -r _; echo 'error: helper' >&2; exit 1");
        stopped_job(&sandbox, "1");
        super::unasked::put_program(&sandbox, "squeue", "");
        let sweep_status = status(&sandbox);
        assert_eq!(
            (&sweep_status["cut"], &sweep_status["n_attempts_stopped"]),
            (&json!([]), &json!(1))
        );
        assert_eq!(sweep_status["failed"], json!([]));
    }
}
