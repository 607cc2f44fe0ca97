//! Minutes of a day, as sorted intervals that do not overlap.

/// From one minute to another, that one not included.
pub(super) type Minutes = (i64, i64);

pub(super) const MINUTES_PER_DAY: i64 = 1440;

pub(super) const WHOLE_DAY: Minutes = (0, MINUTES_PER_DAY);

/// Returns what is in both.
pub(super) fn common(left: &[Minutes], right: &[Minutes]) -> Vec<Minutes> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    pairs
        .map(|(left, right)| (left.0.max(right.0), left.1.min(right.1)))
        .filter(|(begin, end)| begin < end)
        .collect()
}

/// Takes what is in `others` out of `minutes`.
pub(super) fn remove(minutes: &mut Vec<Minutes>, others: &[Minutes]) {
    for &(begin, end) in others {
        let parts = |&part: &Minutes| {
            let (before, after) = ((part.0, part.1.min(begin)), (part.0.max(end), part.1));
            [before, after].into_iter().filter(|(begin, end)| begin < end)
        };
        *minutes = minutes.iter().flat_map(parts).collect();
    }
}

/// Returns how many they are.
pub(super) fn count(minutes: &[Minutes]) -> i64 {
    minutes.iter().map(|(begin, end)| end - begin).sum()
}
