//! Ruined accounts on the page, in the comparison and in exports.

use serde_json::{Value, json};

use super::synthetic::SyntheticSession;
use super::{data, page, read};

/// Turns `part` into that of a ruined account, as earlier trainers wrote
/// it: with the Sharpe ratio of the bars until the ruin.
fn ruin(figures: &mut Value) {
    figures["final_equity"] = json!(0.008);
    figures["net_return"] = json!(-0.999_999_2);
    figures["sharpe"] = json!(4.03);
    figures["sharpe_low"] = json!(3.01);
    figures["sharpe_high"] = json!(5.02);
}

/// Returns a record with the time of the ruin.
fn ruin_at(figures: &mut Value, n_liquidations: u64) {
    ruin(figures);
    figures["is_bankrupt"] = json!(true);
    figures["ruined_at"] = json!("2017-11-05T06:30:00Z");
    figures["n_liquidations"] = json!(n_liquidations);
}

#[track_caller]
fn lacks_figures(text: &str) {
    for figure in ["4.03", "3.01 … 5.02", "lies above 0"] {
        assert!(!text.contains(figure), "{figure}");
    }
}

#[test]
fn an_old_record_of_a_ruined_account_shows_no_sharpe() {
    let synthetic = SyntheticSession::new().changed(|session| {
        ruin(&mut session["metrics"]["agent"]);
        session["trials"] = json!({ "deflated_sharpe": 0.9278 });
        for episode in session["episodes"].as_array_mut().unwrap() {
            episode["test_net_return"] = json!(-0.999_999_2);
            episode["test_sharpe"] = json!(4.03);
        }
    });
    let page = page(synthetic.root());
    lacks_figures(&page);
    assert!(!page.contains("92.78"));
    assert!(page.contains("The agent was ruined."));
    assert!(page.contains("the account was ruined"));
    let drawn = &data(&page)["sessions"][0];
    assert_eq!(drawn["rolling"], Value::Null);
    assert_eq!(drawn["episodes"][0]["test_sharpe"], Value::Null);
    let report = read(&[synthetic.root()]);
    lacks_figures(&report.text());
    assert!(report.text().contains("ruined"), "{}", report.text());
    let agent = &report.json()["sessions"][0]["metrics"]["agent"];
    for name in ["sharpe", "sharpe_low", "sortino", "skewness", "kurtosis", "omega", "kelly"] {
        assert_eq!(agent[name], Value::Null, "{name}");
        assert_eq!(agent["undefined"][name], "the account was ruined");
    }
    assert_eq!(agent["net_return"], -0.999_999_2);
}

#[test]
fn the_head_of_the_page_and_the_comparison_say_when() {
    let usual = SyntheticSession::new();
    let ruined = SyntheticSession::new().changed(|session| {
        session["id"] = "20260101_020202".into();
        ruin_at(&mut session["metrics"]["agent"], 3);
        ruin_at(&mut session["metrics"]["buy_and_hold"], 1);
    });
    let agent = "The agent was ruined at 2017-11-05T06:30:00Z, after 3 liquidations.";
    let holder = "The buy and hold was ruined at 2017-11-05T06:30:00Z, after 1 liquidation.";
    let page = page(ruined.root());
    let head = page.split_once("<main>").unwrap().0;
    assert!(head.contains(agent) && head.contains(holder));
    let text = read(&[usual.root(), ruined.root()]).text();
    lacks_figures(&text);
    assert!(text.contains(&format!("20260101_020202: {agent}\n")), "{text}");
    assert!(text.contains(&format!("20260101_020202: {holder}\n")), "{text}");
    assert_eq!(text.matches("was ruined").count(), 2);
    assert!(text.contains("1.38"), "the usual session has its Sharpe: {text}");
    assert!(!self::page(usual.root()).contains("ruined"));
}

#[test]
fn windows_and_symbols_say_that_they_were_ruined() {
    let part =
        |session: &Value| json!({ "split": session["split"], "metrics": session["metrics"] });
    let ruined = |session: &Value| {
        let mut part = part(session);
        ruin_at(&mut part["metrics"]["agent"], 2);
        part
    };
    let named = |mut part: Value, key: &str, name: Value| {
        part[key] = name;
        part
    };
    let windows = SyntheticSession::new().changed(|session| {
        let windows =
            [named(ruined(session), "window", 1.into()), named(part(session), "window", 2.into())];
        session["walk_forward"] = json!({ "windows": windows });
    });
    let symbols = SyntheticSession::new().changed(|session| {
        session["symbols"] = json!([
            named(part(session), "symbol", "AAA".into()),
            named(ruined(session), "symbol", "BBB".into()),
        ]);
    });
    for synthetic in [&windows, &symbols] {
        let page = page(synthetic.root());
        lacks_figures(&page.replace("lies above 0", ""));
        assert_eq!(page.matches("<td>ruined</td>").count(), 1);
    }
    let text = "The agent of BBB was ruined at 2017-11-05T06:30:00Z, after 2 liquidations.";
    assert!(page(symbols.root()).contains(text));
}

#[test]
fn a_record_out_of_shape_shows_what_it_can() {
    let synthetic = SyntheticSession::new().changed(|session| {
        ruin(&mut session["metrics"]["agent"]);
        session["metrics"]["agent"]["undefined"] = json!("none");
        session["metrics"]["never_trade"] = json!(7);
        session["symbols"] = json!([3, { "metrics": [] }]);
        session["episodes"] = json!([4, { "test_net_return": "much" }]);
    });
    assert!(read(&[synthetic.root()]).text().contains("ruined"));
}
