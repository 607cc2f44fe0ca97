//! Runs that are stopped and go on.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use trainer::config::{RequestedSettings, TRAINING_FILE, TrainingConfig, load};
use trainer::session::{Clock, Layout, Session, Status, parse_time};
use trainer::training::train::{EarlierTrials, Resume, StopFlag, TrainOptions, run};

use crate::session::tensorboard::decode;

use super::{Workspace, bars};

/// Readings of the clock until it raises the flag.
static ALARM: Mutex<Option<(u32, StopFlag)>> = Mutex::new(None);
/// One test at a time may set it.
static TURN: Mutex<()> = Mutex::new(());

/// A clock that is read after each batch, so that a stop at any of its
/// readings is a stop after a certain batch, every time.
fn alarm_clock() -> DateTime<Utc> {
    let mut alarm = ALARM.lock().unwrap();
    if let Some((n_left, stop)) = &mut *alarm {
        *n_left = n_left.saturating_sub(1);
        if *n_left == 0 {
            stop.raise();
        }
    }
    parse_time("2026-01-31T12:00:00Z").unwrap() + TimeDelta::seconds(1)
}

/// Trains in `workspace`, resuming `earlier`, and stops at the
/// `n_readings`-th reading of the clock.
fn run_until(n_readings: u32, workspace: &Workspace, earlier: Option<&Workspace>) -> Session {
    let layout = Layout::new(workspace.root());
    let resume = earlier.map(|earlier| Resume::open(earlier.root()).unwrap());
    if let Some(resume) = &resume {
        resume.copy_into(&layout).unwrap();
    }
    layout.create().unwrap();
    let stop = StopFlag::default();
    *ALARM.lock().unwrap() = Some((n_readings, stop.clone()));
    run(&TrainOptions {
        layout,
        training: load::<TrainingConfig>(workspace.root(), TRAINING_FILE).unwrap().unwrap(),
        trade_log_frequency: 1,
        clock: Clock::reading(alarm_clock),
        stop,
        requested: RequestedSettings::default(),
        earlier_trials: EarlierTrials::default(),
        resume,
        commit: None,
    })
    .unwrap()
}

fn workspace(changes: &Value, threads: usize) -> Workspace {
    let workspace = match &changes["data"] {
        Value::String(_) => super::portfolio::in_a_folder(),
        _ => Workspace::new(),
    };
    let mut changes = changes.clone();
    changes["threads"] = json!(threads);
    workspace.configure(&changes);
    workspace
}

/// Returns all scalars but those of times and memory.
fn scalars(workspace: &Workspace) -> BTreeMap<(i64, String), u32> {
    let files = fs::read_dir(workspace.path("logs/tensorboard")).unwrap();
    files
        .flat_map(|file| decode(&file.unwrap().path()))
        .filter(|(_, tag, _)| tag != "learner/fit_seconds" && tag != "memory/peak_mb")
        .map(|(step, tag, value)| ((step, tag), value.to_bits()))
        .collect()
}

/// Returns the events of all traces, sorted.
fn events(workspace: &Workspace) -> Vec<String> {
    let files = fs::read_dir(workspace.path("logs/trades")).unwrap().map(|file| file.unwrap());
    let traces = files.filter(|file| file.file_name().to_string_lossy().starts_with("trade_tr"));
    let texts = traces.map(|file| fs::read_to_string(file.path()).unwrap());
    let mut lines: Vec<String> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.contains("TRACE_STARTED"))
        .collect();
    lines.sort();
    lines
}

#[track_caller]
fn check_same(resumed: &Workspace, whole: &Workspace) {
    assert!(resumed.model() == whole.model(), "the model differs");
    for file in ["trade_execution.log", "equity.csv", "train_equity.csv"] {
        let file = &format!("logs/trades/{file}");
        assert!(resumed.text(file) == whole.text(file), "`{file}` differs");
    }
    assert_eq!(events(resumed), events(whole));
    assert_eq!(scalars(resumed), scalars(whole));
    let figures = |workspace: &Workspace| {
        let mut session = workspace.session();
        for episode in session["episodes"].as_array_mut().unwrap() {
            episode["seconds"] = Value::Null;
        }
        ["episodes", "metrics", "symbols", "split", "walk_forward", "trials"]
            .map(|key| session[key].clone())
    };
    assert_eq!(figures(resumed), figures(whole));
    assert!(!resumed.exists("models/checkpoints/training_state.bin"), "it is completed");
    let models = |workspace: &Workspace| {
        let files = fs::read_dir(workspace.path("models/checkpoints")).unwrap();
        let files = files.map(|file| file.unwrap());
        let name = |file: &fs::DirEntry| file.file_name().into_string().unwrap();
        files.map(|file| (name(&file), fs::read(file.path()).unwrap())).collect()
    };
    let [one, other]: [BTreeMap<String, Vec<u8>>; 2] = [models(resumed), models(whole)];
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert!(one == other, "a checkpoint differs");
}

/// Stops a run with these settings after each of its batches and resumes
/// it; returns the stops, and those within a training episode.
#[track_caller]
fn check_every_stop(changes: &Value) -> (usize, usize) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = workspace(changes, 1);
    assert_eq!(run_until(u32::MAX, &whole, None).status, Status::Completed);
    let mut n_stops = 0;
    let mut n_within = 0;
    for n_readings in 3.. {
        let stopped = workspace(changes, 1);
        let session = run_until(n_readings, &stopped, None);
        if session.status == Status::Completed {
            break;
        }
        if !stopped.exists("models/checkpoints/training_state.bin") {
            continue;
        }
        let resumed = workspace(changes, 2);
        let session = run_until(u32::MAX, &resumed, Some(&stopped));
        assert_eq!(session.status, Status::Completed);
        let from = session.resumed_from.unwrap();
        assert_eq!(from.session, stopped.session()["id"].as_str().unwrap());
        n_stops += 1;
        let episodes = stopped.session()["episodes"].as_array().unwrap().len();
        n_within += usize::from(episodes > from.n_episodes);
        check_same(&resumed, &whole);
    }
    // Stopped again and again, a batch at a time.
    let mut last = workspace(changes, 2);
    run_until(5, &last, None);
    for _ in 0..30 {
        let next = workspace(changes, 1);
        run_until(4, &next, Some(&last));
        last = next;
        if last.session()["status"] == "completed" {
            break;
        }
    }
    check_same(&last, &whole);
    (n_stops, n_within)
}

#[test]
fn a_run_stopped_after_any_batch_and_resumed_is_the_uninterrupted_run() {
    let (n_stops, n_within) = check_every_stop(&json!({}));
    assert!(n_stops >= 7, "{n_stops} stops: the clock was not read after each batch");
    assert!(n_within >= 5, "{n_within} stops within an episode");
}

#[test]
fn a_run_goes_on_where_few_checkpoints_are_kept() {
    let changes = json!({ "keep_checkpoints": 1, "total_episodes": 3, "steps_per_batch": 800 });
    let (n_stops, n_within) = check_every_stop(&changes);
    assert!(n_stops >= 5 && n_within >= 3, "{n_stops} stops, {n_within} within an episode");
}

#[test]
fn a_walk_forward_goes_on_in_any_window() {
    let walk = json!({ "windows": 2, "mode": "rolling", "embargo_bars": 0 });
    let changes = json!({ "walk_forward": walk, "total_episodes": 1, "steps_per_batch": 330 });
    let (n_stops, n_within) = check_every_stop(&changes);
    assert!(n_stops >= 3, "{n_stops} stops");
    assert!(n_within >= 2, "{n_within} stops within an episode");
}

#[test]
fn several_symbols_go_on_within_an_episode() {
    let changes = json!({
        "data": "bars",
        "walk_forward": { "windows": 0 },
        "total_episodes": 2,
        "steps_per_batch": 900,
        "agent": { "n_trees": 4, "memory_shares": 4, "min_samples_leaf": 100 },
    });
    let (n_stops, n_within) = check_every_stop(&changes);
    assert!(n_stops >= 9, "{n_stops} stops");
    assert!(n_within >= 7, "{n_within} stops within an episode");
}

#[test]
fn a_forecaster_of_several_symbols_goes_on() {
    let forecast = json!({ "learner": "ridge", "min_t_statistic": 0, "refit_bars": 800 });
    let walk = json!({ "windows": 2, "embargo_bars": 0 });
    let (n_stops, n_within) = check_every_stop(&json!({
        "data": "bars",
        "model": "forecast",
        "models": { "forecast": forecast },
        "walk_forward": walk,
        "total_episodes": 1,
        "steps_per_batch": 1500,
    }));
    assert!(n_stops >= 5, "{n_stops} stops");
    assert!(n_within >= 4, "{n_within} stops within an episode");
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_model_on_any_threads() {
    let arguments = ["--episodes", "8", "--seed", "7"];
    let configured = || {
        let workspace = Workspace::new();
        workspace.configure(&json!({ "steps_per_batch": 800 }));
        workspace
    };
    let whole = configured();
    whole.train(&arguments);
    for (n_episodes, threads) in [(1, "1"), (3, "2")] {
        let killed = configured();
        super::signals::kill_after(&killed, n_episodes, &arguments);
        assert_eq!(killed.session()["status"], "running");
        let resumed = configured();
        // The flags of the killed run hold without being repeated.
        let from = killed.root().to_str().unwrap();
        resumed.train(&["--resume-from", from, "--threads", threads]);
        assert!(resumed.model() == whole.model(), "killed after {n_episodes}");
        let from = &resumed.session()["resumed_from"];
        assert!(from["n_episodes"].as_u64().unwrap() >= n_episodes);
        assert_eq!(from["session"], killed.session()["id"]);
    }
}

/// Returns a workspace whose run was stopped in its first episode.
fn stopped() -> Workspace {
    let stopped = Workspace::new();
    stopped.configure(&json!({ "total_episodes": 100_000 }));
    super::signals::stop_early(&stopped);
    stopped
}

#[test]
fn what_cannot_go_on_is_refused_before_anything_is_written() {
    let stopped = stopped();
    let from = stopped.root().to_str().unwrap();
    let fresh = Workspace::new();
    fresh.configure(&json!({ "total_episodes": 100_000 }));
    let refused = |arguments: &[&str]| {
        let mut all = vec!["--quiet", "--resume-from", from];
        all.extend(arguments);
        let stderr = fresh.fail(&all, 1).replace(from, "[from]");
        assert!(!fresh.exists("logs") && !fresh.exists("models"), "{stderr}");
        let id = stopped.session()["id"].as_str().unwrap().to_owned();
        stderr.replace(&id, "[id]")
    };
    insta::assert_snapshot!(
        refused(&["--seed", "8"]),
        @"error: `seed` was 42 when session [id] began and is 8 now; set it back, or train without `--resume`"
    );
    fresh.configure(&json!({ "total_episodes": 100_000, "embargo_bars": 50 }));
    assert!(refused(&[]).contains("`embargo_bars` was 48"));
    fresh.configure(&json!({ "total_episodes": 100_000 }));
    fs::write(fresh.path("bars.csv"), bars::csv_with_end(2000, 1, 1.1)).unwrap();
    assert!(refused(&[]).contains("the bars of `bars.csv` are not those of session [id]"));
    fs::write(fresh.path("bars.csv"), bars::csv(2000)).unwrap();
    let state = stopped.path("models/checkpoints/training_state.bin");
    let bytes = fs::read(&state).unwrap();
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    fs::write(&state, damaged).unwrap();
    assert!(refused(&[]).contains("it is damaged"));
    fs::write(&state, bytes).unwrap();
    let stderr = stopped.fail(&["--quiet", "--resume-from", from], 1);
    assert!(stderr.contains("is the workspace itself"), "{stderr}");
    fs::remove_file(state).unwrap();
    assert!(refused(&[]).contains("there is no checkpoint"));
}
