//! A TensorBoard log: an event file that `tensorboard --logdir` reads.
//!
//! The file is a sequence of TFRecords (length, masked CRC of the length, data, masked CRC of the data), each holding
//! an `Event` of TensorFlow's `event.proto`. Only scalars are written, so the few protobuf fields are encoded here.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crc::{CRC_32_ISCSI, Crc};

use super::TrainEvent;
use super::metrics::Row;
use super::status::{host_name, now_secs};

const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// An event file that grows with a run.
#[derive(Debug)]
pub struct EventFile(File);

impl EventFile {
    /// A new event file in `folder`.
    ///
    /// # Errors
    /// Errors of creating and writing.
    pub fn create(folder: &Path) -> io::Result<EventFile> {
        // TensorBoard reads the files of a folder in the order of their names.
        let name = format!("events.out.tfevents.{}.{}.{}", now_secs(), host_name(), std::process::id());
        let mut file = EventFile(File::create(folder.join(name))?);
        file.record(&event(0, &bytes_field(3, b"brain.Event:2")))?;
        Ok(file)
    }

    /// Writes the numbers of an event; nothing for those that have none.
    ///
    /// # Errors
    /// Errors of writing.
    pub fn note(&mut self, event: &TrainEvent) -> io::Result<()> {
        match event {
            TrainEvent::Stepped(metrics) => self.scalars("training", metrics.step, metrics),
            TrainEvent::Validated(metrics) => self.scalars("validation", metrics.step, metrics),
            TrainEvent::Started { .. }
            | TrainEvent::CheckpointSaved { .. }
            | TrainEvent::TakeWritten { .. }
            | TrainEvent::StateSaved { .. }
            | TrainEvent::Warned { .. } => Ok(()),
        }
    }

    fn scalars<T: Row>(&mut self, group: &str, step: u64, row: &T) -> io::Result<()> {
        let mut summary = Vec::new();
        for column in T::COLUMNS.iter().skip(1) {
            let number = (column.get)(row) as f32;
            if number.is_finite() {
                let mut value = bytes_field(1, format!("{group}/{}", column.name).as_bytes());
                value.push(2 << 3 | 5); // simple_value, 32 bits
                value.extend(number.to_le_bytes());
                summary.extend(bytes_field(1, &value));
            }
        }
        self.record(&event(step, &bytes_field(5, &summary)))
    }

    fn record(&mut self, data: &[u8]) -> io::Result<()> {
        let len = (data.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(data.len() + 16);
        record.extend(len);
        record.extend(masked_crc(&len).to_le_bytes());
        record.extend(data);
        record.extend(masked_crc(data).to_le_bytes());
        self.0.write_all(&record)
    }
}

/// An `Event` at this moment: wall_time, step, and one further field.
fn event(step: u64, field: &[u8]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    let mut out = vec![1 << 3 | 1]; // wall_time, 64 bits
    out.extend(now.to_le_bytes());
    out.push(2 << 3); // step, a varint
    out.extend(varint(step));
    out.extend(field);
    out
}

/// A field that holds bytes: text or a message.
fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    out.extend(varint(bytes.len() as u64));
    out.extend(bytes);
    out
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn masked_crc(data: &[u8]) -> u32 {
    CRC32C.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the CRC test vectors of RFC 3720 and of the varints in the protobuf manual.
    #[test]
    fn checksums_and_numbers_are_those_of_the_formats() {
        assert_eq!(CRC32C.checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(varint(150), [0x96, 0x01]);
        assert_eq!(bytes_field(2, b"testing"), b"\x12\x07testing");
    }
}
