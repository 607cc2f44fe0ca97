//! Replays the saved models on the test bars, and at the same time fills
//! their decisions in other ways.
//!
//! All symbols are traded in one pass, in order of time, as in the
//! session's own evaluation. The first account is the session's; each
//! other account fills the decisions of the first later or at other
//! costs, or holds a constant target.

use std::collections::VecDeque;

use anyhow::Result;

use crate::account::environment::{Environment, EnvironmentConfig};
use crate::account::metrics::{Performance, Simulation};
use crate::learning::Policy;
use crate::learning::model::TradingModel;
use crate::market::bars::Bar;
use crate::session::Session;

use super::bar_stream::{BarStream, StreamedBar, TestStream};
use super::options::TrainOptions;
use super::portfolio::PortfolioAccount;
use super::symbol_run::flat_if_bankrupt;
use super::training_data::TrainingData;

/// How an account of a replay differs from the session's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) target_source: TargetSource,
    /// Factor of all costs.
    pub(crate) cost_factor: f64,
}

/// The source of the targets of an account in a replay.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TargetSource {
    /// The session's decisions, filled this many bars after the next open:
    /// at most [`N_BARS_LATER_MAX`].
    Decisions { n_bars_later: usize },
    /// A constant target.
    Constant(f64),
}

/// The session's own account.
const AS_DECIDED: Scenario = Scenario::later("as_decided", 0);
/// Greatest delay of fills, in bars.
const N_BARS_LATER_MAX: usize = 4;

impl Scenario {
    /// Returns the session's decisions, filled `n_bars_later`.
    pub(crate) const fn later(name: &'static str, n_bars_later: usize) -> Self {
        Self { name, target_source: TargetSource::Decisions { n_bars_later }, cost_factor: 1.0 }
    }

    /// The session's decisions at twice the costs.
    pub(crate) const COSTS_DOUBLED: Self =
        Self { cost_factor: 2.0, ..Self::later("costs_doubled", 0) };

    /// Returns whether decisions are filled later than the session's.
    pub(crate) fn is_later(&self) -> bool {
        matches!(self.target_source, TargetSource::Decisions { n_bars_later } if n_bars_later > 0)
    }
}

/// The input of a replay.
pub(crate) struct ReplayInput<'a> {
    pub(crate) options: &'a TrainOptions,
    /// The session, whose saved models are replayed.
    pub(crate) session: &'a Session,
    pub(crate) training_data: &'a TrainingData,
    /// The other accounts.
    pub(crate) scenarios: &'a [Scenario],
}

/// A decision of the session's own account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    /// The index of the symbol among those that are tested.
    pub(crate) symbol: usize,
    /// The open of the bar at whose close it was made.
    pub(crate) open: f64,
    pub(crate) target: f64,
}

/// What all accounts earned.
pub(crate) struct ReplayResult {
    /// The final equity of the session's own account.
    pub(crate) base_equity: f64,
    /// The performance of each scenario; `None` where costs would be out of
    /// range.
    pub(crate) scenarios: Vec<Option<Performance>>,
}

/// Trades the test bars of all finished windows of a session, and passes
/// each decision of its own account to `on_decision`.
pub(crate) fn replay(
    input: &ReplayInput<'_>,
    on_decision: &mut dyn FnMut(Decision),
) -> Result<ReplayResult> {
    let ReplayInput { options, session, training_data, scenarios } = input;
    let config = &options.training;
    let scenarios: Vec<Scenario> = [&[AS_DECIDED], *scenarios].concat();
    let environments =
        scenarios.iter().map(|scenario| config.environment.with_costs(scenario.cost_factor).ok());
    let environments: Vec<Option<EnvironmentConfig>> = environments.collect();
    let models = model_paths(session);
    let mut symbol_replays = Vec::new();
    for symbol in training_data.tested() {
        let splits = &symbol.splits[..models.len().min(symbol.splits.len())];
        if splits.iter().any(|split| split.n_test > 0) {
            let stream = BarStream::new(&symbol.source, &training_data.features)?;
            let stream = TestStream::new(stream, splits)?;
            symbol_replays.push(SymbolReplay::new(&environments, stream)?);
        }
    }
    let (n_symbols, cash) = (symbol_replays.len(), config.environment.initial_cash);
    let account = |_: &Scenario| PortfolioAccount::new(n_symbols, cash, config.seed);
    let mut accounts: Vec<PortfolioAccount> = scenarios.iter().map(account).collect();
    for (window, path) in models.into_iter().enumerate() {
        let path = path.map(|path| options.layout.root().join(path));
        let model = path.map(|path| TradingModel::load(&path)).transpose()?;
        let policy = model.as_ref().map(TradingModel::policy);
        for symbol_replay in &mut symbol_replays {
            symbol_replay.stream.enter(window);
        }
        let next_ms = |replays: &[SymbolReplay<'_>]| {
            replays.iter().filter_map(|replay| replay.stream.next_ms()).min()
        };
        while let Some(time_ms) = next_ms(&symbol_replays) {
            for (idx, symbol_replay) in symbol_replays.iter_mut().enumerate() {
                if symbol_replay.stream.next_ms() == Some(time_ms) {
                    let portfolio =
                        &mut Portfolio { scenarios: &scenarios, accounts: &mut accounts };
                    on_decision(symbol_replay.step(policy, idx, portfolio)?);
                }
            }
            for account in &mut accounts {
                account.end_time(time_ms);
            }
        }
    }
    let performances =
        environments.iter().zip(&accounts).skip(1).map(|(environment, account)| {
            environment.as_ref().map(|_| account.tracker.performance())
        });
    let base_equity = accounts[0].tracker.equity();
    Ok(ReplayResult { base_equity, scenarios: performances.collect() })
}

/// Returns the path of each window's model, relative to the workspace.
fn model_paths(session: &Session) -> Vec<Option<String>> {
    match &session.walk_forward {
        Some(walk) => walk
            .windows
            .iter()
            .map(|window| window.model.as_ref().map(|model| model.path.clone()))
            .collect(),
        None => vec![session.model.as_ref().map(|model| model.path.clone())],
    }
}

/// The scenarios, and the portfolio's account in each.
struct Portfolio<'a> {
    scenarios: &'a [Scenario],
    accounts: &'a mut [PortfolioAccount],
}

/// One symbol's accounts, one for each scenario.
struct SymbolReplay<'a> {
    stream: TestStream<'a>,
    accounts: Vec<Option<Simulation>>,
    /// The latest targets of the session's account, the newest first.
    decisions: VecDeque<f64>,
}

impl<'a> SymbolReplay<'a> {
    fn new(environments: &[Option<EnvironmentConfig>], stream: TestStream<'a>) -> Result<Self> {
        let fresh = |environment: &Option<EnvironmentConfig>| {
            environment.as_ref().map(|environment| Simulation::new(environment, None))
        };
        let accounts = environments.iter().map(|of_scenario| fresh(of_scenario).transpose());
        let accounts = accounts.collect::<Result<_, _>>()?;
        Ok(Self { stream, accounts, decisions: VecDeque::new() })
    }

    /// Steps all accounts through the next bar, and records the outcomes
    /// in `portfolio`, where this is the symbol `idx`. Returns the decision
    /// of the session's own account.
    fn step(
        &mut self,
        policy: Option<&dyn Policy>,
        idx: usize,
        portfolio: &mut Portfolio<'_>,
    ) -> Result<Decision> {
        let StreamedBar { bar, .. } = self.stream.next().expect("the caller checked `next_ms`");
        let row = self.stream.row();
        // A bankrupt account makes no decision; it is flat.
        self.decisions.push_front(0.0);
        self.decisions.truncate(N_BARS_LATER_MAX + 1);
        let decisions = &mut self.decisions;
        let accounts = self.accounts.iter_mut().zip(&mut *portfolio.accounts);
        for (scenario_idx, (simulation, account)) in accounts.enumerate() {
            let Some(simulation) = simulation else { continue };
            let mut decide = |_: &Bar, environment: &Environment| {
                let held = environment.target();
                match portfolio.scenarios[scenario_idx].target_source {
                    TargetSource::Constant(target) => target,
                    TargetSource::Decisions { n_bars_later } if scenario_idx > 0 => {
                        decisions.get(n_bars_later).copied().unwrap_or(held)
                    }
                    TargetSource::Decisions { .. } => {
                        let decision = policy.zip(row).map(|(policy, row)| policy.act(row, held));
                        decisions[0] = decision.unwrap_or(held);
                        decisions[0]
                    }
                }
            };
            let outcome = simulation.step(&bar, &mut decide, &mut |_| {});
            account.bar(idx, &flat_if_bankrupt(outcome));
        }
        if self.stream.advance()? {
            for (simulation, account) in self.accounts.iter_mut().zip(&mut *portfolio.accounts) {
                if let Some(simulation) = simulation {
                    account.exit(idx, simulation.exit(&mut |_| {}));
                }
            }
        }
        Ok(Decision { symbol: idx, open: bar.open, target: self.decisions[0] })
    }
}
