//! Reads the closed trades of the last episode from the trace.
//!
//! All are counted; of very many, only some are listed: every second,
//! fourth and so on, the best, the worst, and liquidations.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::account::environment::{ClosedTrade, FillReason, Side};
use crate::session::Phase;

use super::pack::single;
use super::source::SessionSource;

/// Trades listed in addition, of the best, worst and liquidated each.
const N_NOTABLE: usize = 300;

/// A closed trade in the trace.
#[derive(Debug, Deserialize)]
struct Closed {
    #[serde(flatten)]
    trade: ClosedTrade,
    /// Only in a portfolio.
    #[serde(default)]
    symbol: Option<String>,
    phase: Phase,
    episode: u64,
}

impl Closed {
    fn costs(&self) -> f64 {
        let trade = &self.trade;
        let fills = trade.total_commission + trade.total_slippage;
        fills + trade.total_funding + trade.total_borrow_fee + trade.total_interest
    }

    fn is_short(&self) -> bool {
        self.trade.side == Side::Short
    }

    fn is_liquidation(&self) -> bool {
        self.trade.fill.reason == FillReason::Liquidation
    }

    fn listed(&self, symbol: Option<Arc<str>>) -> Trade {
        let ClosedTrade { fill, .. } = &self.trade;
        Trade {
            id: self.trade.trade_id,
            symbol,
            time_ms: fill.time_ms,
            entry_time_ms: self.trade.entry_time_ms,
            duration_bars: self.trade.duration_bars,
            net_pnl: self.trade.net_pnl,
            units: single(fill.units.abs()),
            entry_price: single(self.trade.entry_price),
            price: single(fill.price),
            return_on_equity: single(self.trade.return_on_equity),
            costs: single(self.costs()),
            flags: u8::from(self.is_short())
                | u8::from(self.is_liquidation()) << 1
                | u8::from(fill.reason == FillReason::EndOfData) << 2,
        }
    }
}

/// A listed trade. There are thousands, so it holds only what is drawn,
/// in single precision.
#[derive(Debug, Clone)]
pub(super) struct Trade {
    pub(super) id: u64,
    pub(super) symbol: Option<Arc<str>>,
    pub(super) time_ms: i64,
    pub(super) entry_time_ms: i64,
    pub(super) duration_bars: u64,
    pub(super) net_pnl: f64,
    /// Without sign.
    pub(super) units: f32,
    pub(super) entry_price: f32,
    pub(super) price: f32,
    pub(super) return_on_equity: f32,
    pub(super) costs: f32,
    /// Bit 0: short. Bit 1: liquidated. Bit 2: at the end of the data.
    pub(super) flags: u8,
}

impl Trade {
    fn key(&self) -> (i64, &Option<Arc<str>>, u64) {
        (self.entry_time_ms, &self.symbol, self.id)
    }
}

/// The totals of a group of trades.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TradeTotals {
    pub(super) n: u64,
    pub(super) n_won: u64,
    pub(super) gross_pnl: f64,
    pub(super) net_pnl: f64,
    pub(super) costs: f64,
    pub(super) n_bars: u64,
    pub(super) n_bars_max: u64,
    pub(super) best: f64,
    pub(super) worst: f64,
}

impl TradeTotals {
    fn push(&mut self, closed: &Closed) {
        let trade = &closed.trade;
        self.n += 1;
        self.n_won += u64::from(trade.net_pnl > 0.0);
        self.gross_pnl += trade.gross_pnl;
        self.net_pnl += trade.net_pnl;
        self.costs += closed.costs();
        self.n_bars += trade.duration_bars;
        self.n_bars_max = self.n_bars_max.max(trade.duration_bars);
        self.best = self.best.max(trade.return_on_equity);
        self.worst = self.worst.min(trade.return_on_equity);
    }
}

/// The trades of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct TradeLedger {
    n_listed_max: usize,
    every: u64,
    regular: Vec<Trade>,
    best: Vec<Trade>,
    worst: Vec<Trade>,
    liquidated: Vec<Trade>,
    pub(super) all: TradeTotals,
    pub(super) long: TradeTotals,
    pub(super) short: TradeTotals,
    pub(super) n_liquidated: u64,
}

impl TradeLedger {
    fn new(n_listed_max: usize) -> Self {
        Self { n_listed_max: n_listed_max.max(2), every: 1, ..Self::default() }
    }

    fn push(&mut self, closed: &Closed, symbol: Option<Arc<str>>) {
        let idx = self.all.n;
        self.all.push(closed);
        let side = if closed.is_short() { &mut self.short } else { &mut self.long };
        side.push(closed);
        let trade = closed.listed(symbol);
        if closed.is_liquidation() {
            self.n_liquidated += 1;
            if self.liquidated.len() < N_NOTABLE {
                self.liquidated.push(trade.clone());
            }
        }
        keep_first(&mut self.best, &trade, |a, b| b.net_pnl.total_cmp(&a.net_pnl));
        keep_first(&mut self.worst, &trade, |a, b| a.net_pnl.total_cmp(&b.net_pnl));
        if idx.is_multiple_of(self.every) {
            if self.regular.len() == self.n_listed_max {
                thin_out(&mut self.regular);
                self.every *= 2;
            }
            if idx.is_multiple_of(self.every) {
                self.regular.push(trade);
            }
        }
    }

    /// Returns the listed trades, in order of time.
    pub(super) fn listed(&self) -> Vec<&Trade> {
        let notable = [&self.best, &self.worst, &self.liquidated];
        let notable = notable.into_iter().flatten().filter(|_| self.every > 1);
        let mut listed: Vec<&Trade> = self.regular.iter().chain(notable).collect();
        // Trades of several symbols close in another order than they open.
        listed.sort_by_key(|trade| trade.key());
        listed.dedup_by_key(|trade| trade.key());
        listed
    }

    /// Returns the `n` of "one in `n` trades is listed", besides the
    /// notable ones.
    pub(super) fn every(&self) -> u64 {
        self.every
    }
}

/// Keeps every second trade, from the first on.
fn thin_out(trades: &mut Vec<Trade>) {
    let mut n_seen = 0_usize;
    trades.retain(|_| {
        n_seen += 1;
        !n_seen.is_multiple_of(2)
    });
}

/// Keeps `trade` if it is among the first [`N_NOTABLE`] by `order`; the
/// list is cut only when it is twice as long.
fn keep_first(
    kept: &mut Vec<Trade>,
    trade: &Trade,
    order: impl Fn(&Trade, &Trade) -> std::cmp::Ordering,
) {
    kept.push(trade.clone());
    if kept.len() > 2 * N_NOTABLE {
        kept.sort_by(order);
        kept.truncate(N_NOTABLE);
    }
}

/// The trades of the last episode.
#[derive(Debug, Clone)]
pub(super) struct TradeLedgers {
    episode: u64,
    /// Out of sample.
    pub(super) test: TradeLedger,
    /// In sample.
    pub(super) train: TradeLedger,
}

impl TradeLedgers {
    fn new(episode: u64, n_listed_max: usize) -> Self {
        let (train, test) = (TradeLedger::new(n_listed_max / 3), TradeLedger::new(n_listed_max));
        Self { episode, test, train }
    }
}

/// Reads the trace of the session `id`, listing `n_listed_max` trades at
/// most, and the notable ones. Trades before `last_episode`, where the
/// record has it, are of policies that are not evaluated. Returns `None`
/// without a trace.
pub(super) fn read(
    source: &SessionSource,
    id: &str,
    last_episode: Option<u64>,
    n_listed_max: usize,
) -> Result<Option<TradeLedgers>> {
    let names = source.names("logs/trades/")?;
    // `_2` and so on are traces that were started in the same second. A
    // resumed session may have the trace of the one that it resumed.
    let traces = || names.iter().filter(|name| name.starts_with("logs/trades/trade_traces_"));
    let own = traces().rfind(|name| name.contains(id));
    let Some(name) = own.or_else(|| traces().next_back()) else {
        return Ok(None);
    };
    let first = last_episode.unwrap_or(0);
    source.read(name, &mut |file| read_lines(file, first, n_listed_max))
}

/// Reads the trades of the last episode that has some, from the episode
/// `first` on.
fn read_lines(file: &mut dyn Read, first: u64, n_listed_max: usize) -> Result<TradeLedgers> {
    let mut ledgers = TradeLedgers::new(first, n_listed_max);
    let mut symbols = BTreeSet::new();
    let mut lines = BufReader::new(file);
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            break;
        }
        if !line.contains("\"TRADE_CLOSED\"") || !line.ends_with('\n') {
            continue;
        }
        let closed: Closed = serde_json::from_str(&line)
            .with_context(|| format!("line {number} of the trace is no closed trade"))?;
        if closed.episode < ledgers.episode {
            continue;
        }
        if closed.episode > ledgers.episode {
            ledgers = TradeLedgers::new(closed.episode, n_listed_max);
        }
        let symbol = closed.symbol.as_deref().map(|symbol| interned(&mut symbols, symbol));
        let ledger =
            if closed.phase == Phase::Test { &mut ledgers.test } else { &mut ledgers.train };
        ledger.push(&closed, symbol);
    }
    Ok(ledgers)
}

/// Returns the shared copy of `symbol`.
fn interned(symbols: &mut BTreeSet<Arc<str>>, symbol: &str) -> Arc<str> {
    if let Some(known) = symbols.get(symbol) {
        return Arc::clone(known);
    }
    let new: Arc<str> = symbol.into();
    symbols.insert(Arc::clone(&new));
    new
}
