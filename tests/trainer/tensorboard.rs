//! The event file: its frames, check sums and values, decoded here
//! without the writer's code.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::Path;

use prost::Message as _;
use trainer::tensorboard::{ScalarWriter, Scalars};

use crate::session::noon;

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
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
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

/// Decodes the file; panics where a frame or a check sum is wrong.
pub(crate) fn decode(path: &Path) -> Vec<(i64, String, f32)> {
    let file = fs::read(path).unwrap();
    let mut bytes = file.as_slice();
    let mut scalars = Vec::new();
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
            scalars.push((event.step, value.tag, value.simple_value.unwrap()));
        }
    }
    assert!(!first, "no header");
    scalars
}

#[test]
fn scalars_read_back_with_good_check_sums() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ScalarWriter::create(folder.path(), noon()).unwrap();
    for step in [1000, 2000] {
        let mut scalars = Scalars::default();
        scalars.add("train/reward", 0.25);
        scalars.add("train/drawdown", 0.0);
        writer.add(step, scalars);
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
    let writer = ScalarWriter::create(folder.path(), noon()).unwrap();
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
    let first = ScalarWriter::create(folder.path(), noon()).unwrap();
    let second = ScalarWriter::create(folder.path(), noon()).unwrap();
    assert!(first.path().ends_with("events.out.tfevents.1769860800.trainer"));
    assert!(second.path().ends_with("events.out.tfevents.1769860800.trainer_2"));
}

#[test]
fn what_is_not_finite_leaves_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ScalarWriter::create(folder.path(), noon()).unwrap();
    let mut scalars = Scalars::default();
    scalars.add("nan", f64::NAN);
    writer.add(1, scalars);
    let mut scalars = Scalars::default();
    scalars.add("inf", f64::INFINITY);
    scalars.add("one", 1.0);
    writer.add(2, scalars);
    writer.flush().unwrap();
    assert_eq!(decode(writer.path()), [(2, "one".to_owned(), 1.0)]);
}
