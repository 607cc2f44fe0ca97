//! Bars that a model was not made for: refused, or warned about.

use std::path::Path;

use serde_json::{Value, json};
use trainer::market::bars::{BarKind, Volume};

use super::{CommandOutput, MODEL, Workspace};
use crate::learning::model::damage::{forge_json, pack};
use crate::learning::model::unpack;

/// A model of one episode on half-hour bars.
fn trained() -> Workspace {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    workspace
}

/// The bars of `trained`, changed: `change` takes a row's index and its
/// cells, and may leave the row out.
fn changed(workspace: &Workspace, change: impl Fn(usize, &mut Vec<String>) -> bool) -> String {
    let text = workspace.text("bars.csv");
    let mut lines = text.lines();
    let mut out = format!("{}\n", lines.next().unwrap());
    for (idx, line) in lines.enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if change(idx, &mut cells) {
            out += &(cells.join(",") + "\n");
        }
    }
    out
}

/// Predicts for `bars`; returns how many rows there were, and what is
/// said of bars that are others than the model's.
#[track_caller]
fn predicted(workspace: &Workspace, bars: &str, (flags, code): (&[&str], i32)) -> (usize, String) {
    workspace.write("other.csv", bars);
    let assert = workspace.predict(&[&["--data", "other.csv"], flags].concat()).code(code);
    let (rows, stderr) = (assert.stdout_text().lines().count(), assert.stderr_text());
    assert!(stderr.contains("names: in the file\n"), "it says how bars were read: {stderr}");
    assert!(code == 1 || stderr.contains("\nother.csv: "), "it says what there was: {stderr}");
    (rows, judgements(&stderr))
}

/// Returns the lines that compare the bars with the model's.
fn judgements(stderr: &str) -> String {
    let is_one = |line: &&str| line.starts_with("error: `") || line.starts_with("warning: `");
    stderr.lines().filter(is_one).fold(String::new(), |text, line| text + line + "\n")
}

/// Index of the volume's cell.
fn volume_of(workspace: &Workspace) -> usize {
    let text = workspace.text("bars.csv");
    let names = text.lines().next().unwrap().to_lowercase();
    names.split(',').position(|name| name == "volume").unwrap()
}

#[test]
fn bars_like_those_of_the_training_give_no_word() {
    let workspace = trained();
    let same = changed(&workspace, |_, _| true);
    assert_eq!(predicted(&workspace, &same, (&[], 0)), (2001, String::new()));
    let part = changed(&workspace, |idx, _| idx >= 1200);
    assert_eq!(predicted(&workspace, &part, (&[], 0)), (801, String::new()));
}

#[test]
fn times_that_are_not_exact_are_no_other_interval() {
    let kind = |interval_seconds| BarKind {
        interval_seconds,
        time_covered: None,
        volume: Volume::Varies,
        prices: None,
        n_bars: 100,
    };
    assert_eq!(kind(60.001).mismatches(&kind(60.002), true), []);
    assert!(kind(3900.0).mismatches(&kind(3600.0), true)[0].is_fatal);
}

#[test]
fn bars_of_another_interval_are_refused_unless_that_is_wanted() {
    let workspace = trained();
    let longer = changed(&workspace, |idx, _| idx % 4 == 0);
    let (n_rows, error) = predicted(&workspace, &longer, (&[], 1));
    assert_eq!(n_rows, 0);
    insta::assert_snapshot!(error, @"error: `other.csv`: the bars are of 2 h, and the model was trained on bars of 30 min: its features and its holding times mean something else; give bars like those, or `--any-bars` to go on");
    let (n_rows, warning) = predicted(&workspace, &longer, (&["--any-bars"], 3));
    assert_eq!(n_rows, 501);
    assert!(warning.starts_with("warning: `other.csv`: the bars are of 2 h"), "{warning}");
}

/// Goes on with 1,200 bars of an hour, like the last.
fn then_hourly(mut bars: String) -> String {
    let last = bars.lines().next_back().unwrap().to_owned();
    let (time, numbers) = last.split_once(',').unwrap();
    let time: i64 = time.parse().unwrap();
    for hour in 1..=1200 {
        bars += &format!("{},{numbers}\n", time + 3600 * hour);
    }
    bars
}

#[test]
fn bars_that_turn_to_another_interval_are_refused_before_there_is_a_row() {
    let workspace = trained();
    let bars = then_hourly(changed(&workspace, |idx, _| idx < 1100));
    let (n_rows, error) = predicted(&workspace, &bars, (&[], 1));
    assert_eq!(n_rows, 0);
    assert!(error.starts_with("error: `other.csv`: the bars are of 1 h, and the model"), "{error}");
    assert_eq!(predicted(&workspace, &bars, (&["--any-bars"], 3)).0, 2301);
}

#[test]
fn another_interval_does_not_hide_at_the_end() {
    let workspace = trained();
    let bars = then_hourly(changed(&workspace, |_, _| true));
    let (n_rows, error) = predicted(&workspace, &bars, (&[], 1));
    assert_eq!(n_rows, 0);
    assert!(error.starts_with("error: `other.csv`: the bars are of 1 h, and the model"), "{error}");
}

#[test]
fn bars_without_their_volume_are_warned_about() {
    let workspace = trained();
    let volume = volume_of(&workspace);
    let set = |value: &'static str| {
        changed(&workspace, move |_, cells| {
            cells[volume] = value.to_owned();
            true
        })
    };
    let (n_rows, zero) = predicted(&workspace, &set("0"), (&[], 3));
    assert_eq!(n_rows, 2001);
    insta::assert_snapshot!(zero, @"warning: `other.csv`: the volume is missing, or 0 in each bar, and the model was trained with volume: its feature of it is 0 in each row");
    let (_, constant) = predicted(&workspace, &set("7"), (&[], 3));
    assert!(constant.contains("the volume is the same in each bar"), "{constant}");
    let without = set("0").lines().fold(String::new(), |text, line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.remove(volume);
        text + &cells.join(",") + "\n"
    });
    assert_eq!(predicted(&workspace, &without, (&[], 3)).1, zero);
}

#[test]
fn a_market_with_other_hours_is_warned_about() {
    let workspace = trained();
    let hours = changed(&workspace, |idx, _| idx % 48 < 13);
    let (n_rows, warning) = predicted(&workspace, &hours, (&[], 3));
    assert!(n_rows > 500);
    assert!(
        warning.contains("of the time, and the model was trained on bars for 100 %"),
        "{warning}"
    );
}

/// The bars of `trained` from one on, at prices times `factor`.
fn times(workspace: &Workspace, factor: f64, begin: usize) -> String {
    changed(workspace, |idx, cells| {
        for cell in &mut cells[1..5] {
            *cell = (cell.parse::<f64>().unwrap() * factor).to_string();
        }
        idx >= begin
    })
}

#[test]
fn prices_of_another_unit_are_warned_about_or_refused() {
    let workspace = trained();
    for (factor, says) in [(100.0, "about 100 times"), (0.01, "about 1/100 of")] {
        let (n_rows, warning) = predicted(&workspace, &times(&workspace, factor, 0), (&[], 3));
        assert!(n_rows == 2001 && warning.contains(says), "{warning}");
    }
    for (factor, begin) in [(1e4, 0), (1e-9, 0), (1e4, 1900)] {
        let bars = times(&workspace, factor, begin);
        let (n_rows, error) = predicted(&workspace, &bars, (&[], 1));
        assert!(n_rows == 0 && error.contains("those that the model was trained on"), "{error}");
        let (n_rows, warning) = predicted(&workspace, &bars, (&["--any-bars"], 3));
        assert!(n_rows == 2001 - begin && warning.contains("another unit"), "{warning}");
    }
}

#[test]
fn prices_that_have_drifted_give_no_word() {
    let workspace = trained();
    for factor in [4.0, 0.25] {
        assert_eq!(predicted(&workspace, &times(&workspace, factor, 0), (&[], 0)).1, "");
    }
}

#[test]
fn a_stream_is_judged_while_it_runs() {
    let workspace = trained();
    let run = |part: usize, flags: &[&str], code: i32| {
        let bars = changed(&workspace, |idx, _| idx % part == 0);
        let assert = workspace.predict_live(&bars, flags).code(code);
        (assert.stdout_text(), judgements(&assert.stderr_text()))
    };
    let (rows, stderr) = run(1, &[], 0);
    assert_eq!((rows.lines().count(), stderr.as_str()), (2001, ""));
    // Its interval is known from the tenth bar on.
    let (rows, stderr) = run(4, &[], 1);
    assert_eq!(rows.lines().count(), 10);
    assert!(rows.lines().skip(1).all(|row| row.contains(",,")), "{rows}");
    assert!(stderr.contains("error: `<stdin>`: the bars are of 2 h"), "{stderr}");
    let (rows, stderr) = run(4, &["--any-bars"], 3);
    assert_eq!(rows.lines().count(), 501);
    assert!(stderr.contains("warning: `<stdin>`: the bars are of 2 h"), "{stderr}");
}

/// A stock, split in the middle.
fn split(workspace: &Workspace) -> String {
    changed(workspace, |idx, cells| {
        if idx >= 1000 {
            for cell in &mut cells[1..5] {
                *cell = (cell.parse::<f64>().unwrap() / 4.0).to_string();
            }
        }
        true
    })
}

#[test]
fn a_stream_and_a_folder_are_told_of_as_a_file_is() {
    let workspace = trained();
    let bars = split(&workspace);
    let of_stream = workspace.predict_live(&bars, &[]).code(0).stderr_text();
    workspace.write("other.csv", &bars);
    let of_file = workspace.predict(&["--data", "other.csv"]).code(0).stderr_text();
    assert_eq!(of_stream.replace("<stdin>", "other.csv"), of_file);
    insta::assert_snapshot!(of_file, @"
    times: `time`, seconds since 1970, oldest first
    open, high, low, close: `open`, `high`, `low`, `close`
    volume: `volume`
    names: in the file
    other.csv: 2000 bars of 30 min, 2017-07-14 02:40:00 to 2017-08-24 18:10:00 UTC, no gaps
    warning: a bar opens like a split: 2017-08-03 22:40:00 (4:1); the prices are used as they are, and such a step counts as a gain or loss: use adjusted prices if it is one
    ");
    std::fs::create_dir(workspace.path("folder")).unwrap();
    workspace.write("folder/AAA.csv", &bars);
    workspace.write("folder/BBB.csv", &workspace.text("bars.csv"));
    let of_folder = workspace.predict(&["--data", "folder"]).code(0).stderr_text();
    assert!(of_folder.contains("times: `time`, seconds since 1970"), "{of_folder}");
    assert!(of_folder.contains("\n2 symbols: `AAA`, `BBB`\n"), "{of_folder}");
    assert!(of_folder.contains("warning: `AAA`: a bar opens like a split"), "{of_folder}");
    assert_eq!(of_folder.matches("warning:").count(), 1, "{of_folder}");
}

/// Replaces what the model at `path` says of its training data.
fn set_data(path: &Path, data: Value) {
    let mut parts = unpack(&std::fs::read(path).unwrap());
    forge_json(&mut parts, "data.json", |it| *it = data);
    std::fs::write(path, pack(&parts)).unwrap();
}

#[test]
fn a_model_of_an_older_version_is_used_with_a_warning() {
    let workspace = trained();
    let path = workspace.path(MODEL);
    for (data, says) in [
        (json!({ "interval_seconds": 1800.0 }), "of what hours of trading and volume it was made"),
        (json!({}), "of what interval, hours of trading and volume it was made"),
    ] {
        set_data(&path, data);
        let same = changed(&workspace, |_, _| true);
        let (n_rows, warning) = predicted(&workspace, &same, (&[], 3));
        assert!(n_rows == 2001 && warning.contains(says), "{warning}");
    }
    set_data(&path, json!({ "interval_seconds": 1800.0 }));
    let longer = changed(&workspace, |idx, _| idx % 2 == 0);
    assert!(predicted(&workspace, &longer, (&[], 1)).1.contains("the bars are of 1 h"));
}

#[test]
fn training_without_volume_says_so() {
    let workspace = Workspace::new();
    let volume = volume_of(&workspace);
    let bars = changed(&workspace, |_, cells| {
        cells[volume] = "0".to_owned();
        true
    });
    workspace.write("bars.csv", &bars);
    workspace.train(&["--episodes", "1"]);
    let log = workspace.text("logs/training.log");
    assert!(
        log.contains("the volume is missing, or 0 in each bar: the feature of it says nothing")
    );
    // Its model then asks for none.
    assert_eq!(predicted(&workspace, &bars, (&[], 0)).1, "");
}
