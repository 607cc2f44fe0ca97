//! Archives: writing, reading back, listing, restoring and retention.
//!
//! A `Receipt` exists only after every byte of an archive was read back.
//! Deletions are planned by a pure function before anything is deleted.
//! This folder may use `programs` and `workspace`, and never prints.

pub mod annotate;
pub mod annotations;
pub mod archive;
pub mod archive_folder;
pub mod catalog;
pub mod diff;
pub mod fixed_folders;
pub mod manifest;
pub mod name;
pub mod order;
pub mod receipts;
pub mod relocate;
pub mod remote;
pub mod restore;
pub mod retention;
pub mod ruin;
pub mod scan;
pub mod seal;
pub mod session;
mod sparse;
pub mod trash;
pub mod verify;
