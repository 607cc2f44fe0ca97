//! The human-readable comparison that is printed at the end of a run.

mod robustness;

use std::fmt::Write as _;

use serde_json::Value;

use crate::account::metrics::{Performance, alarm_lines, ruin_lines};
use crate::config::{WINDOWS_DEFAULT, WindowMode};
use crate::session::{
    AuditRecord, AuditVerdict, MetricsRecord, Session, SpanRecord, SymbolRecord, TrialsRecord,
    WalkForwardRecord, WindowRecord, judgement_line,
};
use crate::wording::{counted, money, percent};

use robustness::{interval, sharpe};

/// Returns the agent, buy-and-hold, never-trade and a constant exposure
/// side by side, on the test bars and net of all costs, then robustness
/// figures. Undefined figures are `-`.
pub fn comparison(session: &Session) -> String {
    let metrics = &session.metrics;
    let columns =
        [&metrics.agent, &metrics.buy_and_hold, &metrics.never_trade, &metrics.constant_exposure];
    let mut text = alarm_lines(&session.alarms);
    if let Some(test) = test_span(session) {
        let _ = writeln!(text, "Out of sample, net of costs: {}\n", span(&test));
    }
    let constant = constant_exposure(metrics);
    row(&mut text, "", &["agent", "buy and hold", "never trade", &constant].map(str::to_owned));
    for (name, figure) in FIGURES {
        let cells = columns
            .map(|column| column.as_ref().and_then(figure).unwrap_or_else(|| "-".to_owned()));
        row(&mut text, name, &cells);
    }
    text.push_str(&robustness::table(session));
    symbols(&mut text, session);
    let _ = writeln!(text);
    let record = serde_json::to_value(session).expect("a record is JSON");
    text.push_str(&ruins(session, &record));
    if let Some(line) = judgement_line(&record) {
        let _ = writeln!(text, "{line}");
    }
    if let Some(remark) = metrics.agent.as_ref().and_then(insignificance) {
        let _ = writeln!(text, "{remark}");
    }
    if let Some(trials) = &session.trials {
        let _ = writeln!(text, "{}", deflated_sharpe(trials));
    }
    let _ = writeln!(text);
    if let Some(audit) = &session.audit {
        text.push_str(&audit_table(audit));
    }
    if let Some(walk) = &session.walk_forward {
        text.push_str(&windows(walk));
    } else if session.config.training.walk_forward.windows.is_none() {
        let _ = writeln!(
            text,
            "Above: one split, since the bars are too few for {WINDOWS_DEFAULT} windows: the last \
             bars alone test.\n"
        );
    }
    text
}

/// Names the ruined and liquidated accounts, one per line, and says
/// between which numbers the bars per year are.
fn ruins(session: &Session, record: &Value) -> String {
    let lines = ruin_lines(record).into_iter().map(|line| line + "\n");
    let mut text: String = lines.collect();
    let agent = session.metrics.agent.as_ref();
    text.extend(agent.and_then(|agent| agent.periods_per_year.range_warning()).map(|w| w + "\n"));
    text
}

/// Writes a row for each symbol, where there are several.
fn symbols(text: &mut String, session: &Session) {
    if session.symbols.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\nAbove, the portfolio: the same cash in each symbol's account at the start.\n"
    );
    let names = ["symbol", "net return", "Sharpe", "95 % interval", "trades", "buy and hold"];
    let [symbol, cells @ ..] = names.map(str::to_owned);
    symbol_row(text, &symbol, &cells);
    for SymbolRecord { symbol, metrics, .. } in &session.symbols {
        let agent = |figure: Figure| metrics.agent.as_ref().and_then(figure);
        let hold = metrics.buy_and_hold.as_ref().map(|hold| percent(hold.net_return));
        let cells = [
            agent(|p| Some(percent(p.net_return))),
            agent(sharpe),
            agent(interval),
            agent(|p| Some(p.n_trades.to_string())),
            hold,
        ];
        symbol_row(text, symbol, &cells.map(|cell| cell.unwrap_or_else(|| "-".to_owned())));
    }
}

fn symbol_row(text: &mut String, symbol: &str, cells: &[String; 5]) {
    let [net, sharpe, interval, trades, hold] = cells;
    let _ =
        writeln!(text, "{symbol:<14} {net:>12} {sharpe:>8} {interval:>16} {trades:>8} {hold:>14}");
}

/// Returns the paths of the model, record and report.
pub fn output_locations(session: &Session) -> String {
    let mut text = String::new();
    if let Some(model) = &session.model {
        let _ = writeln!(text, "Model    {}", model.path);
    }
    let _ = writeln!(text, "Session  {} ({}), logs/session.json", session.id, session.status);
    let _ = writeln!(text, "Report   logs/report.html");
    text
}

type Figure = fn(&Performance) -> Option<String>;

const FIGURES: [(&str, Figure); 12] = [
    ("bars", |p| Some(p.n_bars.to_string())),
    ("net return", |p| Some(percent(p.net_return))),
    ("annual return", |p| p.annual_return.map(percent)),
    ("Sharpe", sharpe),
    ("95 % interval", interval),
    ("P(Sharpe > 0)", |p| p.probabilistic_sharpe.map(percent)),
    ("max drawdown", |p| Some(percent(p.max_drawdown))),
    ("trades", |p| Some(p.n_trades.to_string())),
    ("exposure", |p| p.exposure.map(percent)),
    ("turnover", |p| Some(format!("{:.1}", p.turnover))),
    ("costs", |p| Some(money(p.costs(), 2))),
    ("final equity", |p| Some(money(p.final_equity, 2))),
];

/// Returns the span of the test bars, over all finished windows of a
/// walk forward.
fn test_span(session: &Session) -> Option<SpanRecord> {
    let windows = session.walk_forward.as_ref().map(|walk| walk.windows.as_slice());
    match windows {
        Some([first, .., last]) => {
            let (first, last) = (&first.split.test, &last.split.test);
            let n_bars = last.first_bar_idx + last.n_bars - first.first_bar_idx;
            Some(SpanRecord { n_bars, last: last.last.clone(), ..first.clone() })
        }
        Some([only]) => Some(only.split.test.clone()),
        Some([]) | None => Some(session.split.as_ref()?.test.clone()),
    }
}

/// Returns a table of the windows, and says which model is saved.
fn windows(walk: &WalkForwardRecord) -> String {
    let mode = match walk.config.mode {
        WindowMode::Expanding => "expanding",
        WindowMode::Rolling => "rolling",
    };
    let (n_done, n_windows) = (walk.windows.len(), walk.config.windows.unwrap_or_default());
    let mut text = format!(
        "Above: one account through {n_done} of {n_windows} windows ({mode}), each traded by its \
         own model.\nThe saved model was fitted last, to all of these bars: none of them tests \
         it.\n\n"
    );
    let mut line = |cells: [&str; 6]| {
        let [window, train, from, agent, sharpe, hold] = cells;
        let _ = writeln!(
            text,
            "{window:<6} {train:>10}  {from:<20} {agent:>10} {sharpe:>7} {hold:>13}"
        );
    };
    line(["window", "train bars", "test from", "agent", "Sharpe", "buy and hold"]);
    for WindowRecord { window, split, metrics, .. } in &walk.windows {
        let earned = |performance: &Option<Performance>| {
            performance.as_ref().map_or_else(|| "-".to_owned(), |p| percent(p.net_return))
        };
        line([
            &window.to_string(),
            &split.train.n_bars.to_string(),
            split.test.first.as_deref().unwrap_or("-"),
            &earned(&metrics.agent),
            &metrics.agent.as_ref().and_then(sharpe).unwrap_or_else(|| "-".to_owned()),
            &earned(&metrics.buy_and_hold),
        ]);
    }
    text.push('\n');
    text
}

/// Returns a remark where the Sharpe ratio is not significant.
fn insignificance(agent: &Performance) -> Option<&'static str> {
    let (low, high) = (agent.sharpe_low?, agent.sharpe_high?);
    let includes_zero = low <= 0.0 && high >= 0.0;
    includes_zero.then_some("The agent's Sharpe cannot be told from luck: its interval includes 0.")
}

/// Returns the deflated Sharpe ratio and its basis.
fn deflated_sharpe(trials: &TrialsRecord) -> String {
    let TrialsRecord { n_trials, n_archived, variance, .. } = trials;
    let ratio = trials.deflated_sharpe.map_or_else(|| "undefined".to_owned(), percent);
    let best = trials.expected_best_sharpe.unwrap_or_default();
    let basis = match n_archived {
        0 => "this is the first trial on these test bars".to_owned(),
        _ => format!(
            "{} on these test bars, {n_archived} of them recorded, variance \
             {variance:.3e} a bar;\nthe best of so many without skill would show a Sharpe of \
             {best:.2}",
            counted(*n_trials, "trial")
        ),
    };
    format!("Deflated Sharpe ratio {ratio} ({basis}).")
}

/// Returns the verdicts, one per line.
fn audit_table(audit: &AuditRecord) -> String {
    let line = |verdict: &AuditVerdict| {
        let name = verdict.name.replace('_', " ");
        format!("{name:<20} {:<10} {}\n", verdict.verdict.to_string(), verdict.finding)
    };
    let lines: String = audit.verdicts.iter().map(line).collect();
    format!("Audit ({} further trainings):\n\n{lines}\n", audit.n_trainings)
}

fn row(text: &mut String, name: &str, cells: &[String; 4]) {
    let [agent, hold, never, constant] = cells;
    let line = format!("{name:<14} {agent:>16} {hold:>16} {never:>14} {constant:>16}");
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Returns the column name of the constant exposure, with the exposure
/// as a multiple of equity.
fn constant_exposure(metrics: &MetricsRecord) -> String {
    let volatility = |account: &Option<Performance>| account.as_ref()?.volatility;
    let pair = volatility(&metrics.constant_exposure).zip(volatility(&metrics.buy_and_hold));
    match pair.filter(|(_, market)| *market > 0.0) {
        Some((constant, market)) => format!("constant {:.2}", constant / market),
        None => "constant".to_owned(),
    }
}

fn span(span: &SpanRecord) -> String {
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
    format!("{} to {}", time(&span.first), time(&span.last))
}
