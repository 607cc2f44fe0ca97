//! Which of two archives is the older, whatever the clock did.
//!
//! Run numbers decide. What has none stands where its time puts it
//! among those that do.

use chrono::{DateTime, Utc};

/// What decides on the place of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<N> {
    /// Its run number, where it has one.
    pub run_number: Option<u64>,
    /// Its time.
    pub time: DateTime<Utc>,
    /// Its name, which decides between equals.
    pub name: N,
}

/// Orders `items`, given in any order, from the oldest to the newest.
///
/// Those without a run number stand before the first numbered one that
/// is newer by time.
pub fn oldest_first<T, N: Ord>(items: Vec<T>, position: impl Fn(&T) -> Position<N>) -> Vec<T> {
    let positioned = items.into_iter().map(|item| (position(&item), item));
    let (mut numbered, mut others): (Vec<_>, Vec<_>) =
        positioned.partition(|(position, _)| position.run_number.is_some());
    numbered.sort_by(|(a, _), (b, _)| (a.run_number, &a.name).cmp(&(b.run_number, &b.name)));
    others.sort_by(|(a, _), (b, _)| (a.time, &a.name).cmp(&(b.time, &b.name)));
    let mut ordered = Vec::with_capacity(numbered.len() + others.len());
    let mut others = others.into_iter().peekable();
    for (position, item) in numbered {
        while let Some((_, other)) = others.next_if(|(other, _)| other.time < position.time) {
            ordered.push(other);
        }
        ordered.push(item);
    }
    ordered.extend(others.map(|(_, other)| other));
    ordered
}
