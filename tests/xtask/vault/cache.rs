//! The cache of manifests: never noticed, but for the time.

use std::fs;
use std::time::Instant;

use xtask::vault::catalog::Catalog;

use crate::support::Sandbox;

const CACHE: &str = ".trainvault/catalog.cache";

/// A workspace with enough archives for a cache.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_session();
    for n in 0..20 {
        sandbox.archive(&format!("2026-01-02T03:04:{n:02}Z"));
    }
    sandbox
}

#[track_caller]
fn check_same(sandbox: &Sandbox) {
    let workspace = sandbox.workspace();
    let truth = Catalog::read(&workspace).unwrap();
    for _ in 0..2 {
        assert_eq!(Catalog::read_cached(&workspace).unwrap(), truth);
        let mut heads = truth.clone();
        for archive in &mut heads.archives {
            if let xtask::vault::catalog::Content::Sealed(manifest) = &mut archive.content {
                manifest.files.clear();
            }
        }
        assert_eq!(Catalog::read_without_files(&workspace).unwrap(), heads);
    }
}

#[test]
fn the_cache_says_what_the_archives_say() {
    let sandbox = sandbox();
    check_same(&sandbox);
    assert!(sandbox.path(CACHE).is_file());
    // One more, one less, one changed, one damaged.
    sandbox.archive("2026-02-02T03:04:00Z");
    fs::remove_file(&sandbox.catalog().archives[0].path).unwrap();
    let archives = sandbox.catalog().archives;
    fs::copy(&archives[3].path, &archives[4].path).unwrap();
    fs::write(&archives[5].path, "no zip").unwrap();
    check_same(&sandbox);
    let unreadable = sandbox.catalog().archives.iter().filter(|a| a.manifest().is_none()).count();
    assert_eq!(unreadable, 1);
}

#[test]
fn status_takes_what_the_cache_knows_and_leaves_it_alone() {
    let sandbox = sandbox();
    let cache = || fs::read(sandbox.path(CACHE)).ok();
    // What was archived last is not in it yet.
    let before = cache();
    let looked = Catalog::read_without_files_readonly(&sandbox.workspace()).unwrap();
    sandbox.xtask(&["status"]).assert().code(0);
    assert_eq!(cache(), before);
    assert_eq!(looked, Catalog::read_without_files(&sandbox.workspace()).unwrap());
    assert_ne!(cache(), before);
}

#[test]
fn a_damaged_or_cut_cache_is_made_anew() {
    let sandbox = sandbox();
    check_same(&sandbox);
    let whole = fs::read(sandbox.path(CACHE)).unwrap();
    for idx in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[idx] ^= 0x10;
        for bytes in [&damaged[..], &whole[..idx]] {
            fs::write(sandbox.path(CACHE), bytes).unwrap();
            check_same(&sandbox);
        }
    }
}

#[test]
fn an_empty_cache_misleads_no_prune() {
    let sandbox = sandbox();
    check_same(&sandbox);
    fs::write(sandbox.path(CACHE), "trainvault catalog 2\n").unwrap();
    sandbox.xtask(&["prune", "--keep", "3"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 3);
    check_same(&sandbox);
}

#[test]
fn ten_thousand_archives_are_listed_at_once() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive("2026-01-02T03:04:05Z").path().to_owned();
    for n in 0..10_000 {
        let time = format!(
            "202{}{:02}{:02}_{:02}0000",
            n / 8_064 % 10,
            n / 672 % 12 + 1,
            n / 24 % 28 + 1,
            n % 24
        );
        fs::copy(&path, path.with_file_name(format!("training_backup_{time}.zip"))).unwrap();
    }
    for arguments in [&["list"][..], &["prune", "--dry-run"], &["status"]] {
        for turn in ["cold", "warm"] {
            let since = Instant::now();
            sandbox.xtask(arguments).assert().code(0);
            eprintln!("{arguments:?} {turn}: {:?}", since.elapsed());
        }
    }
}
