#[cfg(unix)]
pub mod features;
#[cfg(unix)]
pub mod git;
#[cfg(unix)]
pub mod trainer;
