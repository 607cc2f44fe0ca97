//! Makes the page: one HTML file with all that it needs in it.
//!
//! Its data are most of it, and go out as they are packed.

use std::io::{self, Write};

use anyhow::{Context as _, Result};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize as _;
use serde_json::ser::Formatter;
use serde_json::{Serializer, Value, json};

use crate::account::metrics::{REMEDY, ruin_lines};
use crate::wording::significant;

use super::curve::Curve;
use super::data::Document;
use super::identity::{Difference, differences, rows};
use super::input::ReportInput;
use super::text::{Unit, percent};
use super::{figures, tables};

/// How every page begins: what may be replaced by a newer one.
pub(super) const MARK: &str = "<!doctype html>\n<!-- trainvault report -->\n";

/// What stands before the data: no text of a session has a bare quote.
const DATA_BEGIN: &str = "id=\"report-data\">";

const TEMPLATE: &str = include_str!("../../../assets/report/page.html");
const MACROS: &str = include_str!("../../../assets/report/session.html");
const STYLE: &str = include_str!("../../../assets/report/style.css");
const SCRIPTS: [&str; 5] = [
    include_str!("../../../assets/report/unpack.js"),
    include_str!("../../../assets/report/ticks.js"),
    include_str!("../../../assets/report/charts.js"),
    include_str!("../../../assets/report/panels.js"),
    include_str!("../../../assets/report/trades.js"),
];
const CHART_SCRIPT: &str = include_str!("../../../assets/uplot/uPlot.iife.min.js");
const CHART_STYLE: &str = include_str!("../../../assets/uplot/uPlot.min.css");
const CHART_LICENCE: &str = include_str!("../../../assets/uplot/LICENSE");

/// Writes the page of `sessions` to `out`.
pub(super) fn render(sessions: &[ReportInput], out: &mut dyn Write) -> Result<()> {
    let frame = frame(sessions).context("the page's template is broken")?;
    let data_begin = frame.find(DATA_BEGIN).context("the page's template has no data")?;
    let (before, after) = frame.split_at(data_begin + DATA_BEGIN.len());
    out.write_all(MARK.as_bytes())?;
    out.write_all(before.as_bytes())?;
    let mut data = Serializer::with_formatter(&mut *out, Embedded);
    Document::of(sessions).serialize(&mut data)?;
    Ok(out.write_all(after.as_bytes())?)
}

/// Returns all of the page but for its data.
fn frame(sessions: &[ReportInput]) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("session.html", MACROS)?;
    environment.add_template("page.html", TEMPLATE)?;
    environment.add_filter("percent", |value: Option<f64>| told(value, Unit::Share));
    environment.add_filter("ratio", |value: Option<f64>| told(value, Unit::Ratio));
    environment.add_filter("digits", |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| significant(value, 4))
    });
    environment.get_template("page.html")?.render(Serde(view(sessions)))
}

fn told(value: Option<f64>, unit: Unit) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.text(value))
}

fn view(sessions: &[ReportInput]) -> Value {
    let names: Vec<&str> = sessions.iter().map(|session| session.name.as_str()).collect();
    let title = match sessions {
        [session] => format!("Session {}", session.name),
        _ => format!("Sessions {}", names.join(", ")),
    };
    let each: Vec<Value> = sessions.iter().map(session_view).collect();
    json!({
        "title": title,
        "names": names,
        "is_comparison": sessions.len() > 1,
        "sessions": each,
        "figures": figures::table(sessions),
        "differences": differences(sessions).iter().map(difference_row).collect::<Vec<_>>(),
        "style": STYLE,
        "chart_style": CHART_STYLE,
        "chart_licence": CHART_LICENCE,
        // Its comment names a page, and this one names none.
        "chart_script": CHART_SCRIPT.replace("https://", ""),
        "script": script(),
    })
}

fn session_view(session: &ReportInput) -> Value {
    let test = session.test.as_ref();
    let of_test = |table: fn(&Curve) -> Value| test.map_or(Value::Null, table);
    json!({
        "name": session.name,
        "status": session.record.text("/status"),
        "reason": session.record.text("/reason"),
        "notes": session.notes,
        "tiles": figures::tiles(session),
        "ruins": ruin_lines(&session.record.0),
        "verdict": figures::verdict(session),
        "alarms": session.record.0.get("alarms"),
        "audit": session.record.0.get("audit"),
        "remedy": REMEDY,
        "n_test_trades": session.test_trades(),
        "has_trace": session.ledgers.is_some(),
        "has_test": test.is_some(),
        "has_train": session.train.is_some(),
        "held": test.map(held),
        "thinned": thinned(session),
        "months": of_test(tables::months),
        "years": of_test(tables::years),
        "beside": tables::beside(session),
        "drawdowns": of_test(tables::drawdowns),
        "quantiles": of_test(tables::quantile_rows),
        "costs": tables::costs(session),
        "trades": tables::trade_tallies(session),
        "windows": tables::windows(session),
        "symbols": tables::symbols(session),
        "is_portfolio": session.record.is_portfolio(),
        "episodes": tables::episodes(session),
        "importances": session.importances.as_ref().map(importances),
        "understood": understood(session),
        "identity": rows(session),
        "settings": session.record.settings().into_iter().collect::<Vec<_>>(),
    })
}

/// Says how the bars were read, as `trainer bars` does; null in a record
/// that does not tell.
fn understood(session: &ReportInput) -> Value {
    let record = &session.record;
    let Some(found) = record.0.pointer("/data/understood") else { return Value::Null };
    let mut lines = record.list("/data/understood/lines").to_vec();
    let year = "/metrics/agent/periods_per_year";
    let basis = record.text(&format!("{year}/basis"));
    if let (Some(value), Some(basis)) = (record.number(&format!("{year}/value")), basis) {
        lines.push(format!("bars a year: {value} ({basis})").into());
    }
    json!({ "lines": lines, "warnings": found["warnings"], "bars": found["bars"] })
}

fn held(test: &Curve) -> Value {
    let n = test.n_rows.max(1) as f64;
    let shares = test.n_held.map(|n_bars| percent(n_bars as f64 / n));
    json!({ "long": shares[0], "short": shares[1], "flat": shares[2] })
}

/// Says where a chart holds fewer points than there are bars.
fn thinned(session: &ReportInput) -> Vec<String> {
    let curves = [("in-sample equity", &session.train), ("out-of-sample equity", &session.test)];
    let strides = curves
        .into_iter()
        .filter_map(|(name, curve)| Some((name, curve.as_ref()?.series.stride())))
        .chain(session.bars.as_ref().map(|bars| ("price", bars.stride())));
    strides
        .filter(|(_, stride)| *stride > 1)
        .map(|(name, stride)| {
            format!(
                "Each point of the {name} stands for {stride} bars: the last value, the highest \
                 high, the lowest low, the deepest drawdown."
            )
        })
        .collect()
}

fn importances(found: &super::importance::Importances) -> Value {
    let most = found.shares.first().map_or(1.0, |(_, share)| share.max(1e-12));
    let rows = found.shares.iter().map(|(name, share)| {
        json!({
            "name": name,
            "value": share,
            "text": percent(*share),
            "of_most": share / most,
        })
    });
    json!({ "n_splits": found.n_splits, "rows": rows.collect::<Vec<_>>() })
}

fn difference_row(difference: &Difference) -> Value {
    let cells = difference.values.iter();
    let cells: Vec<&str> = cells.map(|value| value.as_deref().unwrap_or("–")).collect();
    json!({ "name": difference.name, "cells": cells })
}

fn script() -> String {
    let mut script = String::from("(() => {\n\"use strict\";\n");
    for part in SCRIPTS {
        script.push_str(part);
    }
    script.push_str("})();\n");
    script
}

/// Writes JSON that ends no script element: no `<` is left in it.
struct Embedded;

impl Formatter for Embedded {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        for part in fragment.split_inclusive(['<', '\u{2028}']) {
            let plain = part.trim_end_matches(['<', '\u{2028}']);
            writer.write_all(plain.as_bytes())?;
            match &part[plain.len()..] {
                "<" => writer.write_all(b"\\u003c")?,
                "\u{2028}" => writer.write_all(b"\\u2028")?,
                _ => {}
            }
        }
        Ok(())
    }
}
