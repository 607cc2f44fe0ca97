//! The data of the page's charts: one compact JSON document.
//!
//! It is serialised straight to the output and never held in memory as a
//! whole.

use std::collections::BTreeSet;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::curve::Curve;
use super::distribution;
use super::input::ReportInput;
use super::pack::{self, single};
use super::periods::Level;
use super::rolling::Rolling;
use super::trades::{Trade, TradeLedger};

/// The document of all sessions.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    format: u32,
    sessions: Vec<SessionData<'a>>,
}

impl<'a> Document<'a> {
    pub(super) fn of(sessions: &'a [ReportInput]) -> Self {
        Self { format: 1, sessions: sessions.iter().map(SessionData).collect() }
    }
}

struct SessionData<'a>(&'a ReportInput);

impl Serialize for SessionData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let session = self.0;
        let test = session.test.as_ref();
        let train = session.train.as_ref();
        let of_test = |part: fn(&Curve) -> Value| test.map(part);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("account_share", &session.record.account_share())?;
        match &session.bars {
            Some(bars) => {
                map.serialize_entry("bars", &bars.packed(&["close", "high", "low", "volume"]))
            }
            // Without the bars, the closes in the test curve are the price.
            None => map.serialize_entry("bars", &test.map(|test| test.series.packed(&["close"]))),
        }?;
        map.serialize_entry("daily", &test.map(|test| FineReturns(test.fine.returns())))?;
        map.serialize_entry("episodes", &session.record.0.get("episodes"))?;
        map.serialize_entry("is_portfolio", &session.record.is_portfolio())?;
        let matched = test.and_then(|test| MatchedRisk::of(test.days.returns()));
        map.serialize_entry("matched", &matched)?;
        map.serialize_entry(
            "month_returns",
            &of_test(|test| distribution::histogram(&test.months.returns())),
        )?;
        map.serialize_entry("name", &session.name)?;
        map.serialize_entry(
            "normal",
            &of_test(|test| distribution::against_normal(&test.fine.returns())),
        )?;
        map.serialize_entry(
            "returns",
            &of_test(|test| distribution::histogram(&test.fine.returns())),
        )?;
        let rolling = test.and_then(|test| test.rolling.as_ref());
        map.serialize_entry("rolling", &rolling.map(RollingData))?;
        map.serialize_entry("spans", &spans(session))?;
        let start_equity = session.record.number("/metrics/agent/initial_equity");
        map.serialize_entry("start_equity", &start_equity)?;
        let columns = ["equity", "drawdown", "exposure", "hold", "hold_drawdown"];
        map.serialize_entry("test", &test.map(|test| test.series.packed(&columns)))?;
        map.serialize_entry("trades", &session.ledgers)?;
        let columns = ["equity", "drawdown", "exposure"];
        map.serialize_entry("train", &train.map(|train| train.series.packed(&columns)))?;
        map.end()
    }
}

struct RollingData<'a>(&'a Rolling);

impl Serialize for RollingData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = ["sharpe", "hold_sharpe", "sortino", "volatility", "hold_volatility", "beta"];
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("series", &self.0.series().packed(&names))?;
        map.serialize_entry("window", &self.0.window())?;
        map.end()
    }
}

/// Returns the first and last bar of each part, in milliseconds.
fn spans(session: &ReportInput) -> Value {
    let parts = session.record.parts();
    json!({ "train": parts.train, "embargo": parts.embargo, "test": parts.test })
}

/// Growth of 1 by day: the agent, and buy-and-hold with its returns
/// scaled to the agent's standard deviation.
struct MatchedRisk {
    scale: f64,
    levels: Vec<Level>,
}

impl MatchedRisk {
    fn of(mut days: Vec<Level>) -> Option<Self> {
        let deviation = |idx: usize| {
            let n = days.len() as f64;
            let mean = days.iter().map(|day| day.values[idx]).sum::<f64>() / n;
            let squares = days.iter().map(|day| (day.values[idx] - mean).powi(2));
            (squares.sum::<f64>() / (n - 1.0)).sqrt()
        };
        let scale = deviation(0) / deviation(1);
        if days.len() < 3 || !scale.is_finite() {
            return None;
        }
        let mut levels = [1.0, 1.0];
        for day in &mut days {
            levels[0] *= 1.0 + day.values[0];
            levels[1] *= 1.0 + scale * day.values[1];
            day.values = levels;
        }
        Some(Self { scale, levels: days })
    }
}

impl Serialize for MatchedRisk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("columns", &LevelColumns(&self.levels))?;
        map.serialize_entry("scale", &self.scale)?;
        map.serialize_entry("times", &times(&self.levels))?;
        map.end()
    }
}

/// The returns in the histogram, in order of time.
struct FineReturns(Vec<Level>);

impl Serialize for FineReturns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("columns", &LevelColumns(&self.0))?;
        map.serialize_entry("times", &times(&self.0))?;
        map.end()
    }
}

/// The agent's values and buy-and-hold's.
struct LevelColumns<'a>(&'a [Level]);

impl Serialize for LevelColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = |idx: usize| pack::floats(self.0.iter().map(move |l| single(l.values[idx])));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("agent", &column(0))?;
        map.serialize_entry("hold", &column(1))?;
        map.end()
    }
}

fn times(levels: &[Level]) -> impl Serialize {
    pack::times(levels.iter().map(|level| level.time_ms))
}

/// The listed trades as columns.
impl Serialize for TradeLedger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let trades = self.listed();
        let listed = || trades.iter().copied();
        let names: BTreeSet<&str> = listed().filter_map(|trade| trade.symbol.as_deref()).collect();
        let symbol = |trade: &Trade| {
            let own = trade.symbol.as_deref().unwrap_or_default();
            names.iter().position(|name| *name == own).unwrap_or_default() as u64
        };
        let held_ms =
            |trade: &Trade| u64::try_from(trade.time_ms - trade.entry_time_ms).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("bars", &pack::counts(listed().map(|trade| trade.duration_bars)))?;
        map.serialize_entry("columns", &TradeColumns(&trades))?;
        map.serialize_entry("entries", &pack::times(listed().map(|trade| trade.entry_time_ms)))?;
        map.serialize_entry("every", &self.every())?;
        // Bit 0: short. Bit 1: liquidated. Bit 2: at the end of the data.
        map.serialize_entry("flags", &pack::counts(listed().map(|trade| trade.flags.into())))?;
        map.serialize_entry("held_ms", &pack::counts(listed().map(held_ms)))?;
        map.serialize_entry("ids", &pack::counts(listed().map(|trade| trade.id)))?;
        map.serialize_entry("n", &self.all.n)?;
        map.serialize_entry("n_listed", &trades.len())?;
        map.serialize_entry("symbol_names", &names)?;
        map.serialize_entry("symbols", &pack::counts(listed().map(symbol)))?;
        map.end()
    }
}

/// The number of a trade in one column.
type TradeNumber = fn(&Trade) -> f32;

struct TradeColumns<'a>(&'a [&'a Trade]);

impl Serialize for TradeColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns: [(&str, TradeNumber); 6] = [
            ("costs", |trade| trade.costs),
            ("entry_price", |trade| trade.entry_price),
            ("net_pnl", |trade| single(trade.net_pnl)),
            ("net_return", |trade| trade.return_on_equity),
            ("price", |trade| trade.price),
            ("units", |trade| trade.units),
        ];
        let packed = |number: TradeNumber| pack::floats(self.0.iter().map(move |t| number(t)));
        serializer.collect_map(columns.map(|(name, number)| (name, packed(number))))
    }
}
