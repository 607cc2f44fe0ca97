//! Every command block of the documentation is run here, in order, one
//! workspace a page.
//!
//! A `sh` block must succeed as a whole. A `console` block shows what
//! the commands after `$` print; `…` stands for any text, alone in a
//! line for any lines. `UPDATE_DOCS=1` writes what they print now.
//! `<!-- workspace: TIME[#TAG+TAG] … -->` starts a new workspace with
//! archives of these times; `train` among them is a training. Other commands of cargo than the tasks are
//! run by `.ci/run`, which must have the same line.

mod schemas;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::tasks::cycle::trainer;
use crate::tasks::remote::{has_restic, make_repository, say_skipped};
use crate::tasks::sweep::slurm::cluster::Cluster;

/// What stands for `cargo`: the clock stands at noon and goes on by a
/// minute each command.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
xtask) shift ;;
train|archive|prune) ;;
*) exit 0 ;;
esac
minute=$(cat "$DOCS_STATE/minute" 2>/dev/null || echo 10)
echo $((minute + 1)) > "$DOCS_STATE/minute"
case "$1 $2 $3 $4 $5" in
*" -- "*) ;;
train*|reproduce*|simulate*|metrics*|*--load*)
    task=$1
    shift
    set -- "$task" --trainer-bin "$DOCS_TRAINER" "$@"
    ;;
esac
case "$1 $2" in
"sweep "*.json|"sweep resume"|"sweep merge"|"sweep trial")
    set -- "$@" --trainer-bin "$DOCS_TRAINER"
    ;;
esac
code=0
"$DOCS_XTASK" --clock "2026-03-01T12:$minute:00Z" "$@" || code=$?
case "$1 $2 $code" in
# What the regular bars here give is more than any market does.
"train "*" 3") code=0 ;;
# Each call of restic would take half a second to check the password.
"remote init 0") rm -r ../vault/config ../vault/keys && cp -r "$DOCS_STATE/empty-vault/." ../vault ;;
esac
exit $code
"#;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn pages() -> Vec<PathBuf> {
    let in_docs = fs::read_dir(repository().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = in_docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .chain([repository().join("README.md"), repository().join("trainer/README.md")])
        .collect();
    pages.sort();
    pages
}

/// A piece of a page.
enum Piece {
    Text(String),
    Workspace(Vec<String>),
    Script(String),
    Console(String),
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let body = |lines: &mut std::str::SplitInclusive<'_, char>| -> String {
            lines.take_while(|line| !line.starts_with("```")).collect()
        };
        pieces.push(match line.trim_end() {
            "```sh" => Piece::Script(body(&mut lines)),
            "```console" => Piece::Console(body(&mut lines)),
            "```bash" | "```shell" => panic!("call the block `sh`, so that it is run"),
            text => match text.strip_prefix("<!-- workspace:") {
                Some(rest) => Piece::Workspace(
                    rest.trim_end_matches("-->").split_whitespace().map(str::to_owned).collect(),
                ),
                None => Piece::Text(line.to_owned()),
            },
        });
    }
    pieces
}

/// A workspace for the commands of a page, with a few bars to train on.
struct Desk<'a> {
    folder: TempDir,
    cluster: Option<&'a Cluster>,
}

impl<'a> Desk<'a> {
    fn new(archives: &[String], cluster: Option<&'a Cluster>) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), cluster };
        let root = desk.root();
        fs::create_dir_all(root.join("config")).unwrap();
        fs::create_dir_all(desk.folder.path().join("my-workspace")).unwrap();
        fs::create_dir_all(desk.folder.path().join("bin")).unwrap();
        let settings = r#"{"data": "my_bars.csv", "total_episodes": 1, "steps_per_batch": 200,
            "agent": {"n_trees": 4, "min_samples_leaf": 50, "memory_shares": 4}}"#;
        for (path, content) in [
            ("config/config.json", "{}\n"),
            ("config/training_config.json", settings),
            ("my_bars.csv", &walk()),
            ("signals.csv", "time,exposure\n1600000000,1\n1600090000,0\n"),
            ("curve.csv", "time,equity\n2026-01-01,100\n2026-01-02,103\n2026-01-03,101\n"),
        ] {
            fs::write(root.join(path), content).unwrap();
        }
        make_repository(&desk.folder.path().join("empty-vault"));
        let cargo = desk.folder.path().join("bin/cargo");
        fs::write(&cargo, CARGO).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        for archive in archives {
            if archive == "train" {
                assert_eq!(desk.run("cargo xtask train").1, Some(0));
            } else {
                desk.archive(archive);
            }
        }
        desk
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Archives a small session at `TIME#TAG+TAG`.
    fn archive(&self, stamp: &str) {
        let (time, tags) = stamp.split_once('#').unwrap_or((stamp, ""));
        fs::create_dir_all(self.root().join("logs")).unwrap();
        fs::write(self.root().join("logs/training.log"), stamp).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.root()).args(["archive", "--clock", time]);
        for tag in tags.split('+').filter(|tag| !tag.is_empty()) {
            command.args(["--tag", tag]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs the script, and returns what it says and its exit code.
    fn run(&self, script: &str) -> (String, Option<i32>) {
        let path = std::env::var("PATH").unwrap();
        let bin = self.folder.path().join("bin");
        let output = Command::new("sh")
            .args(["-ec", &format!("exec 2>&1\n{script}")])
            .current_dir(self.root())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("DOCS_STATE", self.folder.path())
            .env("DOCS_XTASK", env!("CARGO_BIN_EXE_xtask"))
            .env("DOCS_TRAINER", trainer())
            .envs(self.cluster.map(|cluster| ("SLURM_CONF", cluster.conf())))
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }
}

/// Bars without a pattern: the trainer would sound an alarm at one.
fn walk() -> String {
    let mut bars = "time,open,high,low,close,volume\n".to_owned();
    let (mut close, mut state) = (100.0_f64, 1_u64);
    for idx in 0..1200_i64 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let open = close;
        close *= 1.0 + ((state >> 40) as f64 / f64::from(1 << 24) - 0.5) / 100.0;
        let (high, low) = (open.max(close) + 0.5, open.min(close) - 0.5);
        let time = idx * 1800 + 1_600_000_000;
        bars.push_str(&format!("{time},{open},{high},{low},{close},{}\n", 10 + idx % 7));
    }
    bars
}

/// Checks that CI runs what is no task.
#[track_caller]
fn check_by_ci(script: &str) {
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    let tasks = ["xtask", "train", "archive", "prune"];
    for line in script.lines().map(|line| line.split(" #").next().unwrap().trim()) {
        let Some(arguments) = line.strip_prefix("cargo ") else { continue };
        let task = arguments.split(' ').next().unwrap();
        assert!(tasks.contains(&task) || ci.contains(line), "`.ci/run` does not run `{line}`");
    }
}

/// Whether `said` is what `shown` promises.
fn is_as_shown(shown: &[&str], said: &[&str]) -> bool {
    match shown {
        [] => said.is_empty(),
        ["…", rest @ ..] => (0..=said.len()).any(|n| is_as_shown(rest, &said[n..])),
        [line, rest @ ..] => {
            let Some((first, others)) = said.split_first() else { return false };
            is_line_as_shown(line, first) && is_as_shown(rest, others)
        }
    }
}

fn is_line_as_shown(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = said.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(place) = (if part.is_empty() { Some(rest.len()) } else { rest.find(part) }) else {
            return false;
        };
        rest = &rest[place + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

/// Runs a console block, and returns it as it should be.
fn console(desk: &Desk<'_>, block: &str) -> String {
    let mut anew = String::new();
    let mut lines = block.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            panic!("a console block begins with `$ `: {line}")
        };
        check_by_ci(command);
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            shown.push(line);
        }
        let (said, _) = desk.run(command);
        let said: Vec<&str> = said.lines().map(str::trim_end).collect();
        let kept = if is_as_shown(&shown, &said) { &shown } else { &said };
        anew.push_str(&format!("{line}\n"));
        for line in kept {
            anew.push_str(&format!("{line}\n"));
        }
    }
    anew
}

/// Runs all of the page, and returns it with what its commands print.
fn run_page(text: &str, cluster: Option<&Cluster>) -> String {
    let mut desk = Desk::new(&[], cluster);
    let mut anew = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(line) => anew.push_str(&line),
            Piece::Workspace(archives) => {
                desk = Desk::new(&archives, cluster);
                anew.push_str(&format!("<!-- workspace: {} -->\n", archives.join(" ")));
            }
            Piece::Script(script) => {
                check_by_ci(&script);
                let (said, code) = desk.run(&script);
                assert_eq!(code, Some(0), "{script}{said}");
                anew.push_str(&format!("```sh\n{script}```\n"));
            }
            Piece::Console(block) => {
                let block = console(&desk, &block);
                anew.push_str(&format!("```console\n{block}```\n"));
            }
        }
    }
    anew
}

#[test]
fn every_command_of_the_documentation_does_what_it_says() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        if page.ends_with("team.md") && !has_restic() {
            say_skipped("there is no `restic` for docs/team.md; .ci/run installs it");
            continue;
        }
        let is_for_slurm = text.contains("--engine slurm\n");
        let cluster = if is_for_slurm { Cluster::start() } else { None };
        if is_for_slurm && cluster.is_none() {
            continue;
        }
        let anew = run_page(&text, cluster.as_ref());
        if std::env::var_os("UPDATE_DOCS").is_some() && anew != text {
            fs::write(&page, &anew).unwrap();
        } else {
            let place = page.display();
            assert!(anew == text, "{place}: run this with UPDATE_DOCS=1 and read it:\n{anew}");
        }
    }
}

#[test]
fn a_command_that_prints_something_else_is_noticed() {
    let shown = "```console\n$ echo one; echo two\none\n…\n```\n";
    assert_eq!(run_page(shown, None), shown);
    let wrong = "```console\n$ echo one; echo two\n…\nthree\n```\n";
    assert_eq!(run_page(wrong, None), "```console\n$ echo one; echo two\none\ntwo\n```\n");
    assert!(is_line_as_shown("size … kB, … files", "size 3 kB, 4 files"));
    assert!(!is_line_as_shown("size … kB", "size 3 MB"));
}

#[test]
#[should_panic(expected = "`.ci/run` does not run `cargo frobnicate`")]
fn a_command_that_nobody_runs_is_noticed() {
    run_page("```sh\ncargo frobnicate\n```\n", None);
}

#[test]
fn no_link_of_the_documentation_leads_nowhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let is_outside = link.contains("://") || file.is_empty();
            let target = page.parent().unwrap().join(file);
            assert!(is_outside || target.exists(), "{}: {link}", page.display());
        }
    }
}
