//! Files and folders, and what of them a power cut cannot take.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use xtask::vault::verify;
use xtask::workspace::digest::sha256;

use super::trace::Op;

/// A file or folder, whatever its names are.
#[derive(Debug, Clone, Default)]
struct Node {
    /// What its folder's names stand for now, and for certain.
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    is_folder: bool,
    /// How often it was written, and how often when last synced.
    version: u32,
    synced_version: u32,
    /// The digests of its bytes, and of those packed in it, by version.
    contents: BTreeMap<u32, BTreeSet<String>>,
}

/// A place of a name: the folder, and the name in it.
type Place = (usize, String);

/// The disks of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Disks {
    nodes: Vec<Node>,
    roots: BTreeMap<PathBuf, usize>,
    /// Each rename, in order.
    renames: Vec<(Place, Place, usize)>,
    /// What is known of files to come, by version.
    known: BTreeMap<usize, BTreeMap<u32, BTreeSet<String>>>,
}

impl Disks {
    /// Returns the folders `roots` as they are, all of it synced.
    pub fn read(roots: &[&Path]) -> Self {
        let mut disks = Self::default();
        for root in roots {
            let node = disks.load(root);
            disks.roots.insert(root.to_path_buf(), node);
        }
        disks
    }

    /// Returns empty folders, and files with a content each.
    pub fn of(folders: &[&str], files: &[(&str, &str)]) -> Self {
        let mut disks = Self::default();
        for folder in folders {
            let node = disks.add(Node { is_folder: true, ..Node::default() });
            disks.roots.insert(PathBuf::from(folder), node);
        }
        for (path, content) in files {
            let contents = BTreeMap::from([(0, BTreeSet::from([(*content).to_owned()]))]);
            let node = disks.add(Node { contents, ..Node::default() });
            let (folder, name) = disks.place(Path::new(path)).unwrap();
            disks.nodes[folder].names.insert(name.clone(), node);
            disks.nodes[folder].synced_names.insert(name, node);
        }
        disks
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn load(&mut self, path: &Path) -> usize {
        let metadata = fs::symlink_metadata(path).unwrap();
        if !metadata.is_dir() {
            let contents = BTreeMap::from([(0, digests(path))]);
            return self.add(Node { contents, ..Node::default() });
        }
        let mut names = BTreeMap::new();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            names.insert(entry.file_name().into_string().unwrap(), self.load(&entry.path()));
        }
        self.add(Node { synced_names: names.clone(), names, is_folder: true, ..Node::default() })
    }

    /// Takes the bytes that `end`, which is now on the disk, has.
    pub fn learn(&mut self, end: &Self) {
        for (path, node) in end.files() {
            if !path.exists() {
                continue;
            }
            let version = BTreeMap::from([(end.nodes[node].version, digests(&path))]);
            match self.nodes.get_mut(node) {
                Some(node) => node.contents.extend(version),
                None => drop(self.known.insert(node, version)),
            }
        }
    }

    /// Returns the digests of all files, each with a name.
    pub fn contents(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (path, node) in self.files() {
            let path = path.display().to_string();
            let is_session = ["/logs", "/models", "policy", "session_", "/old/", ".zip"];
            if is_session.iter().any(|part| path.contains(part)) && !path.contains("/config/") {
                for digest in self.nodes[node].contents.values().flatten() {
                    found.insert(digest.clone(), path.clone());
                }
            }
        }
        found
    }

    fn files(&self) -> Vec<(PathBuf, usize)> {
        let mut files = Vec::new();
        let mut folders: Vec<(PathBuf, usize)> =
            self.roots.iter().map(|(path, node)| (path.clone(), *node)).collect();
        while let Some((path, folder)) = folders.pop() {
            for (name, node) in &self.nodes[folder].names {
                let list = if self.nodes[*node].is_folder { &mut folders } else { &mut files };
                list.push((path.join(name), *node));
            }
        }
        files
    }

    fn node(&self, path: &Path) -> Option<usize> {
        if let Some(root) = self.roots.get(path) {
            return Some(*root);
        }
        let (folder, name) = self.place(path)?;
        self.nodes[folder].names.get(&name).copied()
    }

    fn place(&self, path: &Path) -> Option<Place> {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((self.node(path.parent()?)?, name))
    }

    /// Does `op`; one on a path that is not known is none of the task's.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create(path) => drop(self.create(path, false)),
            Op::Mkdir(path) => drop(self.create(path, true)),
            Op::Write(path) => {
                if let Some(node) = self.create(path, false) {
                    self.nodes[node].version += 1;
                }
            }
            Op::Sync(path) => {
                if let Some(node) = self.node(path) {
                    self.sync(node);
                }
            }
            Op::Link(from, to) => {
                if let (Some(node), Some((folder, name))) = (self.node(from), self.place(to)) {
                    self.nodes[folder].names.insert(name, node);
                }
            }
            Op::Unlink(path) => {
                if let Some((folder, name)) = self.place(path) {
                    self.nodes[folder].names.remove(&name);
                }
            }
            Op::Rename(from, to) => {
                let (Some(from), Some(to)) = (self.place(from), self.place(to)) else { return };
                let Some(node) = self.nodes[from.0].names.remove(&from.1) else { return };
                self.nodes[to.0].names.insert(to.1.clone(), node);
                self.renames.push((from, to, node));
            }
        }
    }

    fn create(&mut self, path: &Path, is_folder: bool) -> Option<usize> {
        if let Some(node) = self.node(path) {
            return Some(node);
        }
        let (folder, name) = self.place(path)?;
        let node = self.nodes.len();
        let contents = self.known.get(&node).cloned().unwrap_or_default();
        self.nodes.push(Node { is_folder, contents, ..Node::default() });
        self.nodes[folder].names.insert(name, node);
        Some(node)
    }

    fn sync(&mut self, node: usize) {
        let it = &mut self.nodes[node];
        it.synced_version = it.version;
        it.synced_names = it.names.clone();
    }

    /// Whether some file with these bytes is certain to be there.
    pub fn is_certain(&self, digest: &str) -> bool {
        (0..self.nodes.len()).any(|node| {
            let it = &self.nodes[node];
            it.contents.get(&it.version).is_some_and(|digests| digests.contains(digest))
                && self.is_kept(node)
        })
    }

    /// Returns the files that a cut now may take, or bytes of them.
    pub fn uncertain_files(&self) -> Vec<String> {
        let files = self.files().into_iter().filter(|(_, node)| !self.is_kept(*node));
        files.map(|(path, _)| path.display().to_string()).collect()
    }

    fn is_kept(&self, node: usize) -> bool {
        let it = &self.nodes[node];
        it.synced_version == it.version && self.has_certain_name(node)
    }

    fn has_certain_name(&self, node: usize) -> bool {
        self.roots.values().any(|root| *root == node)
            || (0..self.nodes.len()).any(|folder| {
                let names = &self.nodes[folder].synced_names;
                let mut names = names.iter().filter(|(_, named)| **named == node);
                names.any(|(name, _)| self.is_place_kept(&(folder, name.clone()), node, 0))
            })
    }

    /// Whether `node`, certain to be at `place` unless something since
    /// then has happened, is there or where one of the renames from
    /// `first` on took it.
    fn is_place_kept(&self, place: &Place, node: usize, first: usize) -> bool {
        if !self.has_certain_name(place.0) {
            return false;
        }
        if self.nodes[place.0].names.get(&place.1) == Some(&node) {
            return true;
        }
        let renames = self.renames.iter().enumerate().skip(first);
        let mut renames = renames.filter(|(_, (from, _, it))| from == place && *it == node);
        renames.any(|(idx, (_, to, _))| self.is_place_kept(to, node, idx + 1))
    }
}

/// Returns the digest of a file's bytes; of an archive, those of the
/// files in it too.
fn digests(path: &Path) -> BTreeSet<String> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut digests = BTreeSet::from([sha256(bytes.as_slice(), bytes.len() as u64).unwrap().0]);
    if let Ok(Some(manifest)) = verify::read_manifest(path) {
        digests.extend(manifest.files.into_iter().map(|file| file.sha256));
    }
    digests
}
