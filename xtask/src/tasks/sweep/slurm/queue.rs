//! The jobs of a sweep in the queue of the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Result;

use super::array_layout::ArrayLayout;
use super::job::{self, JobName};
use crate::programs::slurm::{self, QueuedJob};
use crate::tasks::sweep::folder::SweepFolder;
use crate::tasks::sweep::status::ClusterStatus;

/// The jobs of a sweep in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    jobs: Vec<(JobName, QueuedJob)>,
}

/// Reads the jobs of the sweep in `folder` from the queue.
///
/// # Errors
/// When Slurm fails, which never counts as an empty queue.
pub fn read(folder: &SweepFolder, layout: ArrayLayout) -> Result<Queue> {
    let sweep = job::id(folder);
    let n_arrays = layout.n_arrays(folder.plan().n_trials());
    let names: Vec<String> = JobName::all(n_arrays).map(|name| name.text(&sweep)).collect();
    let jobs = slurm::queue(&names)?;
    let known = |job: QueuedJob| Some((JobName::read(&job.name, &sweep)?, job));
    Ok(Queue { jobs: jobs.into_iter().filter_map(known).collect() })
}

impl Queue {
    /// Returns the waiting and running elements, by array and index.
    pub fn live(&self) -> BTreeSet<(u64, u64)> {
        let live =
            self.elements().filter(|(_, _, job)| ElementState::of(job) != ElementState::GivenUp);
        live.map(|(array, element, _)| (array, element)).collect()
    }

    /// Returns the ids of the jobs that run trials.
    pub fn arrays(&self) -> BTreeSet<u64> {
        self.elements().map(|(_, _, job)| job.job).collect()
    }

    /// Returns the ids of the jobs that test the best trial.
    pub fn merges(&self) -> BTreeSet<u64> {
        let merges = self.jobs.iter().filter(|(name, _)| *name == JobName::Merge);
        merges.map(|(_, job)| job.job).collect()
    }

    /// Returns the state of the trials `missing`.
    pub fn status(&self, layout: ArrayLayout, missing: &[u64]) -> ClusterStatus {
        let mut elements = BTreeMap::new();
        // A trial that is both running and waiting counts as running.
        let (mut running, mut queued, mut held) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (array, element, job) in self.elements() {
            *elements.entry(state(job)).or_default() += 1;
            let trials = layout.trials_of(array, element);
            match ElementState::of(job) {
                ElementState::Running => running.extend(trials),
                ElementState::Queued => queued.extend(trials),
                ElementState::Held => held.extend(trials),
                // Counts as not in the queue.
                ElementState::GivenUp => {}
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
            let trials = match index {
                _ if running.contains(index) => &mut status.running,
                _ if queued.contains(index) => &mut status.queued,
                _ if held.contains(index) => &mut status.held,
                _ => &mut status.lost,
            };
            trials.push(*index);
        }
        status
    }

    /// Returns the elements to cancel, as `scancel` takes them: those that
    /// the cluster gave up, and held ones whose trials are finished.
    pub fn stuck(&self, layout: ArrayLayout, missing: &[u64]) -> Vec<String> {
        let is_over = |trials: Range<u64>| {
            let first = missing.partition_point(|index| *index < trials.start);
            missing.get(first).is_none_or(|index| *index >= trials.end)
        };
        let is_stuck = |(array, element, job): &(u64, u64, &QueuedJob)| match ElementState::of(job)
        {
            ElementState::GivenUp => true,
            ElementState::Held => is_over(layout.trials_of(*array, *element)),
            ElementState::Running | ElementState::Queued => false,
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

/// The state of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ElementState {
    Running,
    Queued,
    /// It waits for a user to release it.
    Held,
    /// The cluster holds it after failed or too many starts.
    GivenUp,
}

impl ElementState {
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
