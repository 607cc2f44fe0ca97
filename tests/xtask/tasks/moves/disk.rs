//! Other disks: shared memory, mounts where this user may, overlays.

#![expect(clippy::print_stdout, reason = "a test that tries less, or how much, says so")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::Sandbox;

/// Returns a folder on another disk than that of temporary files.
pub fn other_disk() -> TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let disk = |path: &Path| fs::metadata(path).unwrap().dev();
    if disk(folder.path()) == disk(&std::env::temp_dir()) {
        println!("SKIPPED IN PART: /dev/shm is no other disk here; links are tried on one disk");
    }
    folder
}

/// Something mounted, until it is dropped.
pub struct Mount {
    path: PathBuf,
}

impl Mount {
    /// Mounts what `arguments` say on `path`; `None`, and says so, where
    /// this user may not.
    pub fn on(path: &Path, arguments: &[&str]) -> Option<Self> {
        let mut mount = Command::new("mount");
        let output = mount.args(arguments).arg(path).output();
        if output.is_ok_and(|output| output.status.success()) {
            return Some(Self { path: path.to_owned() });
        }
        println!("SKIPPED: mounting needs root; the tests on links try the same without");
        None
    }

    /// Mounts a disk of `size` on `folder`, which keeps its content.
    pub fn over(sandbox: &Sandbox, folder: &str, size: &str) -> Option<Self> {
        Self::filled(sandbox, folder, &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
    }

    /// Mounts `elsewhere` on `folder`, which keeps its content.
    pub fn bind(sandbox: &Sandbox, folder: &str, elsewhere: &Path) -> Option<Self> {
        Self::filled(sandbox, folder, &["--bind", elsewhere.to_str().unwrap()])
    }

    fn filled(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Option<Self> {
        let path = sandbox.path(folder);
        fs::create_dir_all(&path).unwrap();
        let aside = sandbox.path("aside");
        fs::rename(&path, &aside).unwrap();
        fs::create_dir(&path).unwrap();
        let mount = Self::on(&path, arguments);
        let copied = Command::new("cp").arg("-aT").arg(&aside).arg(&path).status().unwrap();
        assert!(copied.success());
        fs::remove_dir_all(&aside).unwrap();
        mount
    }

    /// Mounts it again with other `options`.
    pub fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        assert!(mount.args(["-o", &options]).arg(&self.path).status().unwrap().success());
    }

    #[track_caller]
    pub fn assert_mounted(&self) {
        assert!(Command::new("mountpoint").arg("-q").arg(&self.path).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.path).status().unwrap();
    }
}

/// Returns the workspace that `make` makes as the lower layer of an
/// overlay, with all layers in `layers`.
pub fn on_overlay(layers: &Path, make: impl Fn() -> Sandbox) -> Option<(Sandbox, Mount)> {
    let lower = layers.join("lower");
    let source = make();
    let copied = Command::new("cp").arg("-a").arg(source.root()).arg(&lower).status().unwrap();
    assert!(copied.success());
    for layer in ["upper", "work"] {
        fs::create_dir(layers.join(layer)).unwrap();
    }
    let sandbox = Sandbox::new();
    let path = |layer: &str| layers.join(layer).to_str().unwrap().to_owned();
    let options = format!(
        "lowerdir={},upperdir={},workdir={},redirect_dir=off",
        path("lower"),
        path("upper"),
        path("work")
    );
    let mount = Mount::on(sandbox.root(), &["-t", "overlay", "overlay", "-o", &options])?;
    Some((sandbox, mount))
}
