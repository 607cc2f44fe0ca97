//! Several symbols: one model, the figures of each and of all.

mod calendar;
mod windows;

use std::fs;

use serde_json::{Value, json};

use super::{CommandOutput, TRAINED, Workspace, bars};

const SYMBOLS: [&str; 3] = ["AAA", "BBB", "CCC"];

/// Three series of the same times: one, its mirror image, and one that
/// ends earlier.
fn series() -> [String; 3] {
    let first = bars::csv(2000);
    let mirrored = first.lines().enumerate().map(|(idx, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        if idx == 0 {
            return format!("{line}\n");
        }
        let [open, high, low, close] =
            [1, 2, 3, 4].map(|idx| 10_000.0 / cells[idx].parse::<f64>().unwrap());
        format!("{},{open},{low},{high},{close},{}\n", cells[0], cells[5])
    });
    let mirrored: String = mirrored.collect();
    let short: String = first.lines().take(1901).map(|line| format!("{line}\n")).collect();
    [first, mirrored, short]
}

pub(super) fn in_a_folder() -> Workspace {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("bars")).unwrap();
    for (symbol, csv) in SYMBOLS.iter().zip(series()) {
        workspace.write(&format!("bars/{symbol}.csv"), &csv);
    }
    workspace.configure(&json!({ "data": "bars" }));
    workspace
}

/// Settings of a forecaster that trades on these bars.
fn forecast() -> Value {
    let forecast = json!({ "learner": "ridge", "min_t_statistic": 0, "refit_bars": 800 });
    json!({ "data": "bars", "model": "forecast", "models": { "forecast": forecast } })
}

/// The rows of all, with the symbol in front, sorted by `key`.
fn in_one_file(key: impl Fn(&str) -> String) -> Workspace {
    let workspace = Workspace::new();
    let series = series();
    let mut rows: Vec<String> = SYMBOLS
        .iter()
        .zip(&series)
        .flat_map(|(symbol, csv)| csv.lines().skip(1).map(move |row| format!("{symbol},{row}\n")))
        .collect();
    rows.sort_by_key(|row| key(row));
    let names = series[0].lines().next().unwrap();
    workspace.write("bars.csv", &format!("symbol,{names}\n{}", rows.concat()));
    workspace
}

fn final_equity(metrics: &Value) -> f64 {
    metrics["agent"]["final_equity"].as_f64().unwrap()
}

#[test]
fn the_portfolio_is_the_mean_of_the_symbols_accounts() {
    let workspace = in_a_folder();
    let stdout = workspace.command().assert().code(TRAINED).stdout_text();
    assert!(stdout.contains("Above, the portfolio"), "{stdout}");
    let session = workspace.session();
    let symbols = session["symbols"].as_array().unwrap();
    let names: Vec<_> = symbols.iter().map(|symbol| symbol["symbol"].as_str().unwrap()).collect();
    assert_eq!(names, SYMBOLS);
    let sum: f64 = symbols.iter().map(|symbol| final_equity(&symbol["metrics"])).sum();
    let joint = final_equity(&session["metrics"]);
    assert!((sum / 3.0 - joint).abs() < 1e-6, "{sum} / 3 is not {joint}");
    let trades = |metrics: &Value| metrics["agent"]["n_trades"].as_u64().unwrap();
    let n_trades: u64 = symbols.iter().map(|symbol| trades(&symbol["metrics"])).sum();
    assert!(n_trades > 6, "the agent hardly traded; the test proves little");
    assert_eq!(trades(&session["metrics"]), n_trades);
    // One cut in time: the short one has as many bars to train.
    for symbol in symbols {
        assert_eq!(symbol["split"]["train"]["n_bars"], 1600);
    }
    assert_eq!(symbols[2]["split"]["test"]["n_bars"], 252);
    assert_eq!(session["data"]["n_bars"], 5900);
    let curve = workspace.text("logs/trades/equity.csv");
    assert_eq!(curve.lines().count(), 353);
    let last: Vec<&str> = curve.lines().last().unwrap().split(',').collect();
    assert_eq!(last[1].parse::<f64>().unwrap().to_bits(), joint.to_bits());
    let is_named = |event: &Value| SYMBOLS.contains(&event["symbol"].as_str().unwrap_or_default());
    assert!(workspace.events().iter().skip(1).all(is_named));
}

#[test]
fn a_folder_and_a_column_give_the_same_figures() {
    let folder = in_a_folder();
    // Symbol after symbol, and time after time.
    let stacked = in_one_file(str::to_owned);
    let mixed = in_one_file(|row| row.split(',').nth(1).unwrap().to_owned());
    let figures = [&folder, &stacked, &mixed].map(|workspace| {
        workspace.train(&[]);
        let session = workspace.session();
        (session["metrics"].clone(), session["symbols"].clone())
    });
    assert_eq!(figures[0], figures[1]);
    assert_eq!(figures[0], figures[2]);
    assert!(stacked.model() != folder.model(), "the digests of the data differ");
}

/// Returns two trained workspaces: bars in a file, and in a folder as
/// the only symbol.
fn one_symbol_in_two_forms() -> [Workspace; 2] {
    let [single, folder] = [Workspace::new(), Workspace::new()];
    fs::create_dir(folder.path("bars")).unwrap();
    fs::rename(folder.path("bars.csv"), folder.path("bars/AAA.csv")).unwrap();
    folder.configure(&json!({ "data": "bars" }));
    single.train(&[]);
    folder.train(&[]);
    [single, folder]
}

#[test]
fn a_portfolio_of_one_symbol_is_that_symbol() {
    let [single, folder] = one_symbol_in_two_forms();
    let (single, folder) = (single.session(), folder.session());
    assert_eq!(folder["metrics"], single["metrics"]);
    assert_eq!(folder["symbols"][0]["metrics"]["agent"], single["metrics"]["agent"]);
    assert_eq!(folder["split"], single["split"]);
    assert_eq!(single.get("symbols"), None);
}

#[test]
fn a_symbols_figures_do_not_depend_on_the_others_later_bars() {
    let before = in_a_folder();
    let after = in_a_folder();
    // Test bars of another symbol, of which nothing may cross over.
    let bars = bars::csv_with_end(2000, 300, 1.5);
    after.write("bars/AAA.csv", &bars);
    before.train(&[]);
    after.train(&[]);
    let (before, after) = (before.session(), after.session());
    assert_eq!(before["symbols"][1], after["symbols"][1]);
    assert_eq!(before["symbols"][2], after["symbols"][2]);
    assert_ne!(before["symbols"][0], after["symbols"][0]);
}

#[test]
fn predict_gives_the_test_decisions_of_each_symbol() {
    let workspace = in_a_folder();
    workspace.train(&[]);
    let rows = workspace.predict(&["--data", "bars"]).success().stdout_text();
    assert_eq!(rows.lines().next(), Some("time,symbol,exposure,note"));
    assert_eq!(rows.lines().count(), 5901);
    let session = workspace.session();
    let first = session["split"]["test"]["first"].as_str().unwrap();
    for (idx, symbol) in SYMBOLS.iter().enumerate() {
        let signals: String = rows
            .lines()
            .filter(|row| row.split(',').nth(1) == Some(symbol))
            .filter(|row| row.split(',').next().unwrap() >= first)
            .map(|row| format!("{row}\n"))
            .collect();
        let signals = format!("time,symbol,exposure,note\n{signals}");
        let replay = workspace.replay(&format!("bars/{symbol}.csv"), &signals);
        let metrics = &session["symbols"][idx]["metrics"];
        assert_eq!(replay["metrics"]["final_equity"], metrics["agent"]["final_equity"]);
    }
    // The same from one file, live: each row as its bar comes.
    let mixed = in_one_file(|row| row.split(',').nth(1).unwrap().to_owned());
    let live = workspace.predict_live(&mixed.text("bars.csv"), &[]).success().stdout_text();
    let (mut live, mut rows): (Vec<_>, Vec<_>) = (live.lines().collect(), rows.lines().collect());
    live.sort_unstable();
    rows.sort_unstable();
    assert_eq!(live, rows);
}

#[test]
fn a_check_reads_all_symbols_and_writes_nothing() {
    let workspace = in_a_folder();
    let stdout = workspace.command().arg("--check").assert().success().stdout_text();
    assert!(stdout.contains("bars: 5900 bars of 30 min"), "{stdout}");
    assert!(!workspace.exists("logs"));
}

#[test]
fn a_bad_file_of_a_folder_is_named() {
    let workspace = in_a_folder();
    workspace.write("bars/BBB.csv", "time,open,high,low,close\n2020-01-01,1,x,1,1\n");
    let stderr = workspace.fail(&[], 1);
    assert!(
        stderr.contains("bars/BBB.csv` line 2, column `high`: `x` is not a number"),
        "{stderr}"
    );
    workspace.write("bars/AAA.parquet", "PAR1\0");
    let stderr = workspace.fail(&[], 1);
    assert!(stderr.contains("are both of the symbol `AAA`; keep one, or rename it"), "{stderr}");
}

#[test]
fn the_curve_of_the_lessons_is_the_mean_of_the_symbols_accounts() {
    let workspace = in_a_folder();
    workspace.train(&[]);
    let curve = workspace.text("logs/trades/train_equity.csv");
    assert_eq!(curve.lines().count(), 1601);
    let last: Vec<&str> = curve.lines().last().unwrap().split(',').collect();
    let session = workspace.session();
    let of_record = session["episodes"][1]["train_equity"].as_f64().unwrap();
    let of_curve: f64 = last[1].parse().unwrap();
    assert!((of_curve / of_record - 1.0).abs() < 1e-12, "{of_curve} is not {of_record}");
    assert_eq!(workspace.find("logs/trades", "train_equity.ep"), None);
    // A portfolio of one is that symbol, row for row.
    let [single, folder] = one_symbol_in_two_forms();
    let rows = |workspace: &Workspace| {
        let text = workspace.text("logs/trades/train_equity.csv");
        let cells = |line: &str| line.split(',').take(2).map(str::to_owned).collect::<Vec<_>>();
        text.lines().map(cells).collect::<Vec<_>>()
    };
    assert_eq!(rows(&folder), rows(&single));
}

#[test]
fn distributions_are_drawn_of_the_portfolio() {
    let workspace = in_a_folder();
    workspace.train(&["--episodes", "1"]);
    let path = workspace.find("logs/tensorboard", "events.out.tfevents.").unwrap();
    let histograms = crate::session::tensorboard::histograms(&path);
    let n = |tag: &str| histograms.iter().find(|(name, _)| name == tag).map(|(_, n)| *n);
    // A return a time; a value a bar of each symbol.
    assert_eq!(n("test/returns"), Some(352.0));
    assert_eq!(n("test/q_values/0"), Some((352 + 352 + 252).into()));
    let n_trades = workspace.session()["metrics"]["agent"]["n_trades"].as_f64();
    assert_eq!(n("test/trade_net_pnl"), n_trades);
    let closed = |event: &&Value| event["event"] == "TRADE_CLOSED" && event["phase"] == "train";
    let n_train = workspace.events().iter().filter(closed).count();
    assert_eq!(n("train/trade_net_pnl"), Some(n_train as f64));
}

#[test]
fn a_forecaster_learns_from_all_symbols_with_any_threads() {
    let one = in_a_folder();
    one.configure(&forecast());
    one.train(&["--threads", "1"]);
    let session = one.session();
    let trades = |metrics: &Value| metrics["agent"]["n_trades"].as_u64().unwrap();
    assert!(trades(&session["metrics"]) > 0, "it never traded; the test proves little");
    let symbols = session["symbols"].as_array().unwrap();
    assert!(symbols.iter().all(|symbol| symbol["metrics"]["agent"].is_object()));
    let two = in_a_folder();
    two.configure(&forecast());
    two.train(&["--threads", "2"]);
    assert!(one.model() == two.model(), "two threads give another model");
    // It is no model of the last symbol alone.
    fs::remove_file(two.path("bars/AAA.csv")).unwrap();
    two.command_at("2027-01-31T12:00:00Z").assert().code(TRAINED);
    assert!(one.model() != two.model(), "the first symbol taught nothing");
}
