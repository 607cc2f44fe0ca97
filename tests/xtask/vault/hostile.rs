use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use xtask::vault::manifest::{ArchiveKind, FileEntry, Manifest, Totals};
use xtask::vault::verify::{ReadOptions, check};
use xtask::workspace::digest::sha256;

use crate::rawzip::{Raw, deflated, zip};
use crate::support::{Sandbox, time, tree};

const ARCHIVE: &str = "w/archives/training_backup_20260101_000000.zip";

/// A workspace beside a secret, with one hostile zip.
struct Trap {
    sandbox: Sandbox,
}

impl Trap {
    fn of(bytes: &[u8]) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("secret", "secret");
        sandbox.write(ARCHIVE, "");
        fs::write(sandbox.path(ARCHIVE), bytes).unwrap();
        Self { sandbox }
    }

    fn task(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.sandbox.root()).args(["--root", "w", "--format", "json"]);
        let output = command.args(arguments).output().unwrap();
        let code = output.status.code().expect("it ends by itself");
        assert_ne!(code, 101, "{}", String::from_utf8_lossy(&output.stderr));
        (code, serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// Restores into `w/out` and into the workspace. Nothing may be
    /// written elsewhere, and only `names`; the exit code is `code`.
    #[track_caller]
    fn springs(&self, code: i32, names: &[&str]) {
        assert_eq!(self.task(&["restore", "latest", "--into", "w/out"]).0, code);
        assert_eq!(self.written("w/out/"), names);
        fs::remove_dir_all(self.sandbox.path("w/out")).unwrap_or_default();
        assert_eq!(self.task(&["restore", "latest"]).0, code);
        assert_eq!(self.written("w/"), names);
    }

    /// Returns what lies in `folder`, and checks that nothing is new
    /// elsewhere.
    #[track_caller]
    fn written(&self, folder: &str) -> Vec<String> {
        let mut all = tree(self.sandbox.root());
        assert_eq!(all.remove("secret").unwrap(), b"secret");
        all.remove(ARCHIVE).unwrap();
        all.remove("w/.trainvault/lock");
        all.into_keys()
            .map(|path| path.strip_prefix(folder).expect("within the target").to_owned())
            .collect()
    }

    fn damage(&self) -> Vec<String> {
        let damage = check(&self.sandbox.path(ARCHIVE), ReadOptions::default()).unwrap().damage;
        damage.into_iter().map(|damage| damage.problem).collect()
    }
}

fn file(name: impl AsRef<[u8]>) -> Raw {
    Raw::file(name, b"content")
}

fn good() -> Raw {
    Raw::file("logs/good.log", b"good")
}

/// Returns an entry of the manifest that tells the truth of `raw`.
fn entry(raw: &Raw) -> FileEntry {
    FileEntry {
        path: String::from_utf8(raw.name.clone()).unwrap(),
        raw_path_hex: None,
        size_bytes: raw.content.len() as u64,
        modified_at: time("2026-01-01T00:00:00Z"),
        mode: "0644".to_owned(),
        sha256: sha256(raw.content.as_slice(), u64::MAX - 1).unwrap().0,
    }
}

/// Returns a zip of `raws` whose manifest names `files`.
fn sealed(raws: &[Raw], files: Vec<FileEntry>) -> Vec<u8> {
    let manifest = Manifest {
        format: 1,
        name: "training_backup_20260101_000000.zip".to_owned(),
        kind: ArchiveKind::Manual,
        created_at: time("2026-01-01T00:00:00Z"),
        run_number: 1,
        tool_version: "0.1.0".to_owned(),
        session: None,
        git: None,
        tags: Vec::new(),
        note: None,
        pinned: false,
        files,
        empty_folders: vec!["../outside".to_owned(), "logs/empty".to_owned()],
        folders: Vec::new(),
        skipped: Vec::new(),
        totals: Totals { n_files: 0, size_bytes: 0 },
    };
    let manifest = Raw::file("MANIFEST.json", &manifest.to_bytes());
    zip(&[raws, &[manifest]].concat())
}

const BAD_NAMES: [&str; 13] = [
    "../evil",
    "logs/../../evil",
    "/evil",
    "C:/evil",
    "c:evil",
    "..\\evil",
    "logs\\..\\..\\evil",
    "logs//evil",
    "./evil",
    "logs/./evil",
    "logs/..",
    "evil\0.txt",
    "evil\n",
];

#[test]
fn names_that_lead_outside_are_refused_and_the_rest_restored() {
    for name in BAD_NAMES {
        let trap = Trap::of(&zip(&[file(name), good()]));
        trap.springs(3, &["logs/good.log"]);
        assert_eq!(trap.damage().len(), 1, "{name:?}");
    }
}

#[test]
fn a_manifest_with_such_names_is_no_better() {
    for name in BAD_NAMES {
        let raws = [file(name), good()];
        let trap = Trap::of(&sealed(&raws, raws.iter().map(entry).collect()));
        trap.springs(3, &["logs/good.log"]);
        assert!(trap.sandbox.path("w/logs/empty").is_dir());
        assert!(!trap.sandbox.path("outside").exists());
    }
}

#[test]
fn a_raw_path_must_be_the_path_that_is_shown() {
    let hex = |path: &str| path.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for raw in ["../evil", "/evil", "logs/other", "logs/good.log/../../../evil", "logs/good.log\0"]
    {
        let entry = FileEntry { raw_path_hex: Some(hex(raw)), ..entry(&good()) };
        let trap = Trap::of(&sealed(&[good()], vec![entry]));
        trap.springs(3, &[]);
    }
    let entry = FileEntry { raw_path_hex: Some(hex("logs/good.log")), ..entry(&good()) };
    let trap = Trap::of(&sealed(&[good()], vec![entry]));
    assert_eq!(trap.task(&["restore", "latest", "--into", "w/out", "--only", "logs"]).0, 0);
}

#[test]
fn the_stores_and_git_are_never_written_in_the_workspace() {
    let names = [
        ".git/hooks/post-commit",
        ".GIT/config",
        "archives/training_backup_20270101_000000.zip",
        "backups/x",
        ".trainvault/lock",
        "target/debug/xtask",
        "root_checkpoints/../.git/config",
        "git/dirty.patch",
    ];
    let mut raws: Vec<Raw> = names.iter().map(file).collect();
    raws.push(good());
    let trap = Trap::of(&zip(&raws));
    assert_eq!(trap.task(&["restore", "latest", "--overwrite", "always"]).0, 3);
    assert_eq!(trap.written("w/"), ["logs/good.log"]);
}

#[test]
fn symlinks_and_devices_in_a_zip_are_refused() {
    for mode in [0o120_777, 0o020_666, 0o060_666, 0o140_777] {
        let link = Raw { unix_mode: mode, ..Raw::file("logs/link", b"../../secret") };
        let through = Raw::file("logs/link/evil", b"x");
        let trap = Trap::of(&zip(&[link, good(), through]));
        trap.springs(3, &["logs/good.log", "logs/link/evil"]);
    }
    let link = Raw { unix_mode: 0o120_777, ..Raw::file("logs/link", b"/etc/passwd") };
    let trap = Trap::of(&sealed(&[link.clone(), good()], vec![entry(&link), entry(&good())]));
    trap.springs(3, &["logs/good.log"]);
}

#[test]
fn a_setuid_bit_is_not_restored() {
    use std::os::unix::fs::PermissionsExt;
    let trap = Trap::of(&zip(&[Raw { unix_mode: 0o106_755, ..good() }]));
    trap.task(&["restore", "latest", "--into", "w/out"]);
    let mode = fs::metadata(trap.sandbox.path("w/out/logs/good.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn nothing_is_written_through_a_symlink_in_the_target() {
    for policy in ["never", "if-changed", "always"] {
        let trap = Trap::of(&zip(&[good(), file("secret")]));
        let sandbox = &trap.sandbox;
        fs::create_dir_all(sandbox.path("elsewhere")).unwrap();
        fs::create_dir_all(sandbox.path("w/out")).unwrap();
        symlink(sandbox.path("elsewhere"), sandbox.path("w/out/logs")).unwrap();
        symlink(sandbox.path("secret"), sandbox.path("w/out/secret")).unwrap();
        let arguments = ["restore", "latest", "--into", "w/out", "--overwrite", policy];
        let (code, document) = trap.task(&arguments);
        assert_eq!(code, 1);
        assert_eq!(document["plan"]["conflicts"].as_array().unwrap().len(), 2);
        assert_eq!(fs::read_dir(sandbox.path("elsewhere")).unwrap().count(), 0);
        assert_eq!(sandbox.read("secret"), "secret");
    }
}

#[test]
fn the_target_itself_may_be_a_symlink() {
    let trap = Trap::of(&zip(&[good()]));
    fs::create_dir_all(trap.sandbox.path("w/real")).unwrap();
    symlink(trap.sandbox.path("w/real"), trap.sandbox.path("w/out")).unwrap();
    assert_eq!(trap.task(&["restore", "latest", "--into", "w/out"]).0, 0);
    assert_eq!(trap.sandbox.read("w/real/logs/good.log"), "good");
}

#[test]
fn a_draft_is_not_written_through_a_symlink() {
    let trap = Trap::of(&zip(&[good()]));
    fs::create_dir_all(trap.sandbox.path("w/out/logs")).unwrap();
    let draft = trap.sandbox.path("w/out/logs/.good.log.partial");
    symlink(trap.sandbox.path("secret"), draft).unwrap();
    assert_eq!(trap.task(&["restore", "latest", "--into", "w/out"]).0, 0);
    assert_eq!(trap.sandbox.read("secret"), "secret");
    assert_eq!(trap.sandbox.read("w/out/logs/good.log"), "good");
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let twice = [Raw::file("logs/a", b"one"), Raw::file("logs/a", b"two"), good()];
    Trap::of(&zip(&twice)).springs(3, &["logs/good.log"]);
    assert!(!Trap::of(&zip(&twice)).damage().is_empty());
    // A digest tells which of them is meant.
    let trap = Trap::of(&sealed(&twice, vec![entry(&twice[0]), entry(&good())]));
    trap.springs(3, &["logs/a", "logs/good.log"]);
    assert_eq!(trap.sandbox.read("w/logs/a"), "one");
}

#[test]
fn two_entries_that_belong_at_one_place_are_not_both_restored() {
    let raws = [Raw::file("policy.pth", b"a"), Raw::file("root_checkpoints/policy.pth", b"b")];
    let trap = Trap::of(&zip(&raws));
    trap.springs(3, &["policy.pth"]);
    assert_eq!(trap.sandbox.read("w/policy.pth"), "a");
    let raws = [Raw::file("logs/a", b"a"), Raw::file("logs/a/b", b"b"), good()];
    Trap::of(&zip(&raws)).springs(3, &["logs/a", "logs/good.log"]);
}

#[test]
fn names_that_differ_in_case_or_accents_stay_two_files_here() {
    let names = ["logs/A", "logs/a", "logs/caf\u{e9}", "logs/cafe\u{301}"];
    let raws: Vec<Raw> = names.iter().map(|name| Raw::file(name, name.as_bytes())).collect();
    let trap = Trap::of(&zip(&raws));
    trap.springs(0, &["logs/A", "logs/a", "logs/cafe\u{301}", "logs/caf\u{e9}"]);
    assert_eq!(trap.sandbox.read("w/logs/A"), "logs/A");
}

#[test]
fn names_that_are_not_utf_8_are_read_in_the_old_code_page() {
    let trap = Trap::of(&zip(&[Raw::file(b"logs/caf\x82.log", b"x"), good()]));
    trap.springs(0, &["logs/café.log", "logs/good.log"]);
}

#[test]
fn entries_that_share_bytes_are_refused_and_never_unpacked() {
    let kernel = Raw {
        size_bytes: Some(4 << 20),
        crc: Some(crate::rawzip::crc32(&vec![0; 4 << 20])),
        method: 8,
        ..Raw::file("logs/0", &deflated(&vec![0; 4 << 20]))
    };
    let mut raws = vec![kernel.clone()];
    // 42 kB that would unpack to 2 GB.
    raws.extend((1..500).map(|n| Raw {
        name: format!("logs/{n}").into_bytes(),
        shares: Some(0),
        ..kernel.clone()
    }));
    raws.push(good());
    let bytes = zip(&raws);
    assert!(bytes.len() < 64_000, "{}", bytes.len());
    let trap = Trap::of(&bytes);
    trap.springs(3, &["logs/good.log"]);
    assert!(trap.damage().iter().any(|problem| problem.contains("overlap")));
}

#[test]
fn a_size_that_lies_bounds_what_is_unpacked() {
    let packed = deflated(&vec![0; 8 << 20]);
    let crc = Some(crate::rawzip::crc32(&vec![0; 8 << 20]));
    let lies = |size_bytes| Raw {
        size_bytes: Some(size_bytes),
        method: 8,
        crc,
        ..Raw::file("logs/bomb", &packed)
    };
    for size_bytes in [0, 10, 8 << 20 | 1, 1 << 30, u32::MAX - 1] {
        Trap::of(&zip(&[lies(size_bytes), good()])).springs(3, &["logs/good.log"]);
    }
    Trap::of(&zip(&[lies(8 << 20), good()])).springs(0, &["logs/bomb", "logs/good.log"]);
    // The manifest's size bounds it, whatever the zip says.
    let small = FileEntry { size_bytes: 10, ..entry(&lies(8 << 20)) };
    let trap = Trap::of(&sealed(&[lies(8 << 20), good()], vec![small, entry(&good())]));
    trap.springs(3, &["logs/good.log"]);
    let compressed = Raw { compressed_bytes: Some(1 << 30), ..lies(8 << 20) };
    Trap::of(&zip(&[good(), compressed])).springs(3, &["logs/good.log"]);
}

#[test]
fn more_than_the_disk_holds_is_refused_before_anything_is_written() {
    let huge = FileEntry { size_bytes: u64::MAX, ..entry(&file("logs/huge")) };
    let trap = Trap::of(&sealed(&[file("logs/huge"), good()], vec![huge.clone(), entry(&good())]));
    trap.springs(1, &[]);
}

#[test]
fn a_huge_manifest_does_not_fill_the_memory() {
    // 64 MB of spaces in 65 kB.
    let spaces = vec![b' '; 64 << 20];
    let manifest = Raw {
        size_bytes: Some(64 << 20),
        crc: Some(0),
        method: 8,
        ..Raw::file("MANIFEST.json", &deflated(&spaces))
    };
    drop(spaces);
    let trap = Trap::of(&zip(&[good(), manifest]));
    let problem = trap.damage().join("\n");
    assert!(problem.contains("no real one does"), "{problem}");
    trap.springs(3, &["logs/good.log"]);
    let deep = Raw::file("MANIFEST.json", "[".repeat(1 << 20).as_bytes());
    Trap::of(&zip(&[good(), deep])).springs(3, &["logs/good.log"]);
}

#[test]
fn an_encrypted_or_unknown_entry_is_listed_as_lost() {
    let unknown = Raw { method: 99, ..file("logs/x") };
    let trap = Trap::of(&zip(&[unknown, good()]));
    trap.springs(3, &["logs/good.log"]);
}

/// 1,000 entries here, 100,000 in the slow suite: too many for the
/// counts of a plain zip, so they are written by a real writer.
#[test]
fn many_entries_are_restored() {
    use std::io::Write;
    let is_slow = std::env::var_os("RUN_SLOW_TESTS").is_some();
    let n_entries = if is_slow { 100_000 } else { 1_000 };
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for n in 0..n_entries {
        // Names of the old code page, the slow case of a zip reader.
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("logs/{:03}/{n}.log", n % 1000), options).unwrap();
        zip.write_all(n.to_string().as_bytes()).unwrap();
    }
    let trap = Trap::of(zip.finish().unwrap().get_ref());
    let start = std::time::Instant::now();
    assert_eq!(trap.task(&["verify"]).0, 0);
    let verified = start.elapsed();
    let (code, document) = trap.task(&["restore", "latest", "--into", "w/out"]);
    assert_eq!((code, document["restored"].as_array().unwrap().len()), (0, n_entries));
    let restored = start.elapsed().saturating_sub(verified);
    println!("{n_entries} entries: verified in {verified:?}, restored in {restored:?}");
    let n_files = (0..1000).map(|n| trap.sandbox.path(&format!("w/out/logs/{n:03}")));
    let n_files: usize = n_files.map(|path: std::path::PathBuf| count(&path)).sum();
    assert_eq!(n_files, n_entries);
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}
