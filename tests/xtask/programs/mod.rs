#[cfg(unix)]
pub mod features;
#[cfg(unix)]
pub mod git;
