//! Writes the data of `trainer/benches/peers.py`, and measures the
//! environment alone:
//!
//! `bench_peers data SEED FOLDER` writes the planted bars to `bars.csv`
//! and, for each of them, its open and its features (NaN while they
//! warm up) to `rows.f64`: numbers of 8 bytes, little-endian.
//!
//! `bench_peers environment` prints the bar-steps a second of the
//! account with a trivial policy, as JSON.

#![expect(clippy::print_stdout, reason = "the result is what it is for")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use trainer::account::environment::EnvironmentConfig;
use trainer::account::metrics::{PeriodsBasis, PeriodsPerYear, Simulation};
use trainer::learning::forest::splitmix64;
use trainer::market::bars::Bar;
use trainer::market::features::{FeatureEngine, FeatureSet};

/// 20,000 training bars, 48 of embargo, 20,000 test bars.
const N_BARS: usize = 40_048;
/// The share by which the log price reverts to 0 each bar.
const KAPPA: f64 = 0.05;
/// The standard deviation of its step.
const SIGMA: f64 = 0.003;
const INTERVAL_MS: i64 = 30 * 60 * 1000;
const FIRST_MS: i64 = 1_500_000_000_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["data", seed, folder] => write_data(seed.parse()?, Path::new(folder)),
        ["environment"] => measure_environment(),
        _ => bail!("call it as `bench_peers data SEED FOLDER` or `bench_peers environment`"),
    }
}

fn write_data(seed: u64, folder: &Path) -> Result<()> {
    let create = |name: &str| -> Result<BufWriter<File>> {
        let path = folder.join(name);
        let file = File::create(&path);
        Ok(BufWriter::new(file.with_context(|| format!("failed to make `{}`", path.display()))?))
    };
    let (mut csv, mut rows) = (create("bars.csv")?, create("rows.f64")?);
    let features = FeatureSet::standard();
    let mut engine = FeatureEngine::new(&features);
    let mut row = vec![f64::NAN; features.n_features()];
    writeln!(csv, "time,open,high,low,close,volume")?;
    for bar in bars(seed) {
        let Bar { time_ms, open, high, low, close, volume, .. } = bar;
        writeln!(csv, "{time_ms},{open},{high},{low},{close},{volume}")?;
        if !engine.push(&bar, &mut row) {
            row.fill(f64::NAN);
        }
        for value in std::iter::once(&open).chain(&row) {
            rows.write_all(&value.to_le_bytes())?;
        }
    }
    csv.flush()?;
    rows.flush()?;
    Ok(())
}

/// Returns bars whose log price is a sampled Ornstein-Uhlenbeck process.
fn bars(seed: u64) -> impl Iterator<Item = Bar> {
    let mut state = splitmix64(seed);
    let mut uniform = move || {
        state = splitmix64(state);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut price: f64 = 0.0;
    (0_i64..).take(N_BARS).map(move |at| {
        let open = price.exp();
        let radius = (-2.0 * uniform().ln()).sqrt();
        price = price * (1.0 - KAPPA) + SIGMA * radius * (std::f64::consts::TAU * uniform()).cos();
        let close = price.exp();
        let (high, low) = (open.max(close), open.min(close));
        let volume = 100.0 + 50.0 * uniform();
        Bar {
            time_ms: FIRST_MS + at * INTERVAL_MS,
            open,
            high,
            low,
            close,
            volume,
            funding: 0.0,
            dividend: 0.0,
        }
    })
}

/// Steps through bars in memory, with every second target 1, else 0.
fn measure_environment() -> Result<()> {
    let bars: Vec<Bar> = bars(1).collect();
    let periods = PeriodsPerYear { value: 17_520.0, basis: PeriodsBasis::Given };
    let mut best: f64 = 0.0;
    for _ in 0..20 {
        let mut simulation = Simulation::new(&EnvironmentConfig::default(), periods)?;
        let mut n_decisions = 0_u32;
        let mut policy = |_: &Bar, _: &_| {
            n_decisions += 1;
            f64::from(u8::from(n_decisions.is_multiple_of(2)))
        };
        let start = Instant::now();
        for bar in &bars {
            simulation.step(bar, &mut policy, &mut |_| {});
        }
        best = best.max(bars.len() as f64 / start.elapsed().as_secs_f64());
    }
    println!("{{\"bar_steps_per_second\": {best:.0}}}");
    Ok(())
}
