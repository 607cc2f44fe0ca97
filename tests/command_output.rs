//! What a command printed, and the code that it ended with.

use std::process::Output;

use assert_cmd::assert::Assert;
use serde_json::Value;

/// A command that ended.
pub trait CommandOutput {
    fn output(&self) -> &Output;

    /// Returns its stdout.
    #[track_caller]
    fn stdout_text(&self) -> String {
        String::from_utf8(self.output().stdout.clone()).expect("stdout is UTF-8")
    }

    /// Returns its stderr.
    #[track_caller]
    fn stderr_text(&self) -> String {
        String::from_utf8(self.output().stderr.clone()).expect("stderr is UTF-8")
    }

    /// Returns its stdout, which is JSON.
    #[track_caller]
    fn stdout_json(&self) -> Value {
        serde_json::from_str(&self.stdout_text()).expect("it prints JSON")
    }

    #[track_caller]
    fn exit_code(&self) -> i32 {
        self.output().status.code().expect("it ended by itself")
    }
}

impl CommandOutput for Assert {
    fn output(&self) -> &Output {
        self.get_output()
    }
}

impl CommandOutput for Output {
    fn output(&self) -> &Output {
        self
    }
}
