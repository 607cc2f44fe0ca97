//! Compares archiving and verifying with other tools, as whole
//! processes, on a mixed workspace that it makes:
//!
//! `cargo run --release --package xtask --example bench_archive -- 500`
//!
//! The number is the size in MB (500), a second one the runs (3). The
//! release build of xtask beside it is measured. Prints Markdown.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

const N_SMALL_FILES: usize = 2_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let size_mb: usize = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let n_runs: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let scratch = tempfile::tempdir()?;
    let root = scratch.path();
    make_workspace(root, size_mb * 1_000_000)?;
    let size_bytes = measure_tree(root)?;
    let tool = std::env::current_exe()?
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("xtask"))
        .filter(|path| path.is_file())
        .context("build the tool first: `cargo build --release --package xtask`")?;
    println!(
        "{} MB in {} files, {} threads, median of {n_runs} runs\n",
        size_bytes / 1_000_000,
        N_SMALL_FILES + 6,
        std::thread::available_parallelism()?
    );
    println!("| command | seconds | times the first | size, MB | ratio | peak memory, MB |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let contest = Contest { root, size_bytes, n_runs };
    contest.archive(&tool)?;
    println!();
    println!("| command | seconds | times the first | peak memory, MB |");
    println!("| --- | ---: | ---: | ---: |");
    contest.verify(&tool)
}

/// One command line to measure, and the file that it makes.
struct Contender {
    title: String,
    program: PathBuf,
    arguments: Vec<String>,
    product: Option<PathBuf>,
}

impl Contender {
    fn new(title: &str, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            program: program.into(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            product: None,
        }
    }

    fn makes(self, product: &Path) -> Self {
        Self { product: Some(product.to_owned()), ..self }
    }
}

struct Contest<'a> {
    root: &'a Path,
    size_bytes: u64,
    n_runs: usize,
}

impl Contest<'_> {
    fn archive(&self, tool: &Path) -> Result<()> {
        let root = self.root.to_string_lossy();
        let zip = self.root.join("archives/training_backup_20260102_030405.zip");
        let other = self.root.join("other.zip");
        let python = "import sys, zipfile, os\n\
            z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n\
            for top in ('logs', 'models', 'config'):\n\
            \x20 for d, _, fs in os.walk(top):\n\
            \x20   for f in fs: z.write(os.path.join(d, f))\n\
            z.close()";
        let product = other.to_string_lossy();
        let pipe = format!("tar --create logs models config | zstd -T0 -3 -q -o '{product}'");
        let ours = |compression: &str| {
            let arguments = ["--root", &root, "archive", "--clock", "2026-01-02T03:04:05Z"];
            let title = format!("xtask archive, {compression}, read back");
            (compression.to_owned(), Contender::new(&title, tool, &arguments).makes(&zip))
        };
        let theirs = |contender: Contender| (String::new(), contender.makes(&other));
        let contenders = [
            ours("deflate"),
            ours("zstd"),
            ours("store"),
            theirs(Contender::new(
                "zip -6",
                "zip",
                &["-6qr", &product, "logs", "models", "config"],
            )),
            theirs(Contender::new("Python zipfile", "python3", &["-c", python, &product])),
            theirs(Contender::new(
                "7zz a -tzip",
                "7zz",
                &["a", "-tzip", "-bd", &product, "logs", "models", "config"],
            )),
            theirs(Contender::new("tar, zstd -T0 -3", "sh", &["-c", &pipe])),
        ];
        self.rows(&contenders, |row| {
            let ratio = self.size_bytes as f64 / row.product_bytes.max(1) as f64;
            format!(" {:.1} | {ratio:.2} |", row.product_bytes as f64 / 1e6)
        })
    }

    fn verify(&self, tool: &Path) -> Result<()> {
        let root = self.root.to_string_lossy();
        self.configure("deflate")?;
        run(
            &Contender::new(
                "",
                tool,
                &["--root", &root, "archive", "--clock", "2026-01-02T03:04:05Z"],
            ),
            self.root,
        )?;
        let zip = self.root.join("archives/training_backup_20260102_030405.zip");
        let zip = zip.to_string_lossy();
        let contenders = [
            Contender::new("xtask verify", tool, &["--root", &root, "verify", "latest"]),
            Contender::new("unzip -t", "unzip", &["-tqq", &zip]),
            Contender::new(
                "python3 -m zipfile --test",
                "python3",
                &["-m", "zipfile", "--test", &zip],
            ),
            Contender::new("7zz t", "7zz", &["t", "-bd", &zip]),
            Contender::new("bsdtar -t", "bsdtar", &["-tf", &zip]),
        ]
        .map(|contender| (String::new(), contender));
        self.rows(&contenders, |_| String::new())
    }

    /// Measures the contenders in turn, round after round, so that all
    /// meet the same changes of the machine, and prints their medians.
    fn rows(
        &self,
        contenders: &[(String, Contender)],
        more: impl Fn(&Run) -> String,
    ) -> Result<()> {
        let mut runs: Vec<Result<Vec<Run>, String>> =
            contenders.iter().map(|_| Ok(Vec::new())).collect();
        for _ in 0..self.n_runs {
            for ((compression, contender), runs) in contenders.iter().zip(&mut runs) {
                let Ok(done) = runs else { continue };
                if !compression.is_empty() {
                    self.configure(compression)?;
                }
                if let Some(product) = &contender.product {
                    remove(product)?;
                }
                match run(contender, self.root) {
                    Ok(one) => done.push(one),
                    Err(error) => *runs = Err(format!("{error:#}")),
                }
                if let Some(product) = &contender.product {
                    remove(product)?;
                }
            }
        }
        let mut first = None;
        for ((_, contender), runs) in contenders.iter().zip(runs) {
            match runs {
                Ok(mut runs) => {
                    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
                    let median = &runs[runs.len() / 2];
                    let peak = runs.iter().map(|run| run.peak_bytes).max().unwrap_or(0);
                    let times = median.seconds / *first.get_or_insert(median.seconds);
                    println!(
                        "| {} | {:.2} | {times:.2} |{} {:.0} |",
                        contender.title,
                        median.seconds,
                        more(median),
                        peak as f64 / 1e6
                    );
                }
                Err(problem) => println!("| {} | missing: {} |", contender.title, problem.trim()),
            }
        }
        Ok(())
    }

    fn configure(&self, compression: &str) -> Result<()> {
        let config = format!("{{\"archive\": {{\"compression\": \"{compression}\"}}}}\n");
        fs::write(self.root.join("config/config.json"), config)?;
        Ok(())
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

struct Run {
    seconds: f64,
    peak_bytes: u64,
    product_bytes: u64,
}

/// Runs the contender under GNU time, which tells the peak memory.
fn run(contender: &Contender, folder: &Path) -> Result<Run> {
    let report = folder.join("time");
    let start = Instant::now();
    let output = Command::new("/usr/bin/time")
        .args(["--format", "%M", "--output"])
        .arg(&report)
        .arg(&contender.program)
        .args(&contender.arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("`/usr/bin/time` cannot be run")?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{}", stderr.lines().last().unwrap_or("it failed"));
    }
    let peak_kib: u64 = fs::read_to_string(&report)?.trim().parse()?;
    let product_bytes =
        contender.product.as_ref().map_or(Ok(0), |path| path.metadata().map(|m| m.len()))?;
    Ok(Run { seconds, peak_bytes: peak_kib * 1024, product_bytes })
}

fn measure_tree(folder: &Path) -> Result<u64> {
    let mut size_bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        size_bytes += if metadata.is_dir() { measure_tree(&entry.path())? } else { metadata.len() };
    }
    Ok(size_bytes)
}

/// Makes a workspace of `n_bytes`: half of it traces, the rest logs,
/// events, a model, checkpoints that do not shrink, and small files.
fn make_workspace(root: &Path, n_bytes: usize) -> Result<()> {
    for folder in ["logs/trades", "logs/tensorboard", "logs/small", "models/checkpoints", "config"]
    {
        fs::create_dir_all(root.join(folder))?;
    }
    let mut random = Random(42);
    let mut fill = |path: &str,
                    percent: usize,
                    piece: &mut dyn FnMut(&mut Random, usize, &mut Vec<u8>)|
     -> Result<()> {
        let mut file = BufWriter::new(File::create(root.join(path))?);
        let (mut bytes, mut n_written) = (Vec::new(), 0);
        for n in 0.. {
            bytes.clear();
            piece(&mut random, n, &mut bytes);
            file.write_all(&bytes)?;
            n_written += bytes.len();
            if n_written >= n_bytes / 100 * percent {
                break;
            }
        }
        Ok(file.flush()?)
    };
    fill("logs/trades/trade_traces_20260101_000000.jsonl", 30, &mut trace)?;
    fill("logs/trades/trade_traces_20260102_000000.jsonl", 20, &mut trace)?;
    fill("logs/training.log", 17, &mut log_line)?;
    fill("logs/tensorboard/events.out.tfevents.1", 12, &mut event)?;
    fill("models/model.json", 12, &mut node)?;
    fill("models/checkpoints/weights.bin", 9, &mut |random, _, bytes| {
        bytes.extend(random.next().to_le_bytes());
    })?;
    for n in 0..N_SMALL_FILES {
        let mut bytes = Vec::new();
        for line in 0..=(n % 20) {
            log_line(&mut random, line, &mut bytes);
        }
        fs::write(root.join(format!("logs/small/{n}.log")), bytes)?;
    }
    Ok(())
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number below `n`.
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap_or(0)]
    }
}

fn put(bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let mut line = String::new();
    line.write_fmt(text).expect("a string takes all");
    bytes.extend(line.as_bytes());
}

fn trace(random: &mut Random, n: usize, bytes: &mut Vec<u8>) {
    let price = 42_000.0 + random.fraction() * 900.0;
    let reward = (random.fraction() - 0.5) * 0.002;
    put(
        bytes,
        format_args!(
            "{{\"time\":\"2025-{:02}-{:02}T{:02}:{:02}:00Z\",\"episode\":{},\"step\":{},\
             \"action\":\"{}\",\"price\":{price:.2},\"exposure\":{},\"reward\":{reward:.8},\
             \"equity\":{:.4},\"cost\":{:.4},\"q\":[{:.6},{:.6},{:.6}]}}\n",
            n / 43_200 % 12 + 1,
            n / 1_440 % 28 + 1,
            n / 60 % 24,
            n % 60,
            n / 20_000,
            n % 20_000,
            random.pick(&["hold", "buy", "sell"]),
            random.below(5) as f64 / 2.0 - 1.0,
            10_000.0 + random.fraction() * 800.0,
            random.fraction() * 3.0,
            random.fraction() - 0.5,
            random.fraction() - 0.5,
            random.fraction() - 0.5,
        ),
    );
}

fn log_line(random: &mut Random, n: usize, bytes: &mut Vec<u8>) {
    let messages = [
        "refitted the value functions",
        "closed a position at a loss",
        "batch done",
        "checkpoint written",
        "drawdown above the limit",
    ];
    put(
        bytes,
        format_args!(
            "2025-11-{:02}T{:02}:{:02}:{:02}.{:03}Z  {} trainer::{}: {} step={n} loss={:.6} \
             equity={:.2}\n",
            n / 86_400 % 28 + 1,
            n / 3_600 % 24,
            n / 60 % 60,
            n % 60,
            random.below(1_000),
            random.pick(&["INFO", "INFO", "INFO", "DEBUG", "WARN"]),
            random.pick(&["agent", "environment", "session", "logger"]),
            random.pick(&messages),
            random.fraction(),
            9_500.0 + random.fraction() * 1_000.0,
        ),
    );
}

/// A record as `TensorBoard` frames it: length, sum, event, sum.
fn event(random: &mut Random, n: usize, bytes: &mut Vec<u8>) {
    let tag = ["episode/reward", "episode/equity", "loss/value", "time/steps"][n % 4].as_bytes();
    let mut event = vec![9];
    event.extend((1.7e9 + n as f64 * 0.37).to_le_bytes());
    event.extend([0x10]);
    event.extend(u32::try_from(n / 4).unwrap_or(0).to_le_bytes());
    event.extend([0x2a, u8::try_from(tag.len() + 9).unwrap_or(0), 0x0a]);
    event.extend(tag);
    #[expect(clippy::cast_possible_truncation, reason = "an event holds a short float")]
    let value = random.fraction() as f32;
    event.extend(value.to_le_bytes());
    let length = (event.len() as u64).to_le_bytes();
    bytes.extend(length);
    bytes.extend(crc32fast::hash(&length).to_le_bytes());
    let sum = crc32fast::hash(&event);
    bytes.extend(event);
    bytes.extend(sum.to_le_bytes());
}

fn node(random: &mut Random, _: usize, bytes: &mut Vec<u8>) {
    put(
        bytes,
        format_args!(
            "{{\"split_feature\":{},\"split_value\":{},\"output\":{},\"true_child\":{},\
             \"false_child\":{}}},",
            random.below(20),
            random.fraction() - 0.5,
            (random.fraction() - 0.5) * 0.01,
            random.below(1_000),
            random.below(1_000),
        ),
    );
}
