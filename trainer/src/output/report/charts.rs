//! The containers of the charts, which the page's script fills.

use maud::{Markup, html};

use super::input::ReportInput;

/// A chart: its id, title, class of the style sheet and text.
type Chart = (&'static str, &'static str, &'static str, &'static str);

const ACCOUNT: [Chart; 2] = [
    (
        "equity",
        "Equity",
        "wide",
        "At each bar's close, in money; each account starts with the same cash. The shaded \
               part and the dashed line are in sample: no measure of skill. The line is hidden \
               until All bars or the legend shows it.",
    ),
    ("drawdown", "Drawdown", "wide", "Fall from the highest equity before."),
];
const PRICE_OF_ONE: Chart = (
    "price",
    "Price and trades",
    "wide tall",
    "Closes, with each bar's range behind, and the fills out of sample. The shaded part is \
           in sample.",
);
const PRICE_OF_PORTFOLIO: Chart = (
    "price",
    "Price",
    "wide tall",
    "What 1 became at the symbols' closes, all held alike. A symbol's trades lie on its own \
           price, not on this one.",
);
const OTHERS: [Chart; 15] = [
    ("volume", "Volume", "wide low", "Units traded by the market in a bar."),
    (
        "exposure",
        "Exposure",
        "wide low",
        "Position value as a multiple of equity; below 0 is short.",
    ),
    (
        "pnl",
        "Profit and loss of each trade",
        "wide",
        "Net of all costs, as a share of its account's equity at its entry, at the time of \
               its exit. Out of sample.",
    ),
    (
        "rolling-sharpe",
        "Rolling Sharpe and Sortino ratio",
        "",
        "Annual, over a moving window of bars.",
    ),
    ("rolling-volatility", "Rolling volatility", "", "Annual, over the same window."),
    (
        "rolling-beta",
        "Rolling beta",
        "",
        "Of the agent's returns to buy-and-hold's, over the same window.",
    ),
    (
        "matched",
        "At equal risk",
        "",
        "What 1 became, day by day, with buy-and-hold scaled to the agent's volatility.",
    ),
    (
        "daily",
        "Returns over time",
        "",
        "Daily returns, or of shorter periods if there are few days.",
    ),
    (
        "returns",
        "Return distribution",
        "",
        "The same returns, counted. The outermost bars take in all that is further out.",
    ),
    ("month-returns", "Monthly return distribution", "", "Months counted by their return."),
    (
        "normal",
        "Returns against a normal distribution",
        "",
        "Quantiles: on the line, they are normal; below it on the left, losses are heavier.",
    ),
    (
        "learning-reward",
        "Learning: reward of each episode",
        "",
        "Net return on the training bars: in sample, so no measure of skill.",
    ),
    ("learning-return", "Learning: return out of sample", "", "After each episode, net of costs."),
    (
        "learning-delta",
        "Learning: largest change of a value",
        "",
        "max |ΔQ| of an episode's last refit: towards 0, it settles.",
    ),
    (
        "learning-sharpe",
        "Learning: Sharpe ratio out of sample",
        "",
        "After each episode. To pick the best of these is to look at the test.",
    ),
];

/// Returns the buttons that zoom and pan all charts.
pub(super) fn toolbar(sessions: &[ReportInput]) -> Markup {
    let button = |view: &str, label: &str, text: &str| {
        html! { button type="button" data-view=(view) aria-label=(label) { (text) } }
    };
    html! {
        nav #toolbar aria-label="Charts over time" {
            div role="group" aria-label="Shown time" {
                button type="button" data-view="test" { "Out of sample" }
                button type="button" data-view="all" { "All bars" }
            }
            div role="group" aria-label="Zoom" {
                (button("earlier", "Earlier", "←"))
                (button("later", "Later", "→"))
                (button("in", "Zoom in", "+"))
                (button("out", "Zoom out", "−"))
            }
            label { input #log type="checkbox"; " log scale" }
            @if sessions.len() > 1 {
                label {
                    "price and trades of "
                    select #session {
                        @for (idx, session) in sessions.iter().enumerate() {
                            option value=(idx) { (session.name) }
                        }
                    }
                }
            }
            span.hint {
                "Drag to zoom, double click for all; by keyboard: arrows, + and − on a chart."
            }
        }
    }
}

/// Returns the containers of all charts.
pub(super) fn charts(sessions: &[ReportInput]) -> Markup {
    let price = match sessions {
        [session] if session.record.is_portfolio() => PRICE_OF_PORTFOLIO,
        _ => PRICE_OF_ONE,
    };
    let all = ACCOUNT.into_iter().chain([price]).chain(OTHERS);
    html! { @for chart in all { (container(chart)) } }
}

fn container((id, title, size, text): Chart) -> Markup {
    html! {
        figure id=(id) class={ "panel " (size) } {
            figcaption { h2 { (title) } p { (text) } }
            div.chart data-chart=(id) tabindex="0" role="group"
                aria-label={ (title) ", chart" } {}
        }
    }
}
