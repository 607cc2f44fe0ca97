//! The closed trades of the last evaluation, out of the trace.
//!
//! All are counted; of very many, only some are listed: every second,
//! fourth and so on, the best, the worst, and liquidations.

use std::io::{BufRead as _, BufReader, Read};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::source::Source;

/// Best, worst and liquidated trades that are listed beside the others.
const N_NOTABLE: usize = 300;

/// A line of the trace that ends a trade, as far as a page shows it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Trade {
    #[serde(rename = "trade_id")]
    pub(super) id: u64,
    /// Where there are several.
    #[serde(default)]
    pub(super) symbol: Option<String>,
    pub(super) side: String,
    pub(super) reason: String,
    /// When it ended.
    pub(super) time_ms: i64,
    pub(super) entry_time_ms: i64,
    /// Of the last fill; below 0 for a sale.
    pub(super) units: f64,
    pub(super) entry_price: f64,
    /// Of the last fill.
    pub(super) price: f64,
    pub(super) total_commission: f64,
    pub(super) total_slippage: f64,
    #[serde(default)]
    pub(super) total_funding: f64,
    pub(super) gross_pnl: f64,
    pub(super) net_pnl: f64,
    pub(super) return_on_equity: f64,
    pub(super) duration_bars: u64,
    phase: String,
    episode: u64,
}

impl Trade {
    fn key(&self) -> (i64, &Option<String>, u64) {
        (self.entry_time_ms, &self.symbol, self.id)
    }

    pub(super) fn costs(&self) -> f64 {
        self.total_commission + self.total_slippage + self.total_funding
    }

    pub(super) fn is_liquidation(&self) -> bool {
        self.reason == "liquidation"
    }
}

/// Trades of one kind, all counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
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

impl Tally {
    fn push(&mut self, trade: &Trade) {
        self.n += 1;
        self.n_won += u64::from(trade.net_pnl > 0.0);
        self.gross_pnl += trade.gross_pnl;
        self.net_pnl += trade.net_pnl;
        self.costs += trade.costs();
        self.n_bars += trade.duration_bars;
        self.n_bars_max = self.n_bars_max.max(trade.duration_bars);
        self.best = self.best.max(trade.return_on_equity);
        self.worst = self.worst.min(trade.return_on_equity);
    }
}

/// The trades of one account.
#[derive(Debug, Clone)]
pub(super) struct Book {
    n_listed_max: usize,
    every: u64,
    regular: Vec<Trade>,
    best: Vec<Trade>,
    worst: Vec<Trade>,
    liquidated: Vec<Trade>,
    pub(super) all: Tally,
    pub(super) long: Tally,
    pub(super) short: Tally,
    pub(super) n_liquidated: u64,
}

impl Book {
    fn new(n_listed_max: usize) -> Self {
        Self {
            n_listed_max: n_listed_max.max(2),
            every: 1,
            regular: Vec::new(),
            best: Vec::new(),
            worst: Vec::new(),
            liquidated: Vec::new(),
            all: Tally::default(),
            long: Tally::default(),
            short: Tally::default(),
            n_liquidated: 0,
        }
    }

    fn push(&mut self, trade: &Trade) {
        let turn = self.all.n;
        self.all.push(trade);
        let side = if trade.side == "short" { &mut self.short } else { &mut self.long };
        side.push(trade);
        if trade.is_liquidation() {
            self.n_liquidated += 1;
            if self.liquidated.len() < N_NOTABLE {
                self.liquidated.push(trade.clone());
            }
        }
        keep_first(&mut self.best, trade, |a, b| b.net_pnl.total_cmp(&a.net_pnl));
        keep_first(&mut self.worst, trade, |a, b| a.net_pnl.total_cmp(&b.net_pnl));
        if turn.is_multiple_of(self.every) {
            if self.regular.len() == self.n_listed_max {
                self.regular = self.regular.drain(..).step_by(2).collect();
                self.every *= 2;
            }
            if turn.is_multiple_of(self.every) {
                self.regular.push(trade.clone());
            }
        }
    }

    /// Returns the listed trades, in order of time.
    pub(super) fn listed(&self) -> Vec<&Trade> {
        let notable = [&self.best, &self.worst, &self.liquidated];
        let notable = notable.into_iter().flatten().filter(|_| self.every > 1);
        let mut listed: Vec<&Trade> = self.regular.iter().chain(notable).collect();
        // Closed in another order than opened, where there are several.
        listed.sort_by_key(|trade| trade.key());
        listed.dedup_by_key(|trade| trade.key());
        listed
    }

    /// One in so many trades is listed, besides the notable ones.
    pub(super) fn every(&self) -> u64 {
        self.every
    }
}

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

/// What the last episode traded.
#[derive(Debug, Clone)]
pub(super) struct Books {
    pub(super) episode: u64,
    /// In sample.
    pub(super) train: Book,
    /// Out of sample.
    pub(super) test: Book,
}

impl Books {
    fn new(n_listed_max: usize) -> Self {
        let (train, test) = (Book::new(n_listed_max / 3), Book::new(n_listed_max));
        Self { episode: 0, train, test }
    }
}

/// Reads the trace of the session `id`, listing `n_listed_max` trades
/// at most (and the notable ones). `None` when there is no trace.
pub(super) fn read(source: &Source, id: &str, n_listed_max: usize) -> Result<Option<Books>> {
    let names = source.names("logs/trades/")?;
    // `_2` and so on are later traces of the same second; a session that
    // went on with another's may have that one's trace.
    let traces = || names.iter().filter(|name| name.starts_with("logs/trades/trade_traces_"));
    let own = traces().rfind(|name| name.contains(id));
    let Some(name) = own.or_else(|| traces().next_back()) else {
        return Ok(None);
    };
    source.read(name, &mut |file| read_lines(file, n_listed_max))
}

fn read_lines(file: &mut dyn Read, n_listed_max: usize) -> Result<Books> {
    let mut books = Books::new(n_listed_max);
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
        let trade: Trade = serde_json::from_str(&line)
            .with_context(|| format!("line {number} of the trace is no closed trade"))?;
        if trade.episode > books.episode {
            books = Books { episode: trade.episode, ..Books::new(n_listed_max) };
        }
        let book = if trade.phase == "test" { &mut books.test } else { &mut books.train };
        book.push(&trade);
    }
    Ok(books)
}
