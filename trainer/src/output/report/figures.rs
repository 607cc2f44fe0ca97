//! The headline figures of the agent beside what anyone can do, and what
//! there is to doubt of them.

use maud::{Markup, html};
use serde_json::Value;

use crate::session::judgement_line;

use super::input::ReportInput;
use super::markup::{head, or_undefined, plain, scroll};
use super::text::Unit;

/// Every figure: its name in `session.json`, its label, its unit.
pub(super) const FIGURES: &[(&str, &str, Unit)] = &[
    ("net_return", "Net return", Unit::Share),
    ("annual_return", "Annual return", Unit::Share),
    ("volatility", "Annual volatility", Unit::Share),
    ("sharpe", "Sharpe ratio", Unit::Ratio),
    ("probabilistic_sharpe", "P(true Sharpe > 0)", Unit::Share),
    ("deflated_sharpe", "Deflated Sharpe", Unit::Share),
    ("sortino", "Sortino ratio", Unit::Ratio),
    ("calmar", "Calmar ratio", Unit::Ratio),
    ("max_drawdown", "Maximum drawdown", Unit::Share),
    ("max_drawdown_bars", "Longest drawdown, bars", Unit::Count),
    ("tail_ratio", "Tail ratio", Unit::Ratio),
    ("value_at_risk", "Value at risk of a bar, 95 %", Unit::Share),
    ("conditional_value_at_risk", "Expected shortfall of a bar", Unit::Share),
    ("skewness", "Skewness of bars", Unit::Ratio),
    ("kurtosis", "Excess kurtosis of bars", Unit::Ratio),
    ("omega", "Omega ratio", Unit::Ratio),
    ("kelly", "Kelly fraction of bars", Unit::Share),
    ("ulcer_index", "Ulcer index", Unit::Share),
    ("consecutive_wins", "Most bars won in a row", Unit::Count),
    ("consecutive_losses", "Most bars lost in a row", Unit::Count),
    ("n_trades", "Trades", Unit::Count),
    ("win_rate", "Won trades", Unit::Share),
    ("profit_factor", "Profit factor", Unit::Ratio),
    ("expectancy", "Mean net profit of a trade", Unit::Money),
    ("sqn", "System quality number", Unit::Ratio),
    ("exposure", "Bars with a position", Unit::Share),
    ("turnover", "Turnover, times equity", Unit::Ratio),
    ("commission", "Commission", Unit::Money),
    ("slippage", "Slippage and spread", Unit::Money),
    ("funding", "Funding", Unit::Money),
    ("borrow_fee", "Borrow fee of shorts", Unit::Money),
    ("interest", "Interest on borrowed cash", Unit::Money),
    ("dividends", "Dividends received", Unit::Money),
    ("initial_equity", "Equity at the start", Unit::Money),
    ("final_equity", "Equity at the end", Unit::Money),
    ("n_bars", "Bars with a return", Unit::Count),
];

/// A column: whose figures, and which account's.
struct Column {
    session_idx: usize,
    account: &'static str,
    label: String,
}

/// Returns the table of all figures that a record of `sessions` has.
pub(super) fn table(sessions: &[ReportInput]) -> Markup {
    let columns = columns(sessions);
    let row = |&(name, label, unit): &(&str, &str, Unit)| {
        let figures = columns.iter().map(|column| Figure {
            session: &sessions[column.session_idx],
            account: column.account,
            name,
            unit,
        });
        let figures: Vec<Figure<'_>> = figures.collect();
        // A figure that no record has is not known to their version.
        figures.iter().any(|figure| figure.raw("").is_some()).then(|| {
            html! { tr { th scope="row" { (label) } @for figure in &figures { (figure.cell()) } } }
        })
    };
    html! {
        table.figures {
            thead {
                tr {
                    td {}
                    @for column in &columns {
                        @let class = (column.account == "agent").then_some("agent");
                        th class=[class] scope="col" { (column.label) }
                    }
                }
            }
            tbody { @for row in FIGURES.iter().filter_map(row) { (row) } }
        }
    }
}

fn columns(sessions: &[ReportInput]) -> Vec<Column> {
    let is_alone = sessions.len() == 1;
    let of = |account: &'static str, label: &str| {
        let each = sessions.iter().enumerate().map(move |(session_idx, session)| {
            let label =
                if is_alone { label.to_owned() } else { format!("{} {label}", session.name) };
            Column { session_idx, account, label }
        });
        each.collect::<Vec<_>>()
    };
    let mut columns = of("agent", "agent");
    let holding = of("buy_and_hold", "buy and hold");
    // Sessions tested on the same bars share one column.
    columns.extend(holding.into_iter().filter(|column| {
        let before = &sessions[..column.session_idx];
        !before.iter().any(|other| held_alike(other, &sessions[column.session_idx]))
    }));
    // Never trading earns nothing in every session: one column.
    columns.extend(of("never_trade", "never trade").into_iter().take(1));
    // Records of earlier versions have none.
    let constant = of("constant_exposure", "constant exposure").into_iter();
    columns.extend(constant.filter(|column| {
        let record = &sessions[column.session_idx].record.0;
        record.pointer("/metrics/constant_exposure").is_some()
    }));
    columns
}

/// Whether buy-and-hold is the same account in both.
fn held_alike(a: &ReportInput, b: &ReportInput) -> bool {
    let at = [
        "/data/sha256",
        "/split/test",
        "/walk_forward/windows/0/split/test",
        "/metrics/buy_and_hold/final_equity",
    ];
    at.iter().all(|pointer| a.record.0.pointer(pointer) == b.record.0.pointer(pointer))
}

/// A figure of an account of a session.
struct Figure<'a> {
    session: &'a ReportInput,
    account: &'a str,
    name: &'a str,
    unit: Unit,
}

impl Figure<'_> {
    /// Returns what the record has for it; `suffix` names a bound of its
    /// interval.
    fn raw(&self, suffix: &str) -> Option<&Value> {
        let Self { session, account, name, .. } = self;
        session.record.0.pointer(&format!("/metrics/{account}/{name}{suffix}"))
    }

    fn text(&self) -> String {
        let value = self.raw("").and_then(Value::as_f64);
        or_undefined(value.map(|value| self.unit.text(value)))
    }

    fn interval(&self) -> Option<String> {
        let bound = |suffix: &str| Some(self.unit.text(self.raw(suffix)?.as_f64()?));
        Some(format!("{} … {}", bound("_low")?, bound("_high")?))
    }

    fn cell(&self) -> Markup {
        let Self { session, account, name, .. } = self;
        // As the record has it, for machines.
        let digits = self.raw("").filter(|raw| raw.is_number());
        let undefined = session.record.text(&format!("/metrics/{account}/undefined/{name}"));
        html! {
            td data-session=(session.name) data-figure={ (account) "." (name) }
                data-value=(digits.map(Value::to_string).unwrap_or_default())
                title=[undefined]
            {
                (self.text())
                @if let Some(interval) = self.interval() { small { (interval) } }
                @if let Some(reason) = undefined { span.unseen { ": " (reason) } }
            }
        }
    }
}

/// Returns the decisions filled otherwise, and what other seeds came to.
pub(super) fn doubts(session: &ReportInput, is_alone: bool) -> Markup {
    let record = &session.record;
    let changed = ["filled_1_bar_later", "costs_doubled"].into_iter().filter_map(|name| {
        let account = record.0.pointer(&format!("/metrics/{name}"))?;
        Some((name.replace('_', " "), account))
    });
    let seeds = record
        .list("/seeds")
        .iter()
        .filter_map(|one| Some((format!("seed {}", plain(one.get("seed"))), one.get("agent")?)));
    let rows: Vec<(String, &Value)> = changed.chain(seeds).collect();
    let figure = |account: &Value, name: &str, unit: Unit| {
        or_undefined(account.get(name).and_then(Value::as_f64).map(|value| unit.text(value)))
    };
    html! {
        @if !rows.is_empty() {
            section.panel.wide {
                h2 { "In doubt" @if !is_alone { ": " (session.name) } }
                p { "The same training, filled otherwise or begun with another seed." }
                (scroll("In doubt", &html! { table {
                    (head(&["", "Net return", "Sharpe", "Max drawdown", "Trades"]))
                    tbody { @for (name, account) in &rows {
                        tr {
                            th scope="row" { (name) }
                            td { (figure(account, "net_return", Unit::Share)) }
                            td { (figure(account, "sharpe", Unit::Ratio)) }
                            td { (figure(account, "max_drawdown", Unit::Share)) }
                            td { (figure(account, "n_trades", Unit::Count)) }
                        }
                    } }
                } }))
            }
        }
    }
}

/// Returns the few figures that stand at the top.
pub(super) fn tiles(session: &ReportInput) -> Markup {
    const NAMES: [&str; 5] = ["net_return", "sharpe", "max_drawdown", "n_trades", "final_equity"];
    let chosen = FIGURES.iter().filter(|(name, ..)| NAMES.contains(name));
    html! {
        section.tiles aria-label="The most important figures" {
            @for &(name, label, unit) in chosen {
                @let of = |account| Figure { session, account, name, unit };
                div.tile {
                    h2 { (label) }
                    p.value { (of("agent").text()) }
                    @if let Some(interval) = of("agent").interval() {
                        p.interval { "95 %: " (interval) }
                    }
                    p.beside {
                        "buy and hold " (of("buy_and_hold").text())
                        br;
                        "never trade " (of("never_trade").text())
                    }
                }
            }
        }
    }
}

/// Says whether held-out training bars found an edge, and what the Sharpe
/// ratio's interval means.
pub(super) fn verdict(session: &ReportInput) -> Option<String> {
    let lines = [judgement_line(&session.record.0), luck(session).map(str::to_owned)];
    let text = lines.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn luck(session: &ReportInput) -> Option<&'static str> {
    let number = |name: &str| session.record.number(&format!("/metrics/agent/{name}"));
    let (low, high) = number("sharpe_low").zip(number("sharpe_high"))?;
    Some(if low <= 0.0 && high >= 0.0 {
        "The agent's Sharpe ratio cannot be told from luck: its 95 % interval includes 0."
    } else if low > 0.0 {
        "The 95 % interval of the agent's Sharpe ratio lies above 0."
    } else {
        "The 95 % interval of the agent's Sharpe ratio lies below 0."
    })
}
