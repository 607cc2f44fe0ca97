//! A mixed workspace of any size, the same each time.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;

/// The number of small files, besides the six large ones.
pub const N_SMALL_FILES: usize = 2_000;

/// Makes a workspace of `n_bytes`: half of it traces, the rest logs,
/// events, a model, checkpoints that do not shrink, and small files.
pub fn make_workspace(root: &Path, n_bytes: usize) -> Result<()> {
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
