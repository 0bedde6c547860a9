//! Damaged MIDI files are read or refused: no panics, no hangs, no excessive memory, and no note lost without a report.
//!
//! This is a binary of its own, because it measures the memory of the whole process. `PASTICHE_MUTATIONS=100000` makes
//! a long run.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::Numbers;
use midly::{EventIter, MetaMessage, MidiMessage, TrackEventKind};
use pastiche::music::Pitch;
use pastiche::music::midi::{MAX_SECS, read, read_recipe, write};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Number of files, unless the environment sets it.
const FILES: usize = 20_000;
/// The tables of open notes take 80 kB for any file.
const MAX_MEMORY: usize = 4 << 20;

/// Makes `changes` changes: bytes overwritten, bits flipped, parts cut out, doubled, moved or taken from another file.
fn mutate(bytes: &[u8], changes: u64, other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..changes {
        if out.is_empty() {
            return out;
        }
        let len = out.len() as u64;
        let at = numbers.below(len) as usize;
        let end = (at + numbers.below(40) as usize + 1).min(out.len());
        match numbers.below(8) {
            0 => out[at] = numbers.next() as u8,
            1 => out[at] ^= 1 << numbers.below(8),
            2 => out.truncate(at),
            3 => drop(out.drain(at..end)),
            4 => {
                let part = out[at..end].to_vec();
                let to = numbers.below(len) as usize;
                out.splice(to..to, part);
            }
            // Extreme lengths and counts.
            5 => out[at..end.min(at + 4)].fill([0, 0x7f, 0x80, 0xff][numbers.below(4) as usize]),
            6 => {
                let from = numbers.below(other.len() as u64) as usize;
                let to = (from + 60).min(other.len());
                out.splice(at..end, other[from..to].iter().copied());
            }
            // The header, where the division and the track count are.
            _ => out[(at % 14).min(len as usize - 1)] = numbers.next() as u8,
        }
    }
    out
}

/// The number of notes in a file according to another reader; `None` if it finds anything wrong.
fn notes_of_another_reader(bytes: &[u8]) -> Option<usize> {
    let (header, tracks) = midly::parse(bytes).ok()?;
    let _ = header;
    let mut notes = 0;
    for track in tracks {
        notes += notes_of_a_track(track.ok()?)?;
    }
    Some(notes)
}

fn notes_of_a_track(events: EventIter) -> Option<usize> {
    let mut notes = 0;
    let mut is_ended = false;
    for event in events {
        match event.ok()?.kind {
            TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, vel } } => {
                let is_piano = channel.as_int() != 9 && Pitch::new(key.as_int()).is_some();
                notes += usize::from(is_piano && vel > 0);
            }
            TrackEventKind::Meta(MetaMessage::EndOfTrack) => is_ended = true,
            _ => {}
        }
    }
    is_ended.then_some(notes)
}

/// Texts, SysEx, running status, pedals, two tracks and odd tempos, which the other seeds lack.
fn busy_seed() -> Vec<u8> {
    let one = b"\0\xff\x03\x05Right\0\xff\x51\x03\x07\xa1\x20\0\xf0\x05\x7e\x7f\x09\x01\xf7\0\xff\x58\x04\x03\x02\x18\x08\
        \0\x90\x3c\x50\x20\x3e\x50\x20\x3c\0\x20\x3e\0\0\xff\x01\x05words\0\xb0\x40\x7f\x10\x40\0\x10\x43\x7f\
        \x10\x90\x48\x40\0\x4c\x40\x81\x40\x48\0\0\x4c\0\0\xff\x2f\0";
    let two = b"\0\xff\x03\x04Left\0\xff\x21\x01\0\0\xc1\0\0\x91\x24\x50\x83\x60\x81\x24\x40\0\x91\x28\x50\x83\x60\x81\x28\x40\
        \0\xff\x54\x05\x60\0\0\0\0\0\xff\x59\x02\xfd\x01\0\xff\x2f\0";
    let chunk = |body: &[u8]| [b"MTrk".as_slice(), &(body.len() as u32).to_be_bytes(), body].concat();
    [b"MThd\0\0\0\x06\0\x01\0\x02\0\x60".as_slice(), &chunk(one), &chunk(two)].concat()
}

#[test]
fn damaged_files_do_no_harm() {
    let files = std::env::var("PASTICHE_MUTATIONS").map_or(FILES, |n| n.parse().unwrap());
    let mut seeds: Vec<Vec<u8>> = common::golden_midi().into_iter().map(|(_, bytes)| bytes).collect();
    seeds.extend((0..4).map(|seed| write(&common::piece(seed, 0, 60), Some("recipe"), Some("title"))));
    seeds.extend([busy_seed(), busy_seed()]);
    let mut numbers = Numbers::new(2026);
    let (mut read_well, mut slowest) = (0, Duration::ZERO);
    let (mut sound_files, mut poorer_files) = (0, 0);
    let begun = Instant::now();
    for i in 0..files {
        let other = &seeds[numbers.below(seeds.len() as u64) as usize];
        let changes = if numbers.below(2) == 0 { 1 } else { 2 + numbers.below(7) };
        let bytes = mutate(&seeds[i % seeds.len()], changes, other, &mut numbers);
        PEAK.store(NOW.load(Ordering::Relaxed), Ordering::Relaxed);
        let before = NOW.load(Ordering::Relaxed);
        let one = Instant::now();
        let found = read(&bytes);
        slowest = slowest.max(one.elapsed());
        let used = PEAK.load(Ordering::Relaxed).saturating_sub(before);
        assert!(used < MAX_MEMORY, "file {i} of {} bytes took {used} bytes", bytes.len());
        let _ = read_recipe(&bytes);
        let Ok(found) = found else { continue };
        read_well += 1;
        for note in found.performance.notes() {
            let sound =
                note.onset_secs >= 0.0 && note.duration_secs >= 0.0 && note.release_secs() <= MAX_SECS;
            assert!(sound, "file {i}: {note:?}");
        }
        // An empty report means that there was nothing to report: another reader finds nothing wrong and the same
        // notes.
        let sound = notes_of_another_reader(&bytes);
        sound_files += usize::from(sound.is_some());
        let notes = found.performance.notes().len() + found.report.doubled;
        poorer_files += usize::from(sound.is_some_and(|sound| sound > notes));
        let is_silent = found.report.is_clean();
        assert!(!is_silent || sound == Some(notes), "file {i}: {sound:?}, not {notes}: {bytes:x?}");
        if i % 50 == 0 {
            let again = read(&write(&found.performance, None, None)).unwrap();
            assert_eq!(again.performance.notes().len(), found.performance.notes().len(), "file {i}");
        }
    }
    println!(
        "{files} files in {:?}, {read_well} read, {sound_files} of them sound to another reader, {poorer_files} of those with fewer notes, the slowest in {slowest:?}",
        begun.elapsed()
    );
    // Otherwise the mutations are too coarse to get past the header.
    assert!(read_well > files / 2 && read_well < files && sound_files > files / 10);
    // A whole track spliced into another is read as a track.
    assert!(poorer_files < files / 200);
    assert!(slowest < Duration::from_secs(1));
}
