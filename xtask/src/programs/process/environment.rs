//! What a program finds of this process's environment.

use std::process::Command;

/// Takes restic's settings from the environment of `command`, which has
/// no use for them: most are secrets, or hold one, and it may write down
/// what it sees.
pub fn hide_restic(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RESTIC_") {
            command.env_remove(name);
        }
    }
}
