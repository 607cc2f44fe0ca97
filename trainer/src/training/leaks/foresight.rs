//! Columns that know the future better than any column could.
//!
//! A column is data: that it was known at its bar's close cannot be
//! proved, since it is the same however few bars are known. But one that
//! was stamped too early gives itself away: it goes with the moves to
//! come more than chance allows, and more than with those that were.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::market::bars::Bar;
use crate::market::features::FeatureSet;

use super::bars::LatestBars;
use super::features::Features;
use super::innovation::{Association, BarContext};
use super::rank::{correlation, ranks};
use super::report::LeakCheck;

const NAME: &str = "column_foresight";
/// How far moves are looked at, in bars.
const HORIZONS: [usize; 4] = [1, 4, 16, 64];
/// Fewest standard errors that are no chance: of 1,000 columns and four
/// horizons, none in a hundred thousand searches.
const ERRORS_MIN: f64 = 6.0;
/// What a column may know of the moves to come beyond what it knows of
/// those that were, and beyond what the standard features know.
const SURPLUS_MAX: f64 = 0.15;
/// What it may know beyond the standard features alone.
const EXCESS_MAX: f64 = 0.4;

const REMEDY: &str = "so it was hardly known at the close; stamp each row with the bar at whose \
                      close its value was known";

/// One column and one horizon: rank correlations (Spearman, "The proof
/// and measurement of association between two things", 1904).
struct HorizonCorrelations {
    horizon: usize,
    /// With the move from the next bar's open on, which a decision at
    /// the bar's close earns.
    ahead: f64,
    /// With the move up to the bar's close.
    behind: f64,
    /// With the move ahead, when the column comes one bar later.
    ahead_late: f64,
    /// The best of the standard features with the move ahead.
    standard: f64,
    /// Bars over the horizon: moves that do not overlap.
    n_moves: f64,
}

/// Looks at each of the further columns `names` of the `latest` bars.
pub(super) fn check(latest: &LatestBars, names: &[String]) -> LeakCheck {
    let search = ColumnSearch::new(&latest.bars);
    let indexed: Vec<(usize, &String)> = names.iter().enumerate().collect();
    let findings: Vec<ColumnFinding> = indexed
        .into_par_iter()
        .map(|(idx, name)| search.inspect(name, &latest.column(idx)))
        .collect();
    leak_check(&findings)
}

/// Looks for columns that know later moves, beside the same bars.
pub struct ColumnSearch {
    /// The moves over each horizon, and what a standard feature knows.
    horizons: Vec<(HorizonReturns, f64)>,
    context: BarContext,
}

/// What one column gave.
struct ColumnFinding {
    /// Why it is a leak, if it is.
    suspect: Option<String>,
    /// The t statistic of its closest tie, and the tie.
    closest: Option<(f64, String)>,
}

impl ColumnSearch {
    /// Prepares a search among columns of `bars`.
    pub fn new(bars: &[Bar]) -> Self {
        let standard = Features::rows(&FeatureSet::standard(), bars);
        let of_horizon = |horizon| {
            let horizon_returns = HorizonReturns::of(bars, horizon);
            let honest = horizon_returns.best_of(&standard);
            (horizon_returns, honest)
        };
        Self {
            horizons: HORIZONS.into_iter().map(of_horizon).collect(),
            context: BarContext::of(bars),
        }
    }

    /// Checks one column, a number a bar, as
    /// [`check_configured_leaks`](super::check_configured_leaks) does.
    pub fn check(&self, name: &str, column: &[f64]) -> LeakCheck {
        leak_check(&[self.inspect(name, column)])
    }

    fn inspect(&self, name: &str, column: &[f64]) -> ColumnFinding {
        let mut all_correlations = self
            .horizons
            .iter()
            .map(|(horizon_returns, honest)| horizon_returns.correlations(column, *honest));
        let correlations = all_correlations.find(HorizonCorrelations::is_suspect);
        let (leak, closest) = self.context.associations(column);
        ColumnFinding {
            suspect: correlations
                .map(|correlations| correlations.describe(name))
                .or_else(|| leak.map(|association: Association| association.describe(name))),
            closest: closest
                .map(|association| (association.t_statistic.abs(), association.describe(name))),
        }
    }
}

fn leak_check(findings: &[ColumnFinding]) -> LeakCheck {
    let suspects: Vec<String> =
        findings.iter().filter_map(|finding| finding.suspect.clone()).collect();
    if !suspects.is_empty() {
        return LeakCheck::failed(NAME, format!("{}: {REMEDY}", suspects.join("; ")));
    }
    let closest = findings.iter().filter_map(|finding| finding.closest.as_ref());
    let closest = closest.max_by(|one, other| one.0.total_cmp(&other.0));
    let at = closest
        .map_or_else(String::new, |(_, description)| format!("; the closest: {description}"));
    LeakCheck::passed(NAME, format!("no column knows later moves too well{at}"))
}

impl HorizonCorrelations {
    fn is_suspect(&self) -> bool {
        let is_chance = |share: f64| share * self.n_moves.sqrt() < ERRORS_MIN;
        let surplus = self.beyond(self.behind.abs().max(self.standard));
        let excess = self.beyond(self.standard);
        surplus > SURPLUS_MAX && !is_chance(surplus) || excess > EXCESS_MAX && !is_chance(excess)
    }

    /// Returns the root of the share of what is left unexplained at a
    /// correlation of `known` that the column explains: itself where
    /// nothing is known, 0 where it knows no more.
    fn beyond(&self, known: f64) -> f64 {
        let left = 1.0 - known * known;
        if left > 0.0 { ((self.ahead.powi(2) - known * known).max(0.0) / left).sqrt() } else { 0.0 }
    }

    fn describe(&self, name: &str) -> String {
        let Self { horizon, ahead, behind, ahead_late, standard, .. } = self;
        let plural = if *horizon == 1 { "" } else { "s" };
        format!(
            "`{name}` goes with the next {horizon} bar{plural} (rank correlation {ahead:.2}; one \
             bar later {ahead_late:.2}; with the {horizon} before {behind:.2}; standard features \
             at most {standard:.2})"
        )
    }
}

/// The moves over one horizon; NaN where bars are too few.
struct HorizonReturns {
    horizon: usize,
    ahead: Vec<f64>,
    behind: Vec<f64>,
}

impl HorizonReturns {
    fn of(bars: &[Bar], horizon: usize) -> Self {
        let log = |to: Option<f64>, from: Option<f64>| {
            to.zip(from).map_or(f64::NAN, |(to, from)| (to / from).ln())
        };
        let open = |at: usize| bars.get(at).map(|bar| bar.open);
        let close = |at: Option<usize>| at.and_then(|at| bars.get(at)).map(|bar| bar.close);
        let all = 0..bars.len();
        Self {
            horizon,
            ahead: all.clone().map(|at| log(open(at + 1 + horizon), open(at + 1))).collect(),
            behind: all.map(|at| log(close(Some(at)), close(at.checked_sub(horizon)))).collect(),
        }
    }

    /// Returns the greatest correlation of a column of `rows` with the
    /// moves ahead.
    fn best_of(&self, rows: &[Option<Vec<f64>>]) -> f64 {
        let n_features = rows.iter().flatten().next().map_or(0, Vec::len);
        let columns = (0..n_features).map(|feature| {
            let value = |row: &Option<Vec<f64>>| row.as_ref().map_or(f64::NAN, |row| row[feature]);
            let column: Vec<f64> = rows.iter().map(value).collect();
            self.with_ahead(&column).abs()
        });
        columns.fold(0.0, f64::max)
    }

    fn correlations(&self, column: &[f64], standard: f64) -> HorizonCorrelations {
        let late: Vec<f64> = std::iter::once(f64::NAN).chain(column.iter().copied()).collect();
        HorizonCorrelations {
            horizon: self.horizon,
            ahead: self.with_ahead(column),
            behind: rank_correlation(column, &self.behind),
            ahead_late: self.with_ahead(&late[..column.len()]),
            standard,
            n_moves: column.len() as f64 / self.horizon as f64,
        }
    }

    fn with_ahead(&self, column: &[f64]) -> f64 {
        rank_correlation(column, &self.ahead)
    }
}

/// Returns the rank correlation of the pairs that are whole; 0 where one
/// side never changes.
fn rank_correlation(left: &[f64], right: &[f64]) -> f64 {
    let whole = left.iter().zip(right).filter(|(left, right)| !left.is_nan() && !right.is_nan());
    let (left, right): (Vec<f64>, Vec<f64>) = whole.unzip();
    correlation(&ranks(&left), &ranks(&right))
}
