//! The live view, on a session folder that does not change.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use tempfile::TempDir;
use trainer::output::watch::{Series, Size, Watcher, text};
use trainer::session::tensorboard::{EventWriter, Scalars};
use trainer::session::{Clock, Layout, parse_time};

const RECORD: &str = r#"{
    "format": 1, "id": "20260102_030405", "status": "running", "seed": 42,
    "data": {"source": "builtin:btcusd_30m"},
    "config": {"training": {"total_episodes": 10}},
    "episodes": [
        {"test_net_return": -0.2}, {"test_net_return": 0.1}, {"test_net_return": 0.05}
    ],
    "metrics": {"agent": {"net_return": 0.05, "sharpe": 0.62}}
}"#;

fn now() -> DateTime<Utc> {
    parse_time("2026-01-02T03:04:05Z").unwrap()
}

/// Returns a folder with some of what a run writes.
fn session() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path());
    layout.create().unwrap();
    fs::write(layout.session(), RECORD).unwrap();
    let mut events = events(folder.path(), 0);
    for batch in 0..100_u32 {
        add(&mut events, batch);
    }
    events.flush().unwrap();
    let mut curve = "time,equity,exposure,buy_and_hold,close\n".to_owned();
    for bar in 0..300 {
        let (agent, hold) = (10_000 + bar * 3, 10_000 + (bar % 100) * 10);
        curve += &format!("2026-01-01T00:00:00Z,{agent},1,{hold},100\n");
    }
    fs::write(layout.equity(), curve).unwrap();
    let trades: Vec<String> = (1..=20).map(|n| format!("trade {n}: long, net +1.5")).collect();
    fs::write(layout.trade_log(), trades.join("\n") + "\n").unwrap();
    folder
}

/// Creates the event file of a run, this many seconds after the first.
fn events(root: &Path, n_seconds: i64) -> EventWriter {
    let clock = Clock::fixed(now() + Duration::seconds(n_seconds));
    EventWriter::create(&Layout::new(root).tensorboard(), clock).unwrap()
}

fn add(events: &mut EventWriter, batch: u32) {
    let mut scalars = Scalars::default();
    scalars.add("train/equity", 10_000.0 + f64::from(batch * batch));
    scalars.add("train/drawdown", f64::from(batch % 10) / 20.0);
    scalars.add("learner/max_abs_delta_q", 0.01 / f64::from(batch + 1));
    scalars.add("memory/peak_mb", 123.0);
    events.add(u64::from(batch + 1) * 1000, scalars).unwrap();
}

fn watcher(folder: &TempDir) -> Watcher {
    Watcher::new(Layout::new(folder.path()))
}

#[test]
fn the_foot_tells_whether_the_training_goes_on() {
    let folder = session();
    let foot = || {
        let picture = text(watcher(&folder).refresh(), now(), Size::new(80, 24));
        picture.lines().last().unwrap().to_owned()
    };
    assert_eq!(foot(), "q leaves; the training goes on");
    let record = Layout::new(folder.path()).session();
    fs::write(&record, RECORD.replace("running", "completed")).unwrap();
    assert_eq!(foot(), "q leaves; the training has ended");
    fs::remove_file(&record).unwrap();
    assert_eq!(foot(), "q leaves");
}

#[test]
fn the_head_shows_no_sharpe_of_a_ruined_account() {
    let folder = session();
    let record = Layout::new(folder.path()).session();
    let mut ruined: serde_json::Value = serde_json::from_str(RECORD).unwrap();
    ruined["metrics"]["agent"]["net_return"] = (-0.999_999).into();
    fs::write(&record, ruined.to_string()).unwrap();
    let picture = text(watcher(&folder).refresh(), now(), Size::new(120, 32));
    assert!(picture.contains("% net, ruined") && !picture.contains("Sharpe"), "{picture}");
}

#[test]
fn the_head_tells_where_the_run_stands() {
    let folder = session();
    let mut watcher = watcher(&folder);
    let mut view = watcher.refresh().clone();
    view.last_write = Some(now() - Duration::seconds(3));
    let picture = text(&view, now(), Size::new(120, 32));
    let mut lines = picture.lines();
    assert_eq!(
        lines.next().unwrap(),
        "session 20260102_030405, running, 3 of 10 episodes · 100000 bars seen · peak memory 123 \
         MB · last sign 3 s ago"
    );
    assert_eq!(
        lines.next().unwrap(),
        "data builtin:btcusd_30m · seed 42 · max|ΔQ| 1.00e-4 · out of sample +5.00 % net, Sharpe \
         0.62"
    );
    for title in [
        "equity, in sample, by bar",
        "drawdown, in sample, by bar",
        "equity, out of sample, last episode",
        "net return out of sample, by episode",
        "last trades",
    ] {
        assert!(picture.contains(title), "{title}: {picture}");
    }
    assert!(!picture.contains("nothing yet"), "{picture}");
    assert!(picture.contains("trade 20: long, net +1.5"), "{picture}");
    assert!(picture.contains("q leaves; the training goes on"), "{picture}");
}

#[test]
fn an_empty_workspace_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let picture = text(watcher(&folder).refresh(), now(), Size::new(80, 24));
    assert!(picture.starts_with("no session yet"), "{picture}");
    assert_eq!(picture.matches("nothing yet").count(), 4);
}

#[test]
fn any_size_of_terminal_is_drawn() {
    let folder = session();
    let mut watcher = watcher(&folder);
    for (n_columns, n_rows) in [(1, 1), (5, 3), (20, 5), (40, 10), (80, 24), (300, 100)] {
        let picture = text(watcher.refresh(), now(), Size::new(n_columns, n_rows));
        assert_eq!(picture.lines().count(), usize::from(n_rows));
    }
}

#[test]
fn what_is_written_next_is_seen_at_the_next_look() {
    let folder = session();
    let mut watcher = watcher(&folder);
    assert_eq!(watcher.refresh().equity.last(), Some((100_000.0, 19_801.0)));
    // The file of another run: what was known is of the one before.
    let mut events = events(folder.path(), 60);
    add(&mut events, 0);
    events.flush().unwrap();
    assert_eq!(watcher.refresh().equity.points(), [(1000.0, 10_000.0)]);
    add(&mut events, 1);
    events.flush().unwrap();
    assert_eq!(watcher.refresh().equity.points(), [(1000.0, 10_000.0), (2000.0, 10_001.0)]);
    assert_eq!(watcher.refresh().equity.points().len(), 2);
}

#[test]
fn a_record_that_is_half_written_waits_for_its_rest() {
    let folder = session();
    let path = fs::read_dir(folder.path().join("logs/tensorboard")).unwrap().next().unwrap();
    let path = path.unwrap().path();
    let whole = fs::read(&path).unwrap();
    let mut watcher = watcher(&folder);
    for n_bytes in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..n_bytes]).unwrap();
        watcher.refresh();
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(watcher.refresh().equity.points().len(), 100);
}

#[test]
fn a_look_changes_nothing() {
    let folder = session();
    let listing = |folder: &Path| {
        let mut names: Vec<String> = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(current) = folders.pop() {
            for entry in fs::read_dir(current).unwrap() {
                let path = entry.unwrap().path();
                names.push(path.display().to_string());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        names.sort();
        names
    };
    let before = listing(folder.path());
    watcher(&folder).refresh();
    assert_eq!(listing(folder.path()), before);
}

#[test]
fn a_series_is_bounded_and_keeps_its_ends() {
    let mut series = Series::default();
    for n in 0..1_000_000 {
        series.push(f64::from(n), 1.0);
    }
    series.push(f64::NAN, 1.0);
    assert!(series.points().len() <= 2048, "{}", series.points().len());
    assert_eq!(series.points()[0], (0.0, 1.0));
    assert_eq!(series.bounds(|point| point.0), Some((0.0, 999_999.0)));
    let steps: Vec<f64> = series.points().windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(steps.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-9), "it is thinned evenly");
}
