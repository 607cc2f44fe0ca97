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
                @if let Some(read_report) = identity::read_report(session) {
                    (Panel {
                        class: "identity understood",
                        title: "How the bars were read",
                        session: name,
                    }.with(&read_report))
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
    let note = "Out of sample; the first and the last month may be parts. Blue gained, orange \
                lost.";
    let months = panel("wide months", "Monthly returns").with_table_or(
        test.and_then(return_tables::months),
        Some(note),
        NO_CURVE,
    );
    let years = test.and_then(return_tables::years);
    let years = panel("years", "Yearly returns").with_or(years, "None.");
    let benchmark = test.map(|test| return_tables::benchmark(session, test));
    let benchmark = panel("beside", "Compared with buy and hold").with_or(benchmark, NO_CURVE);
    let drawdowns = panel("wide drawdowns", "Worst drawdowns").with_table_or(
        test.and_then(return_tables::drawdowns),
        None,
        "The equity never fell below an earlier peak.",
    );
    let quantiles = test.and_then(return_tables::quantile_table);
    let quantiles =
        panel("quantiles", "Quantiles of returns").with_table_or(quantiles, None, "None.");
    html! { (months) (years) (benchmark) (drawdowns) (quantiles) }
}

fn accounts(session: &ReportInput, name: &str) -> Markup {
    let panel = |class, title| Panel { class, title, session: name };
    let costs = account_tables::costs(session);
    let costs = panel("costs", "Costs").with_table_or(costs, None, NO_EVALUATION);
    let held = session.test.as_ref().map(account_tables::held);
    let held = panel("held", "Time in the market").with_or(held, NO_EVALUATION);
    let ledgers = session.ledgers.as_ref();
    let note = ledgers.map(|ledgers| totals_note(session, ledgers.test.n_liquidated));
    let totals = panel("wide tallies", "Trades by side").with_table_or(
        account_tables::trade_totals(session),
        note.as_deref(),
        "There is no trace of trades: `enable_trade_tracing` was off, or the file is gone.",
    );
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
    let panel = |class, title| Panel { class, title, session: name };
    let episodes = part_tables::episodes(session);
    let episodes = panel("wide episodes", "Episodes").with_table_or(
        episodes,
        None,
        "No episode was finished.",
    );
    let importances = session.importances.as_ref().map(importance_table);
    let importances = panel("importances", "Feature importances")
        .with_or(importances, "There is no final model of trees to count splits in.");
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
