//! What the settings of the learner do.

use trainer::learning::agent::{AgentConfig, FittedQ};
use trainer::learning::{Learner as _, LearnerSetup, RefitStats};

use super::planted::{learn_with, log_prices, window_rows};
use super::{Noise, check_invalid};

/// Learns from bars that rise by 5.1 % or fall by 4.9 %, at random.
fn exposure_of_a_gamble(risk_aversion: f64) -> f64 {
    let config = AgentConfig {
        risk_aversion,
        discount: 0.0,
        min_samples_leaf: 1000,
        memory_shares: 1,
        ..AgentConfig::default()
    };
    let setup = LearnerSetup { n_features: 1, cost_per_exposure: 0.0, seed: 1 };
    let mut learner = FittedQ::new(config, setup).unwrap();
    let (mut noise, mut open) = (Noise(1), 1.0);
    for bar in 0..2000 {
        learner.observe(bar, open, Some(&[noise.normal()])).unwrap();
        // As many up as down.
        open *= if bar % 2 == 0 { 1.051 } else { 0.951 };
    }
    learner.backup().unwrap().unwrap();
    learner.policy().act(&[0.0], 0.0)
}

#[test]
fn who_fears_risk_declines_a_gamble_that_pays() {
    // It pays 0.001 on average; the mean square is 0.0025.
    assert!(exposure_of_a_gamble(0.0) > 0.5);
    assert!(exposure_of_a_gamble(0.3) > 0.5);
    assert!(exposure_of_a_gamble(0.5).abs() < 0.5);
}

#[test]
fn a_double_estimate_earns_too_and_averages_two_ensembles() {
    let prices = log_prices(0.05, 7);
    let config = AgentConfig { double_q: true, ..AgentConfig::default() };
    let learner = learn_with(config, (&prices, &window_rows(&prices)), 3);
    let policy = learner.policy();
    assert_eq!(policy.forests().len(), 6);
    let row = &window_rows(&prices)[500].clone().unwrap();
    let mut values = [0.0; 3];
    policy.q_values(row, &mut values);
    let [one, other] = [0, 3].map(|at| policy.forests()[at].predict_row(row));
    assert!(one.to_bits() != other.to_bits());
    assert_eq!(values[0].to_bits(), one.midpoint(other).to_bits());
}

/// The splits of each tree of the ensemble `action`: as stored, but for
/// the leaves' values.
fn splits(learner: &FittedQ, action: usize) -> Vec<String> {
    let mut stored = serde_json::to_value(&learner.policy().forests()[action]).unwrap();
    let trees = stored["trees"].as_array_mut().unwrap();
    let splits = trees.iter_mut().map(|tree| {
        let is_leaf = |child: &serde_json::Value| *child == 0;
        let leaves: Vec<bool> = tree["children"].as_array().unwrap().iter().map(is_leaf).collect();
        let values = tree["values"].as_array_mut().unwrap().iter_mut().zip(leaves);
        for (value, _) in values.filter(|(_, is_leaf)| *is_leaf) {
            *value = 0.into();
        }
        tree.to_string()
    });
    splits.collect()
}

#[test]
fn a_backup_renews_the_oldest_trees_and_teaches_all_leaves() {
    let prices = log_prices(0.05, 9);
    let rows = window_rows(&prices);
    let config = AgentConfig { n_trees: 11, renewed_trees: 3, ..AgentConfig::default() };
    let mut learner = learn_with(config, (&prices, &rows), 1);
    let value = |learner: &FittedQ| learner.policy().forests()[2].predict_row(&[0.02; 5]);
    let (before, value_before) = (splits(&learner, 0), value(&learner));
    learner.backup().unwrap().unwrap();
    let after = splits(&learner, 0);
    assert_eq!(after.len(), 11);
    assert_eq!(after[..8], before[3..]);
    assert!(after[8..].iter().all(|tree| !before.contains(tree)));
    // The second backup sees a second bar.
    assert!((value(&learner) - value_before).abs() > 1e-6);
    // Every exposure asks the same questions.
    assert_eq!(splits(&learner, 1), after);
    assert_eq!(splits(&learner, 2), after);
}

#[test]
fn as_many_renewed_trees_as_there_are_renew_them_all() {
    let prices = log_prices(0.05, 9);
    let rows = window_rows(&prices);
    let config = AgentConfig { renewed_trees: 1000, ..AgentConfig::default() };
    let mut learner = learn_with(config, (&prices, &rows), 1);
    let before = splits(&learner, 0);
    learner.backup().unwrap().unwrap();
    let after = splits(&learner, 0);
    assert_eq!(after.len(), 20);
    assert!(after.iter().all(|tree| !before.contains(tree)));
}

#[test]
fn a_leaf_averages_over_all_the_memory_however_it_is_dealt() {
    // One leaf: its value is the mean of all targets, whatever part of
    // them the trees grew on.
    let worth = |memory_shares: usize| {
        let config = AgentConfig {
            discount: 0.0,
            min_samples_leaf: 1_000_000,
            memory_shares,
            ..AgentConfig::default()
        };
        let prices = log_prices(0.05, 9);
        let rows = window_rows(&prices);
        let learner = learn_with(config, (&prices, &rows), 2);
        learner.policy().forests()[2].predict_row(&[0.0; 5])
    };
    assert!((worth(1) - worth(10)).abs() < 1e-15, "{} and {}", worth(1), worth(10));
}

/// An episode of prices that revert by `kappa`, with its end.
fn concluded(config: AgentConfig, kappa: f64) -> (FittedQ, Option<RefitStats>) {
    let prices = log_prices(kappa, 8);
    let rows = prices.iter().map(|&price| Some(vec![price])).collect();
    let mut learner = learn_with(config, (&prices, &rows), 0);
    let report = learner.end_episode().unwrap();
    (learner, report)
}

#[test]
fn the_number_of_backups_is_chosen_where_it_pays() {
    let config = AgentConfig { backups_max: Some(5), ..AgentConfig::default() };
    let (learner, report) = concluded(config.clone(), 0.05);
    let report = report.unwrap();
    let n_chosen = report.n_chosen.unwrap();
    // One backup sees one bar's return, which seldom covers the cost.
    assert!([2, 5].contains(&n_chosen), "{n_chosen}");
    let judgement = learner.judgement().unwrap();
    assert!(judgement.has_edge && judgement.t_statistic > 3.5, "{judgement}");
    // 1, 2 and 5 backups, four margins.
    assert_eq!(judgement.n_candidates, 3 * 4);
    assert_eq!(report.n_rows, learner.n_rows());
    let (again, _) = concluded(config, 0.05);
    assert_eq!(learner.policy(), again.policy());
}

#[test]
fn more_is_tried_where_the_edge_is_in_doubt() {
    // Four margins. Linear values, 1 and 2 backups; larger leaves; the
    // linear values are left out.
    for (kappa, n_candidates) in [(0.0, 3 * 4), (0.01, 2 * 3 * 4), (0.05, 2 * 4)] {
        let (learner, _) = concluded(AgentConfig::default(), kappa);
        let judgement = learner.judgement().unwrap();
        assert_eq!(judgement.n_candidates, n_candidates, "{kappa}: {judgement}");
    }
}

#[test]
fn what_cannot_be_told_from_luck_is_flat() {
    let (mut learner, report) = concluded(AgentConfig::default(), 0.0);
    assert_eq!(report, None);
    assert_eq!(learner.policy().margin(), None);
    assert!(!learner.judgement().unwrap().has_edge);
    assert_eq!(learner.policy().act(&[0.5], 1.0).to_bits(), 0.0_f64.to_bits());
    // The same bars teach nothing new; a state keeps what was found.
    let mut state = Vec::new();
    learner.write_state(&mut state).unwrap();
    let mut other = learn_with(AgentConfig::default(), (&[0.0], &vec![Some(vec![0.0])]), 0);
    other.read_state(&mut state.as_slice()).unwrap();
    assert_eq!(other.policy(), learner.policy());
    assert_eq!(other.judgement(), learner.judgement());
    assert_eq!(learner.refit().unwrap(), None);
}

#[test]
fn without_a_judgement_all_is_traded() {
    let config = AgentConfig { backups_max: None, ..AgentConfig::default() };
    let (learner, report) = concluded(config, 0.0);
    assert_eq!((report, learner.judgement()), (None, None));
    assert_eq!(learner.policy().margin(), Some(0.0));
}

#[test]
fn settings_of_the_backups_out_of_range_are_named() {
    check_invalid(
        r#"{"backups_max": 0}"#,
        "`agent.backups_max` is 0; it must be from 1 to 100, or null",
    );
    check_invalid(
        r#"{"inner_share": 0.9}"#,
        "`agent.inner_share` is 0.9; it must be from 0.05 to 0.8",
    );
    check_invalid(
        r#"{"min_t_statistic": -1}"#,
        "`agent.min_t_statistic` is -1; it must be from 0 to 10",
    );
    check_invalid(r#"{"committee": 0}"#, "`agent.committee` is 0; it must be from 1 to 100");
    check_invalid(
        r#"{"risk_aversion": -1}"#,
        "`agent.risk_aversion` is -1; it must be from 0 to 1000",
    );
    check_invalid(
        r#"{"renewed_trees": 0}"#,
        "`agent.renewed_trees` is 0; it must be from 1 to 1000",
    );
}
