//! Lets the saved models trade the test bars again, and fills what they
//! decided in other ways beside it.
//!
//! One pass, in the order of time over all symbols, as the session's own
//! evaluation. All accounts get the decisions of the first, which is the
//! session's: they differ in when and at which costs these are filled.

use std::collections::VecDeque;

use anyhow::Result;

use crate::account::environment::{Environment, EnvironmentConfig};
use crate::account::metrics::{Performance, Simulation};
use crate::learning::model::{Policy, TradingModel};
use crate::market::bars::Bar;
use crate::session::Session;
use crate::training::train::{
    BarStream, PortfolioAccount, Split, StreamedBar, TrainOptions, TrainingData, flat_if_bankrupt,
};

use super::placebo::DecisionSeries;

/// Another way to fill the same decisions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// Bars later than the next open.
    pub(super) n_bars_later: usize,
    costs: f64,
}

/// The session's own way, then the others.
const SCENARIOS: [Scenario; 5] = [
    Scenario { name: "as_decided", n_bars_later: 0, costs: 1.0 },
    Scenario { name: "filled_1_bar_later", n_bars_later: 1, costs: 1.0 },
    Scenario { name: "filled_2_bars_later", n_bars_later: 2, costs: 1.0 },
    Scenario { name: "filled_4_bars_later", n_bars_later: 4, costs: 1.0 },
    Scenario { name: "costs_doubled", n_bars_later: 0, costs: 2.0 },
];
const N_BARS_LATER_MAX: usize = 4;

/// What was earned.
pub(super) struct ReplayResult {
    pub(super) base: Performance,
    /// None where costs would be out of range.
    pub(super) changed: Vec<(Scenario, Option<Performance>)>,
    /// Of each symbol.
    pub(super) series_by_symbol: Vec<DecisionSeries>,
}

/// Trades the test bars of all windows of `session`.
pub(super) fn replay(
    options: &TrainOptions,
    session: &Session,
    training_data: &TrainingData,
) -> Result<ReplayResult> {
    let config = &options.training;
    let replay_options = ReplayOptions {
        environments: SCENARIOS.map(|scenario| config.environment.with_costs(scenario.costs).ok()),
        seed: config.seed,
    };
    let mut symbol_replays = Vec::new();
    for (source, splits) in training_data.tested() {
        let mut stream = BarStream::new(source, &training_data.features)?;
        stream.skip_to(splits.first().map_or(0, Split::test_begin))?;
        symbol_replays.push(SymbolReplay::new(&replay_options, stream, splits)?);
    }
    let n_kept = placebo_bars(symbol_replays.len());
    let account = |_| {
        PortfolioAccount::new(
            symbol_replays.len(),
            config.environment.initial_cash,
            replay_options.seed,
        )
    };
    let mut accounts: Vec<PortfolioAccount> = (0..SCENARIOS.len()).map(account).collect();
    for (window, path) in model_paths(session).into_iter().enumerate() {
        let path = path.map(|path| options.layout.root().join(path));
        let model = path.map(|path| TradingModel::load(&path)).transpose()?;
        let policy = model.as_ref().map(TradingModel::policy);
        for symbol_replay in &mut symbol_replays {
            symbol_replay.n_in_window = symbol_replay.splits[window].n_test;
        }
        while let Some(time_ms) = symbol_replays.iter().filter_map(SymbolReplay::next_ms).min() {
            for (idx, symbol_replay) in symbol_replays.iter_mut().enumerate() {
                if symbol_replay.next_ms() == Some(time_ms) {
                    symbol_replay.step(policy, (idx, &mut accounts), n_kept)?;
                }
            }
            for account in &mut accounts {
                account.end_time(time_ms);
            }
        }
    }
    let mut found = SCENARIOS.into_iter().zip(&replay_options.environments).zip(&accounts).map(
        |((scenario, environment), account)| {
            (scenario, environment.as_ref().map(|_| account.tracker.performance()))
        },
    );
    let base = found.next().and_then(|(_, base)| base);
    Ok(ReplayResult {
        base: base.expect("the settings' own costs are in range"),
        changed: found.collect(),
        series_by_symbol: symbol_replays
            .into_iter()
            .map(|symbol_replay| symbol_replay.decision_series)
            .collect(),
    })
}

/// Bars of a symbol that the placebo keeps: memory is bounded.
fn placebo_bars(n_symbols: usize) -> usize {
    (1 << 17) / n_symbols.max(1)
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

/// What all lanes have in common.
struct ReplayOptions {
    /// Of each way.
    environments: [Option<EnvironmentConfig>; SCENARIOS.len()],
    seed: u64,
}

/// One symbol's accounts, one a way.
struct SymbolReplay<'a> {
    splits: &'a [Split],
    stream: BarStream,
    next: Option<StreamedBar>,
    n_left: u64,
    n_in_window: u64,
    accounts: Vec<Option<Simulation>>,
    /// The latest decisions, the newest first.
    decided: VecDeque<f64>,
    decision_series: DecisionSeries,
}

impl<'a> SymbolReplay<'a> {
    fn new(
        replay_options: &ReplayOptions,
        mut stream: BarStream,
        splits: &'a [Split],
    ) -> Result<Self> {
        let fresh = |environment: &Option<EnvironmentConfig>| {
            environment.as_ref().map(|environment| Simulation::new(environment, None))
        };
        let accounts =
            replay_options.environments.iter().map(|of_scenario| fresh(of_scenario).transpose());
        let next = Some(stream.next()?);
        Ok(Self {
            splits,
            stream,
            next,
            n_left: splits.iter().map(|split| split.n_test).sum(),
            n_in_window: 0,
            accounts: accounts.collect::<Result<_, _>>()?,
            decided: VecDeque::new(),
            decision_series: DecisionSeries::default(),
        })
    }

    fn next_ms(&self) -> Option<i64> {
        self.next.filter(|_| self.n_in_window > 0).map(|streamed| streamed.bar.time_ms)
    }

    /// Steps all accounts through the next bar, and tells the portfolio
    /// `accounts` of it, in which this is the symbol `idx`.
    fn step(
        &mut self,
        policy: Option<&dyn Policy>,
        (idx, accounts): (usize, &mut [PortfolioAccount]),
        n_kept: usize,
    ) -> Result<()> {
        let Some(StreamedBar { bar, is_warm }) = self.next.take() else {
            return Ok(());
        };
        self.n_left -= 1;
        self.n_in_window -= 1;
        let row = self.stream.row();
        // A bankrupt account decides nothing.
        self.decided.push_front(0.0);
        self.decided.truncate(N_BARS_LATER_MAX + 1);
        let decided = &mut self.decided;
        for (number, (own, account)) in self.accounts.iter_mut().zip(accounts).enumerate() {
            let Some(own) = own else { continue };
            let mut decide = |_: &Bar, environment: &Environment| {
                let held = environment.target();
                if number > 0 {
                    return decided.get(SCENARIOS[number].n_bars_later).copied().unwrap_or(held);
                }
                decided[0] =
                    policy.filter(|_| is_warm).map_or(held, |policy| policy.act(row, held));
                decided[0]
            };
            let outcome = own.step(&bar, &mut decide, &mut |_| {});
            account.bar(idx, &flat_if_bankrupt(outcome));
            if self.n_left == 0 {
                account.exit(idx, own.exit(&mut |_| {}));
            }
        }
        self.decision_series.push((bar.open, self.decided[0]), n_kept);
        if self.n_left > 0 {
            self.next = Some(self.stream.next()?);
        }
        Ok(())
    }
}
