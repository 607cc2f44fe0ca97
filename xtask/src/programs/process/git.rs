//! The state of the git work tree, and a patch that reproduces it.
//!
//! If git fails, the state is unknown, never clean. Nothing is written to
//! the repository.

mod call;
mod state;
mod untracked;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use call::{Git, path_of, text};
use state::{Changes, records};
use untracked::{ScratchFolder, Untracked};

pub use state::GitState;

use crate::workspace::files::exists;

/// The largest difference that an archive keeps, in bytes.
const PATCH_LIMIT_BYTES: u64 = 1024 * 1024;

/// How many files are passed to one git command.
const N_PLAIN_MAX: usize = 400;

/// What an archive records of a work tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkTree {
    /// The commit, and whether files differ from it.
    pub state: GitState,
    /// The difference, for `git apply`.
    pub patch: Vec<u8>,
    /// What the patch lacks, one sentence each.
    pub left_out: Vec<String>,
}

/// Files that are not part of the work tree's state.
pub struct ExcludedFiles<'a> {
    /// A folder for git's scratch files.
    pub scratch: PathBuf,
    /// Whether an untracked file belongs to the session or the tool.
    pub contains: &'a dyn Fn(&Path) -> bool,
}

/// Returns the state of the git work tree around `root`; `None` outside
/// of one.
pub fn git_state(root: &Path, own: &ExcludedFiles<'_>) -> Option<WorkTree> {
    let mut tree = WorkTree::default();
    let result = match find(root) {
        Ok(None) => return None,
        Ok(Some(git)) => inspect(git, own, &mut tree),
        Err(reason) => Err(reason),
    };
    if let Err(reason) = result {
        let GitState { commit, branch, .. } = tree.state;
        let state =
            GitState { commit, branch, dirty: None, unknown: Some(reason), patch_cut: false };
        tree = WorkTree { state, ..WorkTree::default() };
    }
    Some(tree)
}

/// Returns the commit of the git work tree around `root`, if any.
pub fn git_commit(root: &Path) -> Option<String> {
    head(&find(root).ok()??).ok()?.0
}

/// Returns those of `names`, files in the folder `root`, that git
/// tracks; none outside of a work tree.
pub fn git_tracked(root: &Path, names: &[String]) -> Result<Vec<String>, String> {
    let Some(git) = find(root)?.filter(|_| !names.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut arguments = vec!["--literal-pathspecs", "ls-files", "-z", "--"];
    arguments.extend(names.iter().map(String::as_str));
    let listed = String::from_utf8_lossy(&git.output(&arguments)?).into_owned();
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

/// Returns git in the work tree around `root`. Without a `.git`, git is
/// not run, so that it need not be installed.
fn find(root: &Path) -> Result<Option<Git>, String> {
    for folder in root.ancestors() {
        if is_repository(&folder.join(".git"))? {
            let git = Git::in_folder(root)?;
            let is_inside = git.output(&["rev-parse", "--is-inside-work-tree"])? == b"true\n";
            return Ok(is_inside.then_some(git));
        }
    }
    Ok(None)
}

/// Whether `marker` exists and is not an empty folder.
fn is_repository(marker: &Path) -> Result<bool, String> {
    let failed = |error| format!("failed to read `{}`: {error}", marker.display());
    match fs::symlink_metadata(marker) {
        Ok(metadata) if metadata.is_dir() => {
            Ok(fs::read_dir(marker).map_err(failed)?.next().is_some())
        }
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(failed(error)),
    }
}

fn inspect(mut git: Git, own: &ExcludedFiles<'_>, tree: &mut WorkTree) -> Result<(), String> {
    (tree.state.commit, tree.state.branch) = head(&git)?;
    let top = path_of(trimmed(&git.output(&["rev-parse", "--show-toplevel"])?));
    git.enter(&top);
    let scratch = ScratchFolder::create(own.scratch.join("git"))?;
    let hidden = hidden_files(&git, &top)?;
    if !hidden.is_empty() {
        git = without_flags(&git, &hidden, scratch.folder().join("unflagged"))?;
    }
    let mut changes = Changes::read(&git)?;
    changes.drop_own(&top, own.contains);
    tree.state.dirty = Some(!changes.tracked.is_empty() || !changes.untracked.is_empty());
    let empty = text(trimmed(&git.output(&["hash-object", "-t", "tree", "--stdin"])?));
    if !changes.tracked.is_empty() {
        let base = tree.state.commit.as_ref().unwrap_or(&empty);
        (tree.patch, tree.state.patch_cut) = match plain_paths(&git, &changes.tracked)? {
            // Compare the files as they are, without git's line conversion.
            Some(paths) => git.with_attributes_of(&empty).diff(base, PATCH_LIMIT_BYTES, &paths)?,
            None => git.diff(base, PATCH_LIMIT_BYTES, &[])?,
        };
    }
    if tree.state.patch_cut {
        let text = "cut at its limit of 1 MiB, and cannot be applied; commit what is changed";
        tree.left_out.push(text.to_owned());
    }
    tree.left_out.extend(
        changes
            .within_submodules
            .iter()
            .map(|path| format!("lacks the changes in the submodule `{path}`; commit them there")),
    );
    if !changes.untracked.is_empty() {
        let untracked = Untracked { top: &top, paths: &changes.untracked, empty: &empty };
        // Nothing can be applied after a truncated patch.
        let kept = if tree.state.patch_cut {
            Err("it is cut".to_owned())
        } else {
            untracked.patch(&git, scratch.folder())
        };
        match kept {
            Ok(kept) => {
                tree.patch.extend(kept.patch);
                tree.left_out.extend(kept.left_out);
            }
            Err(reason) => {
                let names = untracked::names(&changes.untracked);
                tree.left_out.push(format!("lacks untracked files ({names}): {reason}"));
            }
        }
    }
    Ok(())
}

/// Returns the commit, if there is one yet, and the branch.
fn head(git: &Git) -> Result<(Option<String>, Option<String>), String> {
    let name = git.call(&["symbolic-ref", "--quiet", "HEAD"], &[])?;
    let branch = match name.status.code() {
        Some(0) => {
            let name = text(trimmed(&name.bytes));
            Some(name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name))
        }
        Some(1) => None,
        _ => return Err(name.reason("symbolic-ref")),
    };
    let commit = git.call(&["rev-parse", "--verify", "--quiet", "HEAD"], &[])?;
    match commit.status.code() {
        Some(0) => {
            // A missing commit is damage; no commit yet is not.
            let commit = git.output(&["rev-parse", "--verify", "HEAD^{commit}"])?;
            Ok((Some(text(trimmed(&commit))), branch))
        }
        Some(1) if branch.is_some() => Ok((None, branch)),
        _ => Err(commit.reason("rev-parse")),
    }
}

/// Returns `paths` if they can be compared as they are: if they are few,
/// and none has a filter or encoding, which a clone would apply again.
fn plain_paths<'a>(git: &Git, paths: &'a [Vec<u8>]) -> Result<Option<Vec<&'a str>>, String> {
    let names = paths.iter().map(|path| std::str::from_utf8(path).ok());
    let Some(names) = names.collect::<Option<Vec<&str>>>() else { return Ok(None) };
    if names.len() > N_PLAIN_MAX {
        return Ok(None);
    }
    let arguments = ["check-attr", "-z", "--stdin", "filter", "working-tree-encoding", "ident"];
    let attributes =
        git.call(&arguments, (names.join("\0") + "\0").as_bytes())?.checked("check-attr")?;
    let is_plain = attributes
        .split(|byte| *byte == 0)
        .skip(2)
        .step_by(3)
        .all(|value| matches!(value, b"unspecified" | b"unset"));
    Ok(is_plain.then_some(names))
}

/// Returns the files, each followed by a zero byte, that the index hides
/// by `--assume-unchanged` or `--skip-worktree`.
fn hidden_files(git: &Git, top: &Path) -> Result<Vec<u8>, String> {
    let listed = git.output(&["ls-files", "-v", "-z"])?;
    let mut hidden = Vec::new();
    for entry in records(&listed) {
        let (Some(tag), Some(path)) = (entry.first(), entry.get(2..)) else { continue };
        // Files missing from a sparse work tree are not a change.
        let is_sparse = tag.eq_ignore_ascii_case(&b's');
        let is_there = || exists(&top.join(path_of(path)));
        if (tag.is_ascii_lowercase() && !is_sparse) || (is_sparse && is_there()) {
            hidden.extend_from_slice(path);
            hidden.push(0);
        }
    }
    Ok(hidden)
}

/// Returns git with a `copy` of the index that hides none of `files`.
fn without_flags(git: &Git, files: &[u8], copy: PathBuf) -> Result<Git, String> {
    let index = git.output(&["rev-parse", "--path-format=absolute", "--git-path", "index"])?;
    fs::copy(path_of(trimmed(&index)), &copy)
        .map_err(|error| format!("failed to copy git's index: {error}"))?;
    let git = git.with_index(copy);
    for flag in ["--no-assume-unchanged", "--no-skip-worktree"] {
        git.run_with_input(&["update-index", flag, "-z", "--stdin"], files)?;
    }
    Ok(git)
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
