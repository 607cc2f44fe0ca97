//! Judges policies on the test bars of all symbols at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;

use crate::account::environment::BarOutcome;
use crate::config::TrainingConfig;
use crate::learning::model::Policy;
use crate::market::features::FeatureSet;
use crate::session::{MetricsRecord, Moment};
use crate::training::train::curve::{EquityCurve, Point};
use crate::training::train::evaluate::Verdict;
use crate::training::train::sinks::Sinks;
use crate::training::train::split::N_TEST_MIN;
use crate::training::train::spread::Spread;

use super::Track;
use super::joint::PortfolioAccount;
use super::lane::{Lane, Stage};

/// The terms of an evaluation.
pub(super) struct PortfolioTrial<'a> {
    pub(super) training: &'a TrainingConfig,
    pub(super) features: &'a FeatureSet,
    pub(super) at: Moment,
    /// Where the portfolio's curve goes.
    pub(super) curve: PathBuf,
}

/// The figures of each symbol.
pub(super) type Figures = BTreeMap<String, MetricsRecord>;

/// What the portfolio and each symbol earned.
pub(super) struct Verdicts {
    pub(super) joint: Verdict,
    pub(super) symbols: Figures,
}

/// An evaluation under way: the accounts of all symbols, and of what
/// they are together.
pub(super) struct PortfolioContest<'a> {
    initial_cash: f64,
    at: Moment,
    lanes: Vec<Lane<'a>>,
    agent: PortfolioAccount,
    holder: PortfolioAccount,
    never: PortfolioAccount,
    curve: EquityCurve,
    /// The last equities: of the agent, and of the one that holds.
    last: (f64, f64),
    /// The distributions, where they are drawn.
    pub(super) spread: Option<Spread>,
}

impl PortfolioTrial<'_> {
    /// Begins the evaluation of `tracks` on the test bars of `windows`,
    /// which follow each other.
    pub(super) fn begin<'a>(
        &self,
        tracks: &'a [Track],
        windows: Range<usize>,
    ) -> Result<PortfolioContest<'a>> {
        let mut lanes = Vec::new();
        for track in tracks {
            let splits = &track.splits[windows.clone()];
            if splits.iter().map(|split| split.n_test).sum::<u64>() >= N_TEST_MIN {
                lanes.push(Lane::new(self, track, splits)?);
            }
        }
        let initial_cash = self.training.environment.initial_cash;
        let account =
            |n_symbols| PortfolioAccount::new(n_symbols, initial_cash, self.training.seed);
        Ok(PortfolioContest {
            initial_cash,
            at: self.at,
            agent: account(lanes.len()),
            holder: account(lanes.len()),
            never: account(1),
            lanes,
            curve: EquityCurve::create(&self.curve)?,
            last: (initial_cash, initial_cash),
            spread: None,
        })
    }
}

impl PortfolioContest<'_> {
    /// Trades the test bars of `window`, in the order of time, as
    /// `policy` wants; without one, what is held is kept.
    pub(super) fn trade(
        &mut self,
        policy: Option<&dyn Policy>,
        window: usize,
        sinks: &mut Sinks<'_>,
    ) -> Result<()> {
        for lane in &mut self.lanes {
            lane.enter(window);
        }
        while let Some(time_ms) = self.lanes.iter().filter_map(Lane::next_ms).min() {
            for (idx, lane) in self.lanes.iter_mut().enumerate() {
                if lane.next_ms() == Some(time_ms) {
                    let stage = Stage {
                        at: &self.at,
                        policy,
                        agent: &mut self.agent,
                        holder: &mut self.holder,
                        spread: &mut self.spread,
                    };
                    lane.step(idx, stage, sinks)?;
                }
            }
            self.end_time(time_ms)?;
        }
        Ok(())
    }

    fn end_time(&mut self, time_ms: i64) -> Result<()> {
        let (outcome, holding) = (self.agent.end_time(time_ms), self.holder.end_time(time_ms));
        self.never.bar(0, &BarOutcome::idle(self.initial_cash));
        self.never.end_time(time_ms);
        self.last = (outcome.equity, holding.equity);
        if let Some(spread) = &mut self.spread {
            spread.push_equity(outcome.equity);
        }
        self.curve.push(Point {
            time_ms,
            agent: outcome.equity,
            exposure: outcome.exposure,
            buy_and_hold: Some(holding.equity),
            close: self.lanes.iter().map(Lane::growth).sum::<f64>() / self.lanes.len() as f64,
        })
    }

    /// Returns the portfolio's figures, and those of each symbol.
    pub(super) fn finish(self) -> Result<Verdicts> {
        let joint = Verdict {
            agent: self.agent.tracker.performance(),
            sample: self.agent.tracker.sharpe_sample(),
            buy_and_hold: self.holder.tracker.performance(),
            never_trade: self.never.tracker.performance(),
            histograms: Vec::new(),
        };
        // Figures end at ruin; the symbols' accounts may go on.
        let (agent, holder) = self.last;
        self.curve.finish(agent, Some(holder))?;
        let records = self.lanes.into_iter().map(|lane| (lane.symbol().to_owned(), lane.record));
        Ok(Verdicts { joint, symbols: records.collect() })
    }
}
