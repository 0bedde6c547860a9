//! Recordings, read back from the file.

mod sound_common;

use std::path::Path;
use std::sync::Arc;

use pastiche::music::Performance;
use pastiche::progress::StopFlag;
use pastiche::synth::export::{BitDepth, ExportError, ExportSettings, ExportSummary, export};
use sound_common::*;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia_bundle_mp3::{MpaDecoder, MpaReader};

fn settings(sample_rate: u32) -> ExportSettings {
    ExportSettings { voices: dry(sample_rate), ..ExportSettings::new(sample_rate) }
}

fn record(
    performance: Performance,
    settings: &ExportSettings,
    path: &Path,
) -> Result<ExportSummary, ExportError> {
    let (_folder, font) = sine_font();
    export(Arc::new(performance), &font, settings, path, &StopFlag::new(), &mut |_| {})
}

fn melody() -> Performance {
    performance(&[note(57, 0.0, 0.5), note(69, 1.0, 0.5), note(76, 2.0, 0.5)])
}

/// The left channel and the sample rate.
fn read_wav(path: &Path) -> (Vec<f32>, hound::WavSpec) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    let full_scale = (1i64 << (spec.bits_per_sample - 1)) as f32;
    let samples: Vec<f32> = reader.samples::<i32>().map(|s| s.unwrap() as f32 / full_scale).collect();
    (samples.into_iter().step_by(2).collect(), spec)
}

#[test]
fn wav_of_every_rate_and_depth_has_the_right_pitches_and_length() {
    let folder = tempfile::tempdir().unwrap();
    for rate in [44_100, 48_000, 96_000] {
        for bit_depth in [BitDepth::Sixteen, BitDepth::TwentyFour] {
            let path = folder.path().join("a.wav");
            let summary = record(melody(), &ExportSettings { bit_depth, ..settings(rate) }, &path).unwrap();
            let (samples, spec) = read_wav(&path);
            assert_eq!((spec.sample_rate, spec.channels, spec.bits_per_sample), (rate, 2, bit_depth.bits()));
            let secs = samples.len() as f64 / f64::from(rate);
            assert!((secs - summary.secs).abs() < 1e-6);
            // 2.5 s of music, a quarter second of release and a tenth of a second of silence.
            assert!((2.6..3.2).contains(&secs), "{secs}");
            assert!((0.01..0.999).contains(&summary.peak), "{}", summary.peak);
            for (pitch, onset) in [(57, 0.0), (69, 1.0), (76, 2.0)] {
                assert!(sounds(part(&samples, rate, onset + 0.05..onset + 0.45), rate, pitch));
            }
            assert!(peak(part(&samples, rate, secs - 0.05..secs)) < 1e-3, "ends in silence");
        }
    }
}

#[test]
fn an_excerpt_begins_with_ringing_notes_and_ends_with_its_tail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.wav");
    let notes = performance(&[note(57, 0.0, 1.0), note(69, 1.0, 3.0), note(76, 5.0, 1.0)]);
    let wanted = ExportSettings { range_secs: Some(2.0..3.0), ..settings(44_100) };
    record(notes.clone(), &wanted, &path).unwrap();
    let (samples, _) = read_wav(&path);
    let secs = samples.len() as f64 / 44_100.0;
    assert!((1.1..1.6).contains(&secs), "{secs}");
    assert!(sounds(part(&samples, 44_100, 0.0..0.3), 44_100, 69), "the key was already down");
    assert!(!sounds(part(&samples, 44_100, 0.0..0.3), 44_100, 57));
    assert!(sounds(part(&samples, 44_100, 1.0..1.1), 44_100, 69), "it rings after the end");

    let empty = ExportSettings { range_secs: Some(4.2..4.8), ..settings(44_100) };
    assert!(matches!(record(notes, &empty, &path), Err(ExportError::NothingToRecord)));
}

#[test]
fn normalised_means_one_decibel_below_full_scale_soft_or_loud() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.wav");
    let mut soft = note(69, 0.0, 1.0);
    soft.velocity = pastiche::music::Velocity::new(20).unwrap();
    let cluster: Vec<_> = (40..90).map(|p| note(p, 0.0, 1.0)).collect();
    for notes in [vec![soft], cluster] {
        let wanted = ExportSettings { is_normalised: true, ..settings(44_100) };
        let summary = record(performance(&notes), &wanted, &path).unwrap();
        assert!((summary.peak - 0.891).abs() < 0.002, "{}", summary.peak);
        assert!((peak(&read_wav(&path).0) - 0.891).abs() < 0.1);
    }
}

#[test]
fn flac_holds_the_same_samples_as_wav() {
    let folder = tempfile::tempdir().unwrap();
    for bit_depth in [BitDepth::Sixteen, BitDepth::TwentyFour] {
        let wanted = ExportSettings { bit_depth, ..settings(48_000) };
        let (wav, flac) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
        record(melody(), &wanted, &wav).unwrap();
        record(melody(), &wanted, &flac).unwrap();
        let mut wav_reader = hound::WavReader::open(&wav).unwrap();
        let expected: Vec<i32> = wav_reader.samples::<i32>().map(Result::unwrap).collect();
        let mut flac_reader = claxon::FlacReader::open(&flac).unwrap();
        assert_eq!(flac_reader.streaminfo().sample_rate, 48_000);
        assert_eq!(flac_reader.streaminfo().bits_per_sample, u32::from(bit_depth.bits()));
        let decoded: Vec<i32> = flac_reader.samples().map(Result::unwrap).collect();
        assert!(decoded == expected, "{} and {} samples", decoded.len(), expected.len());
        assert!(flac.metadata().unwrap().len() < wav.metadata().unwrap().len() / 2);
    }
}

#[test]
fn ogg_sounds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ogg");
    let summary = record(melody(), &settings(48_000), &path).unwrap();
    let mut decoder = vorbis_rs::VorbisDecoder::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(decoder.sampling_frequency().get(), 48_000);
    let mut left = Vec::new();
    while let Some(block) = decoder.decode_audio_block().unwrap() {
        left.extend_from_slice(block.samples()[0]);
    }
    assert!((left.len() as f64 / 48_000.0 - summary.secs).abs() < 0.01);
    for (pitch, onset) in [(57, 0.0), (69, 1.0), (76, 2.0)] {
        assert!(sounds(part(&left, 48_000, onset + 0.05..onset + 0.45), 48_000, pitch));
    }
}

/// The left channel of an MP3 without the silence that its encoder added, and the sample rate.
fn read_mp3(path: &Path) -> (Vec<f32>, u32) {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(b"ID3") {
        let size = bytes[6..10].iter().fold(0, |size, byte| size << 7 | usize::from(*byte));
        bytes.drain(..10 + size);
    }
    let source = std::io::Cursor::new(bytes);
    let source = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let mut reader = MpaReader::try_new(source, FormatOptions::default()).unwrap();
    let Some(CodecParameters::Audio(parameters)) = reader.tracks()[0].codec_params.clone() else {
        panic!("no audio");
    };
    let mut decoder = MpaDecoder::try_new(&parameters, &AudioDecoderOptions::default()).unwrap();
    let mut left = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        let mut channels: Vec<Vec<f32>> = Vec::new();
        decoder.decode(&packet).unwrap().copy_to_vecs_planar(&mut channels);
        left.extend(&channels[0]);
    }
    (left, parameters.sample_rate.unwrap())
}

#[test]
fn mp3_sounds_the_same_as_wav_at_256_kbit() {
    let folder = tempfile::tempdir().unwrap();
    let (wav, mp3) = (folder.path().join("a.wav"), folder.path().join("a.mp3"));
    // What is asked for, and the nearest that an MP3 has.
    for (wanted, rate) in [(44_100, 44_100), (48_000, 48_000), (96_000, 48_000)] {
        record(melody(), &settings(rate), &wav).unwrap();
        let summary = record(melody(), &settings(wanted), &mp3).unwrap();
        let (expected, _) = read_wav(&wav);
        let (heard, found) = read_mp3(&mp3);
        assert_eq!((found, heard.len()), (rate, expected.len()), "its header says how much is silence");
        assert!((peak(&heard) / peak(&expected) - 1.0).abs() < 0.01, "{} {}", peak(&heard), peak(&expected));
        for (pitch, onset) in [(57, 0.0), (69, 1.0), (76, 2.0)] {
            assert!(sounds(part(&heard, rate, onset + 0.05..onset + 0.45), rate, pitch));
        }
        // Sample by sample: nothing is shifted, and what was lost is 30 dB below the music.
        let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|s| f64::from(s * s)).sum::<f64>();
        let lost = power(&mut heard.iter().zip(&expected).map(|(a, b)| a - b));
        assert!(lost < 0.001 * power(&mut expected.iter().copied()), "{lost}");
        let kbits = mp3.metadata().unwrap().len() as f64 * 8.0 / 1000.0 / summary.secs;
        assert!((250.0..280.0).contains(&kbits), "{kbits} kbit/s");
    }
}

#[test]
fn a_title_is_written_into_ogg_and_mp3() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = ExportSettings { title: Some("Dvořák, varié".to_owned()), ..settings(44_100) };
    // LAME's tag is in Latin-1, where there is no ř; that of Vorbis is in UTF-8.
    for (ending, tag) in [("mp3", &b"Dvor\xe1k, vari\xe9"[..]), ("ogg", "TITLE=Dvořák, varié".as_bytes())]
    {
        let path = folder.path().join("a").with_extension(ending);
        record(melody(), &wanted, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.windows(tag.len()).any(|w| w == tag), "{ending}");
    }
    let (samples, rate) = read_mp3(&folder.path().join("a.mp3"));
    assert!(sounds(part(&samples, rate, 1.05..1.45), rate, 69), "the header follows the tag");
}

#[test]
fn the_same_music_makes_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["wav", "flac", "ogg", "mp3"] {
        let paths = [1, 2].map(|i| folder.path().join(format!("{i}.{ending}")));
        for path in &paths {
            record(melody(), &settings(44_100), path).unwrap();
        }
        let [one, two] = paths.map(|p| std::fs::read(p).unwrap());
        assert!(one == two, "{ending}");
    }
}

#[test]
fn a_stop_or_an_error_leaves_only_the_old_file() {
    let (_font_folder, font) = sine_font();
    let long = Arc::new(performance(&[note(69, 0.0, 300.0)]));
    for ending in ["wav", "flac", "ogg", "mp3"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("a.{ending}"));
        std::fs::write(&path, b"mine").unwrap();
        let stop = StopFlag::new();
        let mut phases = Vec::new();
        let result = export(Arc::clone(&long), &font, &settings(44_100), &path, &stop, &mut |progress| {
            assert!(progress.done <= progress.total.unwrap());
            phases.push(progress.done);
            if phases.len() == 3 {
                stop.stop();
            }
        });
        assert!(matches!(result, Err(ExportError::Stopped)), "{ending}: {result:?}");
        assert!(phases.len() == 3 && phases.is_sorted() && phases[2] > 0);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    let result = record(melody(), &settings(44_100), Path::new("no/such/folder/a.wav"));
    assert!(result.unwrap_err().to_string().ends_with("no/such/folder/a.wav"));
    assert!(matches!(
        record(melody(), &settings(44_100), Path::new("a.opus")),
        Err(ExportError::UnknownFormat { .. })
    ));
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "mounts a 64 KB disk, which needs root"]
fn a_full_disk_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let mount =
        |args: &[&str]| std::process::Command::new(args[0]).args(&args[1..]).arg(folder.path()).output();
    let mounted = mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
    assert!(mounted.is_ok_and(|o| o.status.success()), "this user cannot mount a disk");
    let results: Vec<_> = ["wav", "flac", "ogg", "mp3"]
        .map(|ending| {
            (
                ending,
                record(
                    performance(&[note(69, 0.0, 20.0), note(60, 0.0, 20.0)]),
                    &ExportSettings { bit_depth: BitDepth::TwentyFour, ..settings(96_000) },
                    &folder.path().join(format!("a.{ending}")),
                ),
            )
        })
        .into_iter()
        .collect();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    mount(&["umount"]).unwrap();
    for (ending, result) in results {
        match result {
            Err(ExportError::Io { source, .. }) => {
                assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{ending}")
            }
            other => panic!("{ending}: {other:?}"),
        }
    }
    assert_eq!(left, 0);
}
