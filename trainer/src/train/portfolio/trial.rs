//! Judges a policy on the test bars of all symbols at once.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::config::TrainingConfig;
use crate::environment::BarOutcome;
use crate::features::FeatureSet;
use crate::metrics::PeriodsPerYear;
use crate::model::Policy;
use crate::session::{MetricsRecord, Moment};
use crate::train::curve::{EquityCurve, Point};
use crate::train::evaluate::Verdict;
use crate::train::sinks::Sinks;

use super::Track;
use super::joint::PortfolioAccount;
use super::lane::{Lane, Moments};

/// The terms of an evaluation.
pub(super) struct PortfolioTrial<'a> {
    pub(super) training: &'a TrainingConfig,
    pub(super) periods_per_year: PeriodsPerYear,
    pub(super) features: &'a FeatureSet,
    pub(super) at: Moment,
    /// Where the portfolio's curve goes.
    pub(super) curve: &'a Path,
}

impl PortfolioTrial<'_> {
    /// Trades the test bars of `tracks` in the order of time; returns
    /// the portfolio's figures, and those of each symbol.
    pub(super) fn judge(
        &self,
        policy: &dyn Policy,
        tracks: &[&Track],
        sinks: &mut Sinks<'_>,
    ) -> Result<(Verdict, BTreeMap<String, MetricsRecord>)> {
        let mut lanes = Vec::new();
        for track in tracks {
            lanes.push(Lane::new(self, track)?);
        }
        let initial_cash = self.training.environment.initial_cash;
        let account = |n_symbols| {
            let terms = (initial_cash, self.periods_per_year);
            PortfolioAccount::new(n_symbols, terms, self.training.seed)
        };
        let (mut agent, mut holder) = (account(lanes.len()), account(lanes.len()));
        let mut never = account(1);
        let mut curve = EquityCurve::create(self.curve)?;
        while let Some(time_ms) = lanes.iter().filter_map(Lane::next_ms).min() {
            let mut moments = Moments { agent: &mut agent, holder: &mut holder };
            for (idx, lane) in lanes.iter_mut().enumerate() {
                if lane.next_ms() == Some(time_ms) {
                    lane.step((self, policy), (idx, &mut moments), sinks)?;
                }
            }
            let (outcome, holding) = (agent.end_time(), holder.end_time());
            never.bar(0, &BarOutcome::idle(initial_cash));
            never.end_time();
            curve.push(Point {
                time_ms,
                agent: outcome.equity,
                exposure: outcome.exposure,
                buy_and_hold: Some(holding.equity),
                close: lanes.iter().map(Lane::growth).sum::<f64>() / lanes.len() as f64,
            })?;
        }
        let verdict = Verdict {
            agent: agent.tracker.performance(),
            sample: agent.tracker.sharpe_sample(),
            buy_and_hold: holder.tracker.performance(),
            never_trade: never.tracker.performance(),
            histograms: Vec::new(),
        };
        curve.finish(verdict.agent.final_equity, Some(verdict.buy_and_hold.final_equity))?;
        let records = lanes.into_iter().map(|lane| (lane.track.symbol.clone(), lane.record));
        Ok((verdict, records.collect()))
    }
}
