//! The tables of accounts: costs, time in the market, trades by side.

use maud::{Markup, html};

use super::curve::Curve;
use super::input::ReportInput;
use super::markup::{UNDEFINED, bar, or_undefined};
use super::text::{Unit, percent};
use super::trades::TradeTotals;

/// What an account earned and paid, in money.
struct Costs {
    label: &'static str,
    start: f64,
    net: f64,
    /// Commission, slippage with spread, funding, borrow fee, interest.
    parts: [f64; 5],
    /// Part of the profit before costs.
    dividends: f64,
}

impl Costs {
    fn of(session: &ReportInput, account: &str, label: &'static str) -> Option<Self> {
        let number = |name: &str| session.record.number(&format!("/metrics/{account}/{name}"));
        let start = number("initial_equity")?;
        let net = number("final_equity")? - start;
        // Older records lack these.
        let or_zero = |name: &str| number(name).unwrap_or_default();
        let parts = [
            number("commission")?,
            number("slippage")?,
            number("funding")?,
            or_zero("borrow_fee"),
            or_zero("interest"),
        ];
        Some(Self { label, start, net, parts, dividends: or_zero("dividends") })
    }

    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }

    fn gross(&self) -> f64 {
        self.net + self.total()
    }

    fn share_of_gross(&self) -> Option<String> {
        (self.gross() > 0.0).then(|| percent(self.total() / self.gross()))
    }

    fn part(&self, idx: usize) -> Markup {
        let (part, total) = (self.parts[idx], self.total());
        let share = if total > 0.0 { (part / total).max(0.0) } else { 0.0 };
        html! { (money(part)) (bar(share)) }
    }
}

/// A row of the table: its name and its cell for an account.
type CostRow<'a> = (&'a str, &'a dyn Fn(&Costs) -> Markup);

/// Returns the table of gross profit, costs and net profit; `None` when
/// no evaluation was finished.
pub(super) fn costs(session: &ReportInput) -> Option<Markup> {
    let accounts = [("agent", "agent"), ("buy_and_hold", "buy and hold")];
    let known = accounts.map(|(account, label)| Costs::of(session, account, label));
    let known: Vec<Costs> = known.into_iter().flatten().collect();
    let share = |costs: &Costs| percent(costs.total() / costs.start);
    let rows: [CostRow<'_>; 11] = [
        ("Profit before costs", &|costs| html! { (money(costs.gross())) }),
        ("Dividends in it", &|costs| html! { (money(costs.dividends)) }),
        ("Commission", &|costs| costs.part(0)),
        ("Slippage and spread", &|costs| costs.part(1)),
        ("Funding", &|costs| costs.part(2)),
        ("Borrow fee", &|costs| costs.part(3)),
        ("Interest", &|costs| costs.part(4)),
        ("All costs", &|costs| html! { (money(costs.total())) }),
        ("Of the equity at the start", &|costs| html! { (share(costs)) }),
        ("Of the profit before costs", &|costs| html! { (or_undefined(costs.share_of_gross())) }),
        ("Net profit", &|costs| html! { (money(costs.net)) }),
    ];
    (!known.is_empty()).then(|| {
        html! {
            table {
                thead { tr { td {} @for account in &known { th scope="col" { (account.label) } } } }
                tbody { @for (name, cell) in rows {
                    tr { th scope="row" { (name) } @for costs in &known { td { (cell(costs)) } } }
                } }
            }
        }
    })
}

/// Returns the shares of the bars with a long, a short and no position.
pub(super) fn held(test: &Curve) -> Markup {
    let n = test.n_rows.max(1) as f64;
    let names = ["Bars long", "Bars short", "Bars without a position"];
    html! {
        table { tbody { @for (name, n_bars) in names.into_iter().zip(test.n_held) {
            tr { th scope="row" { (name) } td { (percent(n_bars as f64 / n)) } }
        } } }
        p { "At the bars' closes." }
    }
}

/// Returns the totals of all trades out of sample, by side; `None`
/// without a trace.
pub(super) fn trade_totals(session: &ReportInput) -> Option<Markup> {
    const HEAD: [&str; 10] = [
        "Number",
        "Won",
        "Gross",
        "Costs",
        "Net",
        "Mean net",
        "Best",
        "Worst",
        "Mean bars",
        "Longest, bars",
    ];
    let ledger = &session.ledgers.as_ref()?.test;
    let rows = [("all", &ledger.all), ("long", &ledger.long), ("short", &ledger.short)];
    // Scaled to the portfolio's money, in which the figures are.
    let share = session.record.account_share();
    Some(html! {
        table {
            thead { tr { td {} @for name in HEAD { th scope="col" { (name) } } } }
            tbody { @for (label, totals) in rows {
                tr {
                    th scope="row" { (label) }
                    @for cell in totals_cells(totals, share) { td { (cell) } }
                }
            } }
        }
    })
}

fn totals_cells(totals: &TradeTotals, share: f64) -> [String; 10] {
    let n = totals.n as f64;
    let money = |value: f64| money(value * share);
    let of_n = |text: String| if totals.n > 0 { text } else { UNDEFINED.to_owned() };
    [
        Unit::Count.text(n),
        of_n(percent(totals.n_won as f64 / n)),
        money(totals.gross_pnl),
        money(totals.costs),
        money(totals.net_pnl),
        of_n(money(totals.net_pnl / n)),
        of_n(percent(totals.best)),
        of_n(percent(totals.worst)),
        of_n(format!("{:.1}", totals.n_bars as f64 / n)),
        Unit::Count.text(totals.n_bars_max as f64),
    ]
}

fn money(value: f64) -> String {
    Unit::Money.text(value)
}
