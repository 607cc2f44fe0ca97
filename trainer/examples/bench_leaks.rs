//! Measures the true and the false positives of `--check-leaks` on
//! columns.
//!
//! `cargo run --release --package trainer --example bench_leaks -- FILE…`
//! prints for the latest bars of each file (or `builtin:btcusd_30m`) in
//! how many of ten seeds a leak is found: in columns that hold later
//! moves under normal noise, by the size of the noise in standard
//! deviations of the column; and in columns that hold only the past.

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

use std::path::Path;

use anyhow::Result;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use trainer::learning::forest::splitmix64;
use trainer::market::bars::{Bar, BarSource};
use trainer::training::leaks::ColumnSearch;

const N_SEEDS: u64 = 10;
const NOISES: [f64; 10] = [0.0, 1.0, 2.0, 4.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0];
const LENGTHS: [usize; 3] = [2_000, 7_000, 20_000];

type Column = (&'static str, fn(&[Bar], usize, u64) -> f64);

const LEAKING: [Column; 9] = [
    ("return of the next bar", |bars, at, _| change(bars, at, 1)),
    ("return of the bar 5 later", |bars, at, _| change(bars, at, 5)),
    ("return of the bar 48 later", |bars, at, _| change(bars, at, 48)),
    ("return of the bar 200 later", |bars, at, _| change(bars, at, 200)),
    ("return over the next 24 bars", |bars, at, _| over(bars, at, 24)),
    ("size of the next move", |bars, at, _| change(bars, at, 1).abs()),
    ("size of the move 24 later", |bars, at, _| change(bars, at, 24).abs()),
    ("range of the next bar", |bars, at, _| range(bars, at + 1)),
    ("volatility of the next 48 bars", |bars, at, _| {
        (1..=48).map(|lag| change(bars, at, lag).powi(2)).sum::<f64>().sqrt()
    }),
];

const CAUSAL: [Column; 14] = [
    ("noise", |_, at, seed| normal(seed, at)),
    ("smooth noise", |_, at, seed| (0..48).map(|lag| normal(seed, at + 48 - lag)).sum()),
    ("noise of the day", |bars, at, seed| {
        normal(seed, usize::try_from(bars[at].time_ms / 86_400_000).unwrap_or_default())
    }),
    ("sentiment: the day's return and noise", |bars, at, seed| {
        over_past(bars, at, 48) / 0.02 + normal(seed, at)
    }),
    ("momentum, 12 bars", |bars, at, _| over_past(bars, at, 12)),
    ("momentum, 96 bars", |bars, at, _| over_past(bars, at, 96)),
    ("sign of momentum, 10 bars", |bars, at, _| over_past(bars, at, 10).signum()),
    ("volatility, 20 bars", |bars, at, _| past_volatility(bars, at, 20)),
    ("volatility, 5 bars, with noise", |bars, at, seed| {
        past_volatility(bars, at, 5) * (1.0 + 0.3 * normal(seed, at))
    }),
    ("squared return", |bars, at, _| over_past(bars, at, 1).powi(2)),
    ("volume", |bars, at, _| bars[at].volume),
    ("money traded", |bars, at, _| bars[at].volume * bars[at].close),
    ("close", |bars, at, _| bars[at].close),
    ("hour", |bars, at, _| (bars[at].time_ms / 3_600_000 % 24) as f64),
];

fn main() -> Result<()> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let files = if files.is_empty() { vec!["builtin:btcusd_30m".to_owned()] } else { files };
    for file in files {
        let source = BarSource::open(&file, Path::new(""))?;
        let symbols = source.symbols()?;
        if symbols.is_empty() {
            measure(&file, &source.read()?.collect::<Result<Vec<_>>>()?);
        }
        for symbol in symbols {
            let bars = symbol.source.read()?.collect::<Result<Vec<_>>>()?;
            measure(&format!("{file} {}", symbol.symbol), &bars);
        }
    }
    Ok(())
}

fn measure(name: &str, bars: &[Bar]) {
    for n_bars in LENGTHS.into_iter().filter(|n_bars| *n_bars <= bars.len()) {
        let bars = &bars[bars.len() - n_bars..];
        let search = ColumnSearch::new(bars);
        println!("\n{name}, {n_bars} bars: found of {N_SEEDS} seeds, by noise\n");
        let noises = NOISES.map(|noise| format!("{noise:>4}")).join(" ");
        println!("{:<40} {noises}", "");
        for (name, value) in LEAKING {
            let known: Vec<f64> = (0..n_bars).map(|at| value(bars, at, 0)).collect();
            let deviation = deviation(&known);
            let found = NOISES.map(|noise| {
                let is_found = |seed: &u64| {
                    let noisy = |(at, known): (usize, &f64)| {
                        known + noise * deviation * normal(seed + 1, at)
                    };
                    let column: Vec<f64> = known.iter().enumerate().map(noisy).collect();
                    !search.check(name, &column).is_passed
                };
                format!("{:>4}", (0..N_SEEDS).into_par_iter().filter(is_found).count())
            });
            println!("{name:<40} {}", found.join(" "));
        }
        println!();
        for (name, value) in CAUSAL {
            let mut finding = String::new();
            let is_found = |seed: &u64| {
                let column: Vec<f64> = (0..n_bars).map(|at| value(bars, at, seed + 1)).collect();
                let check = search.check(name, &column);
                if !check.is_passed {
                    finding = check.finding;
                }
                !check.is_passed
            };
            let n_found = (0..N_SEEDS).filter(is_found).count();
            println!("{name:<40} {n_found:>4} {finding}");
        }
    }
}

fn close(bars: &[Bar], at: usize) -> f64 {
    bars[at.min(bars.len() - 1)].close
}

/// Returns the return of the bar `lag` after `at`.
fn change(bars: &[Bar], at: usize, lag: usize) -> f64 {
    close(bars, at + lag) / close(bars, at + lag - 1) - 1.0
}

fn over(bars: &[Bar], at: usize, n_bars: usize) -> f64 {
    close(bars, at + n_bars) / close(bars, at) - 1.0
}

fn over_past(bars: &[Bar], at: usize, n_bars: usize) -> f64 {
    close(bars, at) / close(bars, at.saturating_sub(n_bars)) - 1.0
}

fn past_volatility(bars: &[Bar], at: usize, n_bars: usize) -> f64 {
    let from = at.saturating_sub(n_bars);
    (from..at).map(|at| change(bars, at, 1).powi(2)).sum::<f64>().sqrt()
}

fn range(bars: &[Bar], at: usize) -> f64 {
    let bar = &bars[at.min(bars.len() - 1)];
    bar.high / bar.low - 1.0
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// Returns an about normal number (Irwin and Hall), by its index.
fn normal(seed: u64, at: usize) -> f64 {
    let draw = |part: u64| {
        let bits = splitmix64(splitmix64(seed) ^ splitmix64(at as u64 * 12 + part));
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..12).map(draw).sum::<f64>() - 6.0
}
