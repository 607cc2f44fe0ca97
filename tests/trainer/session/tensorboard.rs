//! The event file: its frames, check sums and values, decoded here
//! without the writer's code.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::Path;

use prost::Message as _;
use serde_json::json;
use trainer::session::tensorboard::{EventWriter, Histogram, HyperParameters, Scalars, SessionEnd};

use crate::session::noon;

mod read_back;

#[derive(Clone, PartialEq, prost::Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
#[expect(clippy::struct_field_names, reason = "the names of TensorBoard's messages")]
pub(crate) struct Value {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
    #[prost(message, optional, tag = "5")]
    histogram: Option<HistogramMessage>,
    #[prost(message, optional, tag = "8")]
    tensor: Option<Tensor>,
    #[prost(message, optional, tag = "9")]
    metadata: Option<Metadata>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HistogramMessage {
    #[prost(double, tag = "1")]
    min: f64,
    #[prost(double, tag = "2")]
    max: f64,
    #[prost(double, tag = "3")]
    num: f64,
    #[prost(double, tag = "4")]
    sum: f64,
    #[prost(double, tag = "5")]
    sum_squares: f64,
    #[prost(double, repeated, tag = "6")]
    bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    bucket: Vec<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Tensor {
    #[prost(int32, tag = "1")]
    dtype: i32,
    #[prost(bytes = "vec", repeated, tag = "8")]
    string_val: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(message, optional, tag = "1")]
    plugin: Option<Plugin>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Plugin {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "vec", tag = "2")]
    content: Vec<u8>,
}

impl Value {
    fn plugin(&self) -> Option<Plugin> {
        self.metadata.clone()?.plugin
    }
}

/// CRC-32C bit by bit, as RFC 3720 defines it, with TensorFlow's mask.
fn masked_crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn take<'a>(bytes: &mut &'a [u8], n_bytes: usize) -> &'a [u8] {
    let (head, tail) = bytes.split_at(n_bytes);
    *bytes = tail;
    head
}

fn take_crc(bytes: &mut &[u8]) -> u32 {
    u32::from_le_bytes(take(bytes, 4).try_into().unwrap())
}

/// Returns the scalars of the file.
pub(crate) fn decode(path: &Path) -> Vec<(i64, String, f32)> {
    let values = decode_values(path).into_iter();
    values.filter_map(|(step, value)| Some((step, value.tag, value.simple_value?))).collect()
}

/// Returns the histograms of the file, and how many values each counts.
pub(crate) fn histograms(path: &Path) -> Vec<(String, f64)> {
    let values = decode_values(path).into_iter();
    values.filter_map(|(_, value)| Some((value.tag, value.histogram?.num))).collect()
}

/// Decodes the file; panics where a frame or a check sum is wrong.
pub(crate) fn decode_values(path: &Path) -> Vec<(i64, Value)> {
    let file = fs::read(path).unwrap();
    let mut bytes = file.as_slice();
    let mut values = Vec::new();
    let mut first = true;
    while !bytes.is_empty() {
        let length = take(&mut bytes, 8);
        assert_eq!(take_crc(&mut bytes), masked_crc(length));
        let n_bytes = u64::from_le_bytes(length.try_into().unwrap());
        let message = take(&mut bytes, usize::try_from(n_bytes).unwrap());
        assert_eq!(take_crc(&mut bytes), masked_crc(message));
        let event = Event::decode(message).unwrap();
        assert_eq!(event.file_version.is_some(), first);
        first = false;
        for value in event.summary.unwrap_or_default().value {
            values.push((event.step, value));
        }
    }
    assert!(!first, "no header");
    values
}

#[test]
fn scalars_read_back_with_good_check_sums() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), noon()).unwrap();
    for step in [1000, 2000] {
        let mut scalars = Scalars::default();
        scalars.add("train/reward", 0.25);
        scalars.add("train/drawdown", 0.0);
        writer.add(step, scalars).unwrap();
    }
    writer.flush().unwrap();
    let reward = || "train/reward".to_owned();
    let drawdown = || "train/drawdown".to_owned();
    assert_eq!(
        decode(writer.path()),
        [
            (1000, reward(), 0.25),
            (1000, drawdown(), 0.0),
            (2000, reward(), 0.25),
            (2000, drawdown(), 0.0)
        ]
    );
}

#[test]
fn the_bytes_are_those_that_tensorboard_has_read() {
    let folder = tempfile::tempdir().unwrap();
    let writer = EventWriter::create(folder.path(), noon()).unwrap();
    let bytes = fs::read(writer.path()).unwrap();
    // Event { wall_time: 1769860800, file_version: "brain.Event:2" }
    let mut message = vec![0x09];
    message.extend(1_769_860_800_f64.to_le_bytes());
    message.extend([0x1a, 13]);
    message.extend(b"brain.Event:2");
    assert_eq!(bytes[..8], 24_u64.to_le_bytes());
    assert_eq!(bytes[12..36], message);
    // RFC 3720 gives the check sum of 32 zero bytes: 0x8a9136aa.
    assert_eq!(masked_crc(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    assert_eq!(bytes[36..], masked_crc(&message).to_le_bytes());
}

#[test]
fn the_name_tells_the_second_and_no_machine() {
    let folder = tempfile::tempdir().unwrap();
    let first = EventWriter::create(folder.path(), noon()).unwrap();
    let second = EventWriter::create(folder.path(), noon()).unwrap();
    assert!(first.path().ends_with("events.out.tfevents.1769860800.trainer"));
    assert!(second.path().ends_with("events.out.tfevents.1769860800.trainer_2"));
}

#[test]
fn what_is_not_finite_leaves_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), noon()).unwrap();
    let mut scalars = Scalars::default();
    scalars.add("nan", f64::NAN);
    writer.add(1, scalars).unwrap();
    let mut scalars = Scalars::default();
    scalars.add("inf", f64::INFINITY);
    scalars.add("one", 1.0);
    writer.add(2, scalars).unwrap();
    writer.flush().unwrap();
    assert_eq!(decode(writer.path()), [(2, "one".to_owned(), 1.0)]);
}

fn histogram_of(values: &[f64]) -> Option<HistogramMessage> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), noon()).unwrap();
    let mut histogram = Histogram::default();
    for value in values {
        histogram.push(*value);
    }
    let mut scalars = Scalars::default();
    scalars.add_histogram("values", &histogram);
    writer.add(1, scalars).unwrap();
    writer.flush().unwrap();
    decode_values(writer.path()).into_iter().find_map(|(_, value)| value.histogram)
}

#[test]
fn a_histogram_counts_every_value_between_its_limits() {
    let values = [-2.0, -1e-3, 0.0, 0.0, 1e-15, 3.0, 1e30, -f64::MAX];
    let found = histogram_of(&values).unwrap();
    assert_eq!((found.min, found.max, found.num), (-f64::MAX, 1e30, 8.0));
    assert_eq!(found.bucket.iter().sum::<f64>().to_bits(), 8.0_f64.to_bits());
    assert_eq!(found.bucket.len(), found.bucket_limit.len());
    assert!(found.bucket_limit.is_sorted_by(|low, high| low < high));
    let mut low = f64::NEG_INFINITY;
    for (high, n) in found.bucket_limit.iter().zip(&found.bucket) {
        // The last bucket also holds what is beyond its limit.
        let is_in = |value: &&f64| (low..*high).contains(*value) || **value >= f64::MAX;
        let n_values = values.iter().filter(is_in).count() as f64;
        assert_eq!(n_values.to_bits(), n.to_bits(), "below {high}");
        low = *high;
    }
}

#[test]
fn a_histogram_of_nothing_is_not_written() {
    assert_eq!(histogram_of(&[]), None);
    assert_eq!(histogram_of(&[f64::NAN, f64::INFINITY]), None);
    let one = histogram_of(&[0.5, f64::NAN]).unwrap();
    assert_eq!((one.sum, one.sum_squares), (0.5, 0.25));
}

#[test]
fn texts_and_settings_name_the_plugin_that_shows_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), noon()).unwrap();
    writer.add_text("config", "**bold**").unwrap();
    let settings = json!({ "seed": 7, "threads": 2, "agent": { "exposures": [-1, 1] } });
    let session = HyperParameters { settings: &settings, metrics: &["test/net_return"] };
    writer.start_session(&session).unwrap();
    writer.end_session(SessionEnd::Success).unwrap();
    writer.flush().unwrap();
    let values = decode_values(writer.path());
    let text = &values[0].1;
    assert_eq!(text.plugin().unwrap().name, "text");
    assert_eq!(text.tensor.as_ref().unwrap().string_val, [b"**bold**"]);
    let tags: Vec<&str> = values[1..].iter().map(|(_, value)| &*value.tag).collect();
    let expected = ["experiment", "session_start_info", "session_end_info"];
    assert_eq!(tags, expected.map(|name| format!("_hparams_/{name}")));
    let contents: Vec<_> = values[1..].iter().map(|(_, value)| value.plugin().unwrap()).collect();
    assert!(contents.iter().all(|plugin| plugin.name == "hparams"));
    let start = String::from_utf8_lossy(&contents[1].content);
    assert!(start.contains("agent.exposures") && start.contains("[-1,1]"), "{start:?}");
    assert!(!start.contains("threads"), "the threads change no figure: {start:?}");
}

fn last_status(end: impl FnOnce(EventWriter)) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(folder.path(), noon()).unwrap();
    let session = HyperParameters { settings: &json!({}), metrics: &[] };
    writer.start_session(&session).unwrap();
    let path = writer.path().to_owned();
    end(writer);
    let (_, value) = decode_values(&path).pop().unwrap();
    (value.tag == "_hparams_/session_end_info").then(|| value.plugin().unwrap().content)
}

#[test]
fn a_session_that_is_not_ended_counts_as_failed() {
    // Field 4, the end, has field 1, the status: 2 is a failure.
    let failed = last_status(drop).unwrap();
    assert_eq!((failed[0], &failed[2..4]), (0x22, &[0x08, 2][..]));
    let success =
        last_status(|mut writer| writer.end_session(SessionEnd::Success).unwrap()).unwrap();
    assert_eq!(&success[2..4], [0x08, 1]);
    // Killed: nothing more is written.
    assert_eq!(
        last_status(|mut writer| {
            writer.flush().unwrap();
            std::mem::forget(writer);
        }),
        None
    );
}
