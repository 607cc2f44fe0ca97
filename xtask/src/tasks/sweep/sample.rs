//! Chooses the values of each combination: a pure function of the spec
//! and an index.

use std::collections::BTreeMap;

use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

use super::sobol;
use super::spec::{Choices, Method, NumberRange, Scale, SweepSpec};

/// How many digits numbers of a range are rounded to, so that they do not
/// depend on the machine's math library.
const N_DIGITS: usize = 8;

/// The values of a grid, by key; empty if the method is not `grid`.
#[derive(Debug, Clone)]
pub struct Grid(BTreeMap<String, Vec<Value>>);

impl Grid {
    /// Returns the grid of `spec`.
    pub fn of(spec: &SweepSpec) -> Self {
        let parameters = (spec.method == Method::Grid).then_some(&spec.parameters);
        let values = |(key, choices): (&String, &Choices)| (key.clone(), grid_values(choices));
        Self(parameters.into_iter().flatten().map(values).collect())
    }

    /// Returns the values of combination `idx`, by key: the last key
    /// changes fastest.
    fn point(&self, idx: u64) -> BTreeMap<String, Value> {
        let mut rest = idx;
        let mut values = BTreeMap::new();
        for (key, choices) in self.0.iter().rev() {
            let n_choices = choices.len() as u64;
            let chosen = usize::try_from(rest % n_choices).expect("it counts values in memory");
            values.insert(key.clone(), choices[chosen].clone());
            rest /= n_choices;
        }
        values
    }
}

/// Returns how many combinations there are.
pub fn n_combinations(spec: &SweepSpec, grid: &Grid) -> u64 {
    match spec.method {
        Method::Grid => {
            grid.0.values().map(|values| values.len() as u64).fold(1, u64::saturating_mul)
        }
        Method::Random | Method::Sobol => u64::from(spec.samples.unwrap_or(1)),
    }
}

/// Returns the values of combination `idx`, by key.
pub fn combination(spec: &SweepSpec, grid: &Grid, idx: u64) -> BTreeMap<String, Value> {
    if spec.method == Method::Grid {
        return grid.point(idx);
    }
    let value = |(dimension, (key, choices)): (usize, (&String, &Choices))| {
        let share = if spec.method == Method::Sobol {
            // A digital shift: equally even, and different for each seed.
            let shift = noise(spec.sample_seed, key, u64::MAX) >> 32;
            let point_idx = u32::try_from(idx).unwrap_or(u32::MAX);
            let coordinate = u64::from(sobol::coordinate(point_idx, dimension)) ^ shift;
            coordinate as f64 / (1_u64 << 32) as f64
        } else {
            (noise(spec.sample_seed, key, idx) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (key.clone(), value_at(choices, share))
    };
    spec.parameters.iter().enumerate().map(value).collect()
}

/// Returns both ends of a range, or all values of a list.
pub fn ends(choices: &Choices) -> Vec<Value> {
    match choices {
        Choices::Values(values) => values.clone(),
        Choices::Range(range) => vec![number(range, range.min), number(range, range.max)],
    }
}

/// Returns the values of a grid.
fn grid_values(choices: &Choices) -> Vec<Value> {
    let range = match choices {
        Choices::Values(values) => return values.clone(),
        Choices::Range(range) => range,
    };
    let steps = range.steps.unwrap_or(2).max(2);
    let share = |step: u32| f64::from(step) / f64::from(steps - 1);
    let numbers = (0..steps).map(|step| number(range, between(range, share(step))));
    let mut values: Vec<Value> = numbers.collect();
    // After rounding, integers may coincide.
    values.dedup();
    values
}

/// Returns the value of the choices at the fraction `share`, 0 (included)
/// to 1 (excluded).
fn value_at(choices: &Choices, share: f64) -> Value {
    match choices {
        Choices::Values(values) => values[part(values.len() as f64, share)].clone(),
        Choices::Range(range) if range.integer && range.scale == Scale::Linear => {
            let n_numbers = range.max - range.min + 1.0;
            number(range, range.min + (n_numbers * share).floor())
        }
        Choices::Range(range) => number(range, between(range, share)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a count is a count"
)]
fn part(n_choices: f64, share: f64) -> usize {
    (n_choices * share) as usize
}

/// Returns the number of the range at the fraction `share`, rounded for
/// an integer range.
fn between(range: &NumberRange, share: f64) -> f64 {
    let NumberRange { min, max, scale, .. } = range;
    let number = match scale {
        Scale::Linear => min + (max - min) * share,
        Scale::Log => (min.ln() + (max.ln() - min.ln()) * share).exp(),
    };
    if range.integer { number.round() } else { number }
}

/// Returns `value` as JSON, clamped to the range and rounded.
fn number(range: &NumberRange, value: f64) -> Value {
    let value = value.clamp(range.min, range.max);
    if range.integer {
        #[expect(clippy::cast_possible_truncation, reason = "settings are far below 2^53")]
        return Value::from(value as i64);
    }
    let rounded = format!("{value:.*e}", N_DIGITS - 1).parse().unwrap_or(value);
    Number::from_f64(rounded.clamp(range.min, range.max)).map_or(Value::Null, Value::Number)
}

/// Returns 64 random bits that depend only on the arguments, so that
/// adding a key or a sample does not change others.
fn noise(seed: u64, key: &str, idx: u64) -> u64 {
    let digest = Sha256::digest(format!("{seed}/{key}/{idx}"));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}
