//! Bars, lines and colours on stderr.

use std::time::{Duration, Instant};

use xtask::terminal::{ProgressStyle, Terminal, coloured_result};
use xtask::workspace::progress::Progress;
use xtask::workspace::text::Colour;

#[cfg(target_os = "linux")]
use crate::support::COMPLETES;
use crate::support::{Sandbox, stderr, stdout};

fn at(n_done: u64) -> Progress {
    Progress { label: "archiving", n_done, n_total: 400_000_000, number: 1 }
}

const TEN_SECONDS: Duration = Duration::from_secs(10);

/// Shows what `steps` say, each some milliseconds after the start, and
/// returns what was written.
fn shown(show: ProgressStyle, steps: &[(u64, Option<Progress>)]) -> String {
    let mut written = Vec::new();
    let start = Instant::now();
    let terminal = Terminal::new(&mut written, show, false);
    for (n_ms, progress) in steps {
        terminal.show(*progress, start + Duration::from_millis(*n_ms), 80);
    }
    terminal.print_line("done");
    String::from_utf8(written).unwrap()
}

#[test]
fn a_bar_tells_share_time_left_and_rate() {
    insta::assert_snapshot!(
        at(100_000_000).bar(TEN_SECONDS, 100),
        @"archiving [=======>                      ]  25 %  30 s left  10.0 MB/s  of 400.0 MB"
    );
    insta::assert_snapshot!(at(0).bar(TEN_SECONDS, 100), @"archiving [>                             ]   0 %");
    let line = at(400_000_000).line(TEN_SECONDS);
    assert_eq!(line, "archiving: 100 %, 0 s left, 40.0 MB/s, of 400.0 MB");
    let slow = at(1_000_000).line(TEN_SECONDS);
    assert_eq!(slow, "archiving:   0 %, 1 h 6 min left, 100.0 kB/s, of 400.0 MB");
}

#[test]
fn a_bar_is_never_wider_than_the_terminal() {
    for n_columns in 0..200 {
        for n_done in [0, 1, 399_999_999, 400_000_000] {
            let bar = at(n_done).bar(TEN_SECONDS, n_columns);
            assert!(bar.len() <= n_columns, "{n_columns}: {bar}");
            // What matters most is what stays.
            assert!(n_columns < 15 || bar.contains(" %"), "{n_columns}: {bar}");
        }
    }
}

#[test]
fn a_line_takes_the_place_of_the_bar() {
    let written = shown(ProgressStyle::Bar, &[(0, Some(at(0))), (400, Some(at(200_000_000)))]);
    let parts: Vec<&str> = written.split('\r').collect();
    assert_eq!(parts.len(), 4, "{written:?}");
    assert!(parts[1].starts_with("archiving [======"), "{written:?}");
    // As many blanks as the bar and an echoed `^C` are wide.
    assert_eq!(parts[2], " ".repeat(parts[1].len() + 2));
    assert_eq!(parts[3], "done\n");
}

#[test]
fn short_work_has_no_bar_and_no_lines() {
    let steps = [(0, Some(at(0))), (200, Some(at(300_000_000))), (250, None)];
    assert_eq!(shown(ProgressStyle::Bar, &steps), "done\n");
    assert_eq!(shown(ProgressStyle::Lines, &steps), "done\n");
}

#[test]
fn a_log_gets_a_line_now_and_then() {
    let steps: Vec<(u64, Option<Progress>)> =
        (0..=150).map(|n| (n * 100, Some(at(n * 2_000_000)))).collect();
    insta::assert_snapshot!(shown(ProgressStyle::Lines, &steps), @"
    archiving:  10 %, 18 s left, 20.0 MB/s, of 400.0 MB
    archiving:  60 %, 8 s left, 20.0 MB/s, of 400.0 MB
    done
    ");
    assert_eq!(shown(ProgressStyle::Nothing, &steps), "done\n");
}

#[test]
fn each_work_has_its_own_clock() {
    let next = Progress { label: "verifying", number: 2, ..at(100_000_000) };
    let steps = [(0, Some(at(0))), (5000, Some(at(1))), (5100, Some(next)), (7100, Some(next))];
    let written = shown(ProgressStyle::Lines, &steps);
    assert!(written.ends_with("verifying:  25 %, 6 s left, 50.0 MB/s, of 400.0 MB\ndone\n"));
}

#[track_caller]
fn check(colour: Colour, is_terminal: bool, variables: &[(&str, &str)], is_coloured: bool) {
    let variable = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    assert_eq!(colour.applies(is_terminal, variable), is_coloured);
}

#[test]
fn colour_follows_flag_environment_and_terminal_in_that_order() {
    check(Colour::Auto, true, &[], true);
    check(Colour::Auto, false, &[], false);
    check(Colour::Always, false, &[("NO_COLOR", "1")], true);
    check(Colour::Never, true, &[("CLICOLOR_FORCE", "1")], false);
    check(Colour::Auto, true, &[("NO_COLOR", "1")], false);
    check(Colour::Auto, true, &[("NO_COLOR", "")], true);
    check(Colour::Auto, false, &[("CLICOLOR_FORCE", "1")], true);
    check(Colour::Auto, false, &[("CLICOLOR_FORCE", "0")], false);
    check(Colour::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false);
    check(Colour::Auto, true, &[("CLICOLOR", "0")], false);
    check(Colour::Auto, true, &[("TERM", "dumb")], false);
}

#[test]
fn keys_and_verdicts_are_coloured_and_nothing_else() {
    let text = "archive   a.zip\ngate      sharpe>=0.5 missed: 0.1\n\na table   of words\nplain\n";
    insta::assert_snapshot!(coloured_result(text).replace('\x1b', "^"), @"
    ^[1marchive^[0m   a.zip
    ^[1mgate^[0m      sharpe>=0.5 ^[1;31mmissed^[0m: 0.1

    a table   of words
    plain
    ");
}

#[test]
fn a_task_is_coloured_as_the_flag_says() {
    let sandbox = Sandbox::with_session();
    let text = stdout(&mut sandbox.xtask(&["archive", "--color", "always"]));
    assert!(text.starts_with("\x1b[1marchived\x1b[0m  archives/"), "{text}");
    assert!(!stdout(&mut sandbox.xtask(&["archive"])).contains('\x1b'));
    let mut json = sandbox.xtask(&["list", "--color", "always", "--format", "json"]);
    assert!(!stdout(&mut json).contains('\x1b'));
    let error = stderr(&mut sandbox.xtask(&["show", "no-such", "--color=always"]));
    assert!(error.starts_with("\x1b[1;31merror:\x1b[0m "), "{error}");
    let help = stdout(&mut sandbox.xtask(&["--color", "always", "--help"]));
    assert!(help.contains('\x1b'), "{help}");
    let plain = stdout(sandbox.xtask(&["--help"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert!(!plain.contains('\x1b'), "{plain}");
}

/// One ctrl-C in a terminal, which goes to all that run in it.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_in_a_terminal_stops_once_and_tells_what_was_saved() {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};

    let sandbox = Sandbox::with_session();
    let stopped = "sed -i s/completed/interrupted/ logs/session.json";
    let trainer =
        format!("{COMPLETES}\n{stopped}; echo begun; read first; echo told $first; exit 130");
    let trainer = sandbox.trainer(&trainer);
    let line = "\"$xtask\" train --color never --clock 2026-01-02T03:04:05Z --trainer-bin \
                \"$trainer\" --root .";
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", line, "/dev/null"])
        .current_dir(sandbox.root())
        .env("xtask", env!("CARGO_BIN_EXE_xtask"))
        .env("trainer", trainer)
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("begun") {
        let mut bytes = [0; 1024];
        let n_bytes = screen.read(&mut bytes).unwrap();
        assert!(n_bytes > 0, "{shown}");
        shown += &String::from_utf8_lossy(&bytes[..n_bytes]);
    }
    keys.write_all(b"\x03").unwrap();
    screen.read_to_string(&mut shown).unwrap();
    assert_eq!(script.wait().unwrap().code(), Some(130));
    let (_, after) = shown.split_once("begun\r\n").unwrap();
    insta::assert_snapshot!(after.replace("^C", "").replace('\r', ""), @"
    told stop
    session   interrupted; what it wrote is archived
    previous  training_backup_20260102_030405.zip, moved to backups/session_20260102_030405
    model     models/memory_efficient_model_final.zip
    archive   archives/training_backup_20260102_030405_2.zip (4 files, 2.4 kB, read back)
    keeps     the newest 5 archives and backups; `retention` in config/config.json changes that
    ");
}
