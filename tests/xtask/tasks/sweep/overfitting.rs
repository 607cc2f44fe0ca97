//! The probability of backtest overfitting, beside a plain reference in
//! Python, and where it is known.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::tasks::sweep::cscv::{Moments, blocks, overfitting};

/// Numbers that are random enough, repeatable, of mean 0.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

/// Returns the columns of a matrix.
fn matrix(seed: u64, n_bars: usize, n_strategies: usize) -> Vec<Vec<f64>> {
    let mut dice = Dice(seed);
    (0..n_strategies).map(|_| (0..n_bars).map(|_| dice.next() / 50.0).collect()).collect()
}

fn cut(columns: &[Vec<f64>], n_blocks: usize) -> Vec<Vec<Moments>> {
    columns.iter().map(|column| blocks(column, n_blocks)).collect()
}

#[test]
fn it_equals_a_reference_in_python_on_random_matrices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("matrix.csv");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/xtask/tasks/sweep/pbo.py");
    for (seed, n_bars, n_strategies, n_blocks) in
        [(1, 60, 5, 6), (2, 101, 2, 4), (3, 64, 12, 8), (4, 203, 7, 10), (5, 40, 30, 2)]
    {
        let columns = matrix(seed, n_bars, n_strategies);
        let rows = (0..n_bars).map(|row| {
            let cells: Vec<String> = columns.iter().map(|column| column[row].to_string()).collect();
            cells.join(",") + "\n"
        });
        std::fs::write(&path, rows.collect::<String>()).unwrap();
        let output = Command::new("python3")
            .arg(&script)
            .arg(&path)
            .arg(n_blocks.to_string())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = overfitting(&cut(&columns, n_blocks)).unwrap();
        let found = serde_json::to_value(found).unwrap();
        for name in ["pbo", "mean_logit", "probability_of_loss", "n_splits"] {
            let (found, expected) =
                (found[name].as_f64().unwrap(), expected[name].as_f64().unwrap());
            assert!((found - expected).abs() <= 1e-12, "{name}, seed {seed}: {found} {expected}");
        }
    }
}

#[test]
fn skill_is_no_overfitting_and_luck_that_turns_is() {
    // One strategy earns in every block.
    let mut columns = matrix(9, 160, 10);
    columns[3].iter_mut().for_each(|value| *value += 0.02);
    assert!(overfitting(&cut(&columns, 8)).unwrap().pbo.abs() < 1e-12);
    // Each earns in one block, and loses as much in the others.
    let turns = |own: usize| -> Vec<f64> {
        let sign = |row: usize| if row / 20 == own { 3.0 } else { -1.0 };
        (0..160).map(|row| sign(row) * (1.0 + (row % 3) as f64 / 10.0)).collect()
    };
    let columns: Vec<Vec<f64>> = (0..8).map(turns).collect();
    assert!((overfitting(&cut(&columns, 8)).unwrap().pbo - 1.0).abs() < 1e-12);
}

#[test]
fn one_strategy_alone_cannot_be_compared() {
    assert_eq!(overfitting(&cut(&matrix(1, 40, 1), 4)), None);
    assert_eq!(overfitting(&[]), None);
}
