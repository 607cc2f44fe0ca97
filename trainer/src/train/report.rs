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
    if let Some(agent) = &metrics.agent {
        let _ = writeln!(text, "{}\n", caution(agent));
    }
    if let Some(model) = &session.model {
        let _ = writeln!(text, "Model    {}", model.path);
    }
    let _ = writeln!(text, "Session  {} ({}), logs/session.json", session.id, session.status);
    text
}

/// Says how far chance alone moves the Sharpe ratio. For independent
/// returns its standard error is about 1 over the root of the years
/// (A. W. Lo, "The Statistics of Sharpe Ratios", Financial Analysts
/// Journal 58, 2002).
fn caution(agent: &Performance) -> String {
    let n_years = agent.n_bars as f64 / agent.periods_per_year.value;
    format!(
        "The test spans {n_years:.2} years: chance alone moves a Sharpe ratio by about {:.1} there.",
        1.0 / n_years.sqrt()
    )
}

type Figure = fn(&Performance) -> Option<String>;

const FIGURES: [(&str, Figure); 9] = [
    ("net return", |p| Some(percent(p.net_return))),
    ("annual return", |p| p.annual_return.map(percent)),
    ("Sharpe", |p| p.sharpe.map(|sharpe| format!("{sharpe:.2}"))),
    ("max drawdown", |p| Some(percent(p.max_drawdown))),
    ("trades", |p| Some(p.n_trades.to_string())),
    ("exposure", |p| p.exposure.map(percent)),
    ("turnover", |p| Some(format!("{:.1}", p.turnover))),
    ("costs", |p| Some(format!("{:.2}", p.commission + p.slippage))),
    ("final equity", |p| Some(format!("{:.2}", p.final_equity))),
];

fn row(text: &mut String, name: &str, cells: &[String; 3]) {
    let [agent, hold, never] = cells;
    let _ = writeln!(text, "{name:<14} {agent:>14} {hold:>14} {never:>14}");
}

fn percent(share: f64) -> String {
    // No "-0.00": an account that never traded lost nothing.
    format!("{:.2} %", share * 100.0 + 0.0)
}

fn span(span: &SpanRecord) -> String {
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
    format!("{} bars, {} to {}", span.n_bars, time(&span.first), time(&span.last))
}
