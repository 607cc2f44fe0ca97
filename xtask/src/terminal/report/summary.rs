//! The Markdown of `train --summary`, for the page of a CI job.

use crate::tasks::gate::GateResult;
use crate::tasks::train::TrainReport;
use crate::vault::manifest::SessionSummary;
use crate::vault::ruin::{self, AccountMetrics};
use crate::workspace::text;

type Show = fn(&AccountMetrics) -> String;

const POLICIES: [&str; 3] = ["agent", "buy_and_hold", "never_trade"];

const ROWS: [(&str, Show); 9] = [
    ("net return", |of| text::signed_percent(get(of, "net_return"))),
    ("annual return", |of| text::signed_percent(get(of, "annual_return"))),
    ("Sharpe", |of| text::figure(get(of, "sharpe"))),
    ("95 % interval", interval),
    ("max drawdown", |of| text::percent(get(of, "max_drawdown"))),
    ("trades", |of| get(of, "n_trades").map_or_else(|| "-".to_owned(), |n| format!("{n:.0}"))),
    ("exposure", |of| text::percent(get(of, "exposure"))),
    ("turnover", |of| text::figure(get(of, "turnover"))),
    ("final equity", |of| text::figure(get(of, "final_equity"))),
];

impl TrainReport {
    /// Returns the report as Markdown. `archive_sha256` is the digest
    /// of the archive's file, as `sha256sum` prints it.
    pub fn markdown(&self, archive_sha256: Option<&str>) -> String {
        let id = self.session.as_ref().and_then(|session| session.id.as_deref());
        let mut page = format!("## Training session {}: {}\n\n", id.unwrap_or("-"), self.status);
        if let Some(session) = &self.session {
            page += &origin(session);
            page += &figures(session);
        }
        for doubt in &self.doubts {
            page += &format!("**Treat as a bug**: {}.\n\n", doubt.replace(['\n', '\r'], " "));
        }
        page += &gates(&self.gates);
        page += &match (&self.archive, archive_sha256) {
            (Some(archive), digest) => format!(
                "Archive `{}` ({}, {}){}\n",
                archive.name,
                text::count(archive.n_files, "file"),
                text::size(archive.size_bytes),
                digest.map(|digest| format!(", SHA-256 `{digest}`")).unwrap_or_default()
            ),
            (None, _) => "No archive was made.\n".to_owned(),
        };
        page + "\n"
    }
}

fn origin(session: &SessionSummary) -> String {
    let data = session.data.as_ref();
    let source =
        data.and_then(|data| data.source.as_deref()).map(|name| format!("data {}", code(name)));
    let n_bars = data.and_then(|data| data.n_bars).map(|n| text::count(n, "bar"));
    let seed = session.seed.map(|seed| format!("seed {seed}"));
    let parts: Vec<String> = [source, n_bars, seed].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("On {}.\n\n", parts.join(", ")) }
}

fn figures(session: &SessionSummary) -> String {
    let columns: Vec<Option<&AccountMetrics>> =
        POLICIES.iter().map(|policy| session.metrics.get(*policy)).collect();
    if columns.iter().all(Option::is_none) {
        return String::new();
    }
    let heads = POLICIES.map(|policy| policy.replace('_', " ")).join(" | ");
    let mut table = format!("| out of sample, net of costs | {heads} |\n");
    table += "| --- | ---: | ---: | ---: |\n";
    for (name, show) in ROWS {
        let cells: Vec<String> =
            columns.iter().map(|figures| figures.map_or_else(|| "-".to_owned(), show)).collect();
        table += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    table += "\n";
    for (policy, figures) in &session.metrics {
        if let Some(text) = ruin::describe(figures).or_else(|| ruin::liquidations(figures)) {
            table += &format!("**{}**: {text}.\n\n", policy.replace('_', " "));
        }
    }
    table
}

fn gates(gates: &[GateResult]) -> String {
    if gates.is_empty() {
        return String::new();
    }
    let mut table = "| gate | figure | result |\n| --- | ---: | --- |\n".to_owned();
    for gate in gates {
        let value = gate.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let result = match (gate.is_passed, &gate.reason) {
            (true, _) => "passed".to_owned(),
            (false, None) => "**missed**".to_owned(),
            (false, Some(reason)) => format!("**missed**: {}", reason.replace('|', "\\|")),
        };
        table += &format!("| {} | {value} | {result} |\n", code(&gate.gate));
    }
    table + "\n"
}

/// Formats `text` as inline code.
fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n', '\r'], " ").replace('|', "\\|"))
}

fn interval(figures: &AccountMetrics) -> String {
    match (get(figures, "sharpe_low"), get(figures, "sharpe_high")) {
        (Some(low), Some(high)) => format!("{low:.2} to {high:.2}"),
        _ => "-".to_owned(),
    }
}

fn get(figures: &AccountMetrics, name: &str) -> Option<f64> {
    ruin::metric(figures, name)
}
