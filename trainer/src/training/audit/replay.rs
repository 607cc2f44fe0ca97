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
use crate::training::train::{Material, Pass, PortfolioAccount, Seen, Split, TrainOptions, live};

use super::placebo::Timing;

/// Another way to fill the same decisions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Bars later than the next open.
    pub(super) n_bars_later: usize,
    costs: f64,
}

/// The session's own way, then the others.
const WAYS: [Way; 5] = [
    Way { name: "as_decided", n_bars_later: 0, costs: 1.0 },
    Way { name: "filled_1_bar_later", n_bars_later: 1, costs: 1.0 },
    Way { name: "filled_2_bars_later", n_bars_later: 2, costs: 1.0 },
    Way { name: "filled_4_bars_later", n_bars_later: 4, costs: 1.0 },
    Way { name: "costs_doubled", n_bars_later: 0, costs: 2.0 },
];
const N_BARS_LATER_MAX: usize = 4;

/// What was earned.
pub(super) struct Replayed {
    pub(super) base: Performance,
    /// None where costs would be out of range.
    pub(super) changed: Vec<(Way, Option<Performance>)>,
    /// Of each symbol.
    pub(super) timings: Vec<Timing>,
}

/// Trades the test bars of all windows of `session`.
pub(super) fn replay(
    options: &TrainOptions,
    session: &Session,
    material: &Material,
) -> Result<Replayed> {
    let config = &options.training;
    let terms = Terms {
        environments: WAYS.map(|way| config.environment.with_costs(way.costs).ok()),
        seed: config.seed,
    };
    let mut lanes = Vec::new();
    for (source, splits) in material.tested() {
        let mut pass = Pass::new(source, &material.features)?;
        pass.skip_to(splits.first().map_or(0, Split::test_begin))?;
        lanes.push(Lane::new(&terms, pass, splits)?);
    }
    let n_kept = placebo_bars(lanes.len());
    let account =
        |_| PortfolioAccount::new(lanes.len(), config.environment.initial_cash, terms.seed);
    let mut accounts: Vec<PortfolioAccount> = (0..WAYS.len()).map(account).collect();
    for (window, path) in model_paths(session).into_iter().enumerate() {
        let path = path.map(|path| options.layout.root().join(path));
        let model = path.map(|path| TradingModel::load(&path)).transpose()?;
        let policy = model.as_ref().map(TradingModel::policy);
        for lane in &mut lanes {
            lane.n_in_window = lane.splits[window].n_test;
        }
        while let Some(time_ms) = lanes.iter().filter_map(Lane::next_ms).min() {
            for (idx, lane) in lanes.iter_mut().enumerate() {
                if lane.next_ms() == Some(time_ms) {
                    lane.step(policy, (idx, &mut accounts), n_kept)?;
                }
            }
            for account in &mut accounts {
                account.end_time(time_ms);
            }
        }
    }
    let mut found = WAYS.into_iter().zip(&terms.environments).zip(&accounts).map(
        |((way, environment), account)| {
            (way, environment.as_ref().map(|_| account.tracker.performance()))
        },
    );
    let base = found.next().and_then(|(_, base)| base);
    Ok(Replayed {
        base: base.expect("the settings' own costs are in range"),
        changed: found.collect(),
        timings: lanes.into_iter().map(|lane| lane.timing).collect(),
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
struct Terms {
    /// Of each way.
    environments: [Option<EnvironmentConfig>; WAYS.len()],
    seed: u64,
}

/// One symbol's accounts, one a way.
struct Lane<'a> {
    splits: &'a [Split],
    pass: Pass,
    next: Option<Seen>,
    n_left: u64,
    n_in_window: u64,
    accounts: Vec<Option<Simulation>>,
    /// The latest decisions, the newest first.
    decided: VecDeque<f64>,
    timing: Timing,
}

impl<'a> Lane<'a> {
    fn new(terms: &Terms, mut pass: Pass, splits: &'a [Split]) -> Result<Self> {
        let fresh = |environment: &Option<EnvironmentConfig>| {
            environment.as_ref().map(|environment| Simulation::new(environment, None))
        };
        let accounts = terms.environments.iter().map(|of_way| fresh(of_way).transpose());
        let next = Some(pass.next()?);
        Ok(Self {
            splits,
            pass,
            next,
            n_left: splits.iter().map(|split| split.n_test).sum(),
            n_in_window: 0,
            accounts: accounts.collect::<Result<_, _>>()?,
            decided: VecDeque::new(),
            timing: Timing::default(),
        })
    }

    fn next_ms(&self) -> Option<i64> {
        self.next.filter(|_| self.n_in_window > 0).map(|seen| seen.bar.time_ms)
    }

    /// Steps all accounts through the next bar, and tells the portfolio
    /// `accounts` of it, in which this is the symbol `idx`.
    fn step(
        &mut self,
        policy: Option<&dyn Policy>,
        (idx, accounts): (usize, &mut [PortfolioAccount]),
        n_kept: usize,
    ) -> Result<()> {
        let Some(Seen { bar, is_warm }) = self.next.take() else {
            return Ok(());
        };
        self.n_left -= 1;
        self.n_in_window -= 1;
        let row = self.pass.row();
        // A bankrupt account decides nothing.
        self.decided.push_front(0.0);
        self.decided.truncate(N_BARS_LATER_MAX + 1);
        let decided = &mut self.decided;
        for (number, (own, account)) in self.accounts.iter_mut().zip(accounts).enumerate() {
            let Some(own) = own else { continue };
            let mut decide = |_: &Bar, environment: &Environment| {
                let held = environment.target();
                if number > 0 {
                    return decided.get(WAYS[number].n_bars_later).copied().unwrap_or(held);
                }
                decided[0] =
                    policy.filter(|_| is_warm).map_or(held, |policy| policy.act(row, held));
                decided[0]
            };
            let outcome = own.step(&bar, &mut decide, &mut |_| {});
            account.bar(idx, &live(outcome));
            if self.n_left == 0 {
                account.exit(idx, own.exit(&mut |_| {}));
            }
        }
        self.timing.push((bar.open, self.decided[0]), n_kept);
        if self.n_left > 0 {
            self.next = Some(self.pass.next()?);
        }
        Ok(())
    }
}
