//! The core on a problem of the literature: the car on the hill.
//!
//! Dynamics, rewards, grid and discount as in Ernst, Geurts and
//! Wehenkel, JMLR 6 (2005), section 4.1: a car too weak to climb the
//! hill must first roll back.

use trainer::learning::agent::{
    DiscountedBackup, Experience as _, FittedIteration, IterationInput, IterationOptions,
    PreviousValues, Step, Steps,
};
use trainer::learning::forest::Forest;

use super::Noise;

const DISCOUNT: f64 = 0.95;
const FORCES: [f64; 2] = [-4.0, 4.0];
/// What the best policy earns from the 289 states of the grid.
const OPTIMUM: f64 = 0.3524;

/// A position and a speed.
type State = [f64; 2];

/// Returns the reward of pushing with `force` for 0.1 s, and the state
/// after it unless all ended.
fn push([mut position, mut speed]: State, force: f64) -> (f64, Option<State>) {
    const SECONDS: f64 = 0.001;
    for _ in 0..100 {
        let (slope, curvature) = if position < 0.0 {
            (2.0 * position + 1.0, 2.0)
        } else {
            let root = (1.0 + 5.0 * position * position).sqrt();
            (root.powi(-3), -15.0 * position * root.powi(-5))
        };
        let steepness = 1.0 + slope * slope;
        let acceleration = (force - 9.81 * slope - speed * speed * slope * curvature) / steepness;
        position += SECONDS * speed;
        speed += SECONDS * acceleration;
    }
    if position < -1.0 || speed.abs() > 3.0 {
        (-1.0, None)
    } else if position > 1.0 {
        (1.0, None)
    } else {
        (0.0, Some([position, speed]))
    }
}

/// Steps from states and with forces drawn uniformly.
fn random_steps(n_steps: usize, seed: u64) -> Steps {
    let (mut noise, mut steps) = (Noise(seed), Steps::new(2));
    for _ in 0..n_steps {
        let state = [2.0 * noise.uniform() - 1.0, 6.0 * noise.uniform() - 3.0];
        let action = usize::from(noise.uniform() < 0.5);
        let (reward, next) = push(state, FORCES[action]);
        let next_state = next.as_ref().map(<[f64; 2]>::as_slice);
        steps.push(&Step { state: &state, action, reward, next_state }).unwrap();
    }
    steps
}

/// Returns the discounted reward from `state` on, always taking the
/// action of the highest value.
fn worth(forests: &[Forest], mut state: State) -> f64 {
    let mut discount = 1.0;
    for _ in 0..300 {
        let [back, forth] = [&forests[0], &forests[1]].map(|forest| forest.predict_row(&state));
        let (reward, next) = push(state, FORCES[usize::from(forth > back)]);
        let Some(next) = next else { return discount * reward };
        state = next;
        discount *= DISCOUNT;
    }
    0.0
}

/// Returns the mean worth of the 17 × 17 states of the paper's grid.
fn mean_worth(forests: &[Forest]) -> f64 {
    let states = (0..17).flat_map(|i| (0..17).map(move |j| (f64::from(i), f64::from(j))));
    let worths = states.map(|(i, j)| worth(forests, [0.125 * i - 1.0, 0.375 * j - 3.0]));
    worths.sum::<f64>() / 289.0
}

#[derive(Clone, Copy)]
struct Trial {
    n_steps: usize,
    n_trees: usize,
    seed: u64,
}

/// Twenty iterations; a node of 5 steps may split, a leaf has 2.
fn learn(Trial { n_steps, n_trees, seed }: Trial) -> Vec<Forest> {
    let steps = random_steps(n_steps, seed);
    assert_eq!(steps.n_transitions(), n_steps);
    let core = FittedIteration::new(IterationOptions {
        n_actions: 2,
        is_double: false,
        n_subsamples: 1,
        n_trees,
        n_renewed: n_trees,
        min_samples_leaf: 2,
        min_samples_split: 5,
        max_depth: None,
        linear_start: None,
        cuts_per_feature: 1,
        seed,
    })
    .unwrap();
    let input =
        IterationInput { experience: &steps, backup: &DiscountedBackup { discount: DISCOUNT } };
    let mut forests = Vec::new();
    for n_done in 0..20 {
        forests = core.step(&input, PreviousValues { forests: &forests, n_done }).unwrap().forests;
    }
    forests
}

#[test]
fn a_core_of_few_trees_drives_most_cars_up_the_hill() {
    let trial = Trial { n_steps: 5_000, n_trees: 10, seed: 1 };
    let found = mean_worth(&learn(trial));
    assert!((0.29..OPTIMUM + 0.001).contains(&found), "{found}");
}

#[test]
fn the_core_reaches_the_papers_return_on_the_hill() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let found = mean_worth(&learn(Trial { n_steps: 20_000, n_trees: 50, seed: 1 }));
    assert!((0.33..OPTIMUM + 0.001).contains(&found), "{found}");
}
