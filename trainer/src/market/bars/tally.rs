//! Counts the steps between bars: the interval, its changes, the gaps.

use std::collections::HashMap;

use super::sessions::{Break, Gaps, true_gaps};
use super::summary::{DataSummary, INTERVAL_RATIO_MAX, duration};
use super::timestamp;

/// The most different steps that are counted, so that memory is bounded.
const N_STEPS_MAX: usize = 1 << 16;

/// The most steps that skip bars and are compared with trading hours.
const N_BREAKS_MAX: usize = 1 << 15;

/// The number of bars in a block, whose interval is compared with that of
/// the blocks before.
const N_BLOCK: u64 = 256;
/// With more different steps, no interval is usual.
const N_BLOCK_STEPS_MAX: usize = 64;
/// The most changes of the interval that are listed.
const N_CHANGES_MAX: usize = 3;
const MS_PER_WEEK: i64 = 604_800_000;

/// Counts bars and the steps between them, in bounded memory.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    n_bars: u64,
    first_ms: i64,
    last_ms: i64,
    /// The number of occurrences of each step, in milliseconds.
    steps: HashMap<i64, u64>,
    /// The current run of equal steps, and its length; added to `steps`
    /// when it ends.
    run: (i64, u64),
    /// When `steps` is full: the usual step then, and the gaps of all
    /// other steps, measured by it.
    overflow: Option<(i64, Gaps)>,
    /// The shortest step so far.
    shortest_ms: i64,
    /// The steps that were longer than the shortest one so far; `None` if
    /// there are too many.
    breaks: Option<Vec<Break>>,
    /// The time of the first bar of the current block, and `steps` then.
    block: (i64, HashMap<i64, u64>),
    /// The intervals of blocks, each with the time of the first block that
    /// has it.
    intervals: Vec<(i64, i64)>,
}

impl Default for Tally {
    /// Returns the tally of no bars.
    fn default() -> Self {
        Self {
            n_bars: 0,
            first_ms: 0,
            last_ms: 0,
            steps: HashMap::new(),
            run: (0, 0),
            overflow: None,
            shortest_ms: i64::MAX,
            breaks: Some(Vec::new()),
            block: (0, HashMap::new()),
            intervals: Vec::new(),
        }
    }
}

impl Tally {
    /// Adds one bar, which opens at `time_ms`.
    #[inline]
    pub(super) fn push(&mut self, time_ms: i64) {
        if self.n_bars == 0 {
            self.first_ms = time_ms;
            self.block.0 = time_ms;
        } else {
            let step_ms = time_ms - self.last_ms;
            if step_ms == self.run.0 {
                self.run.1 += 1;
            } else {
                self.end_run();
                self.run = (step_ms, 1);
            }
            if step_ms > self.shortest_ms {
                self.add_break(time_ms);
            }
            self.shortest_ms = self.shortest_ms.min(step_ms);
        }
        self.n_bars += 1;
        self.last_ms = time_ms;
        if self.n_bars.is_multiple_of(N_BLOCK) {
            self.end_block();
        }
    }

    /// Records the interval of the current block, if it is another one than
    /// before.
    #[cold]
    fn end_block(&mut self) {
        self.end_run();
        self.run.1 = 0;
        if self.steps.len() > N_BLOCK_STEPS_MAX || self.intervals.len() > N_CHANGES_MAX {
            return;
        }
        let (begin_ms, before) = &self.block;
        let in_block = |(step_ms, n): (&i64, &u64)| {
            (n - before.get(step_ms).copied().unwrap_or_default(), *step_ms)
        };
        let n_steps: u64 = self.steps.iter().map(|step| in_block(step).0).sum();
        let usual = self.steps.iter().map(in_block).max();
        let is_other = |interval_ms: i64| {
            self.intervals.last().is_none_or(|&(last_ms, _)| {
                let ratio = interval_ms as f64 / last_ms as f64;
                ratio.max(1.0 / ratio) > INTERVAL_RATIO_MAX
            })
        };
        if let Some((n, interval_ms)) = usual
            && 2 * n > n_steps
            && is_other(interval_ms)
        {
            self.intervals.push((interval_ms, *begin_ms));
        }
        self.block = (self.last_ms, self.steps.clone());
    }

    /// Returns the warning that the interval changes, if it does.
    pub(super) fn interval_warning(&self) -> Option<String> {
        if self.intervals.len() < 2 {
            return None;
        }
        let told = self.intervals.iter().map(|(interval_ms, begin_ms)| {
            format!("{} from {}", duration(*interval_ms), timestamp::format_utc(*begin_ms))
        });
        Some(format!(
            "the interval changes: bars of {}, about; a feature or a holding time means something \
             else there: read those of one interval",
            told.collect::<Vec<_>>().join(", of ")
        ))
    }

    fn add_break(&mut self, after_ms: i64) {
        let before_ms = self.last_ms;
        self.breaks = self.breaks.take().filter(|breaks| breaks.len() < N_BREAKS_MAX);
        if let Some(breaks) = &mut self.breaks {
            breaks.push(Break { before_ms, after_ms });
        }
    }

    fn end_run(&mut self) {
        let (step_ms, n_times) = self.run;
        if n_times == 0 {
            return;
        }
        if self.steps.len() < N_STEPS_MAX {
            *self.steps.entry(step_ms).or_default() += n_times;
        } else if let Some(count) = self.steps.get_mut(&step_ms) {
            *count += n_times;
        } else {
            let usual_ms = self.usual_step_ms();
            let (usual_ms, gaps) = self.overflow.get_or_insert((usual_ms, Gaps::default()));
            gaps.add(step_ms, n_times, *usual_ms);
        }
    }

    /// Returns the most common step, the shortest of equally common ones.
    fn usual_step_ms(&self) -> i64 {
        if let Some((usual_ms, _)) = self.overflow {
            return usual_ms;
        }
        let most = self.steps.iter().max_by_key(|&(&step_ms, &n_times)| (n_times, -step_ms));
        most.map_or(0, |(&step_ms, _)| step_ms)
    }

    /// Whether more than half of the steps are the usual one.
    pub(super) fn is_regular(&self) -> bool {
        let mut tally = self.clone();
        tally.end_run();
        let n_usual = tally.steps.get(&tally.usual_step_ms()).copied().unwrap_or_default();
        2 * n_usual > tally.steps.values().sum()
    }

    fn gaps(&self, interval_ms: i64) -> Gaps {
        let is_break =
            |found: &&Break| n_skipped(found.after_ms - found.before_ms, interval_ms) > 0;
        if let Some(breaks) = &self.breaks
            && interval_ms <= MS_PER_WEEK / 2
        {
            let breaks: Vec<Break> = breaks.iter().filter(is_break).copied().collect();
            return true_gaps(&breaks, interval_ms, self.first_ms..self.last_ms);
        }
        let mut gaps = self.overflow.map_or_else(Gaps::default, |(_, gaps)| gaps);
        for (&step_ms, &n_times) in &self.steps {
            gaps.add(step_ms, n_times, interval_ms);
        }
        gaps
    }

    /// Returns the summary without gaps, the source and its checksum.
    pub(super) fn without_gaps(&mut self) -> DataSummary {
        self.end_run();
        DataSummary {
            source: String::new(),
            sha256: String::new(),
            n_bars: self.n_bars,
            first_ms: self.first_ms,
            last_ms: self.last_ms,
            interval_ms: self.usual_step_ms(),
            n_gaps: 0,
            n_missing_bars: 0,
            longest_gap_ms: 0,
            read_report: None,
        }
    }

    /// Returns the summary, without the source and its checksum.
    pub(super) fn finish(mut self) -> DataSummary {
        let summary = self.without_gaps();
        let gaps = self.gaps(summary.interval_ms);
        DataSummary {
            n_gaps: gaps.count,
            n_missing_bars: gaps.n_missing_bars,
            longest_gap_ms: gaps.longest_ms,
            ..summary
        }
    }
}

impl Gaps {
    fn add(&mut self, step_ms: i64, n_times: u64, interval_ms: i64) {
        let n_skipped = n_skipped(step_ms, interval_ms);
        if n_skipped > 0 {
            self.count += n_times;
            self.n_missing_bars += n_times * n_skipped;
            self.longest_ms = self.longest_ms.max(step_ms);
        }
    }
}

/// Returns the number of bars that a step skips if the market always
/// trades.
fn n_skipped(step_ms: i64, interval_ms: i64) -> u64 {
    // Rounded, since a day of 25 hours skips no daily bar.
    let n_intervals = (step_ms + interval_ms / 2) / interval_ms.max(1);
    u64::try_from(n_intervals - 1).unwrap_or_default()
}
