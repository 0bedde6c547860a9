//! 100,000 damaged MIDI files: read or refused, never a panic, a hang, or memory out of proportion.
//!
//! Alone in its binary, since it counts the memory of the whole process.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::Numbers;
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

const FILES: usize = 100_000;
/// The tables of open notes are 80 kB whatever the file.
const MOST_MEMORY: usize = 4 << 20;

/// One to eight changes: bytes overwritten, bits turned, parts cut out, doubled, moved or taken from another file.
fn mutate(bytes: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=numbers.below(8) {
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
            // Lengths and counts at their ends.
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

#[test]
fn damaged_files_do_no_harm() {
    let mut seeds: Vec<Vec<u8>> = common::golden_midi()
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    seeds.extend((0..4).map(|seed| write(&common::piece(seed, 0, 60), Some("recipe"), Some("title"))));
    let mut numbers = Numbers::new(2026);
    let (mut read_well, mut slowest) = (0, Duration::ZERO);
    let begun = Instant::now();
    for i in 0..FILES {
        let other = &seeds[numbers.below(seeds.len() as u64) as usize];
        let bytes = mutate(&seeds[i % seeds.len()], other, &mut numbers);
        PEAK.store(NOW.load(Ordering::Relaxed), Ordering::Relaxed);
        let before = NOW.load(Ordering::Relaxed);
        let one = Instant::now();
        let found = read(&bytes);
        slowest = slowest.max(one.elapsed());
        let used = PEAK.load(Ordering::Relaxed).saturating_sub(before);
        assert!(
            used < MOST_MEMORY,
            "file {i} of {} bytes took {used} bytes",
            bytes.len()
        );
        let _ = read_recipe(&bytes);
        let Ok(found) = found else { continue };
        read_well += 1;
        for note in found.performance.notes() {
            let sound =
                note.onset_secs >= 0.0 && note.duration_secs >= 0.0 && note.release_secs() <= MAX_SECS;
            assert!(sound, "file {i}: {note:?}");
        }
        if i % 50 == 0 {
            let again = read(&write(&found.performance, None, None)).unwrap();
            assert_eq!(
                again.performance.notes().len(),
                found.performance.notes().len(),
                "file {i}"
            );
        }
    }
    println!(
        "{FILES} files in {:?}, {read_well} read, the slowest in {slowest:?}",
        begun.elapsed()
    );
    // Otherwise the mutations are too rough to reach anything behind the header.
    assert!(read_well > FILES / 4 && read_well < FILES);
    assert!(slowest < Duration::from_secs(1));
}
