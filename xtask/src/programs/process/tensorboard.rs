//! Runs the user's TensorBoard.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use super::shell;

/// How long it may take to end after ctrl-C.
const GRACE: Duration = Duration::from_secs(2);

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
            std::thread::sleep(GRACE);
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
