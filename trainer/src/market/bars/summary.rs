//! Summary of a source: the number of bars, their time range and gaps.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wording::{DAY_MS, counted};

use super::read_report::ReadReport;
use super::sessions::{Break, Gaps, true_gaps};
use super::timestamp;

/// The most different steps that are counted, so that memory is bounded.
const N_STEPS_MAX: usize = 1 << 16;

/// The most steps that skip bars and are compared with trading hours.
const N_BREAKS_MAX: usize = 1 << 15;

const MS_PER_WEEK: i64 = 604_800_000;

/// The result of one pass over a source.
///
/// A gap is a step from one bar to the next that skips at least one bar
/// during trading hours; nights, weekends and holidays are no gaps. Gaps
/// are not filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSummary {
    /// The source as it was named.
    pub source: String,
    /// The SHA-256 of the file's bytes, packed or not, in hexadecimal.
    pub sha256: String,
    /// The number of bars, at least 1.
    pub n_bars: u64,
    /// The open time of the first bar, in milliseconds since 1970 UTC.
    pub first_ms: i64,
    /// The open time of the last bar, in milliseconds since 1970 UTC.
    pub last_ms: i64,
    /// The most common step between bars, in milliseconds; the shortest
    /// of equally common ones; 0 for a single bar.
    pub interval_ms: i64,
    /// The number of gaps.
    pub n_gaps: u64,
    /// The number of bars that are missing in the gaps.
    pub n_missing_bars: u64,
    /// The longest gap in milliseconds, from the bar before it to the bar
    /// after it; 0 without gaps.
    pub longest_gap_ms: i64,
    /// How the file was read; null for part of a file.
    #[serde(default, rename = "understood", skip_serializing_if = "Option::is_none")]
    pub read_report: Option<ReadReport>,
}

impl fmt::Display for DataSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {}, {} to {} UTC, ",
            self.source,
            counted(self.n_bars, "bar"),
            duration(self.interval_ms),
            timestamp::format_utc(self.first_ms),
            timestamp::format_utc(self.last_ms)
        )?;
        if self.n_gaps == 0 {
            return write!(f, "no gaps");
        }
        write!(
            f,
            "{} missing in {}, the longest {}",
            counted(self.n_missing_bars, "bar"),
            counted(self.n_gaps, "gap"),
            duration(self.longest_gap_ms)
        )
    }
}

/// Writes a duration in the largest unit that leaves no fraction.
pub(super) fn duration(ms: i64) -> String {
    let units = [(DAY_MS, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let (unit_ms, unit) =
        units.into_iter().find(|(unit_ms, _)| ms > 0 && ms % unit_ms == 0).unwrap_or((1, "ms"));
    format!("{} {unit}", ms / unit_ms)
}

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
        }
    }
}

impl Tally {
    /// Adds one bar, which opens at `time_ms`.
    #[inline]
    pub(super) fn push(&mut self, time_ms: i64) {
        if self.n_bars == 0 {
            self.first_ms = time_ms;
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

    /// Returns the summary, without the source and its checksum.
    pub(super) fn finish(mut self) -> DataSummary {
        self.end_run();
        let interval_ms = self.usual_step_ms();
        let gaps = self.gaps(interval_ms);
        DataSummary {
            source: String::new(),
            sha256: String::new(),
            n_bars: self.n_bars,
            first_ms: self.first_ms,
            last_ms: self.last_ms,
            interval_ms,
            n_gaps: gaps.count,
            n_missing_bars: gaps.n_missing_bars,
            longest_gap_ms: gaps.longest_ms,
            read_report: None,
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
