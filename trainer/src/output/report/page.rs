//! Renders the page: one self-contained HTML file.

use std::io::{self, Write};

use anyhow::Result;
use maud::{Markup, PreEscaped, html};
use serde::Serialize as _;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::charts;
use super::data;
use super::figures;
use super::header::{differences, header};
use super::input::ReportInput;
use super::markup::scroll;
use super::panels;

/// The start of every page, by which a report is recognised.
pub(super) const MARK: &str = "<!doctype html>\n<!-- trainvault report -->\n";

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
/// The page loads nothing: neither from the network nor from the disk.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      img-src data:";

/// Writes the page of `sessions` to `out`.
pub(super) fn render(sessions: &[ReportInput], out: &mut dyn Write) -> Result<()> {
    out.write_all(MARK.as_bytes())?;
    out.write_all(b"<html lang=\"en\">")?;
    out.write_all(page_head(&title(sessions)).0.as_bytes())?;
    out.write_all(b"<body>")?;
    out.write_all(body(sessions).0.as_bytes())?;
    out.write_all(b"<script type=\"application/json\" id=\"report-data\">")?;
    let document = data::document(sessions);
    document.serialize(&mut Serializer::with_formatter(&mut *out, Embedded))?;
    out.write_all(b"</script>\n")?;
    out.write_all(scripts().0.as_bytes())?;
    Ok(out.write_all(b"</body></html>\n")?)
}

fn title(sessions: &[ReportInput]) -> String {
    let names: Vec<&str> = sessions.iter().map(|session| session.name.as_str()).collect();
    format!("Session{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}

fn page_head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            title { (title) }
            link rel="icon" href="data:,";
            style { (PreEscaped(CHART_STYLE)) "\n" (PreEscaped(STYLE)) }
        }
    }
}

fn body(sessions: &[ReportInput]) -> Markup {
    let is_alone = sessions.len() == 1;
    html! {
        a.skip href="#headline" { "Skip to the figures" }
        (header(&title(sessions), sessions))
        main {
            @if let [session] = sessions {
                (figures::tiles(session))
            } @else {
                (differences(sessions))
            }
            section #headline.panel.wide {
                h2 { "Figures" }
                p {
                    "Out of sample, net of all costs. Small: the 95 % interval. – is undefined; \
                     its cell says why."
                }
                (scroll("Figures", &figures::table(sessions)))
            }
            @for session in sessions { (figures::robustness(session, is_alone)) }
            (charts::toolbar(sessions))
            (charts::charts(sessions))
            @for (idx, session) in sessions.iter().enumerate() {
                (panels::section(session, idx, is_alone))
            }
        }
        footer {
            p {
                "One file, which asks no network for anything. Charts by uPlot (MIT licence, in \
                 this file's source)."
            }
        }
        noscript { p.note { "The charts need JavaScript; the tables do not." } }
    }
}

fn scripts() -> Markup {
    // The address in its comment goes: a page names no network.
    let chart_script = CHART_SCRIPT.replace("https://", "");
    let own = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
    html! {
        (PreEscaped(format!("<!--\n{CHART_LICENCE}\n-->\n")))
        script { (PreEscaped(chart_script)) }
        script { (PreEscaped(own)) }
    }
}

/// Writes JSON without any `<`, which could end the script element.
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
