//! Many processes at once: one works, the rest are told so.

use std::collections::BTreeSet;
use std::process::Child;

use xtask::vault::verify;

use super::is_slow;
use crate::support::Sandbox;

#[test]
fn of_many_at_once_none_shares_a_name_or_loses_an_archive() {
    let n_rounds = if is_slow() { 200 } else { 4 };
    for n_processes in [2, 16] {
        let sandbox = Sandbox::with_session();
        let mut n_archives = 0;
        let mut n_refused = 0;
        for round in 0..n_rounds {
            let archive = |_| sandbox.process(&["archive"]).spawn().unwrap();
            let children: Vec<Child> = (0..n_processes).map(archive).collect();
            for mut child in children {
                match child.wait().unwrap().code() {
                    Some(0) => n_archives += 1,
                    Some(11) => n_refused += 1,
                    code => panic!("round {round}: exit code {code:?}"),
                }
            }
        }
        check(&sandbox, n_archives);
        println!(
            "{n_processes} processes, {n_rounds} times: {n_archives} archives, {n_refused} told \
             that the workspace is locked"
        );
        assert_eq!(n_archives + n_refused, n_processes * n_rounds);
        assert!(n_archives >= n_rounds);
    }
}

#[track_caller]
fn check(sandbox: &Sandbox, n_archives: usize) {
    let catalog = sandbox.catalog();
    assert_eq!(catalog.archives.len(), n_archives);
    let numbers: BTreeSet<u64> = catalog
        .archives
        .iter()
        .map(|archive| verify::read_back(&archive.path).unwrap().manifest().run_number)
        .collect();
    assert_eq!(numbers.len(), n_archives, "a run number was given twice");
}
