#[cfg(unix)]
pub mod git;
#[cfg(unix)]
pub mod lack;
