//! All tables of one session, each in its panel.

use maud::{Markup, html};

use super::importance::Importances;
use super::input::ReportInput;
use super::markup::{Panel, bar, scroll};
use super::text::percent;
use super::{account_tables, identity, part_tables, return_tables};

const NO_CURVE: &str = "There is no out-of-sample curve: no evaluation was finished.";
const NO_EVALUATION: &str = "No evaluation was finished.";

/// Returns the section of `session`, the `idx`-th of the page, with its
/// name where there are several.
pub(super) fn section(session: &ReportInput, idx: usize, is_alone: bool) -> Markup {
    let name = if is_alone { "" } else { session.name.as_str() };
    html! {
        section.session data-session=(session.name) {
            @if !is_alone { h2.rule { (name) } }
            @for note in downsampling_notes(session) { p.note { (note) } }
            div.panels {
                (parts(session, name))
                (returns(session, name))
                (accounts(session, name))
                (Panel { class: "wide trades", title: "Trades", session: name }.with(&html! {
                    div.trade-table data-session=(idx) {
                        p.empty { "The list of trades needs JavaScript." }
                    }
                }))
                (learning(session, name))
                @if let Some(understood) = identity::understood(session) {
                    (Panel {
                        class: "identity understood",
                        title: "How the bars were read",
                        session: name,
                    }.with(&understood))
                }
                (Panel { class: "identity", title: "Identity", session: name }
                    .with(&identity::tables(session)))
            }
        }
    }
}

fn parts(session: &ReportInput, name: &str) -> Markup {
    let windows = part_tables::windows(session).map(|table| {
        let title = "Windows of the walk forward";
        Panel { class: "wide windows", title, session: name }.with_table(
            &table,
            Some(
                "Each from fresh cash, by the model that was taught on the bars before it. The \
                 figures and curves of the page are of one account that trades all windows in a \
                 row. The saved model was fitted last, to all of these bars: none tests it.",
            ),
        )
    });
    let symbols = part_tables::symbols(session).map(|table| {
        Panel { class: "wide symbols", title: "Symbols", session: name }.with_table(
            &table,
            Some(
                "Each in an account of its own. The figures and curves of the page are of the \
                 portfolio of these accounts; its price is the mean of the closes, each as a \
                 multiple of its first.",
            ),
        )
    });
    html! { @for panel in [windows, symbols].into_iter().flatten() { (panel) } }
}

fn returns(session: &ReportInput, name: &str) -> Markup {
    let test = session.test.as_ref();
    let panel = |class, title| Panel { class, title, session: name };
    let months = panel("wide months", "Monthly returns");
    let months = match test.and_then(return_tables::months) {
        Some(table) => months.with_table(
            &table,
            Some(
                "Out of sample; the first and the last month may be parts. Blue gained, orange \
                 lost.",
            ),
        ),
        None => months.empty(NO_CURVE),
    };
    let years = panel("years", "Yearly returns");
    let years = match test.and_then(return_tables::years) {
        Some(table) => years.with(&table),
        None => years.empty("None."),
    };
    let benchmark = panel("beside", "Beside buy and hold");
    let benchmark = match test {
        Some(test) => benchmark.with(&return_tables::benchmark(session, test)),
        None => benchmark.empty(NO_CURVE),
    };
    let drawdowns = panel("wide drawdowns", "Worst drawdowns");
    let drawdowns = match test.and_then(return_tables::drawdowns) {
        Some(table) => drawdowns.with_table(&table, None),
        None => drawdowns.empty("The equity never fell below an earlier peak."),
    };
    let quantiles = panel("quantiles", "Quantiles of returns");
    let quantiles = match test.and_then(return_tables::quantile_table) {
        Some(table) => quantiles.with_table(&table, None),
        None => quantiles.empty("None."),
    };
    html! { (months) (years) (benchmark) (drawdowns) (quantiles) }
}

fn accounts(session: &ReportInput, name: &str) -> Markup {
    let costs = Panel { class: "costs", title: "Costs", session: name };
    let costs = match account_tables::costs(session) {
        Some(table) => costs.with_table(&table, None),
        None => costs.empty(NO_EVALUATION),
    };
    let held = Panel { class: "held", title: "Time in the market", session: name };
    let held = match &session.test {
        Some(test) => held.with(&account_tables::held(test)),
        None => held.empty(NO_EVALUATION),
    };
    let totals = Panel { class: "wide tallies", title: "Trades by side", session: name };
    let totals = match (account_tables::trade_totals(session), &session.ledgers) {
        (Some(table), Some(ledgers)) => {
            totals.with_table(&table, Some(&totals_note(session, ledgers.test.n_liquidated)))
        }
        _ => totals.empty(
            "There is no trace of trades: `enable_trade_tracing` was off, or the file is gone.",
        ),
    };
    html! { (costs) (held) (totals) }
}

fn totals_note(session: &ReportInput, n_liquidated: u64) -> String {
    let all = format!("Out of sample, every trade counted; {n_liquidated} liquidated.");
    if !session.record.is_portfolio() {
        return all;
    }
    let share = percent(session.record.account_share());
    format!(
        "{all} Money is the portfolio's, of which each symbol's account is {share}; best and \
         worst are shares of that account."
    )
}

fn learning(session: &ReportInput, name: &str) -> Markup {
    let episodes = Panel { class: "wide episodes", title: "Episodes", session: name };
    let episodes = match part_tables::episodes(session) {
        Some(table) => episodes.with_table(&table, None),
        None => episodes.empty("No episode was finished."),
    };
    let importances = Panel { class: "importances", title: "Feature importances", session: name };
    let importances = match &session.importances {
        Some(found) => importances.with(&importance_table(found)),
        None => importances.empty("There is no final model of trees to count splits in."),
    };
    html! { (episodes) (importances) }
}

fn importance_table(found: &Importances) -> Markup {
    let most = found.shares.first().map_or(1.0, |(_, share)| share.max(1e-12));
    html! {
        p {
            "Split counts: the share of all " (found.n_splits) " splits, over every tree of every \
             exposure's forest, that ask for the feature. How often it is asked, not how much it \
             earns."
        }
        (scroll("Feature importances", &html! {
            table { tbody { @for (name, share) in &found.shares {
                tr {
                    th scope="row" { (name) }
                    td data-value=(share) { (percent(*share)) (bar(share / most)) }
                }
            } } }
        }))
    }
}

/// Returns a note for each chart with fewer points than bars.
fn downsampling_notes(session: &ReportInput) -> Vec<String> {
    let curves = [("in-sample equity", &session.train), ("out-of-sample equity", &session.test)];
    let strides = curves
        .into_iter()
        .filter_map(|(name, curve)| Some((name, curve.as_ref()?.series.stride())))
        .chain(session.bars.as_ref().map(|bars| ("price", bars.stride())));
    strides
        .filter(|(_, stride)| *stride > 1)
        .map(|(name, stride)| {
            format!(
                "Each point of the {name} stands for {stride} bars: the last value, the highest \
                 high, the lowest low, the deepest drawdown."
            )
        })
        .collect()
}
