//! Exports a session for other tools.
//!
//! Tables in Parquet or CSV, the model as ONNX, the run for MLflow. It
//! reads a workspace, changes nothing in it, overwrites nothing, and
//! keeps little in memory, however long the session.

mod cell;
mod draft;
mod equity;
mod events;
mod mlflow;
mod onnx;
mod parquet;
mod table;
mod tables;

pub use cell::{Column, ColumnType};
pub use mlflow::{MlflowReport, MlflowRun, export_mlflow};
pub use onnx::{OnnxReport, export_onnx};
pub use table::TableFormat;
pub use tables::{TableReport, Tables, export_tables};
