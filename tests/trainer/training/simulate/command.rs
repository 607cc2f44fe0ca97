//! The two commands, as a user runs them.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::json;

use super::Folder;
use crate::cli::CommandOutput;

fn trainer(folder: &Folder, arguments: &str) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.current_dir(folder.0.path()).args(arguments.split(' ')).assert()
}

#[test]
fn simulate_prints_figures_fills_and_trades() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-03,-0.5\n");
    let out = trainer(&folder, "simulate --data bars.csv --signals signals.csv --out out")
        .success()
        .stdout_text();
    for words in ["Sharpe", "4 fills", "2 trades", "commission"] {
        assert!(out.contains(words), "no `{words}` in {out}");
    }
    let json =
        trainer(&folder, "metrics --equity out/equity.csv --format json").success().stdout_json();
    assert_eq!(json["metrics"]["n_bars"], 4);
    assert_eq!(json["metrics"].get("n_trades"), None);
    assert_eq!(json["metrics"]["undefined"].get("win_rate"), None);
}

#[test]
fn simulate_shows_small_prices_and_speaks_in_words() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n");
    let bars = "time,open,high,low,close\n2020-01-01,2.11e-6,2.11e-6,2.11e-6,2.11e-6\n\
                2020-01-02,2.1e-10,2.1e-10,2.1e-10,2.1e-10\n\
                2020-01-03,2.1e-10,2.1e-10,2.1e-10,2.1e-10\n";
    folder.write("tiny.csv", bars);
    let out = trainer(
        &folder,
        "simulate --data tiny.csv --signals signals.csv --commission 0 --slippage 0",
    )
    .success()
    .stdout_text();
    for words in [
        "at        2.1e-10",
        "1 trade\n",
        "long ",
        " at 2.1e-10 to ",
        "target",
        "end of data",
        "2 fills",
    ] {
        assert!(out.contains(words), "no `{words}` in {out}");
    }
    for name in ["Target", "EndOfData", "Long", "OutOfRange", "1 trades", "0.000000"] {
        assert!(!out.contains(name), "`{name}` in {out}");
    }
}

#[test]
fn a_curve_may_have_comments_and_blank_rows_above_its_header() {
    let folder = Folder::new("");
    let figures = |above: &str| {
        let rows = "2024-01-01,100\n2024-01-02,110\n2024-01-03,99\n";
        folder.write("curve.csv", &format!("{above}time,equity\n{rows}"));
        trainer(&folder, "metrics --equity curve.csv --format json").success().stdout_json()["metrics"]
            .clone()
    };
    let expected = figures("");
    assert_eq!(expected["n_bars"], 2);
    for above in ["# an account\n", ",\n", "# an account\n\n , \n"] {
        assert_eq!(figures(above), expected, "{above}");
    }
}

#[test]
fn metrics_deflate_by_the_trials() {
    let folder = Folder::new("");
    let curve: String = (0..60_u32)
        .map(|idx| format!("{},{}\n", 1_600_000_000 + 86_400 * idx, 100 + idx + 7 * (idx % 3)))
        .collect();
    folder.write("curve.csv", &format!("time,equity\n{curve}"));
    let deflated = |trials: &str| {
        let json = trainer(
            &folder,
            &format!(
                "metrics --equity curve.csv --format json --trials {trials} --trial-variance 0.02"
            ),
        )
        .success()
        .stdout_json();
        let metrics = &json["metrics"];
        (metrics["deflated_sharpe"].as_f64(), metrics["probabilistic_sharpe"].as_f64())
    };
    let (one, probabilistic) = deflated("1");
    assert_eq!(one, probabilistic);
    assert!(deflated("1000").0 < one);
}

#[test]
fn a_wrong_curve_says_what_to_do() {
    let folder = Folder::new("");
    folder.write("curve.csv", "time,equity\n2020-01-01,-5\n2020-01-02,100\n");
    let err = trainer(&folder, "metrics --equity curve.csv").failure().stderr_text();
    insta::assert_snapshot!(err, @"error: `curve.csv` line 2: the equity `-5` at the start is not above 0; begin the curve with money");
}

/// The figures are those up to the ruin, and the signals that came too
/// late are told.
#[test]
fn a_ruined_replay_says_so_and_metrics_reads_its_curve() {
    let folder = Folder::new("time,exposure\n2020-01-01,3\n2020-01-04,1\n2020-01-05,0.5\n");
    folder.write(
        "bars.csv",
        "time,open,high,low,close\n2020-01-01,100,100,100,100\n2020-01-02,100,100,100,100\n\
         2020-01-03,60,60,60,60\n2020-01-04,60,70,60,70\n2020-01-05,70,90,70,90\n",
    );
    let out =
        trainer(&folder, "simulate --data bars.csv --signals signals.csv --leverage 3 --out out")
            .success()
            .stdout_text();
    assert!(out.contains("ruined            2020-01-03T00:00:00Z"), "{out}");
    assert_eq!(out.matches("refused at bar").count(), 2, "{out}");
    let replay = folder.path("out/replay.json");
    let replay: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(replay).unwrap()).unwrap();
    let metrics = &replay["metrics"];
    assert_eq!((&metrics["sharpe"], &metrics["volatility"]), (&json!(null), &json!(null)));
    assert_eq!(metrics["undefined"]["sharpe"], "the account was ruined");
    assert_eq!(metrics["n_liquidations"], 1);
    assert_eq!(replay["refused"].as_array().unwrap().len(), 2);
    let measured =
        trainer(&folder, "metrics --equity out/equity.csv --format json").success().stdout_json();
    for (name, figure) in measured["metrics"].as_object().unwrap() {
        if name != "undefined" {
            assert_eq!(figure, &metrics[name], "{name}");
        }
    }
}

#[test]
fn a_signal_on_the_last_bar_is_told() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-05,-1\n");
    let out =
        trainer(&folder, "simulate --data bars.csv --signals signals.csv").success().stdout_text();
    assert!(out.contains("no bar follows to fill it"), "{out}");
}

#[test]
fn borrowing_and_dividends_are_told_apart_from_other_costs() {
    let folder = Folder::new("time,exposure\n2020-01-01,-1\n2020-01-03,2\n");
    let bars = "time,open,high,low,close,Dividends\n2020-01-01,100,100,100,100,\n\
                2020-01-02,100,100,100,100,5\n2020-01-03,98,98,98,98,2\n\
                2020-01-04,98,98,98,98,0\n2020-01-05,98,98,98,98,1\n";
    folder.write("bars.csv", bars);
    let mut arguments =
        "simulate --data bars.csv --signals signals.csv --commission 0 --slippage 0 \
         --borrow-fee 3650 --interest 1825 --leverage 2 --format json"
            .to_owned();
    let out = trainer(&folder, &arguments).success().stdout_text();
    assert!(out.contains("`Dividends` counts only for prices"), "it is not asked for: {out}");
    arguments += " --column dividend=Dividends";
    let json = trainer(&folder, &arguments).success().stdout_json();
    let figure = |name: &str| json["metrics"][name].as_f64().expect("a number");
    // Short 100 units at 100 from the 2nd to the 4th: 0.1 % a day of
    // 10,000 and of 9,800, and the dividend of 2, made up by the price.
    assert!((figure("borrow_fee") - 19.8).abs() < 1e-9);
    let equity = 10_000.0 - 19.8;
    // Then long with as much borrowed, at 0.05 % a day for one day.
    let (units, interest) = (2.0 * equity / 98.0, 0.0005 * equity);
    assert!((figure("interest") - interest).abs() < 1e-9);
    assert!((figure("dividends") - (units - 200.0)).abs() < 1e-9);
    assert!((figure("final_equity") - (equity + units - interest)).abs() < 1e-9);
    arguments += " --adjusted";
    folder.write(
        "bars.csv",
        &bars
            .replace("high", "Adj Close,high")
            .replace("00,100,100,100,", "00,100,100,100,100,")
            .replace("98,98,98,98,", "98,98,98,98,98,"),
    );
    let err = trainer(&folder, &arguments).failure().stderr_text();
    assert!(err.contains("adjusted closes hold the dividends already"), "{err}");
}

/// Oil in April 2020, in round numbers: short at 20, it falls below 0.
#[test]
fn an_account_takes_prices_below_0() {
    let folder = Folder::new("time,exposure\n2020-04-16,-1\n2020-04-20,0\n");
    let bars = "time,open,high,low,close\n2020-04-16,20,20,20,20\n2020-04-17,20,21,9,10\n\
                2020-04-20,10,10,-40,-37\n2020-04-21,-30,-20,-30,-25\n2020-04-22,-25,-10,-26,-10\n";
    folder.write("oil.csv", bars);
    let simulate = "simulate --data oil.csv --signals signals.csv --slippage 0";
    let run = |more: &str| trainer(&folder, &format!("{simulate}{more}"));
    let err = run("").failure().stderr_text();
    assert!(err.contains("let `simulate` take them with `--negative-prices`"), "{err}");
    run(" --negative-prices --commission 0 --out free").success();
    // 10,000 / 20 = 500 units are sold at 20 and bought at -30:
    // 500 * (20 - 10), 500 * (20 + 37), 500 * (20 + 30).
    let equity = |name: &str| -> Vec<f64> {
        let text = std::fs::read_to_string(folder.path(name)).expect("it was written");
        let cell =
            |line: &str| line.split(',').nth(1).expect("it is there").parse().expect("it is one");
        text.lines().skip(1).map(cell).collect()
    };
    let rounded = |name: &str| -> Vec<f64> { equity(name).iter().map(|e| e.round()).collect() };
    assert_eq!(rounded("free/equity.csv"), [10_000.0, 15_000.0, 38_500.0, 35_000.0, 35_000.0]);
    // A commission is paid on what the fills are worth, whatever its
    // sign: 0.1 % of 499.5 units at 20 and at -30.
    let out = run(" --negative-prices --commission 10 --out paid").success().stdout_text();
    assert!(out.contains("commission                     24.98"), "{out}");
    let units = 10_000.0 / (20.0 * 1.001);
    let last = 10_000.0 + units * (50.0 - 0.02 - 0.03);
    assert!((equity("paid/equity.csv")[4] - last).abs() < 1e-6);
}
