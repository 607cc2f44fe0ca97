//! The top of the page: the outcome of each session, and what differs.

use maud::{Markup, html};
use serde_json::Value;

use crate::account::metrics::{REMEDY, ruin_lines};

use super::figures::conclusion;
use super::identity;
use super::input::ReportInput;
use super::markup::{UNDEFINED, plain, scroll};

/// Returns the top of the page with a paragraph for each session.
pub(super) fn header(title: &str, sessions: &[ReportInput]) -> Markup {
    html! {
        header {
            h1 { (title) }
            @for session in sessions {
                (outcome(session, sessions.len() == 1))
                (alarms(session.record.list("/alarms")))
                (audit(session.record.list("/audit/verdicts")))
                @for note in &session.notes { p.note { (note) } }
            }
        }
    }
}

fn outcome(session: &ReportInput, is_alone: bool) -> Markup {
    let status = session.record.text("/status").unwrap_or_default();
    html! {
        p.verdict {
            @if !is_alone { b { (session.name) } " " }
            span class={ "status " (status) } { (status) }
            @if let Some(reason) = session.record.text("/reason") { " " span { (reason) } }
            @for line in ruin_lines(&session.record.0) { " " b { (line) } }
            @if let Some(conclusion) = conclusion(session) { " " (conclusion) }
        }
    }
}

fn alarms(alarms: &[Value]) -> Markup {
    let texts: Vec<String> = alarms.iter().map(|alarm| plain(alarm.get("text"))).collect();
    html! {
        @if !texts.is_empty() {
            p.alarm {
                b { "Treat as a bug:" }
                " " (texts.join("; ")) ". No market gives such figures: " (REMEDY) "."
            }
        }
    }
}

fn audit(verdicts: &[Value]) -> Markup {
    html! {
        @if !verdicts.is_empty() {
            table.audit {
                caption { "Audit" }
                tbody { @for row in verdicts {
                    @let verdict = plain(row.get("verdict"));
                    tr {
                        th scope="row" { (plain(row.get("name")).replace('_', " ")) }
                        td class=(verdict) { (verdict) }
                        td.long { (plain(row.get("finding"))) }
                    }
                } }
            }
        }
    }
}

/// Returns the table of differences between the sessions.
pub(super) fn differences(sessions: &[ReportInput]) -> Markup {
    let differences = identity::differences(sessions);
    html! {
        section #differences.panel.wide {
            h2 { "What differs" }
            @if differences.is_empty() {
                p { "Nothing: data, commit and settings are the same." }
            } @else {
                (scroll("What differs", &html! {
                    table {
                        thead { tr {
                            th scope="col" { "Data, commit, setting" }
                            @for session in sessions { th scope="col" { (session.name) } }
                        } }
                        tbody { @for row in &differences {
                            tr {
                                th scope="row" { (row.name) }
                                @for value in &row.values {
                                    td.long { (value.as_deref().unwrap_or(UNDEFINED)) }
                                }
                            }
                        } }
                    }
                }))
            }
        }
    }
}
