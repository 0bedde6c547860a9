//! Opens sound cards by name, with a short buffer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rodio::cpal::traits::{DeviceTrait, HostTrait};
use rodio::cpal::{self, BufferSize, ErrorKind};
use rodio::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, SampleRate};

use super::OutputChoice;
use super::status::Shared;

/// Sample rates of the synthesizer; for other cards, rodio converts.
const RATES: std::ops::RangeInclusive<u32> = 16_000..=192_000;

pub(super) struct Opened {
    pub sink: MixerDeviceSink,
    pub name: String,
    pub is_chosen: bool,
    pub buffer_frames: Option<u32>,
}

/// The rate to render at for a card that runs at `rate`.
pub(super) fn playable_rate(rate: u32) -> u32 {
    if RATES.contains(&rate) { rate } else { 48_000 }
}

/// The output devices of the system, without null devices.
fn devices() -> impl Iterator<Item = (String, cpal::Device)> {
    let devices = cpal::default_host().output_devices().into_iter().flatten();
    devices.filter_map(|device| {
        let description = device.description().ok()?;
        let is_null = description.driver() == Some("null");
        let name = name_of(&description);
        (!is_null).then_some((name, device))
    })
}

/// The device's display name, with the system's name if several have the same.
fn name_of(description: &cpal::DeviceDescription) -> String {
    match description.driver() {
        Some(driver) if driver != description.name() => format!("{} ({driver})", description.name()),
        _ => description.name().to_owned(),
    }
}

/// The names of all output devices.
pub(super) fn names() -> Vec<String> {
    devices().map(|(name, _)| name).collect()
}

pub(super) fn find(name: &str) -> Option<cpal::Device> {
    devices().find(|(found, _)| found == name).map(|(_, device)| device)
}

/// Opens the chosen device, or the system default if it is missing or does not open, with the buffer asked for.
///
/// # Errors
/// A message for the user.
pub(super) fn open(
    chosen: &OutputChoice,
    buffer_frames: u32,
    shared: &Arc<Shared>,
) -> Result<Opened, String> {
    let wanted = Wanted { buffer_frames, sample_rate: chosen.sample_rate.and_then(SampleRate::new) };
    if let Some(name) = &chosen.device
        && let Some(device) = find(name)
    {
        match open_device(device, wanted, shared) {
            Ok(opened) => {
                return Ok(Opened { is_chosen: true, ..opened });
            }
            Err(error) => tracing::warn!("could not open {name}: {error}"),
        }
    }
    let device = cpal::default_host()
        .default_output_device()
        .ok_or("no sound card was found; connect one, or start the sound server")?;
    open_device(device, wanted, shared)
        .map(|opened| Opened { is_chosen: chosen.device.is_none(), ..opened })
        .map_err(|error| format!("the sound card could not be opened ({})", chain(&error)))
}

#[derive(Clone, Copy)]
struct Wanted {
    buffer_frames: u32,
    /// `None` is the card's own.
    sample_rate: Option<SampleRate>,
}

/// With the requested rate and buffer if the card supports them, else with its defaults.
fn open_device(
    device: cpal::Device,
    wanted: Wanted,
    shared: &Arc<Shared>,
) -> Result<Opened, DeviceSinkError> {
    let name = device.description().map_or_else(|_| "sound card".to_owned(), |d| name_of(&d));
    let open = |rate: Option<SampleRate>, buffer: BufferSize| {
        let shared = Arc::clone(shared);
        let builder = DeviceSinkBuilder::from_device(device.clone())?
            .with_error_callback(move |error: cpal::Error| note_error(&shared, error.kind()));
        let builder = match rate {
            Some(rate) => builder.with_sample_rate(rate),
            None => builder,
        };
        builder.with_buffer_size(buffer).open_stream()
    };
    let short = BufferSize::Fixed(wanted.buffer_frames);
    let at_wanted_rate = wanted.sample_rate.map(|rate| open(Some(rate), short));
    let opened = match at_wanted_rate {
        Some(Ok(sink)) => Ok(sink),
        Some(Err(_)) | None => open(None, short),
    };
    let (mut sink, buffer_frames) = match opened {
        Ok(sink) => (sink, Some(wanted.buffer_frames)),
        Err(_) => (open(None, BufferSize::Default)?, None),
    };
    sink.log_on_drop(false);
    Ok(Opened { sink, name, is_chosen: true, buffer_frames })
}

/// Called on the card's thread: counts, and leaves the rest to the thread `audio`. Other errors may pass; a card that
/// does not recover stops asking for samples, and is detected by that.
fn note_error(shared: &Shared, kind: ErrorKind) {
    match kind {
        ErrorKind::DeviceNotAvailable | ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable => {
            shared.is_lost.store(true, Ordering::Relaxed);
        }
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ => {
            shared.underruns.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
