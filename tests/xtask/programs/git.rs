//! What archives tell of the git work tree, whatever git is told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use xtask::vault::manifest::{GitState, Manifest};

/// A repository that goes with the test, and its workspace.
struct Repository {
    folder: TempDir,
    /// The workspace's folder in it.
    workspace: &'static str,
    /// What the task finds in its environment.
    variables: Vec<(&'static str, String)>,
}

/// What an `archive` gave.
struct Archived {
    code: i32,
    stderr: String,
    git: Option<GitState>,
    archive: PathBuf,
    format: u32,
}

impl Repository {
    fn new() -> Self {
        let it = Self::without_commits();
        it.write("a.py", b"one\nx\ny\nz\n");
        it.write("gone.py", b"gone\n");
        it.write("crlf.txt", b"one\r\ntwo\r\n");
        it.write("bin.dat", &[0, 1, 2, 255, 0, 10, 13, 10]);
        it.write("tool.sh", b"echo\n");
        it.write("typed", b"a file\n");
        it.write("deep/er/b c.py", b"deep");
        it.write(".gitignore", b"logs\nmodels\narchives\nbackups\n.trainvault\n*.ignored\n");
        it.commit("first");
        it
    }

    fn without_commits() -> Self {
        let it =
            Self { folder: tempfile::tempdir().unwrap(), workspace: ".", variables: Vec::new() };
        it.git(&["init", "--quiet", "--initial-branch", "main"]);
        for (key, value) in [("user.email", "a@b"), ("user.name", "n")] {
            it.git(&["config", key, value]);
        }
        it
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn write(&self, relative: &str, content: &[u8]) {
        fs::create_dir_all(self.path(relative).parent().unwrap()).unwrap();
        fs::write(self.path(relative), content).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        git_in(self.folder.path(), arguments);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Changes files in every way that a patch can tell.
    fn change(&self) {
        self.write("a.py", b"one\nx two\ny\nz");
        fs::remove_file(self.path("gone.py")).unwrap();
        self.write("crlf.txt", b"one\r\nthree\r\nfour");
        self.write("bin.dat", &[0, 9, 2, 255, 0, 13, 10, 10]);
        fs::set_permissions(self.path("tool.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_file(self.path("typed")).unwrap();
        symlink("a.py", self.path("typed")).unwrap();
        self.write("staged.py", b"staged\n");
        self.git(&["add", "staged.py"]);
        self.write("meant.py", b"meant\n");
        self.git(&["add", "--intent-to-add", "meant.py"]);
        self.write("policy.py", b"the new policy\r\n");
        self.write("empty", b"");
        self.write("new folder/n\u{e9}w\n\"line\".py", b"x");
        self.write("new folder/raw.bin", &[0, 255, 1]);
        self.write("run me.sh", b"#!/bin/sh\n");
        fs::set_permissions(self.path("run me.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("nowhere", self.path("link")).unwrap();
        self.write("x.ignored", b"ignored");
    }

    fn archive(&self) -> Archived {
        let root = self.path(self.workspace);
        fs::create_dir_all(root.join("logs")).unwrap();
        fs::write(root.join("logs/l"), "l").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir("/").arg("--root").arg(&root).arg("archive");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let archives = root.join("archives");
        let newest = fs::read_dir(&archives).map(|entries| {
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).max()
        });
        let archive = newest.ok().flatten().unwrap_or_else(|| panic!("{stderr}"));
        let manifest: Manifest = xtask::vault::verify::read_manifest(&archive).unwrap().unwrap();
        Archived {
            code: output.status.code().unwrap(),
            stderr,
            git: manifest.git,
            archive,
            format: manifest.format,
        }
    }

    /// Archives, and checks the exit code and what the tree is called.
    #[track_caller]
    fn archive_of(&self, code: i32, is_dirty: bool) -> Archived {
        let archived = self.archive();
        let found = (archived.code, archived.state().dirty);
        assert_eq!(found, (code, Some(is_dirty)), "{}", archived.stderr);
        archived
    }

    /// Returns a clone of the repository, with the patch applied.
    #[track_caller]
    fn patched(&self, archived: &Archived) -> TempDir {
        let clone = tempfile::tempdir().unwrap();
        git_in(clone.path(), &["clone", "--quiet", self.folder.path().to_str().unwrap(), "."]);
        let patch = tempfile::NamedTempFile::new().unwrap();
        fs::write(patch.path(), archived.patch()).unwrap();
        git_in(clone.path(), &["apply", "--whitespace=nowarn", patch.path().to_str().unwrap()]);
        clone
    }

    /// Checks that a clone with the patch holds the same.
    #[track_caller]
    fn check_clone(&self, archived: &Archived, what: &str) {
        assert_eq!(listed(self.folder.path()), listed(self.patched(archived).path()), "{what}");
    }
}

impl Archived {
    fn patch(&self) -> Vec<u8> {
        xtask::vault::verify::read_entry(&self.archive, "git/dirty.patch").unwrap_or_default()
    }

    fn state(&self) -> &GitState {
        self.git.as_ref().expect("it is in a work tree")
    }

    /// Checks that nothing is claimed which is not known.
    #[track_caller]
    fn check_unknown(&self, reason: &str) {
        assert_eq!(self.code, 3, "{}", self.stderr);
        assert_eq!(self.state().dirty, None);
        assert_eq!(self.format, 2, "an older version must not take it for clean");
        assert!(self.stderr.contains("state of the git work tree is unknown"), "{}", self.stderr);
        assert!(self.stderr.contains(reason), "{}", self.stderr);
        assert!(self.patch().is_empty());
    }
}

fn git_in(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git").current_dir(folder).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
}

/// Returns what `folder` holds but for git and the tool: path, kind and
/// mode, content.
fn listed(folder: &Path) -> Vec<(String, bool, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let ignored = [".git", "logs", "models", "archives", "backups", ".trainvault"];
            let is_ignored = name.split('/').any(|part| ignored.contains(&part));
            if is_ignored || name.ends_with(".ignored") {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap().into_os_string().into_string().unwrap();
                found.push((name, false, target.into_bytes()));
            } else {
                let is_program = metadata.permissions().mode() & 0o100 != 0;
                found.push((name, is_program, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_patch_does_not_depend_on_the_settings() {
    let settings: &[&[(&str, &str)]] = &[
        &[],
        &[("diff.noprefix", "true"), ("diff.context", "0")],
        &[("diff.mnemonicPrefix", "true"), ("diff.interHunkContext", "9")],
        &[("diff.renames", "copies"), ("diff.relative", "true"), ("diff.algorithm", "histogram")],
        &[("color.ui", "always"), ("color.diff", "always"), ("diff.colorMoved", "zebra")],
        &[("diff.external", "false"), ("diff.submodule", "log"), ("diff.ignoreSubmodules", "all")],
        &[("diff.wsErrorHighlight", "all"), ("diff.indentHeuristic", "false")],
        &[("diff.orderFile", "no such file"), ("core.quotePath", "false")],
        &[("diff.suppressBlankEmpty", "true"), ("diff.dstPrefix", "x/"), ("diff.srcPrefix", "")],
        &[("diff.py.textconv", "wc"), ("diff.py.command", "false"), ("diff.py.binary", "true")],
        &[("core.autocrlf", "true"), ("core.safecrlf", "true")],
        &[("core.autocrlf", "input"), ("core.eol", "crlf")],
        &[("core.fsmonitor", "false-program"), ("core.untrackedCache", "true")],
        &[("core.splitIndex", "true"), ("core.pager", "false"), ("pager.diff", "true")],
        &[("status.showUntrackedFiles", "no"), ("status.relativePaths", "false")],
        &[("status.short", "true"), ("status.branch", "true"), ("status.showStash", "true")],
        &[("core.whitespace", "cr-at-eol"), ("apply.whitespace", "fix")],
        &[("core.hooksPath", "/dev/null/x"), ("i18n.logOutputEncoding", "UTF-16")],
    ];
    for settings in settings {
        let mut it = Repository::new();
        it.write(".gitattributes", b"*.py diff=py\n");
        it.commit("attributes");
        it.change();
        for (key, value) in *settings {
            it.git(&["config", key, value]);
        }
        it.variables.push(("LC_ALL", "de_DE.UTF-8".to_owned()));
        let archived = it.archive();
        let what = format!("{settings:?}: {}", archived.stderr);
        assert_eq!(archived.code, 0, "{what}");
        assert_eq!(archived.state().dirty, Some(true), "{what}");
        it.check_clone(&archived, &what);
    }
}

#[test]
fn the_patch_is_of_the_workspace_whatever_the_environment_says() {
    let other = Repository::new();
    other.commit("other");
    let elsewhere = other.folder.path().to_str().unwrap().to_owned();
    let variables = [
        ("GIT_DIR", format!("{elsewhere}/.git")),
        ("GIT_WORK_TREE", elsewhere.clone()),
        ("GIT_INDEX_FILE", format!("{elsewhere}/.git/index")),
        ("GIT_OBJECT_DIRECTORY", "/nonexistent".to_owned()),
        ("GIT_COMMON_DIR", elsewhere.clone()),
        ("GIT_NAMESPACE", "x".to_owned()),
        ("GIT_EXTERNAL_DIFF", "false".to_owned()),
        ("GIT_DIFF_OPTS", "--unified=0".to_owned()),
        ("GIT_CONFIG_COUNT", "broken".to_owned()),
        ("GIT_CONFIG_PARAMETERS", "'diff.noprefix'='true'".to_owned()),
        ("GIT_CEILING_DIRECTORIES", "/".to_owned()),
        ("GIT_LITERAL_PATHSPECS", "1".to_owned()),
        ("GIT_TRACE", "1".to_owned()),
        ("GIT_PAGER", "false".to_owned()),
        ("GIT_PREFIX", "deep/".to_owned()),
        ("LC_ALL", "xx".to_owned()),
    ];
    let mut it = Repository::new();
    it.change();
    for variable in &variables {
        it.variables = vec![variable.clone()];
        let archived = it.archive();
        assert_eq!(archived.code, 0, "{variable:?}: {}", archived.stderr);
        it.check_clone(&archived, variable.0);
    }
    it.variables = variables.to_vec();
    it.check_clone(&it.archive(), "all");
}

#[test]
fn a_clean_tree_is_called_clean_and_has_no_patch() {
    let it = Repository::new();
    // Only the time differs, which is no change.
    it.write("a.py", b"one\nx\ny\nz\n");
    it.write("x.ignored", b"ignored");
    let archived = it.archive_of(0, false);
    assert_eq!(archived.format, 1);
    assert!(archived.patch().is_empty());
}

#[test]
fn a_session_and_its_archives_are_no_untracked_files() {
    let mut it = Repository::new();
    it.write(".gitignore", b"\n");
    it.commit("nothing is ignored");
    it.workspace = "deep/work space";
    it.write("deep/work space/models/m.bin", b"model");
    it.write("deep/work space/config/config.json", b"{}");
    it.write("deep/work space/policy.pth", b"weights");
    it.write("deep/other/.trainvault/lock", b"");
    it.write("deep/other/logs/l", b"log");
    it.archive_of(0, false);
    // Its own archive is no change.
    it.archive_of(0, false);
    it.write("policy.py", b"above the workspace\n");
    it.write("deep/other/policy.py", b"beside it\n");
    let archived = it.archive();
    let patch = String::from_utf8(archived.patch()).unwrap();
    assert_eq!(patch.matches("diff --git").count(), 2, "{patch}");
    assert!(patch.contains("+above the workspace") && patch.contains("+beside it"), "{patch}");
}

#[test]
fn what_is_too_large_to_keep_is_named() {
    let it = Repository::new();
    it.write("policy.py", b"the new policy\n");
    it.write("bars.csv", &vec![b'x'; (1 << 20) + 1]);
    git_in(it.folder.path(), &["init", "--quiet", "embedded"]);
    it.write("embedded/file", b"x");
    let archived = it.archive_of(3, true);
    assert!(archived.stderr.contains("bars.csv"), "{}", archived.stderr);
    assert!(archived.stderr.contains("embedded/"), "{}", archived.stderr);
    let patch = String::from_utf8(archived.patch()).unwrap();
    assert!(patch.contains("+the new policy") && patch.len() < 1000, "{patch}");
}

#[test]
fn a_cut_patch_is_told() {
    let it = Repository::new();
    let lines: String = (0..200_000).map(|n| format!("{n}\n")).collect();
    it.write("a.py", lines.as_bytes());
    it.write("policy.py", b"the new policy\n");
    let archived = it.archive_of(3, true);
    assert!(archived.state().patch_cut);
    assert!(archived.stderr.contains("cut at its limit"), "{}", archived.stderr);
    assert!(archived.stderr.contains("policy.py"), "{}", archived.stderr);
}

#[test]
fn files_that_the_index_hides_are_changes_all_the_same() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let it = Repository::new();
        it.git(&["update-index", flag, "a.py"]);
        it.write("a.py", b"hidden\n");
        let archived = it.archive_of(0, true);
        it.check_clone(&archived, flag);
    }
}

#[test]
fn a_tree_in_the_middle_of_a_merge_is_kept() {
    let it = Repository::new();
    it.git(&["checkout", "--quiet", "-b", "other"]);
    it.write("a.py", b"other\n");
    fs::remove_file(it.path("gone.py")).unwrap();
    it.commit("other");
    it.git(&["checkout", "--quiet", "main"]);
    it.write("a.py", b"ours\n");
    it.write("gone.py", b"kept\n");
    it.commit("ours");
    let merge = Command::new("git").current_dir(it.folder.path()).args(["merge", "other"]).output();
    assert!(!merge.unwrap().status.success());
    let archived = it.archive();
    assert_eq!(archived.state().dirty, Some(true));
    it.check_clone(&archived, "merge");
    // Out of the index, and still there.
    it.git(&["rm", "--quiet", "--cached", "bin.dat"]);
    it.check_clone(&it.archive(), "rm --cached");
}

#[test]
fn a_repository_without_commits_or_branch_is_known() {
    let it = Repository::without_commits();
    it.write("a.py", b"staged\n");
    it.git(&["add", "a.py"]);
    it.write("b.py", b"untracked\n");
    let archived = it.archive_of(0, true);
    assert_eq!(archived.state().commit, None);
    assert_eq!(archived.state().branch.as_deref(), Some("main"));
    it.check_clone(&archived, "no commits");

    let it = Repository::new();
    it.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(it.archive_of(0, false).state().branch, None);
    let mut linked = Repository::new();
    linked.git(&["worktree", "add", "--quiet", "linked"]);
    linked.workspace = "linked";
    linked.write("linked/a.py", b"there\n");
    assert_eq!(linked.archive_of(0, true).state().branch.as_deref(), Some("linked"));
}

#[test]
fn changes_within_a_submodule_are_told() {
    let module = Repository::new();
    let it = Repository::new();
    let url = module.folder.path().to_str().unwrap();
    it.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "module"]);
    it.commit("module");
    it.archive_of(0, false);
    it.git(&["config", "diff.ignoreSubmodules", "all"]);
    it.write("module/a.py", b"changed\n");
    let archived = it.archive_of(3, true);
    assert!(archived.stderr.contains("the submodule `module`"), "{}", archived.stderr);
}

/// What git must complain of, and how it comes about.
type Damage<'a> = (&'a str, &'a dyn Fn(&Repository));

#[test]
fn what_git_does_not_tell_is_unknown() {
    let damages: &[Damage] = &[
        ("filter", &|it| {
            it.write(".gitattributes", b"*.dat filter=lfs\n");
            it.commit("filter");
            it.git(&["config", "filter.lfs.clean", "no-such-program %f"]);
            it.git(&["config", "filter.lfs.required", "true"]);
            it.write("bin.dat", b"changed");
        }),
        ("index", &|it| it.write(".git/index", b"garbage")),
        ("index", &|it| {
            fs::set_permissions(it.path(".git/index"), fs::Permissions::from_mode(0o000)).unwrap();
        }),
        ("", &|it| it.write(".git/refs/heads/main", b"")),
        ("", &|it| it.write(".git/refs/heads/main", b"garbage\n")),
        ("", &|it| it.write(".git/HEAD", b"garbage\n")),
        ("", &|it| it.write(".git/config", b"garbage [\n")),
        ("", &|it| fs::remove_dir_all(it.path(".git/objects")).unwrap()),
        ("", &|it| {
            fs::remove_dir_all(it.path(".git")).unwrap();
            it.write(".git", b"gitdir: /nonexistent\n");
        }),
        ("repo version", &|it| {
            it.git(&["config", "core.repositoryFormatVersion", "99"]);
        }),
    ];
    for (n, (reason, damage)) in damages.iter().enumerate() {
        let it = Repository::new();
        it.write("a.py", b"changed\n");
        damage(&it);
        // Everyone may read what root may.
        if n == 2 && fs::read(it.path(".git/index")).is_ok() {
            continue;
        }
        it.archive().check_unknown(reason);
    }
}

/// Puts a program called `git` first on the path.
fn with_git(it: &mut Repository, script: &str) -> TempDir {
    let programs = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let git = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
    let git = String::from_utf8(git.stdout).unwrap();
    let program = programs.path().join("git");
    fs::write(&program, format!("#!/bin/sh\nGIT={}\n{script}\n", git.trim())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    it.variables.push(("PATH", format!("{}:{path}", programs.path().display())));
    programs
}

#[test]
fn a_git_that_dies_or_lacks_is_no_answer() {
    let scripts = [
        "kill -9 $$",
        "case \"$*\" in *status*) kill -9 $$;; *) exec $GIT \"$@\";; esac",
        "case \"$*\" in *' diff '*) echo 'diff --git a/a b/a'; exit 128;; *) exec $GIT \"$@\";; esac",
        "case \"$*\" in *' diff '*) kill -TERM $$;; *) exec $GIT \"$@\";; esac",
        "case \"$*\" in *status*) $GIT \"$@\"; exit 1;; *) exec $GIT \"$@\";; esac",
        "exit 127",
        "echo fatal: detected dubious ownership in repository >&2; exit 128",
    ];
    for script in scripts {
        let mut it = Repository::new();
        it.write("a.py", b"changed\n");
        let _programs = with_git(&mut it, script);
        it.archive().check_unknown("");
    }
    let mut it = Repository::new();
    it.variables.push(("PATH", "/nonexistent".to_owned()));
    it.archive().check_unknown("no `git` program");
    // Without a repository there is nothing to ask.
    fs::remove_dir_all(it.path(".git")).unwrap();
    let archived = it.archive();
    assert_eq!((archived.code, archived.git.is_none()), (0, true), "{}", archived.stderr);
}

#[test]
fn an_unknown_state_is_shown_as_that() {
    let it = Repository::new();
    it.write(".git/index", b"garbage");
    it.archive();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(it.folder.path()).args(["--root", "."]).args(arguments);
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(&["show", "latest"]);
    assert!(shown.contains("unknown whether changed"), "{shown}");
    let name = it.archive().archive.file_name().unwrap().to_str().unwrap().to_owned();
    let diff = run(&["diff", &name, "latest", "--format", "json"]);
    assert!(diff.contains("\"is_same\": false"), "{diff}");
    let restored = run(&["restore", "latest", "--into", "out"]);
    assert!(restored.contains("restored"), "{restored}");
}

#[test]
fn the_patch_gives_the_bytes_of_the_disk_whatever_attributes_say() {
    let it = Repository::new();
    it.write(".gitattributes", b"* text=auto\n*.sh text eol=lf\n*.bat text eol=crlf\n*.id ident\n");
    it.write("run.bat", b"one\r\n");
    it.commit("attributes");
    it.git(&["rm", "--quiet", "--cached", "-r", "."]);
    it.git(&["reset", "--quiet", "--hard"]);
    // As after a copy of the whole folder: all times are new.
    for name in ["bin.dat", "deep/er/b c.py", "gone.py", "run.bat"] {
        it.write(name, &fs::read(it.path(name)).unwrap());
    }
    it.write("a.py", b"one\r\nthree\r\n");
    it.write("tool.sh", b"one\r\n");
    it.write("crlf.txt", b"one\r\ntwo\r\nthree\r\n");
    let archived = it.archive_of(0, true);
    let clone = it.patched(&archived);
    for name in ["a.py", "tool.sh", "crlf.txt", "run.bat"] {
        let theirs = fs::read(clone.path().join(name)).unwrap();
        assert_eq!(theirs, fs::read(it.path(name)).unwrap(), "{name}");
    }
    // One that a filter stands between is compared as git stores it.
    it.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    it.git(&["config", "filter.upper.smudge", "tr A-Z a-z"]);
    it.write(".gitattributes", b"*.up filter=upper\n");
    it.write("text.up", b"small\n");
    it.commit("filter");
    it.write("text.up", b"other\n");
    let patch = String::from_utf8(it.archive().patch()).unwrap();
    assert!(patch.contains("-SMALL\n+OTHER\n"), "{patch}");
}
