//! Runs small programs of the system, and the user's TensorBoard.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use super::shell;

/// Opens `file` in the user's default program.
pub fn open_file(file: &Path) -> Result<()> {
    let shell = shell()?;
    let command = if cfg!(windows) {
        // Not `cmd /C start`, which interprets `&` in a name.
        cmd!(shell, "rundll32 url.dll,FileProtocolHandler {file}")
    } else if cfg!(target_os = "macos") {
        cmd!(shell, "open {file}")
    } else {
        cmd!(shell, "xdg-open {file}")
    };
    command
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .with_context(|| format!("no program shows `{}`; open it in a browser", file.display()))
}

/// Returns the free space on the disk of `folder`, in bytes, by `df`;
/// `None` if that is not installed.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let shell = shell().ok()?;
    // The POSIX format: one line for the disk, in units of 1024.
    let table = cmd!(shell, "df -P -k -- {folder}").quiet().ignore_stderr().read().ok()?;
    let free = table.lines().nth(1)?.split_whitespace().rev().nth(2)?;
    free.parse::<u64>().ok()?.checked_mul(1024)
}

/// Returns the width of the terminal, by `stty`; `None` without that
/// program or a terminal.
pub fn terminal_columns() -> Option<usize> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let shell = shell().ok()?;
    let output = Command::from(cmd!(shell, "stty size"))
        .stdin(terminal)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let size = String::from_utf8(output.stdout).ok()?;
    let n_columns = size.split_whitespace().nth(1)?.parse().ok()?;
    (n_columns > 0).then_some(n_columns)
}

/// How long it may take to end after ctrl-C.
const TENSORBOARD_GRACE: Duration = Duration::from_secs(2);

/// Runs the TensorBoard `program` until it ends, and returns whether it
/// succeeded. A signal to this process stops it.
pub fn tensorboard(program: &Path, arguments: &[OsString], interrupt: &AtomicBool) -> Result<bool> {
    let shell = shell()?;
    let mut command = Command::from(cmd!(shell, "{program} {arguments...}"));
    let mut child = match command.stdin(Stdio::null()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no program `{}`; install it by `pip install tensorboard`, or name it by \
             `--tensorboard-bin PATH`",
            program.display()
        ),
        child => child.with_context(|| format!("failed to start `{}`", program.display()))?,
    };
    loop {
        if let Some(status) = child.try_wait().context("failed to wait for TensorBoard")? {
            // It usually ends by ctrl-C, which is not a failure.
            return Ok(status.success() || interrupt.load(Ordering::Relaxed));
        }
        if interrupt.load(Ordering::Relaxed) {
            // A terminal's ctrl-C reaches it too; killing is safe, it only reads.
            std::thread::sleep(TENSORBOARD_GRACE);
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
