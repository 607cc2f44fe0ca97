//! The learner's settings, their ranges and defaults.

use serde::{Deserialize, Serialize};

use crate::field::{FieldError, check_counts, check_numbers, check_range};

/// The most exposures that a policy may choose from.
pub(crate) const EXPOSURES_MAX: usize = 16;

/// How the agent learns. Missing keys take their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// Exposures to choose from, as multiples of equity before
    /// leverage: 2 to 16 numbers from -10 to 10, increasing, with 0
    /// among them. Default: [-1, 0, 1].
    pub exposures: Vec<f64>,
    /// The discount factor: what a return one bar later counts, as a
    /// fraction of one now, from 0 to 0.9999. The agent looks about
    /// 1 / (1 - discount) bars ahead. Default: 0.97.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 0.9999)))]
    pub discount: f64,
    /// Trees in the ensemble of each exposure: from 1 to 1000 and not
    /// fewer than `memory_shares`. Default: 20.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub n_trees: usize,
    /// Trees of each ensemble that a backup replaces, the oldest. The
    /// others keep their splits; the leaves of all are fitted to the new
    /// values. More renewed trees fit slower. From 1 to 1000; `n_trees`
    /// or more: all. Default: 4.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub renewed_trees: usize,
    /// Parts into which the memory is split at random for each refit: a
    /// tree finds its splits in one part, and its leaves average over the
    /// whole memory. More parts fit faster, from fewer bars a split. From
    /// 1 to 64. Default: 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 64)))]
    pub memory_shares: usize,
    /// Fewest bars of the memory in a leaf, approximately: from 1 to
    /// 1,000,000. Bars are noisy: take hundreds. A part of the memory
    /// uses the same fraction of this number. Default: 200.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub min_samples_leaf: usize,
    /// Greatest depth of a tree in splits, from 1 to 60; null: as deep
    /// as the leaves allow. Default: null.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
    pub max_depth: Option<u16>,
    /// Most recent bars that the agent remembers and learns from, in
    /// bars: from 100 to 10,000,000. Memory use grows with it: about
    /// 50 bytes a feature and bar. Default: 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 100, max = 10_000_000)))]
    pub memory_bars: usize,
    /// Fitted Q iterations after each batch: from 1 to 100. Each one
    /// looks one bar further ahead. With `backups_max` only in the first
    /// episode, and when the memory has grown by half. Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub backups_per_batch: usize,
    /// Most backups to choose from, from 1 to 100. At the end of the first
    /// episode the agent is cross-validated on the parts of the memory:
    /// with leaves of `min_samples_leaf` and of twice as many bars, after
    /// 1, 2, 5 and 10 backups, as far as this allows, and, where an edge is
    /// in doubt, with the linear values before the backups. What earns most
    /// on the held-out parts, net of costs, is then fitted to the whole
    /// memory. If no result there is significant, the agent stays flat.
    /// Null: no cross-validation; each refit continues from the one before,
    /// and its policy is always traded. Default: 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub backups_max: Option<usize>,
    /// The part of the memory that is held out at a time, as a fraction of
    /// the bars remembered: from 0.05 to 0.8. The memory is split in the
    /// order of time into 1 / `inner_share` parts, rounded, but at least
    /// two. Used with `backups_max` only. Default: 0.33: three parts.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.05, max = 0.8)))]
    pub inner_share: f64,
    /// The least t statistic (mean over standard error) of the net returns
    /// on the held-out parts, compared with never trading and with constant
    /// exposures; below it nothing is traded. From 0 to 10. Used with
    /// `backups_max` only. Default: 3.5.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 10.0)))]
    pub min_t_statistic: f64,
    /// The number of fits whose values are averaged, where there is an
    /// edge: each episode adds one to the whole memory, with seeds of its
    /// own, up to this number. From 1 to 100. Used with `backups_max` only.
    /// Default: 8.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub committee: usize,
    /// Double estimation: two estimates of every value, each from one half
    /// of the memory; one selects the exposure and the other gives its
    /// value, which avoids the maximisation bias. It learns slower from the
    /// same bars. Default: false.
    pub double_q: bool,
    /// What risk costs: a bar's return y (a fraction, before leverage
    /// and costs) counts as y - `risk_aversion` * y * y. Unit: 1 /
    /// return. From 0 to 1000. Default: 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1000.0)))]
    pub risk_aversion: f64,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            exposures: vec![-1.0, 0.0, 1.0],
            discount: 0.97,
            n_trees: 20,
            renewed_trees: 4,
            memory_shares: 10,
            min_samples_leaf: 200,
            max_depth: None,
            memory_bars: 30_000,
            backups_per_batch: 1,
            backups_max: Some(2),
            inner_share: 0.33,
            min_t_statistic: 3.5,
            committee: 8,
            double_q: false,
            risk_aversion: 0.0,
        }
    }
}

impl AgentConfig {
    /// Checks every setting against its range; the fields are named
    /// `agent.…`, as in the training config.
    pub fn validate(&self) -> Result<(), FieldError> {
        self.validate_exposures()?;
        check_numbers("agent.", &[("discount", self.discount, 0.0..=0.9999, "from 0 to 0.9999")])?;
        self.validate_trees()?;
        let counts = [
            ("memory_bars", self.memory_bars as u64, 100..=10_000_000),
            ("backups_per_batch", self.backups_per_batch as u64, 1..=100),
        ];
        check_counts("agent.", &counts)?;
        if let Some(n_max) = &self.backups_max {
            check_range("agent.backups_max", n_max, &(1..=100), "from 1 to 100, or null")?;
        }
        let numbers = [
            ("inner_share", self.inner_share, 0.05..=0.8, "from 0.05 to 0.8"),
            ("min_t_statistic", self.min_t_statistic, 0.0..=10.0, "from 0 to 10"),
        ];
        check_numbers("agent.", &numbers)?;
        check_counts("agent.", &[("committee", self.committee as u64, 1..=100)])?;
        let numbers = [("risk_aversion", self.risk_aversion, 0.0..=1000.0, "from 0 to 1000")];
        check_numbers("agent.", &numbers)
    }

    fn validate_trees(&self) -> Result<(), FieldError> {
        let counts = [
            ("n_trees", self.n_trees as u64, 1..=1000),
            ("renewed_trees", self.renewed_trees as u64, 1..=1000),
            ("memory_shares", self.memory_shares as u64, 1..=64),
        ];
        check_counts("agent.", &counts)?;
        let limit = format!("at most `agent.n_trees`, which is {}", self.n_trees);
        check_range("agent.memory_shares", &self.memory_shares, &(0..=self.n_trees), &limit)?;
        check_counts(
            "agent.",
            &[("min_samples_leaf", self.min_samples_leaf as u64, 1..=1_000_000)],
        )?;
        match &self.max_depth {
            Some(depth) => {
                check_range("agent.max_depth", depth, &(1..=60), "from 1 to 60, or null")
            }
            None => Ok(()),
        }
    }

    fn validate_exposures(&self) -> Result<(), FieldError> {
        let found = format!("{:?}", self.exposures);
        let check = |is_valid: bool, expected: &str| {
            is_valid
                .then_some(())
                .ok_or_else(|| FieldError::new("agent.exposures", &found, expected))
        };
        let is_count = (2..=EXPOSURES_MAX).contains(&self.exposures.len());
        check(is_count, "a list of 2 to 16 exposures")?;
        let is_range = self.exposures.iter().all(|exposure| (-10.0..=10.0).contains(exposure));
        check(is_range, "a list of numbers from -10 to 10")?;
        let is_sorted = self.exposures.is_sorted_by(|low, high| low < high);
        check(is_sorted, "increasing, each exposure once")?;
        check(self.exposures.contains(&0.0), "a list that contains 0")
    }
}
