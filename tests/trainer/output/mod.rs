pub mod export;
pub mod report;
pub mod watch;
