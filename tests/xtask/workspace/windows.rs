//! What is different on Windows, as far as another system can tell.

use std::cell::Cell;
use std::fs;
use std::io;

use xtask::vault::restore::{self, Overwrite, Target};
use xtask::workspace::files::{ASIDE_PREFIX, free_file_name, retry};
use xtask::workspace::windows::{is_transient, plain_path, problem_of};

use crate::rawzip::{Raw, zip};
use crate::support::tree;

#[test]
fn names_of_devices_are_refused_with_any_extension() {
    for name in ["CON", "nul", "Aux.txt", "prn.tar.gz", "com1", "COM9.log", "lpt¹", "con .log"] {
        assert!(problem_of(&format!("logs/{name}")).unwrap().contains("device"), "{name}");
        assert!(problem_of(&format!("{name}/a.log")).unwrap().contains("device"), "{name}");
    }
    for name in ["CONSOLE", "com", "com10", "lpt0x", "nullable", "auxiliary.log", "my.con", "a"] {
        assert_eq!(problem_of(name), None, "{name}");
    }
}

#[test]
fn names_that_windows_changes_or_forbids_are_refused() {
    for name in ["a.", "a ", "b/c. /d", "a:b", "what?", "a*b", "a|b", "<a>", "\"a\"", "a\u{1}"] {
        assert!(problem_of(name).is_some(), "{name}");
    }
    for name in [".a", " a", "a b", "a.b", "ä ö", "logs/trades/equity.csv"] {
        assert_eq!(problem_of(name), None, "{name}");
    }
}

#[test]
fn a_restore_on_windows_leaves_out_what_it_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let names = ["logs/good.log", "logs/NUL.txt", "logs/dot.", "logs/a:stream", "aux/b.log"];
    let entries: Vec<Raw> = names.iter().map(|name| Raw::file(name, b"content")).collect();
    fs::write(&path, zip(&entries)).unwrap();
    let into = folder.path().join("into");
    let mut source = restore::open(&path).unwrap();
    let mut target = Target::folder(into.clone()).as_on_windows();
    let plan = restore::survey(&mut source, &mut target, None, Overwrite::Never).unwrap();
    let lost: Vec<&str> = plan.lost.iter().filter_map(|lost| lost.path.as_deref()).collect();
    assert_eq!(lost, ["aux/b.log", "logs/NUL.txt", "logs/a:stream", "logs/dot."]);
    let interrupt = std::sync::atomic::AtomicBool::new(false);
    restore::apply(&mut source, &plan, &mut target, &interrupt).unwrap();
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["logs/good.log"]);
}

#[test]
fn resolved_paths_lose_their_prefix_where_they_can() {
    assert_eq!(plain_path(r"\\?\C:\work\space"), r"C:\work\space");
    assert_eq!(plain_path(r"C:\work"), r"C:\work");
    // These mean something else, or nothing, without it.
    let long = format!(r"\\?\C:\{}", "a".repeat(260));
    for path in [r"\\?\UNC\server\share", r"\\?\C:\nul", r"\\?\C:\dot.", r"\\?\C:", &long] {
        assert_eq!(plain_path(path), path);
    }
}

#[test]
fn a_file_that_another_program_looks_at_is_tried_again() {
    let n_tries = Cell::new(0);
    let act_until = |n_failures: u32, code: i32| {
        n_tries.set(0);
        retry(
            || {
                n_tries.set(n_tries.get() + 1);
                let is_free = n_tries.get() > n_failures;
                if is_free { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
            },
            |error| error.raw_os_error().is_some_and(is_transient),
        )
    };
    assert!(act_until(3, 32).is_ok());
    assert_eq!(n_tries.get(), 4);
    // What does not pass is told at once, and what lasts in the end.
    assert_eq!(act_until(9, 2).unwrap_err().raw_os_error(), Some(2));
    assert_eq!(n_tries.get(), 1);
    assert_eq!(act_until(99, 5).unwrap_err().raw_os_error(), Some(5));
    assert_eq!(n_tries.get(), 8);
}

#[test]
fn a_running_program_leaves_its_name_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("xtask.exe");
    fs::write(&own, "program").unwrap();
    let running = fs::File::open(&own).unwrap();
    free_file_name(&own, 7).unwrap();
    // Another file has the name now: writing it leaves the first alone.
    fs::write(&own, "next").unwrap();
    assert_eq!(io::read_to_string(running).unwrap(), "program");
    assert_eq!(tree(folder.path()).len(), 2);
    // What earlier runs left goes.
    free_file_name(&own, 8).unwrap();
    let names: Vec<String> = tree(folder.path()).into_keys().collect();
    assert_eq!(names, [format!("{ASIDE_PREFIX}8_xtask.exe"), "xtask.exe".to_owned()]);
    assert_eq!(fs::read_to_string(&own).unwrap(), "next");
}
