//! Sums returns in groups, a run of any length in bounded memory.
//!
//! A group holds one return and, beyond [`N_GROUPS_MAX`] returns, the
//! sums of two, four, eight … consecutive ones, so that serial
//! dependence stays within groups.

/// Most groups held: 16,384 take 400 kB.
pub(super) const N_GROUPS_MAX: usize = 1 << 14;

/// Consecutive returns, by their sums.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Group {
    pub(super) n: f64,
    pub(super) sum: f64,
    pub(super) sum_of_squares: f64,
}

/// All returns of a run, in groups of equal size but the last.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    whole: Vec<Group>,
    open: Group,
    size: f64,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self { whole: Vec::new(), open: Group::default(), size: 1.0 }
    }

    pub(super) fn push(&mut self, value: f64) {
        self.open.add(&Group { n: 1.0, sum: value, sum_of_squares: value * value });
        if self.open.n < self.size {
            return;
        }
        self.whole.push(std::mem::take(&mut self.open));
        if self.whole.len() == N_GROUPS_MAX {
            for idx in 0..N_GROUPS_MAX / 2 {
                let mut pair = self.whole[2 * idx];
                pair.add(&self.whole[2 * idx + 1]);
                self.whole[idx] = pair;
            }
            self.whole.truncate(N_GROUPS_MAX / 2);
            self.size *= 2.0;
        }
    }

    /// Returns the groups; the last may be smaller.
    pub(super) fn finish(mut self) -> Vec<Group> {
        if self.open.n > 0.0 {
            self.whole.push(self.open);
        }
        self.whole
    }
}

impl Group {
    pub(super) fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }
}
