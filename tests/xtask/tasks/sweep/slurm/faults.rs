//! What happens to clusters: the sweep ends complete, or says exactly what
//! is missing. All are behind `RUN_SLOW_TESTS=1`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{Cluster, wait_until};
use super::{WAITS, begin, resume, run, six_trials, status};
use crate::support::Sandbox;
use crate::tasks::remote::say_skipped;
use crate::tasks::sweep::{trainer, write_spec};

/// A cluster, and a workspace with a sweep for it.
struct Drill {
    cluster: Cluster,
    sandbox: Sandbox,
}

impl Drill {
    fn new(spec: &Value, body: &str) -> Option<Self> {
        if std::env::var_os("RUN_SLOW_TESTS").is_none() {
            say_skipped("set RUN_SLOW_TESTS=1 to see what faults of a cluster do");
            return None;
        }
        let (cluster, sandbox) = (Cluster::start()?, Sandbox::new());
        write_spec(&sandbox, spec);
        trainer(&sandbox, body);
        Some(Self { cluster, sandbox })
    }

    /// Begins the sweep, and waits until trials run on all of the cluster.
    #[track_caller]
    fn begin_and_wait(&self) {
        begin(&self.cluster, &self.sandbox);
        wait_until("four trials run", || self.attempts().len() == 4);
    }

    /// Kills the daemon of the node `name`, whose trials run on, and waits
    /// until the cluster takes the node for lost.
    #[track_caller]
    fn lose_node(&self, name: &str) {
        self.cluster.kill(&format!("slurmd-{name}"));
        let down = format!("{name} down");
        wait_until("the node is down", || {
            let text = self.cluster.ask("sinfo", &["-h", "-N", "-p", "main", "-o", "%N %t"]);
            text.lines().any(|line| line.starts_with(&down))
        });
    }

    fn status(&self) -> Value {
        status(&self.cluster, &self.sandbox)
    }

    /// Returns the names of attempts that are not over.
    fn attempts(&self) -> Vec<String> {
        let folder = self.sandbox.path("sweeps/sweep/attempts");
        let entries = fs::read_dir(folder).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn go(&self) {
        self.sandbox.write("go", "");
    }

    /// Checks that every trial is over, once, and the test, too.
    #[track_caller]
    fn check_complete(&self) {
        self.cluster.wait_until_idle();
        let sweep_status = self.status();
        assert_eq!(
            (&sweep_status["n_completed"], &sweep_status["missing"]),
            (&json!(6), &json!([])),
            "{sweep_status}"
        );
        assert_eq!(fs::read_dir(self.sandbox.path("sweeps/sweep/trials")).unwrap().count(), 6);
        assert!(self.sandbox.path("sweeps/sweep/verdict.json").exists());
    }
}

#[test]
fn a_lost_node_is_done_without() {
    let Some(drill) = Drill::new(&six_trials(), WAITS) else { return };
    drill.begin_and_wait();
    drill.lose_node("n2");
    // What ran there runs on, and ends like all others.
    drill.go();
    drill.check_complete();
}

#[test]
fn an_orphan_and_its_copy_count_once() {
    let mut spec = six_trials();
    spec["seeds"] = json!([1]);
    let Some(drill) = Drill::new(&spec, WAITS) else { return };
    begin(&drill.cluster, &drill.sandbox);
    wait_until("both trials run", || drill.attempts().len() == 2);
    drill.lose_node("n1");
    wait_until("their copies run", || drill.attempts().len() == 4);
    assert!(drill.attempts().iter().any(|name| name.ends_with("_2")));
    drill.go();
    drill.cluster.wait_until_idle();
    let n_trials = || fs::read_dir(drill.sandbox.path("sweeps/sweep/trials")).unwrap().count();
    wait_until("the orphans are over, too", || n_trials() + drill.attempts().len() == 4);
    let sweep_status = drill.status();
    assert_eq!(
        (&sweep_status["n_completed"], &sweep_status["missing"]),
        (&json!(2), &json!([])),
        "{sweep_status}"
    );
    assert_eq!(n_trials(), 2);
}

#[test]
fn preempted_trials_are_trained_again() {
    let Some(drill) = Drill::new(&six_trials(), WAITS) else { return };
    drill.begin_and_wait();
    let urgent = ["--partition=urgent", "--nodes=2", "--exclusive", "--wrap=sleep 1", "--wait"];
    drill.cluster.ask("sbatch", &[&urgent[..], &["--output=/dev/null"]].concat());
    wait_until("some are begun anew", || drill.attempts().iter().any(|name| name.ends_with("_2")));
    drill.go();
    drill.check_complete();
}

#[test]
fn a_controller_that_restarts_changes_nothing() {
    let Some(drill) = Drill::new(&six_trials(), WAITS) else { return };
    drill.begin_and_wait();
    drill.cluster.wait_until_saved();
    drill.cluster.kill("slurmctld");
    let (code, notes) = run(&drill.cluster, &drill.sandbox, &["sweep", "status"]);
    assert_eq!(code, 3, "{notes}");
    assert!(notes.contains("what the cluster does is not known"), "{notes}");
    let again = ["sweep", "resume", "--trainer-bin", "./trainer.sh"];
    assert_eq!(run(&drill.cluster, &drill.sandbox, &again).0, 1);
    drill.cluster.start_controller();
    assert_eq!(drill.status()["cluster"]["lost"], json!([]));
    drill.go();
    drill.check_complete();
}

#[test]
fn a_controller_that_forgets_what_it_took_loses_no_trial() {
    for delay_ms in [0, 500, 1000] {
        let Some(drill) = Drill::new(&six_trials(), "sleep 0.5") else { return };
        begin(&drill.cluster, &drill.sandbox);
        thread::sleep(Duration::from_millis(delay_ms));
        drill.cluster.kill("slurmctld");
        drill.cluster.start_controller();
        for _ in 0..3 {
            wait_until("no trial runs or waits", || {
                // A node that was given a number twice is drained.
                for node in ["NodeName=n1", "NodeName=n2"] {
                    drill.cluster.try_ask("scontrol", &["update", node, "State=RESUME"]);
                }
                let cluster = &drill.status()["cluster"];
                ["running", "queued"].iter().all(|place| cluster[place] == json!([]))
            });
            resume(&drill.cluster, &drill.sandbox);
        }
        drill.check_complete();
    }
}

#[test]
fn trials_out_of_memory_or_time_fail_alone_and_by_name() {
    let mut spec = six_trials();
    spec["retries"] = json!(0);
    spec["slurm"] = json!({ "trials_per_element": 1, "time_minutes": 1 });
    let body = "[ $seed = 2 ] && python3 -c 'import time; x = b\"1\" * 300000000; time.sleep(9)'
        [ $seed$discount = 30.9 ] && [ ! -e ../../../../go ] && { sleep 150; exit 1; }";
    let Some(drill) = Drill::new(&spec, body) else { return };
    begin(&drill.cluster, &drill.sandbox);
    drill.cluster.wait_until_idle();
    let sweep_status = drill.status();
    assert_eq!(sweep_status["cluster"]["lost"], json!([1, 4, 5]), "{sweep_status}");
    assert_eq!(sweep_status["n_completed"], 3);
    assert!(!drill.sandbox.path("sweeps/sweep/verdict.json").exists());
    // None may be begun anew.
    resume(&drill.cluster, &drill.sandbox);
    drill.cluster.wait_until_idle();
    let sweep_status = drill.status();
    assert_eq!(
        (&sweep_status["n_completed"], &sweep_status["missing"]),
        (&json!(3), &json!([])),
        "{sweep_status}"
    );
    let reason = |idx: usize| sweep_status["failed"][idx]["reason"].as_str().unwrap();
    assert_eq!(sweep_status["failed"][1]["index"], 4);
    assert!(reason(0).contains("`retries` allows no more"), "{}", reason(0));
    assert!(reason(2).contains("time limit, once; raise `slurm.time_minutes`"), "{}", reason(2));
    // With more of what they lacked, they are.
    drill.go();
    spec["memory_mb"] = json!(500);
    spec["slurm"]["time_minutes"] = json!(3);
    write_spec(&drill.sandbox, &spec);
    let more = ["--spec", "sweep.json", "--retry-failed", "--trainer-bin", "./trainer.sh"];
    let again = [&["sweep", "resume"][..], &more].concat();
    assert_eq!(run(&drill.cluster, &drill.sandbox, &again).0, 0);
    drill.check_complete();
}

#[test]
fn a_full_shared_disk_fails_no_trial() {
    let Some(drill) = Drill::new(&six_trials(), WAITS) else { return };
    let disk = drill.sandbox.path("sweeps");
    fs::create_dir(&disk).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=900m", "tmpfs"]).arg(&disk).stderr(Stdio::null());
    if !mount.status().unwrap().success() {
        println!("mounting needs root; run this test as root to see it work");
        return;
    }
    drill.begin_and_wait();
    let fill = disk.join("fill");
    let mut dd = Command::new("dd");
    dd.arg("if=/dev/zero").arg(format!("of={}", fill.display())).arg("bs=1M");
    assert!(!dd.stderr(Stdio::null()).status().unwrap().success());
    drill.go();
    drill.cluster.wait_until_idle();
    let sweep_status = drill.status();
    assert_eq!(
        (&sweep_status["n_completed"], &sweep_status["failed"]),
        (&json!(0), &json!([])),
        "{sweep_status}"
    );
    assert_eq!(sweep_status["cluster"]["lost"], json!([0, 1, 2, 3, 4, 5]));
    fs::remove_file(fill).unwrap();
    resume(&drill.cluster, &drill.sandbox);
    drill.check_complete();
    assert!(Command::new("umount").arg("--lazy").arg(&disk).status().unwrap().success());
}

#[test]
fn a_submission_that_is_cut_off_is_completed_and_nothing_runs_twice() {
    let Some(drill) = Drill::new(&six_trials(), WAITS) else { return };
    // The shell is closed when the cluster has taken the first array, and
    // before anybody was told.
    let sbatch = "#!/bin/sh\n/usr/bin/sbatch \"$@\" > /dev/null && kill -9 $PPID\n";
    let path = drill.sandbox.write("bin/sbatch", sbatch);
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let folders = format!("{}:/usr/bin:/bin", drill.sandbox.path("bin").display());
    let mut command = drill.sandbox.process(&["sweep", "sweep.json", "--engine", "slurm"]);
    command.args(["--trainer-bin", "./trainer.sh"]);
    command.env("PATH", folders).env("SLURM_CONF", drill.cluster.conf());
    command.process_group(0);
    assert_eq!(command.status().unwrap().code(), None);
    assert_eq!(drill.status()["cluster"]["lost"], json!([4, 5]));
    let notes = resume(&drill.cluster, &drill.sandbox);
    assert!(notes.contains("2 elements of array 1"), "{notes}");
    assert!(!notes.contains("of array 0"), "{notes}");
    drill.go();
    drill.check_complete();
    assert_eq!(drill.attempts(), Vec::<String>::new());
}
