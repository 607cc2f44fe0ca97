//! What a command printed, once its exit code is checked.

use assert_cmd::assert::Assert;
use serde_json::Value;

/// The output of a command that ended as it should.
pub trait Printed {
    /// Returns its stdout.
    #[track_caller]
    fn printed(&self) -> String;

    /// Returns its stderr.
    #[track_caller]
    fn told(&self) -> String;

    /// Returns its stdout, which is JSON.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.printed()).expect("it prints JSON")
    }
}

impl Printed for Assert {
    fn printed(&self) -> String {
        String::from_utf8(self.get_output().stdout.clone()).expect("stdout is UTF-8")
    }

    fn told(&self) -> String {
        String::from_utf8(self.get_output().stderr.clone()).expect("stderr is UTF-8")
    }
}
