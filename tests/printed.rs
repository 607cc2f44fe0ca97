//! What a command printed, and the code that it ended with.

use std::process::Output;

use assert_cmd::assert::Assert;
use serde_json::Value;

/// A command that ended.
pub trait Printed {
    fn ended(&self) -> &Output;

    /// Returns its stdout.
    #[track_caller]
    fn printed(&self) -> String {
        String::from_utf8(self.ended().stdout.clone()).expect("stdout is UTF-8")
    }

    /// Returns its stderr.
    #[track_caller]
    fn told(&self) -> String {
        String::from_utf8(self.ended().stderr.clone()).expect("stderr is UTF-8")
    }

    /// Returns its stdout, which is JSON.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.printed()).expect("it prints JSON")
    }

    #[track_caller]
    fn exit_code(&self) -> i32 {
        self.ended().status.code().expect("it ended by itself")
    }
}

impl Printed for Assert {
    fn ended(&self) -> &Output {
        self.get_output()
    }
}

impl Printed for Output {
    fn ended(&self) -> &Output {
        self
    }
}
