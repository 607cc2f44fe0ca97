//! Each failure of restic: a sentence, a remedy, restic's words, a code.

use super::{Team, ran, stand_in, task};
use crate::support::{COMPLETES, Sandbox, tree};

const WHEN: &str = "2026-01-02T03:04:05Z";

#[track_caller]
fn check(command: &mut assert_cmd::Command, code: i32, words: &[&str]) {
    let ran = ran(command);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
}

#[test]
fn what_is_missing_is_told_with_its_remedy() {
    let Some(team) = Team::new() else { return };
    let sandbox = team.workspace();
    sandbox.archive(WHEN);
    check(
        sandbox.xtask(&["push"]).env("PATH", ""),
        20,
        &["no program `restic`", "apt install restic"],
    );
    check(&mut sandbox.xtask(&["push"]), 21, &["cargo xtask remote init", "  restic: Fatal"]);
    check(&mut Sandbox::new().xtask(&["remote", "check"]), 21, &["`archive.remote.repository`"]);
    task(&sandbox, &["remote", "init"]);
    sandbox.write("secret/password", "wrong\n");
    check(&mut sandbox.xtask(&["push"]), 22, &["does not open", "restic: Fatal: wrong password"]);
    sandbox.write("secret/password", "");
    check(&mut sandbox.xtask(&["remote", "check"]), 22, &["is not given"]);
    // The environment wins over the settings.
    let environment = [("RESTIC_PASSWORD", "correct horse")];
    sandbox.xtask(&["push"]).envs(environment).assert().code(0);
    let name = &sandbox.archive_names()[0];
    sandbox.write("logs/training.log", "more\n");
    sandbox.archive("2026-01-02T04:04:05Z");
    // A relative one starts from where the task was typed.
    let relative = [("RESTIC_REPOSITORY", "repository"), ("RESTIC_PASSWORD_FILE", "password")];
    std::fs::write(team.path("password"), "correct horse").unwrap();
    let mut push = sandbox.xtask(&["push", "--all"]);
    push.current_dir(team.path("")).envs(relative).assert().code(0);
    assert_eq!(team.snapshots().len(), 2, "{name}");
    let elsewhere = [("RESTIC_REPOSITORY", "sftp://nobody@127.0.0.1:1//x")];
    check(
        sandbox.xtask(&["list", "--remote"]).envs(environment).envs(elsewhere),
        23,
        &["cannot be reached"],
    );
    let s3 = [
        ("RESTIC_REPOSITORY", "s3:http://127.0.0.1:1/bucket"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    check(
        sandbox.xtask(&["list", "--remote"]).envs(environment).envs(s3),
        23,
        &["cannot be reached"],
    );
}

#[test]
fn the_words_of_stores_and_newer_versions_are_understood() {
    let sandbox = Sandbox::with_session();
    for (code, words, expected) in [
        (1, "Save(<data/5e>) failed: write /r/data/5e: no space left on device", 24),
        (1, "client.PutObject: XMinioStorageFull: Storage backend has reached its limit", 24),
        (1, "unable to create lock in backend: write: disk quota exceeded", 24),
        (1, "unable to create lock in backend: repository is already locked by PID 7 on b", 11),
        (11, "{\"message_type\":\"exit_error\",\"code\":11,\"message\":\"locked\"}", 11),
        (10, "{\"message_type\":\"exit_error\",\"code\":10,\"message\":\"none\"}", 21),
        (12, "{\"message_type\":\"exit_error\",\"code\":12,\"message\":\"Fatal: wrong\"}", 22),
        (1, "Fatal: unable to open config file: Stat: Access Denied.", 23),
        (1, "Fatal: unable to open config file: Head: lookup host: no such host", 23),
        (1, "Load(<data/12>, 0, 0) returned error, retrying: ciphertext verification failed", 25),
        (1, "Fatal: an empty password is not allowed by default. Pass the flag", 22),
        (1, "Resolving password failed: exit status 1", 22),
        (1, "Fatal: create repository at /proc/x failed: mkdir /proc/x: no such file", 23),
        (
            1,
            "Fatal: create repository at s3:x failed: s3: invalid format, bucket name not found",
            21,
        ),
        (1, "Save(<lock/5e>) failed: open /r/locks/5e: read-only file system", 23),
        (1, "Fatal: something new", 26),
    ] {
        let script = format!(
            "if [ \"$1\" = version ]; then echo restic 0.18.0; exit; fi\n\
             case \"$1\" in list|unlock) exit 0 ;; esac\n\
             cat >&2 <<'END'\n{words}\nEND\nexit {code}"
        );
        let path = stand_in(sandbox.root(), &script);
        let mut command = sandbox.xtask(&["list", "--remote"]);
        command.env("RESTIC_REPOSITORY", "/r").env("RESTIC_PASSWORD", "p").env("PATH", path);
        let ran = ran(&mut command);
        assert_eq!(ran.code, expected, "{words}: {}", ran.stderr);
        let first = ran.stderr.lines().next().unwrap();
        assert!(first.starts_with("error: ") && ran.stderr.lines().count() > 1, "{}", ran.stderr);
    }
    let path = stand_in(sandbox.root(), "echo restic 0.9.6");
    let mut command = sandbox.xtask(&["remote", "check"]);
    check(command.env("RESTIC_REPOSITORY", "/r").env("PATH", path), 20, &["0.14 or newer"]);
}

#[test]
fn a_repository_has_a_place_of_its_own() {
    let sandbox = Sandbox::with_session();
    for place in [".", "archives", "archives/x", "local:logs", "backups/../models", ".trainvault"] {
        let mut init = sandbox.xtask(&["remote", "init"]);
        init.env("RESTIC_REPOSITORY", place).env("RESTIC_PASSWORD", "p");
        check(init.current_dir(sandbox.root()), 2, &["a place of its own"]);
    }
    let Some(team) = Team::new() else { return };
    let mut init = sandbox.xtask(&["remote", "init"]);
    init.env("RESTIC_REPOSITORY", team.path("archives")).env("RESTIC_PASSWORD", "p");
    init.assert().code(0);
}

#[test]
fn no_secret_is_shown_stored_or_archived() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = Sandbox::with_session();
    // The password lies where archives look.
    sandbox.write("config/password", "correct horse\n");
    let repository = &team.repository;
    let settings = format!(
        r#"{{"archive": {{"remote": {{"repository": "{repository}", "password_file": "config/password"}}}}}}"#
    );
    sandbox.write("config/config.json", &settings);
    sandbox.archive(WHEN);
    task(&sandbox, &["push"]);
    let shown = task(&sandbox, &["show", "latest"]).to_string();
    assert!(shown.contains("config/config.json") && !shown.contains("config/password"), "{shown}");

    // Nor does a trainer see any, which may write down what it sees.
    let trainer = sandbox.trainer(&format!("env > logs/training.log\n{COMPLETES}"));
    let mut train = sandbox.xtask(&["train", "--push", "--trainer-bin"]);
    let secrets = [("RESTIC_PASSWORD", "correct horse"), ("RESTIC_REST_PASSWORD", "hunter22")];
    train.arg(trainer).envs(secrets);
    let ran = super::ran(&mut train);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let printed = ran.stdout + &ran.stderr;
    let mut texts = tree(sandbox.root());
    texts.remove("config/password");
    texts.insert("told".to_owned(), printed.into_bytes());
    for (name, bytes) in texts {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("correct horse") && !text.contains("hunter22"), "{name}");
    }

    let url = "rest:http://mary:hunter22@127.0.0.1:1/";
    let ran = super::ran(sandbox.xtask(&["remote", "check"]).env("RESTIC_REPOSITORY", url));
    assert_eq!(ran.code, 23, "{}", ran.stderr);
    assert!(ran.stderr.contains("mary") && !ran.stderr.contains("hunter22"), "{}", ran.stderr);
    // What the settings hold is archived: no password may be there.
    sandbox.write("config/config.json", &settings.replace(repository.as_str(), url));
    let ran = super::ran(&mut sandbox.xtask(&["list"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("RESTIC_REPOSITORY") && !ran.stderr.contains("hunter22"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_lock_of_a_dead_process_is_taken_off_and_that_of_another_machine_is_not() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    sandbox.archive(WHEN);
    task(&sandbox, &["push"]);
    // A push that is killed leaves its lock, which keeps a prune out.
    let mut push = team.restic_std(&["backup", "--stdin", "--stdin-filename", "x"]);
    let mut child = push.stdin(std::process::Stdio::piped()).spawn().unwrap();
    team.wait_for_lock();
    child.kill().unwrap();
    child.wait().unwrap();
    let checked = super::run(&sandbox, &["remote", "check"]);
    assert_eq!(checked.code, 3, "{}", checked.stderr);
    assert!(checked.stderr.contains("which has ended"), "{}", checked.stderr);
    task(&sandbox, &["prune", "--remote", "--keep", "1"]);
    task(&sandbox, &["remote", "check"]);
}

#[test]
fn a_store_that_does_not_answer_is_told_of_while_restic_would_go_on() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(WHEN);
    let refused = "Head \"http://mary:***@127.0.0.1:1/\": connect: connection refused";
    let retries = |waits: [&str; 2]| {
        let retry = |wait: &str| {
            format!("Stat(<config/>) returned error, retrying after {wait}: {refused}")
        };
        format!(
            "if [ \"$1\" = version ]; then echo restic 0.18.0; exit; fi\n\
             cat >&2 <<'END'\n{}\n{}\nEND\nexec sleep 20",
            retry(waits[0]),
            retry(waits[1])
        )
    };
    let environment = [("RESTIC_REPOSITORY", "/r"), ("RESTIC_PASSWORD", "p")];
    for task in [&["list", "--remote"][..], &["remote", "check"], &["push"]] {
        let path = stand_in(sandbox.root(), &retries(["818.827996ms", "15.313303324s"]));
        let start = std::time::Instant::now();
        check(
            sandbox.xtask(task).envs(environment).env("PATH", path),
            23,
            &["cannot be reached", "connection refused"],
        );
        assert!(start.elapsed().as_secs() < 15, "{task:?}");
    }
    // The last unit of a wait is not all of it.
    let path = stand_in(sandbox.root(), &retries(["700ms", "1h1m0.5s"]));
    let mut list = sandbox.xtask(&["list", "--remote"]);
    check(list.envs(environment).env("PATH", path), 23, &["cannot be reached"]);
    // Waits that are short do no harm.
    let waits = retries(["818.827996ms", "1.5s"]).replace("exec sleep 20", "sleep 1; exit 1");
    let path = stand_in(sandbox.root(), &waits);
    let start = std::time::Instant::now();
    let mut list = sandbox.xtask(&["list", "--remote"]);
    check(list.envs(environment).env("PATH", path), 23, &["cannot be reached"]);
    assert!(start.elapsed().as_millis() >= 1000);
}
