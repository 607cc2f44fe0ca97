//! The containers of the charts, which the page's script fills.

use maud::{Markup, html};

use super::input::ReportInput;

struct Chart {
    id: &'static str,
    title: &'static str,
    /// A class of the style sheet.
    size: &'static str,
    text: &'static str,
}

const ACCOUNT: [Chart; 2] = [
    Chart {
        id: "equity",
        title: "Equity",
        size: "wide",
        text: "At each bar's close, in money; each account starts with the same cash. The shaded \
               part is in sample: no measure of skill, and hidden until All bars or the legend \
               shows it.",
    },
    Chart {
        id: "drawdown",
        title: "Drawdown",
        size: "wide",
        text: "Fall from the highest equity before.",
    },
];
const PRICE_OF_ONE: Chart = Chart {
    id: "price",
    title: "Price and trades",
    size: "wide tall",
    text: "Closes, with each bar's range behind; fills of the last episode. Trades on shaded bars \
           are in sample.",
};
const PRICE_OF_PORTFOLIO: Chart = Chart {
    id: "price",
    title: "Price",
    size: "wide tall",
    text: "What 1 became at the symbols' closes, all held alike. A symbol's trades lie on its own \
           price, not on this one.",
};
const OTHERS: [Chart; 15] = [
    Chart {
        id: "volume",
        title: "Volume",
        size: "wide low",
        text: "Units traded by the market in a bar.",
    },
    Chart {
        id: "exposure",
        title: "Exposure",
        size: "wide low",
        text: "Position value as a multiple of equity; below 0 is short.",
    },
    Chart {
        id: "pnl",
        title: "Profit and loss of each trade",
        size: "wide",
        text: "Net of all costs, as a share of its account's equity at its entry, at the time of \
               its exit. Out of sample.",
    },
    Chart {
        id: "rolling-sharpe",
        title: "Rolling Sharpe and Sortino ratio",
        size: "",
        text: "Annual, over a moving window of bars.",
    },
    Chart {
        id: "rolling-volatility",
        title: "Rolling volatility",
        size: "",
        text: "Annual, over the same window.",
    },
    Chart {
        id: "rolling-beta",
        title: "Rolling beta",
        size: "",
        text: "Of the agent's returns to buy-and-hold's, over the same window.",
    },
    Chart {
        id: "matched",
        title: "At equal risk",
        size: "",
        text: "What 1 became, day by day, with buy-and-hold scaled to the agent's volatility.",
    },
    Chart {
        id: "daily",
        title: "Returns over time",
        size: "",
        text: "Each day's, or shorter where there are few days.",
    },
    Chart {
        id: "returns",
        title: "Return distribution",
        size: "",
        text: "The same returns, counted. The outermost bars take in all that is further out.",
    },
    Chart {
        id: "month-returns",
        title: "Monthly return distribution",
        size: "",
        text: "Months counted by their return.",
    },
    Chart {
        id: "normal",
        title: "Returns beside a normal distribution",
        size: "",
        text: "Quantiles; on the line, they would be normal. Below it on the left: heavier losses.",
    },
    Chart {
        id: "learning-reward",
        title: "Learning: reward of each episode",
        size: "",
        text: "Net return on the training bars: in sample, so no measure of skill.",
    },
    Chart {
        id: "learning-return",
        title: "Learning: return out of sample",
        size: "",
        text: "After each episode, net of costs.",
    },
    Chart {
        id: "learning-delta",
        title: "Learning: largest change of a value",
        size: "",
        text: "max |ΔQ| of an episode's last refit: towards 0, it settles.",
    },
    Chart {
        id: "learning-sharpe",
        title: "Learning: Sharpe ratio out of sample",
        size: "",
        text: "After each episode. To pick the best of these is to look at the test.",
    },
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
    html! { @for chart in all { (container(&chart)) } }
}

fn container(chart: &Chart) -> Markup {
    html! {
        figure id=(chart.id) class={ "panel " (chart.size) } {
            figcaption { h2 { (chart.title) } p { (chart.text) } }
            div.chart data-chart=(chart.id) tabindex="0" role="group"
                aria-label={ (chart.title) ", chart" } {}
        }
    }
}
