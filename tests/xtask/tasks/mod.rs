#[cfg(unix)]
pub mod ci;
pub mod clean;
#[cfg(unix)]
pub mod command;
#[cfg(unix)]
pub mod cycle;
pub mod doctor;
#[cfg(unix)]
pub mod doubts;
#[cfg(unix)]
pub mod export;
#[cfg(unix)]
pub mod faults;
#[cfg(unix)]
pub mod gate;
#[cfg(unix)]
pub mod leaks;
pub mod list;
#[cfg(target_os = "linux")]
pub mod moves;
#[cfg(unix)]
pub mod prune;
pub mod recover;
#[cfg(unix)]
pub mod remote;
#[cfg(unix)]
pub mod resume;
#[cfg(unix)]
pub mod show;
#[cfg(unix)]
pub mod status;
#[cfg(unix)]
pub mod sweep;
#[cfg(unix)]
pub mod train;
#[cfg(unix)]
pub mod trials;
pub mod undelete;
#[cfg(unix)]
pub mod verify_task;
