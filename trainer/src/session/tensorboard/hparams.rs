//! Settings and results of a session for TensorBoard's HPARAMS tab.
//!
//! The messages are the part of the plugin's `plugin_data.proto` and
//! `api.proto` that is needed.

use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::Value as Json;

use crate::config::leaves;

use super::message::{Content, Metadata, Tensor, Value};

const PLUGIN: &str = "hparams";
const EXPERIMENT_TAG: &str = "_hparams_/experiment";
const START_TAG: &str = "_hparams_/session_start_info";
const END_TAG: &str = "_hparams_/session_end_info";

/// Settings that change no figure and are left out.
const WITHOUT_EFFECT: [&str; 7] = [
    "$schema",
    "threads",
    "enable_trade_logging",
    "enable_trade_tracing",
    "enable_tensorboard",
    "checkpoint_every_episodes",
    "keep_checkpoints",
];

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Completed.
    Success,
    /// Failed.
    Failure,
    /// Interrupted by a signal, which the plugin calls unknown.
    Interrupted,
}

/// The settings and metrics by which sessions are compared.
#[derive(Debug, Clone, Copy)]
pub struct HyperParameters<'a> {
    /// The settings, a JSON object; nested keys are joined by dots.
    pub settings: &'a Json,
    /// The tags of the scalars whose last values are the results.
    pub metrics: &'a [&'a str],
}

/// `tensorboard.hparams.HParamsPluginData`.
#[derive(Clone, PartialEq, prost::Message)]
struct PluginData {
    #[prost(int32, tag = "1")]
    version: i32,
    #[prost(oneof = "Data", tags = "2, 3, 4")]
    data: Option<Data>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Data {
    #[prost(message, tag = "2")]
    Experiment(Experiment),
    #[prost(message, tag = "3")]
    Start(SessionStartInfo),
    #[prost(message, tag = "4")]
    End(SessionEndInfo),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Experiment {
    #[prost(double, tag = "3")]
    time_created_secs: f64,
    #[prost(message, repeated, tag = "4")]
    hparam_infos: Vec<HParamInfo>,
    #[prost(message, repeated, tag = "5")]
    metric_infos: Vec<MetricInfo>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HParamInfo {
    #[prost(string, tag = "1")]
    name: String,
    /// 1 text, 2 boolean, 3 number.
    #[prost(int32, tag = "4")]
    kind: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MetricInfo {
    #[prost(message, optional, tag = "1")]
    name: Option<MetricName>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MetricName {
    #[prost(string, tag = "2")]
    tag: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SessionStartInfo {
    #[prost(btree_map = "string, message", tag = "1")]
    hparams: BTreeMap<String, Setting>,
    #[prost(double, tag = "5")]
    start_time_secs: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SessionEndInfo {
    /// 0 unknown, 1 success, 2 failure.
    #[prost(int32, tag = "1")]
    status: i32,
    #[prost(double, tag = "2")]
    end_time_secs: f64,
}

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, prost::Message)]
struct Setting {
    #[prost(oneof = "SettingValue", tags = "2, 3, 4")]
    value: Option<SettingValue>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum SettingValue {
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Boolean(bool),
}

/// Returns the values that announce a session which starts at `seconds`
/// since 1970.
pub(super) fn start(session: &HyperParameters<'_>, seconds: f64) -> Vec<Value> {
    let settings = leaves("", session.settings).into_iter();
    let settings = settings.filter(|(name, _)| !WITHOUT_EFFECT.contains(&name.as_str()));
    let hparams: BTreeMap<String, Setting> =
        settings.map(|(name, leaf)| (name, Setting::of(leaf))).collect();
    let metric = |tag: &&str| MetricInfo { name: Some(MetricName { tag: (*tag).to_owned() }) };
    let experiment = Experiment {
        time_created_secs: seconds,
        hparam_infos: hparams.iter().map(|(name, setting)| info(name, setting)).collect(),
        metric_infos: session.metrics.iter().map(metric).collect(),
    };
    // Without a group's name each session is a group of its own.
    let start = SessionStartInfo { hparams, start_time_secs: seconds };
    vec![value(EXPERIMENT_TAG, Data::Experiment(experiment)), value(START_TAG, Data::Start(start))]
}

/// Returns the value that ends a session at `seconds` since 1970.
pub(super) fn end(end: SessionEnd, seconds: f64) -> Value {
    let status = match end {
        SessionEnd::Interrupted => 0,
        SessionEnd::Success => 1,
        SessionEnd::Failure => 2,
    };
    value(END_TAG, Data::End(SessionEndInfo { status, end_time_secs: seconds }))
}

fn value(tag: &str, data: Data) -> Value {
    let content = PluginData { version: 0, data: Some(data) }.encode_to_vec();
    Value {
        tag: tag.to_owned(),
        metadata: Some(Metadata::of_plugin(PLUGIN, content)),
        content: Some(Content::Tensor(Tensor::empty())),
    }
}

fn info(name: &str, setting: &Setting) -> HParamInfo {
    let kind = match &setting.value {
        Some(SettingValue::Number(_)) => 3,
        Some(SettingValue::Boolean(_)) => 2,
        Some(SettingValue::Text(_)) | None => 1,
    };
    HParamInfo { name: name.to_owned(), kind }
}

impl Setting {
    /// Returns the setting with a value that is no object; lists become
    /// text.
    fn of(json: &Json) -> Self {
        let value = match json {
            Json::Number(number) => SettingValue::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::Bool(is_set) => SettingValue::Boolean(*is_set),
            Json::String(text) => SettingValue::Text(text.clone()),
            other => SettingValue::Text(other.to_string()),
        };
        Self { value: Some(value) }
    }
}
