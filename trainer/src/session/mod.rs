//! The files of a run: its record, its logs and where they lie.
//!
//! A kill at any moment loses nothing that was saved before. Times come
//! from a [`Clock`] that is passed in. It may use `config`, `account` and
//! `market`.

pub mod tensorboard;
pub mod trace;

mod audit;
mod clock;
mod judgement;
mod layout;
mod lines;
mod lock;
mod log;
mod logger;
mod metrics;
mod record;
mod trades;
mod write;

pub use audit::{AuditRecord, AuditStatus, AuditVerdict};
pub use clock::{Clock, parse_time, time_of_ms, time_text};
pub use judgement::{Judgement, judgement_line};
pub use layout::Layout;
pub use lines::LineFile;
pub use lock::{Locked, TrainerLock};
pub use log::{LogOptions, subscriber};
pub use logger::{SessionLogger, SessionOptions};
pub use metrics::{MetricsRecord, SeedRecord};
pub use record::{
    ConfigRecord, DataRecord, EpisodeRecord, ModelRecord, ResumedRecord, Session, SpanRecord,
    SplitRecord, Status, SymbolRecord, TrialsRecord, WalkForwardRecord, WindowRecord,
};
pub use trades::{Phase, StepContext};
pub use write::write_atomically;
pub(crate) use write::{create_folder, remove_folder, rename, replace_unsynced, sync_folder};
