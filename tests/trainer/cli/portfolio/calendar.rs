//! Bars a year: of a portfolio by its own curve, of each symbol by its.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{Workspace, bars};

/// The bars of an exchange: 13 of half an hour on each weekday.
fn exchange() -> String {
    let csv = bars::csv(2000);
    let mut lines = csv.lines();
    let mut text = format!("{}\n", lines.next().unwrap());
    let weekdays = (0_i64..).filter(|day| day % 7 < 5);
    // 2020-01-06 was a Monday.
    let opens = weekdays.flat_map(|day| {
        (0..13).map(move |idx| (18_267 + day) * 86_400_000 + 52_200_000 + idx * 1_800_000)
    });
    for (line, open_ms) in lines.zip(opens) {
        text += &format!("{open_ms},{}\n", line.split_once(',').unwrap().1);
    }
    text
}

fn train(n_symbols: usize) -> Workspace {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("bars")).unwrap();
    for idx in 0..n_symbols {
        workspace.write(&format!("bars/S{idx}.csv"), &exchange());
    }
    workspace.configure(&json!({ "data": "bars" }));
    workspace.train(&["--split"]);
    workspace
}

/// The figures of the session's own curve, as `metrics` measures it.
fn measured(workspace: &Workspace) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["metrics", "--format", "json", "--equity"]);
    let output = command.arg(workspace.path("logs/trades/equity.csv")).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["metrics"].clone()
}

#[test]
fn the_same_series_under_any_number_of_names_is_the_same_portfolio() {
    let of = |n_symbols| {
        let workspace = train(n_symbols);
        let session = workspace.session();
        let agent = &session["metrics"]["agent"];
        for (name, figure) in measured(&workspace).as_object().unwrap() {
            // The curve alone tells these, of its last month and year.
            let is_of_curve = ["undefined", "month_to_date", "year_to_date"].contains(&&**name);
            if !is_of_curve {
                assert_eq!(figure, &agent[name], "{name} of {n_symbols} symbols");
            }
        }
        let years = |figures: &Value| figures["periods_per_year"].clone();
        for symbol in session["symbols"].as_array().into_iter().flatten() {
            assert_eq!(years(&symbol["metrics"]["agent"]), years(agent));
        }
        assert_eq!(years(agent), json!({ "value": 3276.0, "basis": "business_days" }));
        session["metrics"]["buy_and_hold"].clone()
    };
    let alone = of(1);
    assert!(alone["sharpe_low"].is_number());
    for n_symbols in [2, 3, 5] {
        let mut joined = of(n_symbols);
        // What is counted, or is of a single trade, is of each account.
        for name in ["n_trades", "expectancy"] {
            joined[name] = alone[name].clone();
        }
        joined["undefined"] = alone["undefined"].clone();
        joined["sqn"] = alone["sqn"].clone();
        assert_eq!(joined, alone, "{n_symbols} symbols");
    }
}
