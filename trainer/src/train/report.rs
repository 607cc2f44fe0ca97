//! The comparison that ends a run, for a person to read.

use std::fmt::Write as _;

use crate::metrics::Performance;
use crate::session::{Session, SpanRecord};

/// Returns the agent, buy-and-hold and never-trade side by side, on the
/// test bars, net of all costs. What is undefined shows as `-`.
pub fn comparison(session: &Session) -> String {
    let metrics = &session.metrics;
    let columns = [&metrics.agent, &metrics.buy_and_hold, &metrics.never_trade];
    let mut text = String::new();
    if let Some(split) = &session.split {
        let _ = writeln!(text, "Out of sample, net of costs: {}\n", span(&split.test));
    }
    row(&mut text, "", &["agent", "buy and hold", "never trade"].map(str::to_owned));
    for (name, figure) in FIGURES {
        let cells = columns
            .map(|column| column.as_ref().and_then(figure).unwrap_or_else(|| "-".to_owned()));
        row(&mut text, name, &cells);
    }
    let _ = writeln!(text);
    if let Some(verdict) = metrics.agent.as_ref().and_then(luck) {
        let _ = writeln!(text, "{verdict}\n");
    }
    text
}

/// Returns where the model and the record of the run lie.
pub fn whereabouts(session: &Session) -> String {
    let mut text = String::new();
    if let Some(model) = &session.model {
        let _ = writeln!(text, "Model    {}", model.path);
    }
    let _ = writeln!(text, "Session  {} ({}), logs/session.json", session.id, session.status);
    let _ = writeln!(text, "Report   logs/report.html");
    text
}

type Figure = fn(&Performance) -> Option<String>;

const FIGURES: [(&str, Figure); 11] = [
    ("net return", |p| Some(percent(p.net_return))),
    ("annual return", |p| p.annual_return.map(percent)),
    ("Sharpe", |p| p.sharpe.map(|sharpe| format!("{sharpe:.2}"))),
    ("95 % interval", interval),
    ("P(Sharpe > 0)", |p| p.probabilistic_sharpe.map(percent)),
    ("max drawdown", |p| Some(percent(p.max_drawdown))),
    ("trades", |p| Some(p.n_trades.to_string())),
    ("exposure", |p| p.exposure.map(percent)),
    ("turnover", |p| Some(format!("{:.1}", p.turnover))),
    ("costs", |p| Some(format!("{:.2}", p.commission + p.slippage + p.funding))),
    ("final equity", |p| Some(format!("{:.2}", p.final_equity))),
];

fn interval(performance: &Performance) -> Option<String> {
    Some(format!("{:.2} .. {:.2}", performance.sharpe_low?, performance.sharpe_high?))
}

/// Says what the interval means for someone who reads no intervals.
fn luck(agent: &Performance) -> Option<&'static str> {
    let (low, high) = (agent.sharpe_low?, agent.sharpe_high?);
    let includes_zero = low <= 0.0 && high >= 0.0;
    includes_zero.then_some("The agent's Sharpe cannot be told from luck: its interval includes 0.")
}

fn row(text: &mut String, name: &str, cells: &[String; 3]) {
    let [agent, hold, never] = cells;
    let _ = writeln!(text, "{name:<14} {agent:>16} {hold:>16} {never:>16}");
}

fn percent(share: f64) -> String {
    // No "-0.00": an account that never traded lost nothing.
    format!("{:.2} %", share * 100.0 + 0.0)
}

fn span(span: &SpanRecord) -> String {
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
    format!("{} bars, {} to {}", span.n_bars, time(&span.first), time(&span.last))
}
