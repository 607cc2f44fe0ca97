//! Rules that no lint can say.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the Rust files below `folder`, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "{folder}");
    files
}

fn files_that_say(folder: &str, words: &str) -> Vec<String> {
    let mut names: Vec<String> = sources(folder)
        .into_iter()
        .filter(|(_, text)| code(text).any(|line| line.contains(words)))
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names
}

/// Returns the lines that are not comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn xtask_never_links_smartcore() {
    let tree = |package: &str| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--package", package, "--edges", "normal,build", "--offline"])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!tree("xtask").contains("smartcore"));
    assert!(tree("trainer").contains("smartcore"));
}

#[test]
fn one_module_of_the_trainer_names_smartcore() {
    let module = "trainer/src/learning/forest/library";
    let names = files_that_say("trainer/src", "smartcore::");
    let strangers: Vec<_> = names
        .iter()
        .filter(|name| *name != &format!("{module}.rs") && !name.starts_with(&format!("{module}/")))
        .collect();
    assert_eq!(strangers, Vec::<&String>::new());
    assert!(names.len() > 1, "the rule no longer looks where smartcore is");
}

/// What `cargo xtask` builds knows no `schemars`, and tests build all.
#[test]
fn schemas_are_made_under_their_feature_alone() {
    let mut n_seen = 0;
    for (name, text) in sources("trainer/src") {
        let lines: Vec<&str> = code(&text).collect();
        for idx in (0..lines.len()).filter(|&idx| lines[idx].contains("schemars")) {
            let attribute = lines[idx.saturating_sub(2)..=idx].concat();
            let is_marked = attribute.contains("feature = \"schema\"");
            assert!(is_marked, "{name}: write `cfg_attr(feature = \"schema\", …)`: {}", lines[idx]);
            n_seen += 1;
        }
    }
    assert!(n_seen > 10, "the rule no longer looks where schemas are");
}

#[test]
fn a_kind_of_model_is_named_in_its_file_and_in_one_line() {
    let kinds = sources("trainer/src/learning/model/kinds");
    assert!(kinds.len() > 1, "the rule no longer looks where the kinds are");
    let outside: Vec<_> = sources("trainer/src")
        .into_iter()
        .filter(|(name, _)| !name.starts_with("trainer/src/learning/model/kinds/"))
        .collect();
    for (name, _) in &kinds {
        let kind = Path::new(name).file_stem().unwrap().to_str().unwrap();
        let line = format!("    {kind}: ");
        let lines = |text: &str| code(text).filter(|it| it.starts_with(&line)).count();
        let table =
            outside.iter().find(|(name, _)| name == "trainer/src/learning/model/kinds.rs").unwrap();
        assert_eq!(lines(&table.1), 1, "{kind} has no line in {}", table.0);
        // Neither the loop nor the settings know any kind by name.
        for (name, text) in &outside {
            let module = format!("kinds::{kind}");
            assert!(!code(text).any(|it| it.contains(&module)), "{name} names {kind}");
        }
    }
}

#[test]
fn one_file_of_xtask_starts_processes() {
    assert_eq!(files_that_say("xtask/src", "Shell::new"), ["xtask/src/programs/process.rs"]);
    assert_eq!(files_that_say("xtask/src", "Command::new"), Vec::<String>::new());
}

#[test]
fn only_main_reads_the_clock() {
    assert_eq!(files_that_say("xtask/src", "Utc::now"), ["xtask/src/main.rs"]);
    assert_eq!(files_that_say("trainer/src", "Utc::now"), ["trainer/src/main.rs"]);
}

#[test]
fn deleting_is_done_in_few_places() {
    let mut deleting: Vec<String> = ["fs::remove_file", "fs::remove_dir"]
        .iter()
        .flat_map(|call| files_that_say("xtask/src", call))
        .collect();
    let mut known = [
        // A draft that is not published, drafts of a killed pull,
        // and the old name of a file that was hard-linked.
        "xtask/src/vault/archive/publish.rs",
        "xtask/src/workspace/files.rs",
        // What a plan removes by `prune --now`.
        "xtask/src/tasks/prune/delete.rs",
        // Empty folders of killed runs.
        "xtask/src/tasks/recover.rs",
        // Originals of what was copied to another disk and compared,
        // drafts, and copies that can be made again.
        "xtask/src/vault/relocate/copy.rs",
        // A pushed description.
        "xtask/src/vault/remote/description.rs",
        "xtask/src/vault/remote/description.rs",
        // A file that was not restored whole.
        "xtask/src/vault/restore/draft.rs",
        // Those that a killed restore left, and their list.
        "xtask/src/vault/restore/journal.rs",
        // Scratch files of git.
        "xtask/src/programs/process/git/untracked.rs",
        // Trash that has waited long enough.
        "xtask/src/tasks/prune.rs",
        "xtask/src/tasks/prune/delete.rs",
        "xtask/src/vault/relocate.rs",
        "xtask/src/vault/relocate/copy.rs",
        // The folder of a batch of which all was brought back.
        "xtask/src/vault/trash.rs",
    ];
    deleting.sort_unstable();
    known.sort_unstable();
    assert_eq!(deleting, known);
}

#[test]
fn no_source_file_is_too_long_to_read() {
    for folder in ["xtask/src", "trainer/src"] {
        for (name, text) in sources(folder) {
            let n_lines = text.lines().count();
            assert!(n_lines <= 300, "{name} has {n_lines} lines; split it");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in ["xtask/src", "trainer/src"] {
        for (name, text) in sources(folder) {
            assert!(text.starts_with("//! "), "{name} has no module comment");
        }
    }
}

#[test]
fn no_test_is_switched_off() {
    let ignore = concat!("#[", "ignore");
    for folder in ["xtask/src", "trainer/src", "tests"] {
        assert_eq!(files_that_say(folder, ignore), Vec::<String>::new());
    }
}

#[test]
fn an_error_of_the_file_system_is_not_taken_for_no() {
    // What says a plain no where it means "I cannot tell": on a failing
    // disk it deletes the only good copy. `catalog::exists`,
    // `files::is_folder` and `files::is_file` do not.
    let questions = [".is_dir()", ".is_file()", ".is_symlink()", ".exists()"];
    // These have an answer already, or pass the error on.
    let answered = ["metadata", "opened", "lstat", "entry", "file", "?"];
    let is_silent = |line: &str| {
        let asks = questions.iter().any(|question| {
            line.match_indices(question).any(|(place, _)| {
                !answered.iter().any(|receiver| line[..place].ends_with(receiver))
            })
        });
        let drops = line.contains("read_dir(")
            && [".flatten()", ".ok()"].iter().any(|it| line.contains(it));
        let counts = line.contains("metadata(")
            && [").is_ok()", ").is_err()"].iter().any(|it| line.contains(it));
        asks || drops || counts
    };
    assert!(is_silent("if path.is_dir() {") && is_silent("for e in fs::read_dir(p)?.flatten() {"));
    let silent: Vec<String> = sources("xtask/src")
        .into_iter()
        .filter(|(_, text)| code(text).any(is_silent))
        .map(|(name, _)| name)
        .collect();
    // Here nothing is moved or deleted by the answer: programs, folders
    // of sources, what a user names.
    let allowed = [
        "xtask/src/tasks/doctor.rs",
        "xtask/src/main.rs",
        "xtask/src/programs/process.rs",
        "xtask/src/programs/process/rerun.rs",
        "xtask/src/cli/program.rs",
        "xtask/src/cli/run/export.rs",
        "xtask/src/cli/run/forward.rs",
        "xtask/src/cli/run/show.rs",
        "xtask/src/cli/run/tensorboard.rs",
        "xtask/src/tasks/train.rs",
        "xtask/src/tasks/train/outcome.rs",
        "xtask/src/workspace/mod.rs",
    ];
    let strangers: Vec<_> =
        silent.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
    assert_eq!(strangers, Vec::<&String>::new());
    assert!(!silent.is_empty(), "the rule no longer sees anything");
}

/// The folders of each tree, from the top down: a file may import from
/// its own folder and from those below it.
const FLOORS: [(&str, &[&str]); 2] = [
    ("xtask", &["cli", "terminal", "tasks", "vault", "programs", "workspace"]),
    (
        "trainer",
        &["cli", "training", "output", "learning", "session", "config", "account", "market"],
    ),
];

#[test]
fn folders_import_only_from_below() {
    let mut upward = Vec::new();
    for (tree, floors) in FLOORS {
        let floor = |name: &str| floors.iter().position(|other| *other == name);
        for (file, text) in sources(&format!("{tree}/src")) {
            let mut parts = file.split('/').skip(2);
            let (folder, rest) = (parts.next().unwrap(), parts.next());
            if rest.is_none() {
                // `main.rs` and `lib.rs` stand above all folders.
                continue;
            }
            let own = floor(folder).unwrap_or_else(|| panic!("{file}: no floor for `{folder}`"));
            for target in code(&text).flat_map(|line| line.split("crate::").skip(1)) {
                let end = target.find(|c: char| !c.is_alphanumeric() && c != '_');
                let name = &target[..end.unwrap_or(target.len())];
                if floor(name).is_some_and(|other| other < own) {
                    upward.push(format!("{file} imports `{name}`"));
                }
            }
        }
        let found = fs::read_dir(root().join(tree).join("src")).unwrap();
        let n_folders = found.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
        assert_eq!(n_folders, floors.len(), "{tree}: a folder without a floor");
    }
    upward.sort_unstable();
    upward.dedup();
    assert_eq!(upward, Vec::<String>::new());
}
