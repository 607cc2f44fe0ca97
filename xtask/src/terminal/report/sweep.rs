//! What `sweep` prints.

use serde::Serialize;

use super::Report;
use crate::tasks::sweep::plan::{Plan, Trial};
use crate::tasks::sweep::record::TrialRecord;
use crate::tasks::sweep::status::{ClusterStatus, SweepStatus, ranges};
use crate::workspace::text;

/// The most failed and planned trials that the text lists.
const N_LINES_MAX: usize = 20;

/// What a sweep would train.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepPlanReport {
    /// The sweep.
    pub name: String,
    /// All trials.
    pub n_trials: u64,
    /// Each of them.
    pub trials: Vec<Trial>,
}

impl SweepPlanReport {
    /// Returns what `plan` would train.
    pub fn of(plan: &Plan) -> Self {
        let n_trials = plan.n_trials();
        let trials = (0..n_trials).map(|index| plan.trial(index)).collect();
        Self { name: plan.spec.name().to_owned(), n_trials, trials }
    }
}

impl Report for SweepPlanReport {
    fn text(&self) -> String {
        let mut text =
            format!("sweep {} would train {}\n", self.name, text::count(self.n_trials, "trial"));
        for trial in self.trials.iter().take(N_LINES_MAX) {
            text += &format!("{:>6}  seed {}  {}\n", trial.index, trial.seed, trial.differences());
        }
        let n_more = self.trials.len().saturating_sub(N_LINES_MAX);
        if n_more > 0 {
            text += &format!("        and {n_more} more\n");
        }
        text
    }
}

impl Report for SweepStatus {
    fn text(&self) -> String {
        let n_failed = self.failed.len() as u64;
        let mut text = format!(
            "sweep {}: {} of {} over, {} completed, {n_failed} failed\n",
            self.name,
            self.n_completed + n_failed,
            text::count(self.n_trials, "trial"),
            self.n_completed,
        );
        for failed in self.failed.iter().take(N_LINES_MAX) {
            text += &format!("failed   {}: {}\n", failed.trial, failed.reason);
        }
        let n_more = self.failed.len().saturating_sub(N_LINES_MAX);
        if n_more > 0 {
            text += &format!("         and {n_more} more\n");
        }
        if !self.missing.is_empty() {
            text += &format!("missing  {}\n", ranges(&self.missing));
        }
        for cut in self.cut.iter().take(N_LINES_MAX) {
            let times = text::count(cut.n_lost, "attempt");
            text += &format!("cut      {}, {times}: {}\n", cut.index, cut.reason);
        }
        if self.n_attempts_full_disk > 0 {
            let times = text::count(self.n_attempts_full_disk, "attempt");
            text += &format!("disk     {times} ended when it was full; they use up no retry\n");
        }
        if let Some(pid) = self.running {
            text += &format!("running  in process {pid}\n");
        }
        let is_in_progress = match (&self.cluster, &self.cluster_problem) {
            (Some(cluster), _) => {
                text += &cluster_text(cluster);
                cluster.lost.len() < self.missing.len()
            }
            (None, Some(problem)) => {
                text += &format!("cluster  not known: {problem}\n");
                true
            }
            (None, None) => self.running.is_some(),
        };
        if self.is_cancelled {
            text += "cancelled; `cargo xtask sweep resume` goes on\n";
        } else if !self.missing.is_empty() && !is_in_progress {
            text += "nothing runs here; `cargo xtask sweep resume` runs what is missing\n";
        }
        text
    }
}

fn cluster_text(cluster: &ClusterStatus) -> String {
    let mut text = String::new();
    for (state, n_elements) in &cluster.elements {
        text += &format!("cluster  {} {state}\n", text::count(*n_elements, "element"));
    }
    let rows = [
        ("running", &cluster.running, ""),
        ("queued", &cluster.queued, ""),
        ("held", &cluster.held, "; `scontrol release` lets them run"),
        ("lost", &cluster.lost, "; in no job: `cargo xtask sweep resume` submits them"),
    ];
    for (name, trials, remedy) in rows.iter().filter(|(_, trials, _)| !trials.is_empty()) {
        text += &format!("{name:8} trials {}{remedy}\n", ranges(trials));
    }
    if !cluster.stuck.is_empty() {
        text += &format!(
            "stuck    {}, given up by the cluster, or over: `cargo xtask sweep resume` takes them \
             off\n",
            cluster.stuck.join(", ")
        );
    }
    if cluster.is_merge_queued {
        text += "merge    waits or runs: it tests the best when all are over\n";
    }
    text
}

impl Report for TrialRecord {
    fn text(&self) -> String {
        // The result was printed on stderr; the record is for programs.
        String::new()
    }

    fn json(&self) -> String {
        super::json(self)
    }
}
