//! Presents a session: report page, tables, exports, live view.
//!
//! It reads the files that a session wrote, of any version, and changes
//! none of them. It may use `learning`, `session`, `account`, `market`.

#[cfg(feature = "full")]
pub mod export;
pub mod report;
#[cfg(feature = "full")]
pub mod watch;
