//! The robustness of a session's figures, as a table.

use std::fmt::Write as _;

use crate::account::metrics::Performance;
use crate::session::{SeedRecord, Session};
use crate::wording::percent;

/// Returns the figures of decisions filled one bar later and at twice
/// the costs, and of other seeds; empty where there are none.
pub(super) fn table(session: &Session) -> String {
    let metrics = &session.metrics;
    if metrics.filled_1_bar_later.is_none() && session.seeds.is_empty() {
        return String::new();
    }
    let mut text = "\n".to_owned();
    line(&mut text, ["in doubt", "net return", "Sharpe", "95 % interval", "drawdown", "trades"]);
    let scenarios = [
        ("filled 1 bar later", &metrics.filled_1_bar_later),
        ("costs doubled", &metrics.costs_doubled),
    ];
    for (name, performance) in scenarios {
        account(&mut text, name, performance.as_ref());
    }
    for SeedRecord { seed, agent } in &session.seeds {
        account(&mut text, &format!("seed {seed}"), Some(agent));
    }
    text + &seeds(session)
}

fn account(text: &mut String, name: &str, performance: Option<&Performance>) {
    let cell = |figure: &dyn Fn(&Performance) -> Option<String>| {
        performance.and_then(figure).unwrap_or_else(|| "-".to_owned())
    };
    line(
        text,
        [
            name,
            &cell(&|p| Some(percent(p.net_return))),
            &cell(&sharpe),
            &cell(&interval),
            &cell(&|p| Some(percent(p.max_drawdown))),
            &cell(&|p| Some(p.n_trades.to_string())),
        ],
    );
}

fn line(text: &mut String, cells: [&str; 6]) {
    let [name, net, sharpe, interval, drawdown, trades] = cells;
    let _ = writeln!(
        text,
        "{name:<20} {net:>12} {sharpe:>8} {interval:>16} {drawdown:>10} {trades:>8}"
    );
}

/// Describes the distribution over seeds.
fn seeds(session: &Session) -> String {
    let mut nets: Vec<f64> = session.seeds.iter().map(|seed| seed.agent.net_return).collect();
    nets.sort_by(f64::total_cmp);
    let [lowest, .., highest] = nets[..] else {
        return format!(
            "Only seed {} was tried: `--seeds 3` shows how much the result depends on it.\n",
            session.seed
        );
    };
    let n = nets.len();
    let mean = nets.iter().sum::<f64>() / n as f64;
    let variance = nets.iter().map(|net| (net - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    format!(
        "{n} seeds: net return median {}, from {} to {}; mean {}, standard deviation {}\n",
        percent(nets[(n - 1) / 2].midpoint(nets[n / 2])),
        percent(lowest),
        percent(highest),
        percent(mean),
        percent(variance.sqrt()),
    )
}

/// Returns the Sharpe ratio as a cell; `None` where undefined.
pub(super) fn sharpe(performance: &Performance) -> Option<String> {
    let ruined = performance.is_bankrupt.then(|| "ruined".to_owned());
    ruined.or_else(|| Some(format!("{:.2}", performance.sharpe?)))
}

/// Returns its 95 % interval as a cell; `None` where undefined.
pub(super) fn interval(performance: &Performance) -> Option<String> {
    Some(format!("{:.2} .. {:.2}", performance.sharpe_low?, performance.sharpe_high?))
}
