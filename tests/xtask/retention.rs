use std::num::NonZeroUsize;

use proptest::prelude::*;
use xtask::retention::{Item, Plan, plan};

fn items(letters: &str) -> Vec<Item> {
    // `c` complete, `i` incomplete, `u` unreadable; oldest first.
    letters
        .char_indices()
        .map(|(idx, letter)| Item {
            name: format!("{idx}{letter}"),
            is_readable: letter != 'u',
            is_complete: letter == 'c',
        })
        .collect()
}

fn planned(letters: &str, keep: usize) -> Plan {
    plan(&items(letters), NonZeroUsize::new(keep).unwrap())
}

#[track_caller]
fn check(letters: &str, keep: usize, removed: &[&str]) {
    assert_eq!(planned(letters, keep).remove, removed);
}

#[test]
fn keeps_the_newest() {
    check("ccccc", 2, &["2c", "1c", "0c"]);
    check("cc", 2, &[]);
    check("", 2, &[]);
}

#[test]
fn keeps_the_newest_complete_one_behind_failures() {
    check("cciii", 2, &["2i", "0c"]);
}

#[test]
fn what_cannot_be_read_stays_and_takes_no_place() {
    check("cucuc", 2, &["0c"]);
}

proptest! {
    #[test]
    fn a_plan_keeps_or_removes_each_once(letters in "[ciu]{0,12}", keep in 1_usize..6) {
        let plan = planned(&letters, keep);
        let mut names: Vec<String> = plan.keep.iter().map(|kept| kept.name.clone()).collect();
        names.extend(plan.remove.clone());
        names.sort();
        let mut all: Vec<String> = items(&letters).into_iter().map(|item| item.name).collect();
        all.sort();
        prop_assert_eq!(names, all);
    }

    #[test]
    fn what_is_left_needs_no_second_prune(letters in "[ciu]{0,12}", keep in 1_usize..6) {
        let first = planned(&letters, keep);
        let mut left = items(&letters);
        left.retain(|item| !first.remove.contains(&item.name));
        prop_assert!(plan(&left, NonZeroUsize::new(keep).unwrap()).remove.is_empty());
    }

    #[test]
    fn a_larger_count_never_removes_more(letters in "[ciu]{0,12}", keep in 1_usize..6) {
        let fewer = planned(&letters, keep).remove;
        let more = planned(&letters, keep + 1).remove;
        prop_assert!(more.iter().all(|name| fewer.contains(name)));
    }

    #[test]
    fn the_newest_complete_one_always_stays(letters in "[ciu]{0,12}", keep in 1_usize..6) {
        let plan = planned(&letters, keep);
        if let Some(newest) = items(&letters).into_iter().rfind(|item| item.is_complete) {
            prop_assert!(plan.keep.iter().any(|kept| kept.name == newest.name));
        }
    }
}
