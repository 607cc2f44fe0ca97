//! A synthetic session: bars, a record, a curve and trades.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use trainer::digest::sha256_of_file;
use trainer::session::time_of_ms;

const INTERVAL_MS: i64 = 1_800_000;
const START_MS: i64 = 1_506_816_000_000;
const CASH: f64 = 10_000.0;

/// A closed trade at a bar of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trade {
    pub(super) bar_idx: usize,
    pub(super) net_pnl: f64,
    pub(super) reason: &'static str,
}

impl Trade {
    pub(super) fn won(bar_idx: usize) -> Self {
        Self { bar_idx, net_pnl: 12.5, reason: "target" }
    }

    pub(super) fn lost(bar_idx: usize) -> Self {
        Self { bar_idx, net_pnl: -7.25, reason: "reversal" }
    }
}

/// A workspace with a completed session.
pub(super) struct SyntheticSession {
    folder: TempDir,
    n_bars: usize,
    n_test: usize,
    trace: String,
}

impl SyntheticSession {
    /// Returns a session of 4,000 bars of 30 minutes, of which 2,400 test.
    pub(super) fn new() -> Self {
        Self::of(4000, 2400)
    }

    pub(super) fn of(n_bars: usize, n_test: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trace = "{\"event\":\"TRACE_STARTED\",\"format\":1}\n".to_owned();
        let synthetic = Self { folder, n_bars, n_test, trace };
        fs::create_dir_all(synthetic.path("logs/trades")).unwrap();
        fs::write(synthetic.path("bars.csv"), synthetic.bars()).unwrap();
        fs::write(synthetic.path("logs/trades/equity.csv"), Self::curve(n_bars - n_test..n_bars))
            .unwrap();
        fs::write(synthetic.path("logs/trades/train_equity.csv"), Self::curve(0..n_bars - n_test))
            .unwrap();
        fs::write(synthetic.path("logs/session.json"), synthetic.record().to_string()).unwrap();
        synthetic
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(super) fn session(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("logs/session.json")).unwrap()).unwrap()
    }

    pub(super) fn changed(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut session = self.session();
        change(&mut session);
        fs::write(self.path("logs/session.json"), session.to_string()).unwrap();
        self
    }

    /// Adds trades out of sample to the trace.
    pub(super) fn with_trades(self, trades: &[Trade]) -> Self {
        self.traced("test", trades)
    }

    pub(super) fn with_training_trades(self, trades: &[Trade]) -> Self {
        self.traced("train", trades)
    }

    fn traced(mut self, phase: &str, trades: &[Trade]) -> Self {
        let (first, n_bars) = match phase {
            "test" => (self.n_bars - self.n_test, self.n_test),
            _ => (0, self.n_bars - self.n_test),
        };
        for (id, trade) in (1..).zip(trades) {
            let bar_idx = first + trade.bar_idx % (n_bars - 1);
            let (entry, exit) = (time(bar_idx), time(bar_idx + 1));
            let Trade { net_pnl, reason, .. } = trade;
            let side = if id % 2 == 0 { "short" } else { "long" };
            writeln!(
                self.trace,
                "{{\"event\":\"TRADE_CLOSED\",\"trade_id\":{id},\"side\":\"{side}\",\"time_ms\":{exit},\
                 \"units\":-1.5,\"price\":101.25,\"reason\":\"{reason}\",\"entry_time_ms\":{entry},\
                 \"entry_price\":100.5,\"total_commission\":0.5,\"total_slippage\":0.25,\
                 \"total_funding\":0.0,\"gross_pnl\":{gross},\"net_pnl\":{net_pnl},\
                 \"bar_idx\":1,\"reference_price\":101.25,\"commission\":0.25,\"slippage\":0.125,\
                 \"entry_bar_idx\":0,\"entry_equity\":{CASH},\"equity\":{CASH},\
                 \"return_on_equity\":{share},\"duration_bars\":1,\"episode\":2,\"phase\":\"{phase}\"}}",
                gross = net_pnl + 0.75,
                share = net_pnl / CASH,
            )
            .unwrap();
        }
        let path = self.path("logs/trades/trade_traces_20260101_010101.jsonl");
        fs::write(path, &self.trace).unwrap();
        self
    }

    fn bars(&self) -> String {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for idx in 0..self.n_bars {
            let close = price(idx);
            let (high, low) = (close + 0.7, close - 0.7);
            let at = time_of_ms(time(idx));
            writeln!(text, "{at},{close},{high},{low},{close},{}.5", 10 + idx % 97).unwrap();
        }
        text
    }

    fn curve(bars: std::ops::Range<usize>) -> String {
        let is_test = bars.start > 0;
        let mut text = "time,equity,exposure,buy_and_hold,close\n".to_owned();
        let start = bars.start;
        for idx in bars {
            let equity = CASH * (1.0 + 0.3 * wave(idx - start, 900.0));
            let hold = if is_test {
                format!("{}", CASH * price(idx) / price(start))
            } else {
                String::new()
            };
            let exposure = [1.0, 0.0, -1.0][idx / 40 % 3];
            let at = time_of_ms(time(idx));
            writeln!(text, "{at},{equity},{exposure},{hold},{}", price(idx)).unwrap();
        }
        text
    }

    fn record(&self) -> Value {
        let n_train = self.n_bars - self.n_test;
        let span = |from: usize, to: usize| {
            json!({
                "first_bar_idx": from, "n_bars": to - from,
                "first": time_of_ms(time(from)), "last": time_of_ms(time(to - 1)),
            })
        };
        let last = CASH * (1.0 + 0.3 * wave(self.n_test - 1, 900.0));
        json!({
            "format": 1, "id": "20260101_010101", "status": "completed", "reason": null,
            "tool_version": "0.1.0", "started_at": "2026-01-01T01:01:01Z",
            "finished_at": "2026-01-01T01:03:11Z", "seed": 42,
            "data": {
                "source": "bars.csv", "sha256": sha256_of_file(&self.path("bars.csv")).unwrap(),
                "n_bars": self.n_bars, "first": time_of_ms(time(0)),
                "last": time_of_ms(time(self.n_bars - 1)), "interval_seconds": 1800.0,
                "n_gaps": 0, "n_missing_bars": 0,
            },
            "config": { "sha256": "ab".repeat(32), "training": {
                "data": "bars.csv", "seed": 42, "agent": { "n_trees": 4, "discount": 0.97 },
            }},
            "split": {
                "train": span(0, n_train), "embargo": { "first_bar_idx": n_train, "n_bars": 0,
                "first": null, "last": null }, "test": span(n_train, self.n_bars),
            },
            "episodes": [episode(1), episode(2)],
            "metrics": {
                "agent": figures(last, 42), "buy_and_hold": figures(10_500.25, 1),
                "never_trade": idle(),
            },
            "model": null,
        })
    }
}

fn time(bar_idx: usize) -> i64 {
    START_MS + i64::try_from(bar_idx).unwrap() * INTERVAL_MS
}

fn wave(idx: usize, period: f64) -> f64 {
    (idx as f64 / period).sin()
}

fn price(idx: usize) -> f64 {
    100.5 + 20.0 * wave(idx, 700.0) + 3.0 * wave(idx, 31.0)
}

fn episode(number: u32) -> Value {
    json!({
        "episode": number, "n_bars": 1600, "n_batches": 4, "train_reward": 1.5 * f64::from(number),
        "train_equity": 25_000.0, "bankrupt": false, "max_abs_delta_q": 0.004 / f64::from(number),
        "test_net_return": 0.02, "test_sharpe": 0.7, "test_max_drawdown": 0.1,
        "test_n_trades": 42, "seconds": 1.25,
    })
}

fn figures(final_equity: f64, n_trades: u64) -> Value {
    json!({
        "n_bars": 2399, "initial_equity": CASH, "final_equity": final_equity,
        "net_return": final_equity / CASH - 1.0, "annual_return": 0.123_456_789_012_345,
        "volatility": 0.456, "sharpe": 1.375, "sharpe_low": 0.25, "sharpe_high": 2.5,
        "probabilistic_sharpe": 0.91, "sortino": 1.9, "max_drawdown": 0.31,
        "max_drawdown_bars": 1200, "calmar": 0.4, "tail_ratio": 1.1, "value_at_risk": 0.01,
        "conditional_value_at_risk": 0.02, "skewness": -0.3, "kurtosis": 2.5, "omega": 1.3,
        "kelly": 0.05, "ulcer_index": 0.08, "consecutive_wins": 7, "consecutive_losses": 5,
        "n_trades": n_trades, "win_rate": 0.5,
        "profit_factor": 1.2, "expectancy": 3.5, "sqn": 0.6, "exposure": 0.66, "turnover": 84.5,
        "commission": 100.25, "slippage": 20.5, "funding": 0.0, "is_bankrupt": false,
        "periods_per_year": { "value": 17520.0, "basis": "continuous" }, "undefined": {},
    })
}

fn idle() -> Value {
    let mut idle = figures(CASH, 0);
    for name in ["sharpe", "sharpe_low", "sharpe_high", "sortino", "win_rate"] {
        idle[name] = Value::Null;
    }
    idle["undefined"] = json!({ "sharpe": "the returns do not vary" });
    idle
}
