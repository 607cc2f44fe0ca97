//! Measures memory and speed of whole processes, on generated bars:
//!
//! `cargo run --release --package trainer --example bench_data -- PYTHON`
//!
//! The release build of the trainer beside it is measured, by GNU
//! `time`. `PYTHON`, if given, is an interpreter with pandas. Prints
//! Markdown.

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use trainer::account::environment::{Environment, EnvironmentConfig};
use trainer::market::bars::{Bar, BarSource};

/// Bars of the short and of the long training.
const N_TRAINED: [usize; 2] = [100_000, 10_000_000];
/// Bars that are read.
const N_READ: usize = 1_000_000;
/// Readings, of which the median is taken.
const N_READINGS: usize = 5;
/// Bars that the environment steps through.
const N_STEPS: usize = 50_000_000;

/// Reads a file with pandas and prints the rows and seconds.
const PANDAS: &str = "\
import sys, time, pandas
start = time.process_time()
rows = len(pandas.read_csv(sys.argv[1]))
print(rows, time.process_time() - start)";

const CONFIG: &str =
    r#"{ "total_episodes": 1, "steps_per_batch": 40000, "agent": { "n_trees": 10 } }"#;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // It starts these itself, to measure whole processes.
        ["--read", path] => read(path),
        ["--step"] => step(),
        [] => measure(None),
        [python] => measure(Some(python)),
        _ => bail!("name a Python interpreter with pandas, or nothing"),
    }
}

fn measure(python: Option<&str>) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let own = std::env::current_exe()?;
    let trainer = own
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("trainer"))
        .filter(|path| path.is_file())
        .context("build the trainer first: `cargo build --release --package trainer`")?;
    println!("| training, 1 episode | seconds | peak memory, MB |\n| --- | ---: | ---: |");
    let mut peaks = Vec::new();
    for n_bars in N_TRAINED {
        let usage = train(&trainer, &scratch.path().join(n_bars.to_string()), n_bars)?;
        println!("| {} bars | {:.1} | {:.1} |", grouped(n_bars), usage.seconds, usage.peak_mb);
        peaks.push(usage.peak_mb);
    }
    println!("\nThe long one's peak is {:+.1} %.\n", (peaks[1] / peaks[0] - 1.0) * 100.0);
    let bars = scratch.path().join("bars.csv");
    write_bars(&bars, N_READ)?;
    compare_reading(&own, &bars, python)?;
    println!("\n| environment alone | bar-steps a second of CPU |\n| --- | ---: |");
    let usage = timed(Command::new(&own).arg("--step"))?.0;
    let per_second = N_STEPS as f64 / usage.cpu_seconds / 1e6;
    println!("| {} bars, a change every 1,000 | {per_second:.1} million |", grouped(N_STEPS));
    Ok(())
}

fn compare_reading(own: &Path, bars: &Path, python: Option<&str>) -> Result<()> {
    let size_mb = fs::metadata(bars)?.len() as f64 / 1e6;
    println!(
        "| reading {} bars, {size_mb:.0} MB | seconds of CPU | million rows a second | \
              peak memory, MB |\n| --- | ---: | ---: | ---: |",
        grouped(N_READ)
    );
    let row = |what: &str, cpu_seconds: f64, peak_mb: f64| {
        let rate = N_READ as f64 / cpu_seconds / 1e6;
        println!("| {what} | {cpu_seconds:.3} | {rate:.1} | {peak_mb:.1} |");
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // In turn, so that other load falls on both.
    for _ in 0..N_READINGS {
        let usage = timed(Command::new(own).arg("--read").arg(bars))?.0;
        ours.push((usage.cpu_seconds, usage.peak_mb));
        let Some(python) = python else { continue };
        let (usage, printed) = timed(Command::new(python).args(["-c", PANDAS]).arg(bars))?;
        let seconds = printed.split_whitespace().nth(1).context("pandas said nothing")?;
        theirs.push((seconds.parse()?, usage.peak_mb));
    }
    let rows = [
        ("trainer, whole process, every check", ours),
        ("`pandas.read_csv`, without the import", theirs),
    ];
    for (what, mut usages) in rows.into_iter().filter(|(_, usages)| !usages.is_empty()) {
        usages.sort_by(|left: &(f64, f64), right| left.0.total_cmp(&right.0));
        let (cpu_seconds, peak_mb) = usages[usages.len() / 2];
        row(what, cpu_seconds, peak_mb);
    }
    Ok(())
}

/// Trains in a workspace of its own, on `n_bars` generated bars.
fn train(trainer: &Path, root: &Path, n_bars: usize) -> Result<Usage> {
    fs::create_dir_all(root.join("config"))?;
    fs::write(root.join("config/training_config.json"), CONFIG)?;
    let bars = root.join("bars.csv");
    write_bars(&bars, n_bars)?;
    let mut command = Command::new(trainer);
    command.args(["train", "--quiet", "--root"]).arg(root).arg("--data").arg(&bars);
    let usage = timed(&mut command)?.0;
    fs::remove_dir_all(root)?;
    Ok(usage)
}

struct Usage {
    seconds: f64,
    cpu_seconds: f64,
    peak_mb: f64,
}

/// Runs `command` to its end; returns what it used and what it printed.
fn timed(command: &mut Command) -> Result<(Usage, String)> {
    let mut timed = Command::new("/usr/bin/time");
    timed.arg("-v").arg(command.get_program()).args(command.get_args());
    let output = timed.output().context("failed to start GNU time")?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{command:?} failed: {stderr}");
    let figure = |name: &str| -> Result<&str> {
        let line = stderr.lines().find_map(|line| line.trim().strip_prefix(name));
        Ok(line.with_context(|| format!("GNU time says nothing of `{name}`"))?.trim())
    };
    let clock = figure("Elapsed (wall clock) time (h:mm:ss or m:ss):")?;
    let seconds = clock
        .split(':')
        .try_fold(0.0, |sum, part| Ok::<_, anyhow::Error>(sum * 60.0 + part.parse::<f64>()?))?;
    let cpu_seconds: f64 = figure("User time (seconds):")?.parse::<f64>()?
        + figure("System time (seconds):")?.parse::<f64>()?;
    let peak_mb = figure("Maximum resident set size (kbytes):")?.parse::<f64>()? * 1024.0 / 1e6;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((Usage { seconds, cpu_seconds, peak_mb }, printed))
}

fn read(path: &str) -> Result<()> {
    let source = BarSource::open(path, &PathBuf::new())?;
    let mut n_bars = 0;
    for bar in source.read()? {
        bar?;
        n_bars += 1;
    }
    println!("{n_bars}");
    Ok(())
}

fn step() -> Result<()> {
    let bars: Vec<Bar> = Walk::new().take(1 << 16).collect();
    let mut environment = Environment::new(&EnvironmentConfig::default())?;
    let mut n_events = 0_u64;
    for idx in 0..N_STEPS {
        environment.step(&bars[idx % bars.len()], &mut |_| n_events += 1);
        environment.set_target(if idx / 1000 % 2 == 0 { 1.0 } else { 0.0 });
    }
    println!("{n_events} events, equity {}", environment.equity());
    Ok(())
}

/// Writes `n_bars` bars of a minute as CSV.
fn write_bars(path: &Path, n_bars: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "time,open,high,low,close,volume")?;
    for Bar { time_ms, open, high, low, close, volume, .. } in Walk::new().take(n_bars) {
        let time = time_ms / 1000;
        writeln!(file, "{time},{open:.2},{high:.2},{low:.2},{close:.2},{volume:.4}")?;
    }
    Ok(file.flush()?)
}

/// A random walk that reverts to 30,000.
struct Walk {
    time_ms: i64,
    price: f64,
    state: u64,
}

impl Walk {
    fn new() -> Self {
        Self { time_ms: 1_000_000_000_000, price: 30_000.0, state: 7 }
    }

    /// Returns a random number from -1 to 1.
    fn noise(&mut self) -> f64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    }
}

impl Iterator for Walk {
    type Item = Bar;

    fn next(&mut self) -> Option<Bar> {
        let open = self.price;
        let close = open + 30.0 * self.noise() + 0.001 * (30_000.0 - open);
        let (high, low) = (open.max(close) + 5.0, open.min(close) - 5.0);
        let bar = Bar {
            time_ms: self.time_ms,
            open,
            high,
            low,
            close,
            volume: 50.0 + 49.0 * self.noise(),
            funding: 0.0,
            dividend: 0.0,
        };
        self.time_ms += 60_000;
        self.price = close;
        Some(bar)
    }
}

/// Writes `number` with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(",")
}
