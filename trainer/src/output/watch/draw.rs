//! Draws the live view.

use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};
use serde_json::Value;

use crate::account::metrics::is_ruined;
use crate::wording::{plural, significant};

use super::series::Series;
use super::view::View;

/// Colours that colour-blind people can tell apart.
const AGENT: Color = Color::Cyan;
const HOLD: Color = Color::Yellow;
const LOSS: Color = Color::Magenta;

/// Draws `view` as it is at `now`.
pub fn draw(frame: &mut Frame<'_>, view: &View, now: DateTime<Utc>) {
    let n_trades = u16::try_from(view.trades.len()).unwrap_or(0).min(frame.area().height / 4);
    let [head, upper, lower, trades, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Fill(1),
        Constraint::Length(n_trades + 2),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let halves = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]);
    let [equity, drawdown] = halves.areas(upper);
    let [test, learning] = halves.areas(lower);
    frame.render_widget(Paragraph::new(head_lines(view, now)), head);
    let curve = |series, colour| Curve { name: "", series, colour };
    chart(frame, equity, "equity, in sample, by bar", &[curve(&view.equity, AGENT)]);
    chart(frame, drawdown, "drawdown, in sample, by bar", &[curve(&view.drawdown, LOSS)]);
    let curves = [
        Curve { name: "agent", series: &view.test_equity, colour: AGENT },
        Curve { name: "buy and hold", series: &view.hold_equity, colour: HOLD },
    ];
    chart(frame, test, "equity, out of sample, last episode", &curves);
    let learned = [curve(&view.learning, AGENT)];
    chart(frame, learning, "net return out of sample, by episode", &learned);
    let first = view.trades.len() - usize::from(n_trades);
    let lines: Vec<Line<'_>> =
        view.trades[first..].iter().map(|line| Line::from(&**line)).collect();
    frame
        .render_widget(Paragraph::new(lines).block(Block::bordered().title("last trades")), trades);
    frame.render_widget(Paragraph::new(foot_line(view)), foot);
}

/// Returns what [`draw`] draws on a terminal of `size`, as plain text.
pub fn text(view: &View, now: DateTime<Utc>, size: Size) -> String {
    let backend = TestBackend::new(size.width, size.height);
    let mut terminal = Terminal::new(backend).expect("it has no device");
    terminal.draw(|frame| draw(frame, view, now)).expect("it has no device");
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        let cells = (0..size.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..size.height).map(row).collect()
}

fn head_lines(view: &View, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let word = |pointer: &str| view.record.pointer(pointer).and_then(Value::as_str);
    let number = |pointer: &str| view.record.pointer(pointer).and_then(Value::as_u64);
    if view.record.is_null() {
        return vec![Line::from("no session yet; `cargo xtask train` starts one")];
    }
    let episodes = view.record.get("episodes").and_then(Value::as_array);
    let n_skipped = |episode: &Value| episode.get("n_skipped").and_then(Value::as_u64);
    let n_done: u64 = episodes
        .into_iter()
        .flatten()
        .map(|episode| 1 + n_skipped(episode).unwrap_or_default())
        .sum();
    let n_fits = 1 + number("/walk_forward/config/windows").unwrap_or_default();
    let mut state = vec![format!(
        "session {}, {}, {n_done} of {} episodes",
        word("/id").unwrap_or("-"),
        word("/status").unwrap_or("-"),
        number("/config/training/total_episodes")
            .map_or("-".to_owned(), |n| (n * n_fits).to_string()),
    )];
    state.extend(view.equity.last().map(|(step, _)| {
        let noun = plural(if step < 1.5 { 1 } else { 2 }, "bar");
        format!("{step:.0} {noun} seen")
    }));
    state.extend(view.memory_mb.map(|mb| format!("peak memory {mb:.0} MB")));
    if let Some(time) = view.last_write {
        state.push(format!("last sign {} s ago", (now - time).num_seconds().max(0)));
    }
    let mut figures = vec![format!("data {}", word("/data/source").unwrap_or("-"))];
    figures.extend(number("/seed").map(|seed| format!("seed {seed}")));
    figures.extend(view.delta_q.last().map(|(_, delta)| format!("max|ΔQ| {delta:.2e}")));
    let agent = |name: &str| view.record.pointer(&format!("/metrics/agent/{name}"))?.as_f64();
    if let Some(earned) = agent("net_return") {
        let sharpe = agent("sharpe").map_or("-".to_owned(), |sharpe| format!("{sharpe:.2}"));
        let is_ruined = view.record.pointer("/metrics/agent").is_some_and(is_ruined);
        let risk = if is_ruined { "ruined".to_owned() } else { format!("Sharpe {sharpe}") };
        figures.push(format!("out of sample {:+.2} % net, {risk}", earned * 100.0));
    }
    vec![Line::from(state.join(" · ")), Line::from(figures.join(" · "))]
}

fn foot_line(view: &View) -> &'static str {
    match view.record.get("status").and_then(Value::as_str) {
        None => "q leaves",
        Some("running") => "q leaves; the training goes on",
        Some(_) => "q leaves; the training has ended",
    }
}

struct Curve<'a> {
    name: &'static str,
    series: &'a Series,
    colour: Color,
}

fn chart(frame: &mut Frame<'_>, area: Rect, title: &str, curves: &[Curve<'_>]) {
    let block = Block::bordered().title(title.to_owned());
    let (Some(x), Some(y)) =
        (Bounds::of(curves, |point| point.0), Bounds::of(curves, |point| point.1))
    else {
        frame.render_widget(Paragraph::new("nothing yet").block(block), area);
        return;
    };
    let datasets = curves
        .iter()
        .map(|curve| {
            Dataset::default()
                .name(curve.name)
                .marker(Marker::Braille)
                .graph_type(GraphType::Line)
                .style(Style::new().fg(curve.colour))
                .data(curve.series.points())
        })
        .collect();
    let axis = |bounds: Bounds, labels: [String; 2]| {
        Axis::default().bounds([bounds.low, bounds.high]).labels(labels)
    };
    // Bars and episodes are whole numbers.
    let x = Bounds { low: x.low.floor(), high: x.high.ceil() };
    let x_axis = axis(x, [x.low, x.high].map(|n| n.to_string()));
    let y_axis = axis(y, y.labels());
    frame.render_widget(Chart::new(datasets).block(block).x_axis(x_axis).y_axis(y_axis), area);
}

/// The range of an axis.
#[derive(Clone, Copy)]
struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    /// Returns the bounds of all `curves`, widened where they are equal,
    /// so that a constant curve is drawn.
    fn of(curves: &[Curve<'_>], of: fn(&(f64, f64)) -> f64) -> Option<Self> {
        let all = curves.iter().filter_map(|curve| curve.series.bounds(of));
        let (low, high) = all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let margin = if high > low { 0.0 } else { low.abs().max(1.0) * 0.01 };
        Some(Self { low: low - margin, high: high + margin })
    }

    /// Returns both ends with enough digits to tell them apart.
    fn labels(self) -> [String; 2] {
        let Self { low, high } = self;
        let with = |n_digits| [low, high].map(|value| significant(value, n_digits));
        let is_enough = |n_digits: &usize| {
            let [low_shown, high_shown] = with(*n_digits).map(|text| text.parse().unwrap_or(low));
            let error = (low_shown - low).abs() + (high_shown - high).abs();
            error <= 0.1 * (high - low)
        };
        with((3..17).find(is_enough).unwrap_or(17))
    }
}
