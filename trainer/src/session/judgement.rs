//! Whether an edge was found on held-out training bars.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The test of learned policies on held-out training bars: each part of
/// the training bars is traded by a policy fitted to the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// Points in time of the test.
    pub n_times: usize,
    /// Candidate policies.
    pub n_candidates: usize,
    /// The sum of log returns, net of costs, of the best candidate.
    pub log_return: f64,
    /// Its t statistic against never trading and constant exposures.
    pub t_statistic: f64,
    /// The least t statistic of an edge.
    pub min_t_statistic: f64,
    /// Whether the best candidate was chosen; else the policy is flat.
    pub has_edge: bool,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_times, n_candidates, t_statistic, min_t_statistic, .. } = self;
        let found = if self.has_edge { "edge found" } else { "no edge found: flat" };
        if *n_candidates == 0 {
            return write!(f, "{found} (too few bars to judge)");
        }
        write!(
            f,
            "{found} (t {t_statistic:.1}, {min_t_statistic} needed, best of {n_candidates} on \
             {n_times} held-out training bars)"
        )
    }
}

/// Returns as text whether an edge was found, from a session's `record`:
/// in each window of a walk forward, and for the saved model.
pub fn judgement_line(record: &Value) -> Option<String> {
    let read = |value: &Value| Judgement::deserialize(value.get("judgement")?).ok();
    let windows = record.pointer("/walk_forward/windows").and_then(Value::as_array);
    let of_windows: Vec<Judgement> = windows.into_iter().flatten().filter_map(read).collect();
    if of_windows.is_empty() {
        return Some(format!("Held-out training bars: {}.", read(record)?));
    }
    let n = of_windows.len();
    let mut line = match of_windows.iter().filter(|judgement| !judgement.has_edge).count() {
        0 => format!("Held-out training bars: edge found in all of {n} windows."),
        flat if flat == n => {
            format!("Held-out training bars: no edge found: flat, in all of {n} windows.")
        }
        flat => format!("Held-out training bars: no edge found: flat, in {flat} of {n} windows."),
    };
    if let Some(saved) = read(record) {
        let _ = write!(line, "\nThe saved model: {saved}.");
    }
    Some(line)
}
