//! What a terminal shows and is left with.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Workspace, bars};

const OTHER_SCREEN: &str = "\x1b[?1049h";
const OWN_SCREEN: &str = "\x1b[?1049l";
const HIDES_CURSOR: &str = "\x1b[?25l";
const SHOWS_CURSOR: &str = "\x1b[?25h";

/// The longest run of a program, for `timeout`.
const TIME_LIMIT_S: &str = "100";

/// A program in a terminal of 100 columns and 30 rows.
struct InTerminal {
    script: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: String,
    /// The length of the output up to the last awaited words.
    n_seen: usize,
}

impl InTerminal {
    /// Runs the trainer with `arguments`, and then the line `after`.
    fn run(arguments: &str, after: &str, workspace: &Workspace) -> Self {
        let line = format!(
            "stty cols 100 rows 30; sh -c 'echo $$ > pid; exec \"$trainer\" {arguments}'; {after}"
        );
        // A program that hangs ends the test, which says what it waited for.
        let mut script = Command::new("timeout")
            .args([TIME_LIMIT_S, "script", "--quiet", "--return", "--flush"])
            .args(["--command", &line, "/dev/null"])
            .current_dir(workspace.root())
            .env("trainer", env!("CARGO_BIN_EXE_trainer"))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (keys, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        Self { script, keys, screen, shown: String::new(), n_seen: 0 }
    }

    /// Runs `watch` until its view is shown, and then the line `after`.
    fn watch(after: &str, workspace: &Workspace) -> Self {
        let mut watch = Self::run("watch", after, workspace);
        watch.until("leaves");
        watch
    }

    /// Waits until `words` are shown after the last awaited ones.
    fn until(&mut self, words: &str) {
        let mut bytes = [0; 4096];
        let place = loop {
            if let Some(place) = self.shown[self.n_seen..].find(words) {
                break place;
            }
            let n_read = self.screen.read(&mut bytes).unwrap();
            assert!(n_read > 0, "it ended before {words:?}: {}", self.shown);
            self.shown += &String::from_utf8_lossy(&bytes[..n_read]);
        };
        self.n_seen += place + words.len();
    }

    /// Returns the number of its process.
    fn pid(workspace: &Workspace) -> String {
        std::fs::read_to_string(workspace.root().join("pid")).unwrap().trim().to_owned()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Returns the exit code and all that was written to the terminal.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.shown += &String::from_utf8_lossy(&rest);
        (self.script.wait().unwrap().code(), self.shown)
    }
}

/// Watches the workspace and leaves by `leave`, which must leave the
/// terminal as it was.
#[track_caller]
fn check_leaving(leave: impl FnOnce(&mut InTerminal, &Workspace), code: i32) {
    let workspace = Workspace::with_bars(&bars::csv(600));
    let after = "echo exit code $? $(stty --all | grep --only-matching ' echo ')";
    let mut watch = InTerminal::watch(after, &workspace);
    leave(&mut watch, &workspace);
    let (_, shown) = watch.end();
    let (_, after) = shown.split_once(OTHER_SCREEN).unwrap();
    let (during, after) = after.split_once(OWN_SCREEN).unwrap();
    // Blanks are not written where the screen was blank.
    assert!(during.contains("leaves") && during.contains("session"), "{during}");
    assert!(!after.contains(OTHER_SCREEN), "{after:?}");
    assert!(shown.rfind(SHOWS_CURSOR) > shown.rfind(HIDES_CURSOR), "{shown:?}");
    assert!(after.contains(&format!("exit code {code} echo")), "{after:?}");
}

#[test]
fn a_watch_is_left_by_keys() {
    for key in ["q", "\x03"] {
        check_leaving(|watch, _| watch.press(key), 0);
    }
}

#[test]
fn a_signal_leaves_a_watch_as_a_key_does() {
    let kill = |_: &mut InTerminal, workspace: &Workspace| {
        let pid = InTerminal::pid(workspace);
        let status = Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap();
        assert!(status.success());
    };
    check_leaving(kill, 130);
}

#[test]
fn a_watch_draws_anew_in_another_size() {
    let workspace = Workspace::with_bars(&bars::csv(600));
    let mut watch = InTerminal::watch("exit $?", &workspace);
    let terminal = format!("/proc/{}/fd/1", InTerminal::pid(&workspace));
    let terminal = std::fs::File::open(terminal).unwrap();
    let status =
        Command::new("stty").args(["cols", "40", "rows", "12"]).stdin(terminal).status().unwrap();
    assert!(status.success());
    // The foot is at the new bottom.
    watch.until("\x1b[12;1H");
    watch.until("leaves");
    watch.press("q");
    assert_eq!(watch.end().0, Some(0));
}

#[test]
fn a_watch_ends_with_its_terminal() {
    let workspace = Workspace::with_bars(&bars::csv(600));
    let watch = InTerminal::watch("exit $?", &workspace);
    let state = format!("/proc/{}/stat", InTerminal::pid(&workspace));
    // `script` holds the other end of the terminal: without it the
    // window is closed.
    let script = Command::new("pkill")
        .args(["-KILL", "--parent", &watch.script.id().to_string()])
        .status()
        .unwrap();
    assert!(script.success());
    let end = Instant::now() + Duration::from_secs(30);
    // A process that nobody has waited for yet has ended, too.
    while std::fs::read_to_string(&state).is_ok_and(|state| !state.contains(") Z ")) {
        assert!(Instant::now() < end, "it lives on without a terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn two_interrupts_leave_no_bar_behind() {
    let workspace = Workspace::with_bars(&bars::csv(600));
    let mut train = InTerminal::run("train --episodes 100000", "exit $?", &workspace);
    train.until("/100000 [");
    train.press("\x03");
    train.until("once more to stop at once");
    train.press("\x03");
    let (code, shown) = train.end();
    assert_eq!(code, Some(130));
    // Nothing stands behind the last return to the start of the line.
    let last = shown.rsplit(['\r', '\n']).next().unwrap();
    let visible = last.replace("\x1b[2K", "").replace("\x1b[K", "").replace("^C", "");
    assert_eq!(visible.trim(), "", "{last:?}");
}
