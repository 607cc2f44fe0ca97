pub mod config;
#[cfg(unix)]
pub mod filesystems;
pub mod globs;
#[cfg(unix)]
pub mod lock;
#[cfg(unix)]
pub mod shared;
pub mod windows;
