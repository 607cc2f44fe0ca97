//! Which trials lie in which element, and what the queue says of them.

use std::collections::BTreeSet;

use xtask::programs::slurm::{elements_max_in, parse_queue};
use xtask::tasks::sweep::slurm::array_layout::ArrayLayout;

/// Checks which elements of which arrays are wanted.
#[track_caller]
fn check(layout: ArrayLayout, missing: &[u64], live: &[(u64, u64)], wanted: &[(u64, &[u64])]) {
    let live: BTreeSet<(u64, u64)> = live.iter().copied().collect();
    let found = layout.wanted(missing, &live);
    let found: Vec<(u64, Vec<u64>)> = found
        .into_iter()
        .map(|(array, elements)| (array, elements.into_iter().collect()))
        .collect();
    let wanted: Vec<(u64, Vec<u64>)> =
        wanted.iter().map(|(array, elements)| (*array, elements.to_vec())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn missing_trials_lie_in_elements_of_arrays() {
    let layout = ArrayLayout::of(20, Some(3), 4);
    check(layout, &(0..20).collect::<Vec<_>>(), &[], &[(0, &[0, 1, 2, 3]), (1, &[0, 1, 2])]);
    check(layout, &[2, 3, 11, 12, 19], &[], &[(0, &[0, 1, 3]), (1, &[0, 2])]);
    check(layout, &[2, 3, 11, 12, 19], &[(0, 1), (1, 2)], &[(0, &[0, 3]), (1, &[0])]);
    check(layout, &[], &[], &[]);
}

#[test]
fn every_trial_lies_in_the_element_that_is_wanted_for_it() {
    for (n_trials, wish, elements_max) in [
        (1, None, 1001),
        (1001, None, 1001),
        (1002, None, 1001),
        (10_000, None, 1001),
        (10_000, Some(1), 1001),
        (7, Some(100), 3),
        (9, Some(2), 1),
    ] {
        let layout = ArrayLayout::of(n_trials, wish, elements_max);
        if wish.is_none() {
            assert_eq!(layout.n_arrays(n_trials), 1, "{n_trials}");
        }
        for index in 0..n_trials {
            let wanted = layout.wanted(&[index], &BTreeSet::new());
            let (array, elements) = wanted.first_key_value().unwrap();
            let element = elements.first().unwrap();
            assert!(*array < layout.n_arrays(n_trials) && *element < elements_max);
            assert!(layout.trials_of(*array, *element).contains(&index), "{index}");
        }
    }
}

#[test]
fn the_queue_is_read_as_it_is_or_not_at_all() {
    let jobs = parse_queue("12|3|RUNNING|None|a-0\n13|N/A|PENDING|Dependency|a-merge\n").unwrap();
    assert_eq!((jobs[0].job, jobs[0].element), (12, Some(3)));
    assert_eq!((jobs[1].element, jobs[1].reason.as_str()), (None, "Dependency"));
    assert_eq!(parse_queue("").unwrap(), []);
    for broken in ["12|3|RUNNING|None", "x|3|RUNNING|None|a", "12|[0-9]|PENDING|None|a", "error"] {
        assert!(parse_queue(broken).is_err(), "{broken}");
    }
    assert_eq!(elements_max_in("X = 1\nMaxArraySize            = 1001\n").unwrap(), 1001);
    assert!(elements_max_in("MaxArraySize = (null)\n").is_err());
    assert!(elements_max_in("").is_err());
}
