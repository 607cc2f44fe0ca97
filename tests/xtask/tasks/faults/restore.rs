//! A restore that is killed leaves whole files, and goes on.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use super::is_slow;
use crate::support::{Sandbox, tree};

/// Returns the files in `folder` without drafts.
fn finished(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, Vec<u8>> {
    fs::create_dir_all(sandbox.path(folder)).unwrap();
    let mut files = tree(&sandbox.path(folder));
    files.retain(|name, _| !name.ends_with(".partial"));
    files
}

#[test]
fn a_killed_restore_leaves_only_whole_files_and_the_next_completes_it() {
    let sandbox = Sandbox::with_session();
    for n in 0..100 {
        let content = format!("{n} and so on, ").repeat(4000);
        sandbox.write(&format!("logs/trades/{n}.jsonl"), &content);
    }
    sandbox.archive("2026-01-02T03:04:05Z");
    let restore = |folder| sandbox.process(&["restore", "latest", "--into", folder]);
    let start = Instant::now();
    assert!(restore("whole").status().unwrap().success());
    let full = start.elapsed();
    let whole = finished(&sandbox, "whole");
    assert_eq!(whole.len(), 105);
    let n_kills = if is_slow() { 300 } else { 12 };
    let mut n_partly = 0;
    for kill in 0..n_kills {
        // The golden ratio spreads the moments evenly.
        let delay = full.mul_f64(f64::from(kill) * 0.618_034 % 1.0);
        sandbox.kill_after(&["restore", "latest", "--into", "out"], delay);
        let files = finished(&sandbox, "out");
        for (name, content) in &files {
            assert_eq!(Some(content), whole.get(name), "kill {kill}: {name}");
        }
        n_partly += usize::from(!files.is_empty() && files.len() < whole.len());
        let code = restore("out").status().unwrap().code();
        let expected = if files.len() == whole.len() { [0, 10] } else { [0, 0] };
        assert!(code.is_some_and(|code| expected.contains(&code)), "kill {kill}: {code:?}");
        assert_eq!(finished(&sandbox, "out"), whole, "kill {kill}");
        fs::remove_dir_all(sandbox.path("out")).unwrap();
    }
    println!("{n_kills} kills, {n_partly} of them among the files");
    assert!(n_partly > 0);
}
