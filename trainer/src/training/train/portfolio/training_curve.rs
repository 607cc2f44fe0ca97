//! `train_equity.csv` of several symbols: the mean of their accounts.
//!
//! The symbols train one after the other, so each writes a curve of its
//! own; at the end of the episode these are merged in order of time. As
//! on the test bars, a symbol without a bar keeps its last equity. Only
//! one row of each curve is in memory.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};

use crate::session::{Layout, parse_time};
use crate::training::train::curve::{EquityCurve, EquityPoint};

/// The curves of all symbols in one episode.
pub(in crate::training::train) struct TrainingCurves<'a> {
    pub(in crate::training::train) layout: &'a Layout,
    /// Counted over all windows.
    pub(in crate::training::train) episode: usize,
    pub(in crate::training::train) initial_cash: f64,
}

impl TrainingCurves<'_> {
    /// Merges the curves of the first `n_symbols` symbols.
    pub(in crate::training::train) fn publish(&self, n_symbols: usize) -> Result<()> {
        let mut symbol_curves = Vec::new();
        for idx in 0..n_symbols {
            let path = self.layout.train_equity_part(self.episode, idx);
            symbol_curves.push(SymbolCurve::open(path, self.initial_cash)?);
        }
        let mut curve = EquityCurve::create(&self.layout.train_equity())?;
        let mut equity = self.initial_cash;
        while let Some(time_ms) = symbol_curves.iter().filter_map(SymbolCurve::next_ms).min() {
            for symbol_curve in &mut symbol_curves {
                symbol_curve.step(time_ms)?;
            }
            let sum: f64 = symbol_curves.iter().map(|symbol_curve| symbol_curve.equity).sum();
            let value: f64 = symbol_curves
                .iter()
                .map(|symbol_curve| symbol_curve.exposure * symbol_curve.equity)
                .sum();
            equity = sum / symbol_curves.len() as f64;
            curve.push(EquityPoint {
                time_ms,
                agent: equity,
                exposure: if value == 0.0 { 0.0 } else { value / sum },
                buy_and_hold: None,
                close: symbol_curves.iter().map(SymbolCurve::growth).sum::<f64>()
                    / symbol_curves.len() as f64,
            })?;
        }
        curve.finish(equity, None)
    }
}

/// Removes the symbols' curves of episodes before `episode`.
pub(in crate::training::train) fn remove_symbol_curves(
    layout: &Layout,
    episode: usize,
) -> Result<()> {
    let remove = || -> io::Result<()> {
        for entry in fs::read_dir(layout.trades())? {
            let name = entry?.file_name();
            let symbol_curve =
                name.to_str().and_then(|name| name.strip_prefix(Layout::TRAIN_EQUITY_PART));
            let curve_episode = symbol_curve
                .and_then(|symbol_curve| symbol_curve.split('.').next()?.parse::<usize>().ok());
            if curve_episode.is_some_and(|curve_episode| curve_episode < episode) {
                fs::remove_file(layout.trades().join(name))?;
            }
        }
        Ok(())
    };
    remove().with_context(|| format!("failed to tidy up `{}`", layout.trades().display()))
}

/// Reads the curve of one symbol, one row ahead.
struct SymbolCurve {
    path: PathBuf,
    lines: io::Lines<BufReader<File>>,
    next: Option<EquityPoint>,
    equity: f64,
    exposure: f64,
    /// The close of the first and of the latest bar.
    closes: Option<(f64, f64)>,
}

impl SymbolCurve {
    fn open(path: PathBuf, initial_cash: f64) -> Result<Self> {
        let file = File::open(&path)
            .with_context(|| format!("failed to read the equity curve `{}`", path.display()))?;
        let mut lines = BufReader::new(file).lines();
        lines.next();
        let mut symbol_curve =
            Self { path, lines, next: None, equity: initial_cash, exposure: 0.0, closes: None };
        symbol_curve.advance()?;
        Ok(symbol_curve)
    }

    fn next_ms(&self) -> Option<i64> {
        self.next.map(|point| point.time_ms)
    }

    fn growth(&self) -> f64 {
        self.closes.map_or(1.0, |(first, last)| last / first)
    }

    /// Takes the next row if it is that of `time_ms`.
    fn step(&mut self, time_ms: i64) -> Result<()> {
        let Some(point) = self.next else {
            // Positions are closed after the last bar.
            self.exposure = 0.0;
            return Ok(());
        };
        if point.time_ms == time_ms {
            (self.equity, self.exposure) = (point.agent, point.exposure);
            self.closes = Some((self.closes.map_or(point.close, |(first, _)| first), point.close));
            self.advance()?;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<()> {
        let line = self.lines.next().transpose();
        let context = || format!("failed to read the equity curve `{}`", self.path.display());
        self.next = line
            .map_err(anyhow::Error::from)
            .and_then(|line| line.map(|line| parse(&line)).transpose())
            .with_context(context)?;
        Ok(())
    }
}

/// Parses a row as [`EquityCurve`] writes it.
fn parse(line: &str) -> Result<EquityPoint> {
    let cells: Vec<&str> = line.split(',').collect();
    let [time, agent, exposure, _, close] = cells[..] else {
        return Err(anyhow!("`{line}` is no row of a curve"));
    };
    Ok(EquityPoint {
        time_ms: parse_time(time)?.timestamp_millis(),
        agent: agent.parse()?,
        exposure: exposure.parse()?,
        buy_and_hold: None,
        close: close.parse()?,
    })
}
