//! The environment that is passed on to programs.

use std::process::Command;

/// Removes restic's variables from the environment of `command`, which
/// has no use for them: most are secrets, and it may log its environment.
pub fn remove_restic_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RESTIC_") {
            command.env_remove(name);
        }
    }
}
