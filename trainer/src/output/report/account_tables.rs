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
    /// Part of what was earned before costs.
    dividends: f64,
}

impl Costs {
    fn of(session: &ReportInput, account: &str, label: &'static str) -> Option<Self> {
        let number = |name: &str| session.record.number(&format!("/metrics/{account}/{name}"));
        let start = number("initial_equity")?;
        let net = number("final_equity")? - start;
        // Older records have none of these.
        let later = |name: &str| number(name).unwrap_or_default();
        let parts = [
            number("commission")?,
            number("slippage")?,
            number("funding")?,
            later("borrow_fee"),
            later("interest"),
        ];
        Some(Self { label, start, net, parts, dividends: later("dividends") })
    }

    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }

    fn before(&self) -> f64 {
        self.net + self.total()
    }

    fn of_profit(&self) -> Option<String> {
        (self.before() > 0.0).then(|| percent(self.total() / self.before()))
    }

    fn part(&self, idx: usize) -> Markup {
        let (part, total) = (self.parts[idx], self.total());
        let share = if total > 0.0 { (part / total).max(0.0) } else { 0.0 };
        html! { (money(part)) (bar(share)) }
    }
}

/// A row of the table: its name, and what it says of an account.
type CostRow<'a> = (&'a str, &'a dyn Fn(&Costs) -> Markup);

/// Returns where the money went: from before costs to after them. None
/// when no evaluation was finished.
pub(super) fn costs(session: &ReportInput) -> Option<Markup> {
    let accounts = [("agent", "agent"), ("buy_and_hold", "buy and hold")];
    let known = accounts.map(|(account, label)| Costs::of(session, account, label));
    let known: Vec<Costs> = known.into_iter().flatten().collect();
    let share = |of: &Costs| percent(of.total() / of.start);
    let rows: [CostRow<'_>; 11] = [
        ("Profit before costs", &|of| html! { (money(of.before())) }),
        ("Dividends in it", &|of| html! { (money(of.dividends)) }),
        ("Commission", &|of| of.part(0)),
        ("Slippage and spread", &|of| of.part(1)),
        ("Funding", &|of| of.part(2)),
        ("Borrow fee", &|of| of.part(3)),
        ("Interest", &|of| of.part(4)),
        ("All costs", &|of| html! { (money(of.total())) }),
        ("Of the equity at the start", &|of| html! { (share(of)) }),
        ("Of the profit before costs", &|of| html! { (or_undefined(of.of_profit())) }),
        ("Net profit", &|of| html! { (money(of.net)) }),
    ];
    (!known.is_empty()).then(|| {
        html! {
            table {
                thead { tr { td {} @for account in &known { th scope="col" { (account.label) } } } }
                tbody { @for (name, cell) in rows {
                    tr { th scope="row" { (name) } @for of in &known { td { (cell(of)) } } }
                } }
            }
        }
    })
}

/// Returns for how many of the bars there was a position.
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

/// Returns the trades out of sample by their side, all counted. None
/// without a trace of them.
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
    // In the money of the figures, whichever account it was earned in.
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
