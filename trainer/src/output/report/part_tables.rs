//! The tables of a session's parts: windows, symbols, episodes.

use maud::{Markup, html};
use serde_json::Value;

use crate::account::metrics::is_ruined;
use crate::wording::significant;

use super::input::ReportInput;
use super::markup::{head, or_undefined, plain};
use super::text::Unit;

/// Returns the figures of each window of a walk forward, if any.
pub(super) fn windows(session: &ReportInput) -> Option<Markup> {
    parts(session.record.list("/walk_forward/windows"), "window", "Window")
}

/// Returns the figures of each symbol of a portfolio, if any.
pub(super) fn symbols(session: &ReportInput) -> Option<Markup> {
    parts(session.record.list("/symbols"), "symbol", "Symbol")
}

/// Returns the table of parts with a split and figures of their own;
/// their field `key` holds the names.
fn parts(parts: &[Value], key: &str, label: &str) -> Option<Markup> {
    let names = [
        label,
        "Test bars",
        "From",
        "To",
        "Net return",
        "Buy and hold",
        "Sharpe",
        "Max drawdown",
        "Trades",
    ];
    (!parts.is_empty()).then(|| {
        html! {
            table {
                (head(&names))
                tbody { @for part in parts {
                    tr { th scope="row" { (plain(part.get(key))) } (part_cells(part)) }
                } }
            }
        }
    })
}

fn part_cells(part: &Value) -> Markup {
    let test = |name: &str| plain(part.pointer(&format!("/split/test/{name}")));
    let figure = |account: &str, name: &str| part.pointer(&format!("/metrics/{account}/{name}"));
    let is_ruined = part.pointer("/metrics/agent").is_some_and(is_ruined);
    html! {
        td { (test("n_bars")) }
        td { (test("first")) }
        td { (test("last")) }
        td { (number(figure("agent", "net_return"), Unit::Share)) }
        td { (number(figure("buy_and_hold", "net_return"), Unit::Share)) }
        td {
            @if is_ruined { "ruined" } @else { (number(figure("agent", "sharpe"), Unit::Ratio)) }
        }
        td { (number(figure("agent", "max_drawdown"), Unit::Share)) }
        td { (plain(figure("agent", "n_trades"))) }
    }
}

/// Returns the figures of each episode, if any.
pub(super) fn episodes(session: &ReportInput) -> Option<Markup> {
    const HEAD: [&str; 8] = [
        "Episode",
        "Return in sample",
        "max |ΔQ|",
        "Return out of sample",
        "Sharpe out of sample",
        "Max drawdown",
        "Trades",
        "Seconds",
    ];
    let episodes = session.record.list("/episodes");
    let row = |episode: &Value| {
        let figure = |name: &str, unit: Unit| number(episode.get(name), unit);
        let delta = episode.get("max_abs_delta_q").and_then(Value::as_f64);
        html! {
            tr {
                th scope="row" {
                    (plain(episode.get("episode")))
                    @if episode["bankrupt"] == true { " (bankrupt)" }
                }
                td { (figure("train_reward", Unit::Share)) }
                td { (or_undefined(delta.map(|value| significant(value, 4)))) }
                td { (figure("test_net_return", Unit::Share)) }
                td { (figure("test_sharpe", Unit::Ratio)) }
                td { (figure("test_max_drawdown", Unit::Share)) }
                td { (plain(episode.get("test_n_trades"))) }
                td { (figure("seconds", Unit::Ratio)) }
            }
        }
    };
    (!episodes.is_empty()).then(|| {
        html! { table { (head(&HEAD)) tbody { @for episode in episodes { (row(episode)) } } } }
    })
}

fn number(value: Option<&Value>, unit: Unit) -> String {
    or_undefined(value.and_then(Value::as_f64).map(|value| unit.text(value)))
}
