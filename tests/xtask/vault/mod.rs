pub mod annotations;
#[cfg(unix)]
pub mod archive;
pub mod archive_folder;
pub mod cache;
pub mod damage;
pub mod diff;
#[cfg(unix)]
pub mod hostile;
#[cfg(unix)]
pub mod in_motion;
pub mod name;
#[cfg(unix)]
pub mod pack;
#[cfg(unix)]
pub mod raw_names;
#[cfg(unix)]
pub mod restic;
#[cfg(unix)]
pub mod restore;
pub mod retention;
#[cfg(unix)]
pub mod root_models;
#[cfg(unix)]
pub mod scan;
#[cfg(unix)]
pub mod trust;
pub mod verify;
