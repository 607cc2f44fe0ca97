//! Finds columns that predict the future implausibly well.
//!
//! A column is data, so prefixes of the bars cannot show whether it was
//! known at its bar's close. But a column that was stamped too early
//! correlates with later moves more than chance allows, and more than
//! with earlier ones.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::market::bars::Bar;
use crate::market::features::FeatureSet;

use super::bars::LatestBars;
use super::features::Features;
use super::innovation::{Association, BarContext, correlation};
use super::report::LeakCheck;
use super::statistics::ranks;

const NAME: &str = "column_foresight";
/// Horizons of the moves, in bars.
const HORIZONS: [usize; 4] = [1, 4, 16, 64];
/// Least significant z score: 1,000 columns of noise at four horizons
/// exceed it in less than one of 100,000 searches.
const Z_SCORE_MIN: f64 = 6.0;
/// Greatest plausible partial correlation with later moves, beyond both
/// that with earlier moves and that of the standard features.
const SURPLUS_MAX: f64 = 0.15;
/// The same beyond the standard features alone.
const EXCESS_MAX: f64 = 0.4;

const REMEDY: &str = "so it was hardly known at the close; stamp each row with the bar at whose \
                      close its value was known";

/// The rank correlations of one column at one horizon (C. Spearman, "The
/// proof and measurement of association between two things", 1904).
struct HorizonCorrelations {
    horizon: usize,
    /// With the move from the next bar's open on, which a decision at
    /// this bar's close earns.
    ahead: f64,
    /// With the move up to the bar's close.
    behind: f64,
    /// With the move ahead, the column shifted one bar later.
    ahead_late: f64,
    /// The greatest of any standard feature with the move ahead.
    standard: f64,
    /// Number of moves that do not overlap.
    n_moves: f64,
}

/// Checks each of the further columns `names` of the `latest` bars.
pub(super) fn check(latest: &LatestBars, names: &[String]) -> LeakCheck {
    let search = ColumnSearch::new(&latest.bars);
    let indexed: Vec<(usize, &String)> = names.iter().enumerate().collect();
    let findings: Vec<ColumnFinding> = indexed
        .into_par_iter()
        .map(|(idx, name)| search.inspect(name, &latest.column(idx)))
        .collect();
    leak_check(&findings)
}

/// Searches columns of the same bars for knowledge of later moves.
pub struct ColumnSearch {
    horizons: Vec<HorizonReturns>,
    context: BarContext,
}

/// The result for one column.
struct ColumnFinding {
    /// Describes the leak, if there is one.
    suspect: Option<String>,
    /// The strongest association: absolute t statistic and description.
    strongest: Option<(f64, String)>,
}

impl ColumnSearch {
    /// Prepares a search among columns of `bars`.
    pub fn new(bars: &[Bar]) -> Self {
        let standard_rows = Features::rows(&FeatureSet::standard(), bars);
        let horizons = HORIZONS.map(|horizon| HorizonReturns::of(bars, &standard_rows, horizon));
        Self { horizons: horizons.into(), context: BarContext::of(bars) }
    }

    /// Checks one column, with one value for each bar, as
    /// [`check_configured_leaks`](super::check_configured_leaks) does.
    pub fn check(&self, name: &str, column: &[f64]) -> LeakCheck {
        leak_check(&[self.inspect(name, column)])
    }

    fn inspect(&self, name: &str, column: &[f64]) -> ColumnFinding {
        let mut correlations = self.horizons.iter().map(|horizon| horizon.correlations(column));
        let suspect = correlations.find(HorizonCorrelations::is_suspect);
        let (leak, strongest) = self.context.associations(column);
        ColumnFinding {
            suspect: suspect
                .map(|correlations| correlations.describe(name))
                .or_else(|| leak.map(|association: Association| association.describe(name))),
            strongest: strongest
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
    let strongest = findings.iter().filter_map(|finding| finding.strongest.as_ref());
    let strongest = strongest.max_by(|one, other| one.0.total_cmp(&other.0));
    let note = strongest
        .map_or_else(String::new, |(_, description)| format!("; the closest: {description}"));
    LeakCheck::passed(NAME, format!("no column knows later moves too well{note}"))
}

impl HorizonCorrelations {
    fn is_suspect(&self) -> bool {
        let is_chance = |correlation: f64| correlation * self.n_moves.sqrt() < Z_SCORE_MIN;
        let surplus = self.partial(self.behind.abs().max(self.standard));
        let excess = self.partial(self.standard);
        surplus > SURPLUS_MAX && !is_chance(surplus) || excess > EXCESS_MAX && !is_chance(excess)
    }

    /// Returns the correlation ahead beyond a correlation `known`:
    /// `sqrt((ahead² - known²) / (1 - known²))`, 0 where `known` is
    /// greater.
    fn partial(&self, known: f64) -> f64 {
        let unexplained = 1.0 - known * known;
        let explained = (self.ahead.powi(2) - known * known).max(0.0);
        if unexplained > 0.0 { (explained / unexplained).sqrt() } else { 0.0 }
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

/// The log returns over one horizon; NaN where bars are too few.
struct HorizonReturns {
    horizon: usize,
    ahead: Vec<f64>,
    behind: Vec<f64>,
    /// Greatest rank correlation of a standard feature with `ahead`.
    standard: f64,
}

impl HorizonReturns {
    fn of(bars: &[Bar], standard_rows: &[Option<Vec<f64>>], horizon: usize) -> Self {
        let log = |to: Option<f64>, from: Option<f64>| {
            to.zip(from).map_or(f64::NAN, |(to, from)| (to / from).ln())
        };
        let open = |at: usize| bars.get(at).map(|bar| bar.open);
        let close = |at: Option<usize>| at.and_then(|at| bars.get(at)).map(|bar| bar.close);
        let all = 0..bars.len();
        let mut returns = Self {
            horizon,
            ahead: all.clone().map(|at| log(open(at + 1 + horizon), open(at + 1))).collect(),
            behind: all.map(|at| log(close(Some(at)), close(at.checked_sub(horizon)))).collect(),
            standard: 0.0,
        };
        returns.standard = returns.best_of(standard_rows);
        returns
    }

    /// Returns the greatest absolute correlation of a column of `rows`
    /// with the moves ahead.
    fn best_of(&self, rows: &[Option<Vec<f64>>]) -> f64 {
        let n_features = rows.iter().flatten().next().map_or(0, Vec::len);
        let columns = (0..n_features).map(|feature| {
            let value = |row: &Option<Vec<f64>>| row.as_ref().map_or(f64::NAN, |row| row[feature]);
            let column: Vec<f64> = rows.iter().map(value).collect();
            self.with_ahead(&column).abs()
        });
        columns.fold(0.0, f64::max)
    }

    fn correlations(&self, column: &[f64]) -> HorizonCorrelations {
        let late: Vec<f64> = std::iter::once(f64::NAN).chain(column.iter().copied()).collect();
        HorizonCorrelations {
            horizon: self.horizon,
            ahead: self.with_ahead(column),
            behind: rank_correlation(column, &self.behind),
            ahead_late: self.with_ahead(&late[..column.len()]),
            standard: self.standard,
            n_moves: column.len() as f64 / self.horizon as f64,
        }
    }

    fn with_ahead(&self, column: &[f64]) -> f64 {
        rank_correlation(column, &self.ahead)
    }
}

/// Returns the rank correlation of the pairs without NaN; 0 where one
/// side is constant.
fn rank_correlation(left: &[f64], right: &[f64]) -> f64 {
    let pairs = left.iter().zip(right).filter(|(left, right)| !left.is_nan() && !right.is_nan());
    let (left, right): (Vec<f64>, Vec<f64>) = pairs.unzip();
    correlation(&ranks(&left), &ranks(&right), 0).0
}
