//! A cluster that cannot be asked is never one without jobs.

use assert_cmd::assert::Assert;
use serde_json::{Value, json};

use super::six_trials;
use crate::support::{CommandOutput, Sandbox};
use crate::tasks::sweep::{trainer, write_spec};

/// A workspace with programs in the place of Slurm's: `squeue` does
/// `squeue`, `sbatch` writes down what it is told.
pub(super) fn fake(squeue: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &six_trials());
    trainer(&sandbox, "");
    let programs = [
        ("squeue", squeue),
        ("scontrol", "echo 'MaxArraySize            = 1001'"),
        ("sbatch", "printf '%s\\n' \"$@\" >> submitted; echo x >> n; wc -l < n"),
        ("scancel", "echo \"$@\" >> cancelled"),
    ];
    for (name, body) in programs {
        put_program(&sandbox, name, body);
    }
    sandbox
}

pub(super) fn put_program(sandbox: &Sandbox, name: &str, body: &str) {
    let script = sandbox.trainer(body);
    std::fs::create_dir_all(sandbox.path("bin")).unwrap();
    std::fs::rename(script, sandbox.path(&format!("bin/{name}"))).unwrap();
    trainer(sandbox, "");
}

pub(super) fn run(sandbox: &Sandbox, arguments: &[&str]) -> Assert {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", sandbox.path("bin").display());
    sandbox.xtask(arguments).env("PATH", path).assert()
}

pub(super) const BEGIN: [&str; 6] =
    ["sweep", "sweep.json", "--engine", "slurm", "--trainer-bin", "./trainer.sh"];
pub(super) const RESUME: [&str; 4] = ["sweep", "resume", "--trainer-bin", "./trainer.sh"];

/// Begins a sweep, breaks `squeue`, and checks that nothing is concluded.
#[track_caller]
fn check(squeue: &str, problem: &str) {
    let sandbox = fake("");
    run(&sandbox, &BEGIN).code(0);
    let submitted = sandbox.read("submitted");
    put_program(&sandbox, "squeue", squeue);
    let status = run(&sandbox, &["--format", "json", "sweep", "status"]).code(3).stdout_json();
    assert_eq!(status["cluster"], Value::Null);
    let text = status["cluster_problem"].as_str().unwrap();
    assert!(text.contains(problem), "{text}");
    for task in [&RESUME[..], &["sweep", "cancel"]] {
        let stderr = run(&sandbox, task).code(1).stderr_text();
        assert!(stderr.contains(problem), "{stderr}");
    }
    assert_eq!(sandbox.read("submitted"), submitted);
    assert!(!sandbox.path("cancelled").exists());
}

#[test]
fn a_failed_question_is_no_empty_queue() {
    check("echo 'no controller' >&2; exit 1", "`squeue` failed: no controller");
    check("exit 1", "`squeue` failed: it did not say why");
    check("kill -9 $$", "`squeue` failed");
    check("echo '1|0|RUNNING'", "not a job");
    check("echo 'slurm is in maintenance'", "not a job");
}

#[test]
fn jobs_get_what_the_spec_says() {
    let sandbox = fake("");
    let mut spec = six_trials();
    spec["threads"] = json!(2);
    spec["time_limit_minutes"] = json!(1.5);
    spec["slurm"] = json!({
        "partition": "long", "account": "desk", "max_running": 3, "trials_per_element": 2,
        "options": ["--qos=low"],
    });
    write_spec(&sandbox, &spec);
    run(&sandbox, &BEGIN).code(0);
    let submitted = sandbox.read("submitted");
    let root = sandbox.root().display().to_string();
    let options: Vec<String> = submitted
        .lines()
        .map(|line| line.replace(&root, "ROOT"))
        .map(|line| match line.strip_prefix("--job-name=sweep-sweep-") {
            Some(rest) => format!("--job-name=…{}", &rest[8..]),
            None => line,
        })
        .collect();
    insta::assert_snapshot!(options.join("\n"));
    let script = sandbox.read("sweeps/sweep/jobs/array_0.sh").replace(&root, "ROOT");
    let tail = script.split_once(" sweep trial ").unwrap().1;
    assert_eq!(
        tail,
        "$((0 + SLURM_ARRAY_TASK_ID * 2)) --count 2 --sweep sweep --root 'ROOT' --trainer-bin \
         'ROOT/trainer.sh'\n"
    );
}

#[test]
fn no_job_learns_a_secret_of_the_repository() {
    let sandbox = fake("");
    put_program(&sandbox, "sbatch", "env > seen; echo 7");
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    let secrets =
        [("RESTIC_PASSWORD", "hunter22"), ("RESTIC_REPOSITORY", "rest:http://a:hunter22@b")];
    sandbox.xtask(&BEGIN).env("PATH", path).envs(secrets).assert().success();
    assert!(!sandbox.read("seen").contains("hunter22"));
}

#[test]
fn what_the_cluster_refuses_is_told_and_resumed() {
    let sandbox = fake("");
    put_program(&sandbox, "sbatch", "echo 'invalid account' >&2; exit 1");
    let stderr = run(&sandbox, &BEGIN).code(1).stderr_text();
    assert!(stderr.contains("`cargo xtask sweep resume sweep`"), "{stderr}");
    assert!(stderr.contains("`sbatch` failed: invalid account"), "{stderr}");
    put_program(&sandbox, "sbatch", "echo \"Welcome\"; echo '7;loopback'");
    let stderr = run(&sandbox, &RESUME).stderr_text();
    assert!(stderr.contains("submitted job 7: 6 elements of array 0"), "{stderr}");
    put_program(&sandbox, "sbatch", "echo submitted");
    let stderr = run(&sandbox, &RESUME).code(1).stderr_text();
    assert!(stderr.contains("did not say which job"), "{stderr}");
}

#[test]
fn without_a_cluster_nothing_is_begun() {
    let sandbox = fake("");
    for program in ["scontrol", "squeue", "sbatch"] {
        std::fs::remove_file(sandbox.path(&format!("bin/{program}"))).unwrap();
    }
    let stderr =
        sandbox.xtask(&BEGIN).env("PATH", sandbox.path("bin")).assert().code(1).stderr_text();
    assert!(stderr.contains("there is no `scontrol`"), "{stderr}");
    assert!(!sandbox.path("sweeps").exists());
    run(&fake(""), &[&BEGIN[..], &["--jobs", "2"]].concat()).code(2);
}

#[test]
fn an_element_that_never_begins_by_itself_keeps_nothing_waiting() {
    let sandbox = fake("");
    run(&sandbox, &BEGIN).code(0);
    let trial = ["sweep", "trial", "0", "--count", "2", "--trainer-bin", "./trainer.sh"];
    run(&sandbox, &trial).code(0);
    let submitted = sandbox.read("submitted");
    let names = submitted.lines().filter_map(|line| line.strip_prefix("--job-name="));
    let name = names.into_iter().next().unwrap().to_owned();
    // A controller that was killed forgets what ended, and what it began.
    let queue: String = [
        (0, "REQUEUE_HOLD", "JobHoldMaxRequeue"),
        (1, "PENDING", "JobHeldUser"),
        (2, "PENDING", "JobHeldUser"),
        (3, "PENDING", "launch failed requeued held"),
    ]
    .iter()
    .map(|(element, state, reason)| format!("echo '1|{element}|{state}|{reason}|{name}'\n"))
    .collect();
    put_program(&sandbox, "squeue", &queue);
    let cluster =
        run(&sandbox, &["--format", "json", "sweep", "status"]).stdout_json()["cluster"].clone();
    assert_eq!(cluster["stuck"], json!(["1_0", "1_1", "1_3"]));
    assert_eq!((&cluster["held"], &cluster["lost"]), (&json!([2]), &json!([3, 4, 5])));
    let stdout = run(&sandbox, &["sweep", "status"]).stdout_text();
    assert!(
        stdout.contains("stuck    1_0, 1_1, 1_3, given up by the cluster, or over"),
        "{stdout}"
    );
    run(&sandbox, &RESUME).code(0);
    assert_eq!(sandbox.read("cancelled").lines().next(), Some("1_0 1_1 1_3"));
    let again = sandbox.read("submitted").replacen(&submitted, "", 1);
    assert!(again.lines().any(|line| line == "--array=3-5"), "{again}");
}
