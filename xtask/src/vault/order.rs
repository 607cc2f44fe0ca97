//! Orders archives by age, whatever the clock did.
//!
//! Run numbers decide. Archives without one are placed by their time.

use chrono::{DateTime, Utc};

/// The sort key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<N> {
    /// Its run number, if it has one.
    pub run_number: Option<u64>,
    /// Its time.
    pub time: DateTime<Utc>,
    /// Its name, which breaks ties.
    pub name: N,
}

/// Orders `items`, given in any order, from the oldest to the newest.
///
/// Items without a run number come before the first numbered item that is
/// newer by time.
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
