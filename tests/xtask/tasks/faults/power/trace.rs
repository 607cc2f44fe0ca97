//! What strace recorded, as operations on files.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The calls that are recorded.
pub const CALLS: &str = "trace=open,openat,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,\
                         copy_file_range,sendfile,fsync,fdatasync,syncfs,rename,renameat,\
                         renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,symlink,\
                         symlinkat";

/// One operation that a power cut may undo, by absolute paths without
/// links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Create(PathBuf),
    Write(PathBuf),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Unlink(PathBuf),
    Mkdir(PathBuf),
}

/// Parses what strace wrote with `-f -y`; of what is done elsewhere than
/// in `roots`, the first of which is the working folder, nothing is told.
pub fn parse(text: &str, roots: &[&Path]) -> Vec<Op> {
    let mut unfinished: HashMap<&str, String> = HashMap::new();
    let mut ops = Vec::new();
    let links = links(roots);
    for line in text.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let call = if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(pid, begun.to_owned());
            continue;
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let end = resumed.split_once(" resumed>").map_or("", |(_, end)| end);
            unfinished.remove(pid).unwrap_or_default() + end
        } else {
            rest.to_owned()
        };
        ops.extend(op_of(&call, roots[0], &links));
    }
    let is_watched = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    ops.retain(|op| match op {
        Op::Rename(from, to) | Op::Link(from, to) => is_watched(from) || is_watched(to),
        Op::Create(path)
        | Op::Write(path)
        | Op::Sync(path)
        | Op::Unlink(path)
        | Op::Mkdir(path) => is_watched(path),
    });
    ops
}

/// Returns the links to folders in `roots`, and where they lead.
fn links(roots: &[&Path]) -> Vec<(PathBuf, PathBuf)> {
    let mut links = Vec::new();
    let mut folders: Vec<PathBuf> = roots.iter().map(|root| root.to_path_buf()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() && path.is_dir() {
                links.push((path.clone(), path.canonicalize().unwrap()));
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    links
}

fn op_of(call: &str, working: &Path, links: &[(PathBuf, PathBuf)]) -> Option<Op> {
    let (name, rest) = call.split_once('(')?;
    if rest.rsplit_once(" = ")?.1.starts_with('-') {
        return None;
    }
    let plain = |path: PathBuf| {
        let path = working.join(path);
        let link = links.iter().find(|(link, _)| path.starts_with(link) && path != *link);
        link.map_or(path.clone(), |(link, real)| real.join(path.strip_prefix(link).unwrap()))
    };
    let mut named = paths(rest).into_iter().map(plain);
    let first_file = || open_file(rest).map(PathBuf::from).map(plain);
    Some(match name {
        "open" | "openat" | "creat" => {
            let path = named.next()?;
            if rest.contains("O_TRUNC") {
                Op::Write(path)
            } else if rest.contains("O_CREAT") {
                Op::Create(path)
            } else {
                return None;
            }
        }
        "copy_file_range" => {
            let second = rest.split_once(", ")?.1.split_once(", ")?.1;
            Op::Write(plain(PathBuf::from(open_file(second)?)))
        }
        "write" | "pwrite64" | "writev" | "pwritev" | "ftruncate" | "sendfile" => {
            Op::Write(first_file()?)
        }
        "truncate" => Op::Write(named.next()?),
        "fsync" | "fdatasync" => Op::Sync(first_file()?),
        "rename" | "renameat" | "renameat2" => Op::Rename(named.next()?, named.next()?),
        "link" | "linkat" => Op::Link(named.next()?, named.next()?),
        "unlink" | "unlinkat" | "rmdir" => Op::Unlink(named.next()?),
        "mkdir" | "mkdirat" => Op::Mkdir(named.next()?),
        "symlink" | "symlinkat" => Op::Create(named.next_back()?),
        _ => return None,
    })
}

/// Returns the path of the open file that is the first argument.
fn open_file(arguments: &str) -> Option<&str> {
    let (number, rest) = arguments.split_once('<')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    let path = rest.split_once('>')?.0;
    (path.starts_with('/') && !path.contains(" (deleted)")).then_some(path)
}

/// Returns the paths between quotes, each below the open folder before
/// it, if there is one.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folder = PathBuf::new();
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"']) {
        let is_folder = rest[at..].starts_with('<');
        let end = if is_folder { '>' } else { '"' };
        let Some((text, after)) = rest[at + 1..].split_once(end) else { break };
        if is_folder {
            folder = PathBuf::from(text);
        } else {
            found.push(folder.join(text));
            folder = PathBuf::new();
        }
        rest = after;
    }
    found
}
