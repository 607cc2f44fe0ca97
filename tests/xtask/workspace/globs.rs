//! What globs select.

use std::path::Path;

use xtask::vault::scan::PathFilter;

fn selects(glob: &str, path: &str) -> bool {
    PathFilter::new(&[glob.to_owned()], &[]).unwrap().matches(Path::new(path))
}

#[track_caller]
fn check(glob: &str, selected: &[&str], others: &[&str]) {
    for path in selected {
        assert!(selects(glob, path), "{glob} selects {path}");
    }
    for path in others {
        assert!(!selects(glob, path), "{glob} does not select {path}");
    }
}

#[test]
fn a_star_stays_within_a_folder_and_two_span_folders() {
    check("*.pth", &["a.pth", ".pth"], &["a/b.pth", "a.pt"]);
    check("**/*.pth", &["a.pth", "a/b/c.pth"], &["a.pth/b"]);
    check("runs/**/best.zip", &["runs/best.zip", "runs/a/b/best.zip"], &["best.zip", "runs/a"]);
    check("logs/", &["logs/a", "logs/a/b", "logs/.hidden"], &["logs", "logs2/a", "x/logs/a"]);
    check("logs/**", &["logs/a", "logs/a/b"], &["logs", "logs2/a"]);
    check("./logs/", &["logs/a"], &["a"]);
    check("**", &["a", "a/b/c"], &[]);
    check("a?c", &["abc"], &["ac", "a/c"]);
}

#[test]
fn sets_and_alternatives_are_those_of_globset() {
    check("run[0-9]/[!a]*", &["run1/b", "run9/bcd"], &["runx/b", "run1/a"]);
    check("best.{pth,pkl}", &["best.pth", "best.pkl"], &["best.zip", "best."]);
    check("{logs,models/**}", &["logs", "models/a/b"], &["logs/a"]);
}

#[cfg(unix)]
#[test]
fn what_is_special_can_be_escaped() {
    check(r"a\*b", &["a*b"], &["axb"]);
    check(r"\{a,b\}", &["{a,b}"], &["a"]);
    check(r"\new/\tab", &["new/tab"], &["\new/\tab"]);
    check("ä*", &["äö"], &["aö"]);
}

#[test]
fn a_glob_that_is_not_closed_is_refused() {
    for glob in ["a[b", "{a,b", "a[b/", "}{"] {
        assert!(PathFilter::new(&[glob.to_owned()], &[]).is_err(), "{glob}");
    }
}

#[cfg(windows)]
#[test]
fn a_backslash_stands_between_names_as_a_slash_does() {
    check(r"logs\**\*.log", &["logs/a.log", r"logs\a\b.log"], &["logs2/a.log"]);
}

#[test]
fn an_exclamation_mark_is_a_letter_of_a_name() {
    check("!a", &["!a"], &["a", "b"]);
}
