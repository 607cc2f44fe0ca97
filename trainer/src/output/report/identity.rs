//! The identity of a run, and the differences between sessions.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use crate::wording::counted;

use super::input::ReportInput;
use super::markup::{UNDEFINED, plain, scroll};
use super::text::{Unit, duration};

/// A fact about a session.
struct Fact {
    label: &'static str,
    value: Option<String>,
    /// Whether comparisons of sessions list it where it differs.
    compared: bool,
}

/// Returns the table of identity and, collapsed, that of all settings.
pub(super) fn tables(session: &ReportInput) -> Markup {
    let row =
        |name: &str, value: &str| html! { tr { th scope="row" { (name) } td.long { (value) } } };
    html! {
        (scroll("Identity", &html! {
            table { tbody { @for fact in facts(session) {
                (row(fact.label, fact.value.as_deref().unwrap_or(UNDEFINED)))
            } } }
        }))
        details {
            summary { "All settings" }
            table { tbody { @for (name, value) in session.record.settings() {
                (row(&name, &value))
            } } }
        }
    }
}

/// Returns how the bars were read, as `trainer bars` prints it; `None`
/// where the record lacks it.
pub(super) fn read_report(session: &ReportInput) -> Option<Markup> {
    let record = &session.record;
    record.0.pointer("/data/understood").filter(|found| !found.is_null())?;
    let texts = |name: &str| {
        let list = record.list(&format!("/data/understood/{name}"));
        list.iter().map(|line| plain(Some(line))).collect::<Vec<_>>()
    };
    let year = "/metrics/agent/periods_per_year";
    let per_year = record.number(&format!("{year}/value"));
    let basis = per_year.zip(record.text(&format!("{year}/basis")));
    let bars = texts("bars");
    Some(html! {
        ul {
            @for line in texts("lines") { li { (line) } }
            @if let Some((value, basis)) = basis { li { "bars a year: " (value) " (" (basis) ")" } }
        }
        @for warning in texts("warnings") { p.alarm { b { "warning:" } " " (warning) } }
        @if !bars.is_empty() {
            details { summary { "First and last bars" } pre { (bars.join("\n")) } }
        }
    })
}

/// A setting, digest or commit in which sessions differ.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Difference {
    pub(super) name: String,
    /// One value per session; `None` where it has no such setting.
    pub(super) values: Vec<Option<String>>,
}

/// Returns the differences in data, commit, version and settings.
pub(super) fn differences(sessions: &[ReportInput]) -> Vec<Difference> {
    let all_facts: Vec<Vec<Fact>> = sessions.iter().map(facts).collect();
    let n_facts = all_facts.first().map_or(0, Vec::len);
    let compared = (0..n_facts).filter(|&idx| all_facts[0][idx].compared).map(|idx| Difference {
        name: all_facts[0][idx].label.to_owned(),
        values: all_facts.iter().map(|facts| facts[idx].value.clone()).collect(),
    });
    let settings: Vec<_> = sessions.iter().map(|session| session.record.settings()).collect();
    let names: BTreeSet<&String> = settings.iter().flat_map(|settings| settings.keys()).collect();
    let set = names.into_iter().map(|name| Difference {
        name: name.clone(),
        values: settings.iter().map(|settings| settings.get(name).cloned()).collect(),
    });
    let differs = |found: &Difference| found.values.windows(2).any(|pair| pair[0] != pair[1]);
    compared.chain(set).filter(differs).collect()
}

fn facts(session: &ReportInput) -> Vec<Fact> {
    let record = &session.record;
    let text = |pointer: &str| record.text(pointer).map(str::to_owned);
    let shown = |label, value| Fact { label, value, compared: false };
    let compared = |label, value| Fact { label, value, compared: true };
    vec![
        shown("Session", text("/id")),
        shown("Archive", session.archive.clone().or_else(|| Some(not_archived(session)))),
        compared("Status", status(session)),
        shown("Goes on from", text("/resumed_from/session")),
        shown("Started", text("/started_at")),
        shown("Finished", text("/finished_at")),
        shown("Took", elapsed(session)),
        // Not compared here: it is one of the settings, too.
        shown("Seed", record.count("/seed").map(|seed| seed.to_string())),
        compared("Data", text("/data/source")),
        compared("Data, SHA-256", text("/data/sha256")),
        compared("Bars", bars(session)),
        compared("Training bars", span(session, "train")),
        compared("Test bars", window_tests(session).or_else(|| span(session, "test"))),
        shown("Settings, SHA-256", text("/config/sha256")),
        compared("Git commit", commit(session)),
        compared("Trainer version", text("/tool_version")),
        shown("Model", text("/model/path")),
        shown("Model, SHA-256", text("/model/sha256")),
        shown("Tags", tags(session)),
        shown("Note", session.manifest.as_ref().and_then(|m| m.text("/note")).map(str::to_owned)),
    ]
}

fn not_archived(session: &ReportInput) -> String {
    let id = session.record.text("/id").unwrap_or("this session");
    format!("written before one was made; `cargo xtask list` shows that of {id}")
}

fn status(session: &ReportInput) -> Option<String> {
    let status = session.record.text("/status")?;
    let reason = session.record.text("/reason");
    Some(reason.map_or_else(|| status.to_owned(), |reason| format!("{status}: {reason}")))
}

fn elapsed(session: &ReportInput) -> Option<String> {
    let record = &session.record;
    let milliseconds = record.time_ms("/finished_at")? - record.time_ms("/started_at")?;
    Some(duration(milliseconds))
}

fn bars(session: &ReportInput) -> Option<String> {
    let record = &session.record;
    #[expect(clippy::cast_possible_truncation, reason = "an interval has few milliseconds")]
    let interval_ms = (record.number("/data/interval_seconds")? * 1000.0) as i64;
    Some(format!(
        "{} of {}, {} to {}, {}",
        Unit::Count.text(record.number("/data/n_bars")?),
        duration(interval_ms),
        record.text("/data/first")?,
        record.text("/data/last")?,
        counted(record.count("/data/n_gaps")?, "gap")
    ))
}

fn span(session: &ReportInput, part: &str) -> Option<String> {
    let record = &session.record;
    let at = |name: &str| format!("/split/{part}/{name}");
    Some(format!(
        "{}, {} to {}",
        Unit::Count.text(record.number(&at("n_bars"))?),
        record.text(&at("first"))?,
        record.text(&at("last"))?
    ))
}

/// Returns the test bars of all windows; `None` without windows.
fn window_tests(session: &ReportInput) -> Option<String> {
    let windows = session.record.list("/walk_forward/windows");
    let (first, last) = (windows.first()?, windows.last()?);
    let n_bars = windows.iter().filter_map(|it| it.pointer("/split/test/n_bars")?.as_f64()).sum();
    Some(format!(
        "{} of {}, {} to {}",
        Unit::Count.text(n_bars),
        counted(windows.len() as u64, "window"),
        first.pointer("/split/test/first")?.as_str()?,
        last.pointer("/split/test/last")?.as_str()?
    ))
}

fn commit(session: &ReportInput) -> Option<String> {
    let commit = session.commit.clone()?;
    let is_dirty = session.manifest.as_ref().is_some_and(|m| m.0["git"]["dirty"] == true);
    Some(if is_dirty { format!("{commit}, with changes (git/dirty.patch)") } else { commit })
}

fn tags(session: &ReportInput) -> Option<String> {
    let tags = session.manifest.as_ref()?.0.get("tags")?.as_array()?;
    let words: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join(", "))
}
