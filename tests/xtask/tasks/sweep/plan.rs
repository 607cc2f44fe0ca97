//! From an index to the settings of a trial.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xtask::tasks::sweep::sobol;

use super::plan;

#[test]
fn a_grid_tries_every_combination_by_seed_symbol_and_window() {
    let plan = plan(&json!({
        "parameters": { "agent.discount": [0.5, 0.9], "model": ["fitted_q", "forecast"] },
        "seeds": [1, 2], "symbols": ["A", "B"], "windows": 3,
    }));
    assert_eq!((plan.n_trials(), plan.n_combinations(), plan.n_trials_each()), (48, 4, 12));
    let trials: Vec<_> = (0..48).map(|index| plan.trial(index)).collect();
    let different: BTreeSet<String> =
        trials.iter().map(|trial| Value::Object(trial.settings.clone()).to_string()).collect();
    assert_eq!(different.len(), 48);
    let trial = &trials[12 + 4 + 2 + 1];
    assert_eq!((trial.combination, trial.seed, trial.window), (1, 2, Some(2)));
    assert_eq!(trial.symbol.as_deref(), Some("B"));
    let expected = json!({
        "agent": { "discount": 0.5 }, "model": "forecast", "seed": 2, "threads": 1, "data": "B",
        "holdout_ratio": 1.0 - 0.8 * 3.0 / 4.0, "train_ratio": 2.0 / 3.0,
        "walk_forward": { "windows": 0 },
    });
    assert_eq!(Value::Object(trial.settings.clone()), expected);
}

#[test]
fn other_settings_stay_and_the_last_bars_are_held_out() {
    let mut plan = plan(&json!({ "parameters": { "agent.n_trees": [7] } }));
    let base =
        json!({ "seed": 9, "agent": { "discount": 0.5, "n_trees": 3 }, "total_episodes": 2 });
    plan.settings = base.as_object().unwrap().clone();
    let trial = plan.trial(0);
    assert_eq!(trial.seed, 9);
    let expected = json!({
        "seed": 9, "agent": { "discount": 0.5, "n_trees": 7 }, "total_episodes": 2,
        "threads": 1, "holdout_ratio": 0.2,
    });
    assert_eq!(Value::Object(trial.settings.clone()), expected);
    let tested = Value::Object(plan.test_settings(&trial));
    assert_eq!(tested["train_ratio"], json!(1.0 - 0.2));
    assert_eq!(tested.get("holdout_ratio"), None);
}

#[test]
fn a_grid_divides_ranges() {
    let values = |range: Value| -> Vec<Value> {
        let plan = plan(&json!({ "parameters": { "a": range } }));
        (0..plan.n_trials()).map(|index| plan.trial(index).parameters["a"].clone()).collect()
    };
    assert_eq!(values(json!({ "min": 0, "max": 1, "steps": 3 })), [0.0, 0.5, 1.0]);
    assert_eq!(
        values(json!({ "min": 0.01, "max": 100, "steps": 5, "scale": "log" })),
        [0.01, 0.1, 1.0, 10.0, 100.0]
    );
    let whole = json!({ "min": 1, "max": 3, "steps": 7, "integer": true });
    assert_eq!(values(whole), [1, 2, 3]);
}

#[test]
fn samples_lie_in_their_ranges_and_depend_on_the_seed_alone() {
    for method in ["random", "sobol"] {
        let spec = |sample_seed: u64, more: bool| {
            let mut spec = json!({
                "method": method, "samples": 512, "sample_seed": sample_seed,
                "parameters": {
                    "alpha": { "min": 0.01, "max": 100, "scale": "log" },
                    "n": { "min": 1, "max": 4, "integer": true },
                    "kind": ["a", "b"],
                },
            });
            if more {
                spec["samples"] = json!(1000);
                spec["seeds"] = json!([1]);
            }
            plan(&spec)
        };
        let (small, large) = (spec(1, false), spec(1, true));
        let mut counts = [0; 4];
        let mut n_below_one = 0;
        for index in 0..512 {
            let values = small.trial(index).parameters;
            assert_eq!(values, large.trial(index).parameters, "{method}");
            let alpha = values["alpha"].as_f64().unwrap();
            assert!((0.01..=100.0).contains(&alpha), "{alpha}");
            n_below_one += usize::from(alpha < 1.0);
            counts[usize::try_from(values["n"].as_u64().unwrap() - 1).unwrap()] += 1;
            assert!(values["kind"] == "a" || values["kind"] == "b");
        }
        // Evenly, of a Sobol sequence to the point.
        let slack = if method == "sobol" { 1 } else { 50 };
        assert!(counts.iter().all(|n: &i32| (n - 128).abs() <= slack), "{method}: {counts:?}");
        assert!(n_below_one.abs_diff(256) <= 50, "{method}: {n_below_one}");
        assert_ne!(small.trial(0).parameters, spec(2, false).trial(0).parameters);
    }
}

#[test]
fn the_sobol_sequence_is_that_of_scipy() {
    // `scipy.stats.qmc.Sobol(21, scramble=False, bits=32).random(1024)`, of
    // SciPy 1.17.1, times 2^32.
    let row = |point: u32| -> Vec<u32> {
        (0..sobol::N_DIMENSIONS_MAX).map(|it| sobol::coordinate(point, it)).collect()
    };
    assert_eq!(row(7)[..4], [536_870_912, 2_684_354_560, 1_610_612_736, 536_870_912]);
    assert_eq!(row(100)[19..], [1_442_840_576, 3_254_779_904]);
    let bytes: Vec<u8> = (0..1024).flat_map(row).flat_map(u32::to_le_bytes).collect();
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "74bf268dfbed42d4ed3a6f5664d1c20516ee10873079831f2e845d3fe07884b6");
}

proptest! {
    #[test]
    fn every_trial_is_of_its_combination(
        n_values in 1_usize..4, n_seeds in 1_u64..4, n_symbols in 1_usize..4, windows in 0_u32..4,
    ) {
        let plan = plan(&json!({
            "parameters": { "a": (0..n_values).collect::<Vec<_>>() },
            "seeds": (0..n_seeds).collect::<Vec<_>>(),
            "symbols": (0..n_symbols).map(|it| it.to_string()).collect::<Vec<_>>(),
            "windows": windows,
        }));
        let mut seen = BTreeSet::new();
        for index in 0..plan.n_trials() {
            let trial = plan.trial(index);
            prop_assert_eq!(trial.combination, index / plan.n_trials_each());
            prop_assert_eq!(trial.window.is_some(), windows > 0);
            let identity = (trial.combination, trial.seed, trial.symbol, trial.window);
            prop_assert!(seen.insert(identity));
        }
    }
}
