//! The tables of returns: months, years, drawdowns, quantiles, and the
//! comparison with buy-and-hold.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::account::metrics::BenchmarkComparison;

use super::curve::Curve;
use super::distribution::quantiles;
use super::input::ReportInput;
use super::markup::{UNDEFINED, head, or_undefined};
use super::periods::{PeriodEnds, PeriodValues};
use super::text::{Unit, day, duration, percent};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Returns the agent's monthly returns, one row per year, coloured by
/// their size; `None` without a month.
pub(super) fn months(curve: &Curve) -> Option<Markup> {
    let returns = curve.months.returns();
    let strongest = returns.iter().map(|month| month.values[0].abs()).fold(0.0, f64::max);
    let mut years: BTreeMap<i64, [Option<f64>; 12]> = BTreeMap::new();
    for month in &returns {
        let idx = usize::try_from(month.period % 12).unwrap_or_default();
        years.entry(month.period / 12).or_default()[idx] = Some(month.values[0]);
    }
    let yearly: BTreeMap<i64, PeriodValues> =
        curve.years.returns().into_iter().map(|level| (level.period, level)).collect();
    let cell = |value: f64| {
        let strength = if strongest > 0.0 { value.abs() / strongest } else { 0.0 };
        html! {
            td class=(if value < 0.0 { "loss" } else { "gain" })
                style={ "--strength:" (format!("{strength:.3}")) } data-value=(value)
            { (share(value)) }
        }
    };
    let row = |(year, cells): (&i64, &[Option<f64>; 12])| {
        html! {
            tr {
                th scope="row" { (year) }
                @for value in cells {
                    @if let Some(value) = value { (cell(*value)) } @else { td {} }
                }
                td { @if let Some(total) = yearly.get(year) { (share(total.values[0])) } }
            }
        }
    };
    let names = [&["Year"], MONTHS.as_slice(), &["Year's return"]].concat();
    (!years.is_empty()).then(|| {
        html! {
            table.heat { (head(&names)) tbody { @for year in &years { (row(year)) } } }
        }
    })
}

/// Returns the yearly returns of the agent and buy-and-hold; `None`
/// without a year.
pub(super) fn years(curve: &Curve) -> Option<Markup> {
    let years = curve.years.returns();
    (!years.is_empty()).then(|| {
        html! {
            table {
                (head(&["Year", "agent", "buy and hold", "difference"]))
                tbody { @for year in &years {
                    @let [agent, hold] = year.values;
                    tr {
                        th scope="row" { (year.period) }
                        @for value in [agent, hold, agent - hold] { td { (share(value)) } }
                    }
                } }
            }
        }
    })
}

/// Returns alpha, beta and the like against buy-and-hold, and the returns
/// of both in the last month and year.
pub(super) fn benchmark(session: &ReportInput, test: &Curve) -> Markup {
    let periods = session.record.number("/metrics/agent/periods_per_year/value");
    let BenchmarkComparison { alpha, beta, r_squared, information_ratio, undefined } =
        test.comparison.figures(periods.unwrap_or(f64::NAN));
    let figures = [
        ("alpha", "Alpha, annual", alpha, Unit::Share),
        ("beta", "Beta", beta, Unit::Ratio),
        ("r_squared", "R²", r_squared, Unit::Ratio),
        ("information_ratio", "Information ratio of a bar", information_ratio, Unit::Ratio),
    ];
    let [own, hold] = [0, 1].map(|idx| test.to_date[idx].figures());
    let to_date = [
        ("Month to date", [own.month_to_date, hold.month_to_date]),
        ("Year to date", [own.year_to_date, hold.year_to_date]),
    ];
    html! {
        table { tbody { @for (name, label, value, unit) in figures {
            @let undefined = undefined.get(name);
            tr {
                th scope="row" { (label) }
                td data-figure=(name)
                    data-value=(value.map(|value| value.to_string()).unwrap_or_default())
                    title=[undefined]
                {
                    (or_undefined(value.map(|value| unit.text(value))))
                    @if let Some(reason) = undefined { span.unseen { ": " (reason) } }
                }
            }
        } } }
        table {
            thead { tr { td {} th scope="col" { "agent" } th scope="col" { "buy and hold" } } }
            tbody { @for (label, values) in to_date {
                tr {
                    th scope="row" { (label) }
                    @for value in values { td { (value.map_or_else(|| share(f64::NAN), share)) } }
                }
            } }
        }
        p { "Out of sample, from the bars' returns. To date: up to the last bar's close." }
    }
}

/// Returns the worst drawdowns; `None` without any.
pub(super) fn drawdowns(curve: &Curve) -> Option<Markup> {
    let drawdowns = curve.worst_drawdowns();
    (!drawdowns.is_empty()).then(|| {
        html! {
            table {
                (head(&["Depth", "Peak", "Lowest", "Recovered", "Length", "Bars"]))
                tbody { @for drawdown in &drawdowns {
                    tr {
                        td { (share(drawdown.depth)) }
                        td { (day(drawdown.peak_ms)) }
                        td { (day(drawdown.low_ms)) }
                        td { (drawdown.recovered_ms.map_or_else(|| "not yet".to_owned(), day)) }
                        td { (duration(drawdown.end_ms - drawdown.peak_ms)) }
                        td { (Unit::Count.text(drawdown.n_bars as f64)) }
                    }
                } }
            }
        }
    })
}

/// Returns the quantiles of the returns over each length of time; `None`
/// without returns.
pub(super) fn quantile_table(curve: &Curve) -> Option<Markup> {
    const HEAD: [&str; 8] =
        ["Over a", "Whose", "Number", "Lowest", "25 %", "Median", "75 %", "Highest"];
    let levels = [
        ("day", &curve.days),
        ("week", &curve.weeks),
        ("month", &curve.months),
        ("quarter", &curve.quarters),
        ("year", &curve.years),
    ];
    let row = |name: &str, levels: &PeriodEnds, idx: usize| {
        let returns = levels.returns();
        let five = quantiles(returns.iter().map(|level| level.values[idx]))?;
        Some(html! {
            tr {
                th scope="row" { (name) }
                td { (["agent", "buy and hold"][idx]) }
                td { (returns.len()) }
                @for value in five { td { (percent(value)) } }
            }
        })
    };
    let rows =
        levels.into_iter().flat_map(|(name, levels)| [0, 1].map(|idx| row(name, levels, idx)));
    let rows: Vec<Markup> = rows.flatten().collect();
    (!rows.is_empty()).then(|| {
        html! { table { (head(&HEAD)) tbody { @for row in &rows { (row) } } } }
    })
}

fn share(value: f64) -> String {
    if value.is_finite() { percent(value) } else { UNDEFINED.to_owned() }
}
