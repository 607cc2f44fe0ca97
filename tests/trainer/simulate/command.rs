//! The two commands, as a user runs them.

use assert_cmd::Command;

use super::Folder;

fn trainer(folder: &Folder, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::cargo_bin("trainer")
        .expect("the binary is built")
        .current_dir(folder.0.path())
        .args(arguments)
        .output()
        .expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn simulate_prints_figures_fills_and_trades() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-03,-0.5\n");
    let (is_good, out, err) = trainer(
        &folder,
        &["simulate", "--data", "bars.csv", "--signals", "signals.csv", "--out", "out"],
    );
    assert!(is_good, "{err}");
    for words in ["Sharpe", "4 fills", "2 trades", "commission"] {
        assert!(out.contains(words), "no `{words}` in {out}");
    }
    let (is_good, out, err) =
        trainer(&folder, &["metrics", "--equity", "out/equity.csv", "--format", "json"]);
    assert!(is_good, "{err}");
    let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
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
    let (is_good, out, err) = trainer(
        &folder,
        &[
            "simulate",
            "--data",
            "tiny.csv",
            "--signals",
            "signals.csv",
            "--commission",
            "0",
            "--slippage",
            "0",
        ],
    );
    assert!(is_good, "{err}");
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
fn metrics_deflate_by_the_trials() {
    let folder = Folder::new("");
    let curve: String = (0..60_u32)
        .map(|idx| format!("{},{}\n", 1_600_000_000 + 86_400 * idx, 100 + idx + 7 * (idx % 3)))
        .collect();
    folder.write("curve.csv", &format!("time,equity\n{curve}"));
    let deflated = |trials: &str| {
        let (is_good, out, err) = trainer(
            &folder,
            &[
                "metrics",
                "--equity",
                "curve.csv",
                "--format",
                "json",
                "--trials",
                trials,
                "--trial-variance",
                "0.02",
            ],
        );
        assert!(is_good, "{err}");
        let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
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
    folder.write("curve.csv", "time,equity\n2020-01-01,100\n2020-01-02,-5\n");
    let (is_good, _, err) = trainer(&folder, &["metrics", "--equity", "curve.csv"]);
    assert!(!is_good);
    insta::assert_snapshot!(err, @"error: `curve.csv` line 3: the equity `-5` is not above 0; end the curve where the account ended");
}
