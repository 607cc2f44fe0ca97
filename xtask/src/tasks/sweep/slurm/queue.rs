//! What the cluster does for a sweep now, as its queue tells.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Result;

use super::job::{self, JobName};
use super::layout::Layout;
use crate::programs::slurm::{self, QueuedJob};
use crate::tasks::sweep::folder::SweepFolder;
use crate::tasks::sweep::status::ClusterStatus;

/// What the queue holds of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    jobs: Vec<(JobName, QueuedJob)>,
}

/// Asks the cluster for the jobs of the sweep in `folder`.
///
/// # Errors
/// When the cluster cannot be asked: never taken for an empty queue.
pub fn look(folder: &SweepFolder, layout: Layout) -> Result<Queue> {
    let sweep = job::id(folder);
    let n_arrays = layout.n_arrays(folder.plan().n_trials());
    let names: Vec<String> = JobName::all(n_arrays).map(|name| name.text(&sweep)).collect();
    let jobs = slurm::queue(&names)?;
    let known = |job: QueuedJob| Some((JobName::read(&job.name, &sweep)?, job));
    Ok(Queue { jobs: jobs.into_iter().filter_map(known).collect() })
}

impl Queue {
    /// Returns the elements that wait or run, each by its array and its
    /// number there.
    pub fn live(&self) -> BTreeSet<(u64, u64)> {
        let live = self.elements().filter(|(_, _, job)| Place::of(job) != Place::GivenUp);
        live.map(|(array, element, _)| (array, element)).collect()
    }

    /// Returns the numbers of the jobs that run trials.
    pub fn arrays(&self) -> BTreeSet<u64> {
        self.elements().map(|(_, _, job)| job.job).collect()
    }

    /// Returns the numbers of the jobs that test the best trial.
    pub fn merges(&self) -> BTreeSet<u64> {
        let merges = self.jobs.iter().filter(|(name, _)| *name == JobName::Merge);
        merges.map(|(_, job)| job.job).collect()
    }

    /// Returns what becomes of the trials `missing`.
    pub fn status(&self, layout: Layout, missing: &[u64]) -> ClusterStatus {
        let mut elements = BTreeMap::new();
        // What runs as well as waits, runs.
        let (mut running, mut queued, mut held) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (array, element, job) in self.elements() {
            *elements.entry(state(job)).or_default() += 1;
            let trials = layout.trials_of(array, element);
            match Place::of(job) {
                Place::Running => running.extend(trials),
                Place::Queued => queued.extend(trials),
                Place::Held => held.extend(trials),
                // As if it were not there.
                Place::GivenUp => {}
            }
        }
        let mut status = ClusterStatus {
            elements,
            running: Vec::new(),
            queued: Vec::new(),
            held: Vec::new(),
            lost: Vec::new(),
            stuck: self.stuck(layout, missing),
            is_merge_queued: !self.merges().is_empty(),
        };
        for index in missing {
            let place = match index {
                _ if running.contains(index) => &mut status.running,
                _ if queued.contains(index) => &mut status.queued,
                _ if held.contains(index) => &mut status.held,
                _ => &mut status.lost,
            };
            place.push(*index);
        }
        status
    }

    /// Returns the elements that never begin by themselves and keep none
    /// of the trials `missing`, as `scancel` takes them: those that the
    /// cluster has given up, and those held though their trials are over.
    pub fn stuck(&self, layout: Layout, missing: &[u64]) -> Vec<String> {
        let is_over = |trials: Range<u64>| {
            let first = missing.partition_point(|index| *index < trials.start);
            missing.get(first).is_none_or(|index| *index >= trials.end)
        };
        let is_stuck = |(array, element, job): &(u64, u64, &QueuedJob)| match Place::of(job) {
            Place::GivenUp => true,
            Place::Held => is_over(layout.trials_of(*array, *element)),
            Place::Running | Place::Queued => false,
        };
        let stuck = self.elements().filter(is_stuck);
        stuck.map(|(_, element, job)| format!("{}_{element}", job.job)).collect()
    }

    fn elements(&self) -> impl Iterator<Item = (u64, u64, &QueuedJob)> {
        self.jobs.iter().filter_map(|(name, job)| match name {
            JobName::Array(array) => Some((*array, job.element?, job)),
            JobName::Merge => None,
        })
    }
}

fn state(job: &QueuedJob) -> String {
    let state = job.state.to_lowercase();
    match job.reason.as_str() {
        "None" | "" => state,
        reason => format!("{state} ({reason})"),
    }
}

/// What an element does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Running,
    Queued,
    /// It waits for a person.
    Held,
    /// The cluster holds it, since it could not start it, or too often.
    GivenUp,
}

impl Place {
    fn of(job: &QueuedJob) -> Self {
        let reason = job.reason.to_lowercase();
        let is_held = reason.contains("held") || reason.contains("hold");
        let is_given_up = reason.contains("launch failed") || reason.contains("maxrequeue");
        match job.state.as_str() {
            "PENDING" | "REQUEUED" | "REQUEUE_HOLD" if is_given_up => Self::GivenUp,
            "PENDING" | "REQUEUED" | "CONFIGURING" if is_held => Self::Held,
            "PENDING" | "REQUEUED" | "CONFIGURING" => Self::Queued,
            "REQUEUE_HOLD" | "SPECIAL_EXIT" => Self::Held,
            _ => Self::Running,
        }
    }
}
