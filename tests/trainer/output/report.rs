//! The page of a session, made from what a run leaves.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod axes;
mod browser;
mod ruin;
mod synthetic;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use trainer::market::bars::BarSource;
use trainer::output::report::{Report, ReportContext, SessionSource};

use synthetic::{SyntheticSession, Trade};

fn read(folders: &[&Path]) -> Report {
    let sources: Vec<SessionSource> =
        folders.iter().map(|path| SessionSource::at(path).unwrap()).collect();
    let context = ReportContext { data_root: folders[0], commit: Some("0123abc"), bars: None };
    Report::read(&sources, &context).unwrap()
}

fn page(folder: &Path) -> String {
    read(&[folder]).page().unwrap()
}

/// What the script of the page draws.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"report-data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn every_figure_is_the_records_to_the_last_digit() {
    let made = SyntheticSession::new().with_trades(&[Trade::won(3), Trade::lost(9)]);
    let page = page(made.root());
    let metrics = &made.session()["metrics"];
    let mut n_figures = 0;
    for account in ["agent", "buy_and_hold", "never_trade"] {
        for (name, value) in metrics[account].as_object().unwrap() {
            let cell = format!("data-figure=\"{account}.{name}\" data-value=\"");
            let Some((_, rest)) = page.split_once(&cell) else { continue };
            let shown = rest.split_once('"').unwrap().0;
            let expected = if value.is_null() { String::new() } else { value.to_string() };
            assert_eq!(shown, expected, "{account}.{name}");
            n_figures += 1;
        }
    }
    assert!(n_figures >= 60, "{n_figures}");
    assert!(page.contains("0.25 … 2.5"), "the interval is missing");
    assert!(page.contains("The 95 % interval of the agent's Sharpe ratio lies above 0."));
}

#[test]
fn it_names_no_address_and_loads_nothing() {
    let made = SyntheticSession::new().with_trades(&[Trade::won(3)]);
    let page = page(made.root());
    for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(word), "{word}");
    }
    let links: Vec<&str> =
        page.split("href=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert_eq!(links, ["data:,", "#headline"]);
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_hostile_name_stays_text() {
    let evil = "\"'></p></script><script>alert(1)</script><!-- \u{2028}";
    let made = SyntheticSession::new().with_trades(&[Trade::won(3)]).changed(|session| {
        for name in ["id", "status", "reason", "started_at"] {
            session[name] = evil.into();
        }
        session["config"]["training"]["data"] = evil.into();
        session["config"]["training"][evil] = evil.into();
        session["data"]["source"] = evil.into();
        session["alarms"] = json!([{ "text": evil }]);
        session["audit"] = json!({
            "verdicts": [{ "name": evil, "verdict": evil, "finding": evil }]
        });
        session["metrics"]["agent"]["undefined"] = json!({ "sharpe": evil });
        session["walk_forward"] = json!({ "windows": [{ "window": evil }] });
        let part = json!({ "symbol": evil, "split": { "test": { "first": evil } } });
        session["symbols"] = json!([part, part]);
        session["episodes"][0]["episode"] = evil.into();
    });
    let other = SyntheticSession::new();
    for page in [page(made.root()), read(&[made.root(), other.root()]).page().unwrap()] {
        for raw in ["<script>alert", "></p></script>", "<!-- \u{2028}"] {
            assert!(!page.contains(raw), "{raw}");
        }
        assert!(page.contains("data-session=\"&quot;'&gt;&lt;/p&gt;&lt;/script&gt;"));
        assert!(page.matches("&lt;script&gt;alert(1)").count() >= 15);
        assert_eq!(page.matches("<script").count(), 3);
        assert_eq!(data(&page)["sessions"][0]["name"], evil);
    }
}

#[test]
fn it_tells_how_the_bars_were_read() {
    let made = SyntheticSession::new().changed(|session| {
        let source = BarSource::open("stocks_1d.csv.gz", Path::new("../tests/data")).unwrap();
        let summary = source.summarize_all().unwrap();
        session["data"]["understood"] = serde_json::to_value(summary.read_report).unwrap();
        session["data"]["understood"]["warnings"] = ["a bar opens like a <split>"].into();
    });
    let page = page(made.root());
    let (_, panel) = page.split_once("<h3>How the bars were read").unwrap();
    let panel = panel.split_once("</section>").unwrap().0;
    let read_report = &made.session()["data"]["understood"];
    for line in read_report["lines"].as_array().unwrap() {
        assert!(panel.contains(&format!("<li>{}</li>", line.as_str().unwrap())), "{line}: {panel}");
    }
    assert!(panel.contains("</b> a bar opens like a &lt;split&gt;</p>"), "{panel}");
    assert!(panel.contains("<li>bars a year: "), "{panel}");
    let session = SyntheticSession::new();
    assert!(!self::page(session.root()).contains("How the bars were read"));
}

#[test]
fn months_make_up_the_net_return() {
    let made = SyntheticSession::new();
    let page = page(made.root());
    let (_, heat) = page.split_once("<table class=\"heat\">").unwrap();
    let cells = heat.split_once("</table>").unwrap().0.split("data-value=\"").skip(1);
    let months: Vec<f64> =
        cells.map(|cell| cell.split_once('"').unwrap().0.parse().unwrap()).collect();
    assert!(months.len() >= 2, "{months:?}");
    let product: f64 = months.iter().map(|month| 1.0 + month).product();
    let net = made.session()["metrics"]["agent"]["net_return"].as_f64().unwrap();
    assert!((product - 1.0 - net).abs() < 1e-9, "{product} {net}");
}

#[test]
fn all_trades_are_counted_where_some_are_listed() {
    let trades: Vec<Trade> = (0..20_000)
        .map(|idx| match idx {
            7_777 => Trade { net_pnl: 9_999.0, ..Trade::won(idx) },
            11_111 => Trade { net_pnl: -9_999.0, ..Trade::lost(idx) },
            _ if idx % 3 == 0 => Trade::won(idx),
            _ => Trade::lost(idx),
        })
        .collect();
    let made = SyntheticSession::new().with_trades(&trades);
    let page = page(made.root());
    let book = &data(&page)["sessions"][0]["trades"]["test"];
    assert_eq!(book["n"], 20_000);
    assert_eq!(book["every"], 2);
    let n_listed = book["n_listed"].as_u64().unwrap();
    assert!((10_000..11_000).contains(&n_listed), "{n_listed}");
    let net: f64 = trades.iter().map(|trade| trade.net_pnl).sum();
    let text = format!("{:.2}", net.abs());
    let tail = &text[text.len() - 6..];
    assert!(page.contains("20\u{202f}000") && page.contains(tail), "{net}");
}

#[test]
fn trades_of_an_earlier_policy_are_not_shown_as_the_last_ones() {
    // The record tells of a third episode, in which nothing was traded.
    let made = SyntheticSession::new()
        .with_trades(&[Trade::won(3)])
        .with_training_trades(&[Trade::lost(5)])
        .changed(|session| session["episodes"][1]["episode"] = 3.into());
    let trades = &data(&page(made.root()))["sessions"][0]["trades"];
    assert_eq!((&trades["test"]["n"], &trades["train"]["n"]), (&0.into(), &0.into()));
}

#[test]
fn the_largest_page_stays_below_three_megabytes() {
    let trades: Vec<Trade> = (0..30_000).map(Trade::won).collect();
    let made =
        SyntheticSession::of(39_999, 24_000).with_trades(&trades).with_training_trades(&trades);
    let page = page(made.root());
    assert!(page.len() < 3_000_000, "{}", page.len());
    assert!(page.len() > 2_000_000, "{}: is all in it?", page.len());
}

#[test]
fn what_is_missing_is_said() {
    let made = SyntheticSession::new();
    fs::remove_file(made.path("bars.csv")).unwrap();
    fs::write(made.path("logs/trades/equity.csv"), "nothing\n1\n").unwrap();
    let report = read(&[made.root()]);
    let notes: Vec<&str> = report.notes().collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("The price is that of the test bars alone: there is no file"));
    assert!(notes[1].contains("the column `time` is missing"), "{}", notes[1]);
    let page = report.page().unwrap();
    assert!(page.contains("no evaluation was finished"));
    assert!(page.contains("There is no trace of trades"));
}

#[test]
fn bars_that_changed_are_not_shown_as_the_sessions() {
    let made = SyntheticSession::new();
    let bars = fs::read_to_string(made.path("bars.csv")).unwrap();
    fs::write(made.path("bars.csv"), bars.replace("100.5", "100.6")).unwrap();
    let report = read(&[made.root()]);
    let notes: Vec<&str> = report.notes().collect();
    assert!(notes[0].contains("holds other bars now"), "{notes:?}");
    let bars = &data(&report.page().unwrap())["sessions"][0]["bars"];
    assert_eq!(bars["columns"].as_object().unwrap().len(), 1, "closes of the test bars");
}

#[test]
fn a_folder_without_a_session_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let source = SessionSource::at(folder.path()).unwrap();
    let context = ReportContext { data_root: folder.path(), commit: None, bars: None };
    let error = Report::read(&[source], &context).unwrap_err();
    assert!(format!("{error:#}").contains("train one by `cargo xtask train`"), "{error:#}");
}

#[test]
fn a_comparison_tells_what_differs_and_nothing_else() {
    let made = SyntheticSession::new();
    let other = SyntheticSession::new().changed(|session| {
        session["id"] = "20260202_020202".into();
        session["seed"] = 7.into();
        session["config"]["training"]["seed"] = 7.into();
        session["config"]["training"]["agent"]["n_trees"] = 9.into();
    });
    let report = read(&[made.root(), other.root()]);
    let differences = report.json()["differences"].clone();
    let names: Vec<&str> =
        differences.as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["agent.n_trees", "seed"]);
    assert_eq!(differences[0]["values"], serde_json::json!(["4", "9"]));
    let page = report.page().unwrap();
    assert!(page.find("What differs").unwrap() < page.find("id=\"headline\"").unwrap());
    assert_eq!(data(&page)["sessions"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(report.text());
}

#[test]
fn any_other_file_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/page.html");
    let report = read(&[SyntheticSession::new().root()]);
    report.write_page(&path).unwrap();
    let n_bytes = report.write_page(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), report.page().unwrap());
    assert_eq!(n_bytes, fs::metadata(&path).unwrap().len());
    fs::write(&path, "mine").unwrap();
    let error = report.write_page(&path).unwrap_err();
    assert!(format!("{error:#}").contains("is no report and is not overwritten"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn bars_at_hand_make_the_same_page_as_bars_read_again() {
    let made = SyntheticSession::new();
    let bars = BarSource::open("bars.csv", made.root()).unwrap();
    let source = SessionSource::at(made.root()).unwrap();
    let context = ReportContext {
        data_root: Path::new("nowhere"),
        commit: Some("0123abc"),
        bars: Some(&bars),
    };
    let report = Report::read(&[source], &context).unwrap();
    assert_eq!(report.notes().next(), None);
    assert!(report.page().unwrap() == page(made.root()));
}
