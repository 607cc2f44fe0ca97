//! Compares archiving and verifying with other tools, as whole
//! processes, on a mixed workspace that it makes:
//!
//! `cargo run --release --package xtask --example bench_archive -- 500`
//!
//! The number is the size in MB (500), a second one the runs (3). The
//! release build of xtask beside it is measured. Prints Markdown.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod workspace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use workspace::{N_SMALL_FILES, make_workspace};

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
