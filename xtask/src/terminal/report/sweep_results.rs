//! What `sweep results` prints, and its page.

use serde::Serialize;

use super::Report;
use crate::tasks::sweep::plan::parameters_text;
use crate::tasks::sweep::results::{Combination, SweepResults};
use crate::tasks::sweep::select::{Choice, CurveMeasurement, Selection, Verdict};
use crate::tasks::sweep::status::ranges;
use crate::workspace::text::{self, Column};

/// The most combinations that the text lists.
const N_ROWS_MAX: usize = 20;
/// The page, and its placeholder for the data.
const PAGE: &str = include_str!("sweep.html");
const DATA_PLACEHOLDER: &str = "__DATA__";

/// The results of a sweep and of its test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepResultsReport {
    /// The results on validation bars.
    #[serde(flatten)]
    pub results: SweepResults,
    /// The chosen combination; null until the test is opened.
    pub choice: Option<Choice>,
    /// The result of the test; null until it is finished.
    pub verdict: Option<Verdict>,
}

impl SweepResultsReport {
    /// Returns one self-contained HTML page.
    pub fn page(&self, selection: Option<&Selection>) -> String {
        let document = serde_json::json!({
            "results": self.results, "selection": selection, "verdict": self.verdict,
        });
        // A name could contain `</script>`.
        PAGE.replace(DATA_PLACEHOLDER, &document.to_string().replace('<', "\\u003c"))
    }
}

impl Report for SweepResultsReport {
    fn text(&self) -> String {
        let results = &self.results;
        let mut text = format!(
            "sweep {}: {} of {} over, ranked by {} on validation bars\n\n",
            results.name,
            results.trials.len(),
            text::count(results.n_trials, "trial"),
            results.metric,
        );
        text += &ranking(results);
        let n_more = results.combinations.len().saturating_sub(N_ROWS_MAX);
        if n_more > 0 {
            text += &format!("and {n_more} more: `--format csv` has all\n");
        }
        text.push('\n');
        if let Some(reason) = &results.unranked_reason {
            text += &format!("no combination can be ranked: {reason}\n");
        }
        if !results.failed.is_empty() {
            text += &format!("failed trials: {}\n", ranges(&results.failed));
        }
        if !results.missing.is_empty() {
            text += &format!(
                "missing trials: {}; nothing is chosen before they are over\n",
                ranges(&results.missing)
            );
        }
        text += &match (&results.overfitting, &results.overfitting_reason) {
            (Some(overfitting), _) => format!(
                "probability of backtest overfitting: {} ({} splits of validation bars)\n",
                text::percent(Some(overfitting.pbo)),
                overfitting.n_splits
            ),
            (None, reason) => format!(
                "probability of backtest overfitting: not told, {}\n",
                reason.as_deref().unwrap_or_default()
            ),
        };
        text + &self.tested()
    }
}

impl SweepResultsReport {
    fn tested(&self) -> String {
        let Some(choice) = &self.choice else { return String::new() };
        let values = match parameters_text(&choice.parameters) {
            values if values.is_empty() => "the settings".to_owned(),
            values => values,
        };
        let mut text =
            format!("chosen: {values}, among {}\n", text::count(choice.n_trials, "trial"));
        let Some(verdict) = &self.verdict else {
            return text + "the test is not opened, or not over\n";
        };
        text += &measured("validation", verdict.validation.as_ref());
        for test in &verdict.tests {
            let name = test.symbol.as_ref().map(|symbol| format!("test on {symbol}"));
            let name = name.unwrap_or_else(|| "test".to_owned());
            match (&test.reason, &test.measured) {
                (Some(reason), _) => text += &format!("{name}: failed, {reason}\n"),
                (None, None) => {
                    let value = test.metrics.get(&self.results.metric).copied().flatten();
                    text += &format!("{name}: {} {}\n", self.results.metric, text::figure(value));
                }
                (None, measure) => text += &measured(&name, measure.as_ref()),
            }
        }
        text
    }
}

fn measured(name: &str, measured: Option<&CurveMeasurement>) -> String {
    let Some(measured) = measured else { return String::new() };
    format!(
        "{name}: Sharpe {}, deflated by all trials {}\n",
        text::figure(measured.sharpe),
        text::percent(measured.deflated_sharpe)
    )
}

fn ranking(results: &SweepResults) -> String {
    let shown = &results.combinations[..results.combinations.len().min(N_ROWS_MAX)];
    let columns: [Column; 7] = [
        ("rank", true),
        ("mean", true),
        ("spread", true),
        ("least", true),
        ("greatest", true),
        ("trials", true),
        ("values", false),
    ];
    let row = |it: &Combination| {
        let figure = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
        };
        vec![
            it.rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string()),
            figure(it.mean),
            figure(it.std),
            figure(it.min),
            figure(it.max),
            it.n_judged.to_string(),
            parameters_text(&it.parameters),
        ]
    };
    text::table(&columns, shown.iter().map(row).collect())
}
