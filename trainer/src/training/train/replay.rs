//! Lets the saved models trade the test bars again, and fills what they
//! decided in other ways beside it.
//!
//! One pass, in the order of time over all symbols, as the session's own
//! evaluation. All accounts get the decisions of the first, which is the
//! session's, or hold one exposure: they differ in what is filled, when
//! and at which costs.

use std::collections::VecDeque;

use anyhow::Result;

use crate::account::environment::{Environment, EnvironmentConfig};
use crate::account::metrics::{Performance, Simulation};
use crate::learning::model::{Policy, TradingModel};
use crate::market::bars::Bar;
use crate::session::Session;

use super::bar_stream::{BarStream, StreamedBar};
use super::options::TrainOptions;
use super::portfolio::PortfolioAccount;
use super::symbol_run::flat_if_bankrupt;
use super::test_stream::TestStream;
use super::training_data::TrainingData;

/// An account beside the session's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) holds: Holds,
    /// What costs are multiplied with.
    pub(crate) costs: f64,
}

/// What an account of a replay holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holds {
    /// What the session decided, filled so many bars later than the next
    /// open: at most [`N_BARS_LATER_MAX`].
    Decisions { n_bars_later: usize },
    /// One target.
    Target(f64),
}

/// The session's own way.
const AS_DECIDED: Scenario = Scenario::later("as_decided", 0);
/// How much later decisions can be filled.
const N_BARS_LATER_MAX: usize = 4;

impl Scenario {
    /// The session's decisions, filled `n_bars_later`.
    pub(crate) const fn later(name: &'static str, n_bars_later: usize) -> Self {
        Self { name, holds: Holds::Decisions { n_bars_later }, costs: 1.0 }
    }

    /// The session's decisions at twice the costs.
    pub(crate) const COSTS_DOUBLED: Self =
        Self { name: "costs_doubled", holds: Holds::Decisions { n_bars_later: 0 }, costs: 2.0 };

    /// Returns whether its decisions are filled later than the session's.
    pub(crate) fn is_later(&self) -> bool {
        matches!(self.holds, Holds::Decisions { n_bars_later } if n_bars_later > 0)
    }
}

/// What a replay is of.
pub(crate) struct ReplayInput<'a> {
    pub(crate) options: &'a TrainOptions,
    /// Its models are those of its figures.
    pub(crate) session: &'a Session,
    pub(crate) training_data: &'a TrainingData,
    /// The accounts beside the session's own.
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

/// What was earned.
pub(crate) struct ReplayResult {
    pub(crate) base: Performance,
    /// Of each scenario; none where costs would be out of range.
    pub(crate) changed: Vec<Option<Performance>>,
}

/// Trades the test bars of all finished windows of a session, and tells
/// each decision of its own account.
pub(crate) fn replay(
    input: &ReplayInput<'_>,
    on_decision: &mut dyn FnMut(Decision),
) -> Result<ReplayResult> {
    let ReplayInput { options, session, training_data, scenarios } = input;
    let config = &options.training;
    let scenarios: Vec<Scenario> = [&[AS_DECIDED], *scenarios].concat();
    let environments =
        scenarios.iter().map(|scenario| config.environment.with_costs(scenario.costs).ok());
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
                    let held = &mut Replayed { scenarios: &scenarios, accounts: &mut accounts };
                    let (open, target) = symbol_replay.step(policy, idx, held)?;
                    on_decision(Decision { symbol: idx, open, target });
                }
            }
            for account in &mut accounts {
                account.end_time(time_ms);
            }
        }
    }
    let mut found = environments
        .iter()
        .zip(&accounts)
        .map(|(environment, account)| environment.as_ref().map(|_| account.tracker.performance()));
    let base = found.next().flatten().expect("the settings' own costs are in range");
    Ok(ReplayResult { base, changed: found.collect() })
}

/// Returns the path of each window's model in the workspace.
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
struct Replayed<'a> {
    scenarios: &'a [Scenario],
    accounts: &'a mut [PortfolioAccount],
}

/// One symbol's accounts, one a scenario.
struct SymbolReplay<'a> {
    stream: TestStream<'a>,
    accounts: Vec<Option<Simulation>>,
    /// The latest decisions, the newest first.
    decided: VecDeque<f64>,
}

impl<'a> SymbolReplay<'a> {
    fn new(environments: &[Option<EnvironmentConfig>], stream: TestStream<'a>) -> Result<Self> {
        let fresh = |environment: &Option<EnvironmentConfig>| {
            environment.as_ref().map(|environment| Simulation::new(environment, None))
        };
        let accounts = environments.iter().map(|of_scenario| fresh(of_scenario).transpose());
        let accounts = accounts.collect::<Result<_, _>>()?;
        Ok(Self { stream, accounts, decided: VecDeque::new() })
    }

    /// Steps all accounts through the next bar, and tells the portfolio's
    /// of it, in which this is the symbol `idx`. Returns the bar's open and
    /// what the session's own account decided.
    fn step(
        &mut self,
        policy: Option<&dyn Policy>,
        idx: usize,
        replayed: &mut Replayed<'_>,
    ) -> Result<(f64, f64)> {
        let StreamedBar { bar, .. } = self.stream.next().expect("it was asked for its time");
        let row = self.stream.row();
        // A bankrupt account decides nothing.
        self.decided.push_front(0.0);
        self.decided.truncate(N_BARS_LATER_MAX + 1);
        let decided = &mut self.decided;
        let accounts = self.accounts.iter_mut().zip(&mut *replayed.accounts);
        for (number, (own, account)) in accounts.enumerate() {
            let Some(own) = own else { continue };
            let mut decide = |_: &Bar, environment: &Environment| {
                let held = environment.target();
                match replayed.scenarios[number].holds {
                    Holds::Target(target) => target,
                    Holds::Decisions { n_bars_later } if number > 0 => {
                        decided.get(n_bars_later).copied().unwrap_or(held)
                    }
                    Holds::Decisions { .. } => {
                        let decision = policy.zip(row).map(|(policy, row)| policy.act(row, held));
                        decided[0] = decision.unwrap_or(held);
                        decided[0]
                    }
                }
            };
            let outcome = own.step(&bar, &mut decide, &mut |_| {});
            account.bar(idx, &flat_if_bankrupt(outcome));
        }
        if self.stream.advance()? {
            for (own, account) in self.accounts.iter_mut().zip(&mut *replayed.accounts) {
                if let Some(own) = own {
                    account.exit(idx, own.exit(&mut |_| {}));
                }
            }
        }
        Ok((bar.open, self.decided[0]))
    }
}
