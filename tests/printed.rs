//! What a command printed, once its exit code is checked.

use assert_cmd::assert::Assert;
use serde_json::Value;

/// The output of a command that ended as it should.
pub trait Printed {
    /// Returns its stdout.
    fn printed(&self) -> String;

    /// Returns its stderr.
    fn told(&self) -> String;

    /// Returns its stdout, which is JSON.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.printed()).expect("it prints JSON")
    }
}

impl Printed for Assert {
    fn printed(&self) -> String {
        String::from_utf8_lossy(&self.get_output().stdout).into_owned()
    }

    fn told(&self) -> String {
        String::from_utf8_lossy(&self.get_output().stderr).into_owned()
    }
}
