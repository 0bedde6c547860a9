//! MIDI files as they really are: each kind of damage and oddity that public files have, and what is read from it.
//!
//! The expected values are those of a reader that loses nothing: the notes that were put into the file.

use pastiche::music::midi::{MidiError, MidiRead, MidiReport, is_midi, read, write};
use pastiche::music::{MetreChange, PedalChange, TempoChange};

/// A quarter of 480 ticks lasts half a second, so that a note of 240 ticks lasts a quarter of one.
const DIVISION: [u8; 2] = [1, 0xe0];
const END: &[u8] = b"\0\xff\x2f\0";

fn header(format: u8, tracks: u8) -> Vec<u8> {
    [b"MThd\0\0\0\x06\0".as_slice(), &[format, 0, tracks], &DIVISION].concat()
}

fn track(body: &[u8]) -> Vec<u8> {
    [b"MTrk".as_slice(), &(body.len() as u32).to_be_bytes(), body].concat()
}

fn file(format: u8, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = header(format, tracks.len() as u8);
    tracks.iter().for_each(|body| bytes.extend(track(body)));
    bytes
}

/// A note of 240 ticks on a channel.
fn note(channel: u8, key: u8) -> Vec<u8> {
    vec![0, 0x90 | channel, key, 80, 0x81, 0x70, 0x80 | channel, key, 64]
}

/// `count` notes in a row from `key` upwards.
fn scale(channel: u8, key: u8, count: u8) -> Vec<u8> {
    (0..count).flat_map(|i| note(channel, key + i)).collect()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[track_caller]
fn found(bytes: &[u8]) -> MidiRead {
    read(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:x?}"))
}

#[track_caller]
fn notes(bytes: &[u8]) -> usize {
    found(bytes).performance.notes().len()
}

/// Key, onset and release in milliseconds.
fn spans(read: &MidiRead) -> Vec<(u8, i64, i64)> {
    let ms = |secs: f64| (secs * 1000.0).round() as i64;
    let notes = read.performance.notes().iter();
    notes.map(|n| (n.pitch.number(), ms(n.onset_secs), ms(n.release_secs()))).collect()
}

fn pedal(read: &MidiRead) -> Vec<(i64, u8)> {
    let ms = |p: &PedalChange| ((p.time_secs * 1000.0).round() as i64, p.value);
    read.performance.pedal().iter().map(ms).collect()
}

#[test]
fn sound_files_need_no_repair() {
    let sound = file(1, &[&joined(&[&scale(0, 60, 8), END]), &joined(&[&scale(1, 40, 8), END])]);
    let read = found(&sound);
    assert_eq!(read.performance.notes().len(), 16);
    assert!(read.report.is_clean(), "{:?}", read.report.sentences());
}

#[test]
fn data_bytes_over_127_are_clamped() {
    // In a velocity, in both bytes of a pedal, under running status, in a program, a pitch bend and an aftertouch.
    for (odd, clamped) in [
        (b"\0\x90\x3d\xc8\x81\x70\x80\x3d\x40".as_slice(), 1),
        (b"\0\x90\x3d\x50\x81\x70\x3d\xff\0\x80\x3d\0", 1),
        (b"\0\xb0\x40\xff\0\x90\x3d\x50\x81\x70\x80\x3d\x40\0\xb0\x40\0", 1),
        (b"\0\xc0\x80\0\xe0\xff\xff\0\xd0\x90\0\x90\x3d\x50\x81\x70\x80\x3d\x80", 5),
    ] {
        let read = found(&file(0, &[&joined(&[&note(0, 60), odd, &note(0, 64), END])]));
        let keys: Vec<u8> = spans(&read).iter().map(|span| span.0).collect();
        let is_struck_twice = odd.ends_with(b"\x3d\0");
        assert_eq!(keys, if is_struck_twice { vec![60, 61, 61, 64] } else { vec![60, 61, 64] }, "{odd:x?}");
        assert_eq!(read.report.clamped_bytes, clamped, "{odd:x?}");
        let loudest = read.performance.notes().iter().map(|n| n.velocity.value()).max();
        assert!(loudest <= Some(127));
    }
    // A key over 127 is none of a piano's.
    let read = found(&file(0, &[&joined(&[&note(0, 60), b"\0\x90\xbc\x50\x81\x70\x80\xbc\x40", END])]));
    assert_eq!((read.report.out_of_range, read.report.clamped_bytes), (1, 2));
}

#[test]
fn running_status_goes_on_behind_text_and_sysex() {
    for between in [
        b"\0\xff\x01\x02la".as_slice(),
        b"\0\xff\x05\x03lyr\0\xff\x06\0",
        b"\0\xf0\x05\x7e\x7f\x09\x01\xf7",
        b"\0\xf7\x02\x01\x02",
    ] {
        let mut body = b"\0\x90\x3c\x50\x81\x70\x3c\0".to_vec();
        for key in 61..68 {
            body.extend(between);
            body.extend([0, key, 80, 0x81, 0x70, key, 0]);
        }
        body.extend(END);
        let read = found(&file(0, &[&body]));
        assert_eq!(read.performance.notes().len(), 8, "{between:x?}");
        assert_eq!(read.report.kept_statuses, 7, "{between:x?}");
    }
}

#[test]
fn system_messages_in_tracks_are_skipped() {
    for system in [
        b"\0\xf8".as_slice(),
        b"\x81\x70\xfe",
        b"\0\xfa\0\xfb\0\xfc",
        b"\0\xf1\x33",
        b"\0\xf2\x10\x20",
        b"\0\xf3\x05",
        b"\0\xf6\0\xf4\0\xf5",
        b"\0\xf9\0\xfd",
    ] {
        let read = found(&file(0, &[&joined(&[&scale(0, 60, 2), system, &scale(0, 62, 2), END])]));
        assert_eq!(read.performance.notes().len(), 4, "{system:x?}");
        assert!(read.report.system_messages > 0);
    }
}

#[test]
fn odd_meta_events_cost_only_themselves() {
    for odd in [
        b"\0\xff\x59\0".as_slice(),
        b"\0\xff\x59\x01\0",
        b"\0\xff\x59\x02\x40\x07",
        b"\0\xff\x54\x05\x7f\x7f\x7f\x7f\x7f",
        b"\0\xff\x54\x01\0",
        b"\0\xff\x58\x02\x04\x02",
        b"\0\xff\x58\x04\0\xff\x18\x08",
        b"\0\xff\x51\x02\x07\xa1",
        b"\0\xff\x51\x03\0\0\0",
        b"\0\xff\x51\0",
        b"\0\xff\x20\0",
        b"\0\xff\x21\x02\0\0",
        b"\0\xff\0\x01\0",
    ] {
        let read = found(&file(0, &[&joined(&[&scale(0, 60, 4), odd, &scale(0, 64, 4), END])]));
        assert_eq!(read.performance.notes().len(), 8, "{odd:x?}");
        assert_eq!(read.report.odd_metas, 1, "{odd:x?}");
        assert_eq!(read.performance.duration_secs(), 2.0, "{odd:x?}");
    }
}

#[test]
fn later_tracks_are_found_whatever_the_lengths_say() {
    let (right, left) = (joined(&[&scale(0, 60, 8), END]), joined(&[&scale(0, 40, 8), END]));
    let n = right.len() as u32;
    let cases: [(u32, &[u8]); 10] = [
        (n + 1, b""),
        (n - 1, b""),
        (n + 9, b""),
        (n - 20, b""),
        (0, b""),
        (u32::MAX, b""),
        (n + left.len() as u32 + 8, b""),
        (n, b"\0"),
        (n, b"\0\0\0\0\0"),
        (n, b"\r\n"),
    ];
    for (length, between) in cases {
        let first = joined(&[b"MTrk", &length.to_be_bytes(), &right, between]);
        let read = found(&joined(&[&header(1, 2), &first, &track(&left)]));
        assert_eq!(read.performance.notes().len(), 16, "{length} {between:x?}");
        assert_eq!(read.report.damaged_tracks, 0, "{length} {between:x?}");
        assert!(!read.report.is_clean(), "{length} {between:x?}");
        // The same of the last track.
        let last = joined(&[b"MTrk", &length.to_be_bytes(), &right, between]);
        assert_eq!(notes(&joined(&[&header(1, 2), &track(&left), &last])), 16, "{length} {between:x?}");
    }
    // An unknown chunk between them is none of our business.
    let between = joined(&[&track(&right), b"XFIH\0\0\0\x05hello", &track(&left)]);
    let read = found(&joined(&[&header(1, 2), &between]));
    assert_eq!(read.performance.notes().len(), 16);
    assert!(read.report.is_clean(), "{:?}", read.report);
}

#[test]
fn fewer_tracks_than_the_header_says_are_remarked() {
    let read = found(&joined(&[&header(1, 3), &track(&joined(&[&scale(0, 60, 8), END]))]));
    assert_eq!((read.report.declared_tracks, read.report.tracks), (3, 1));
    assert_eq!(read.report.sentences(), ["the header speaks of 3 tracks, only 1 could be found"]);
}

#[test]
fn wrappings_and_junk_before_the_header() {
    let plain = file(0, &[&joined(&[&scale(0, 60, 8), END])]);
    let chunk =
        |id: &[u8], data: &[u8], fill: &[u8]| joined(&[id, &(data.len() as u32).to_le_bytes(), data, fill]);
    for before in [
        vec![],
        chunk(b"DISP", b"abc", b"\0"),
        chunk(b"DISP", b"abc", b""),
        chunk(b"LIST", b"INFOINAM\x03\0\0\0abc\0", b""),
        joined(&[&chunk(b"DISP", b"a", b""), &chunk(b"DISP", b"abcde", b"\0")]),
    ] {
        let inside = joined(&[b"RMID", &before, &chunk(b"data", &plain, b"")]);
        let riff = joined(&[b"RIFF", &(inside.len() as u32).to_le_bytes(), &inside]);
        let read = found(&riff);
        assert_eq!(read.performance.notes().len(), 8, "{before:x?}");
        assert!(read.report.is_clean(), "{before:x?}");
    }
    let mac_binary = [&[0, 8], b"song.mid".as_slice(), &[0; 118]].concat();
    for junk in [b"\0".as_slice(), b"\0\0\0", b"\xef\xbb\xbf", &mac_binary, b"HTTP/1.1 200 OK\r\n\r\n"] {
        // MacBinary fills up its last block with zeros.
        let read = found(&joined(&[junk, &plain, &[0; 37]]));
        assert_eq!(read.performance.notes().len(), 8);
        assert_eq!(read.report.leading_bytes, junk.len());
        assert_eq!(read.report.sentences().len(), 1);
    }
}

#[test]
fn titles_are_decoded_and_can_be_shown() {
    for (bytes, title) in [
        (b"Pr\xe9lude \xe0 l\x92apr\xe8s".as_slice(), "Prélude à l’après"),
        (b"F\xfcr Elise", "Für Elise"),
        (b"\x8c\x8e\x82\xcc\x8c\xf5", "月の光"),
        ("月の光".as_bytes(), "月の光"),
        (b"Sonata\0", "Sonata"),
        (b" \0 Sonata", "Sonata"),
        (b"two\r\nlines", "two lines"),
        (b"\x1b[31mred\x1b]0;owned\x07", "[31mred ]0;owned"),
        (b"\xc2\x9b31mred", "31mred"),
    ] {
        let name = joined(&[&[0, 0xff, 3, bytes.len() as u8], bytes]);
        let read = found(&file(0, &[&joined(&[&name, &scale(0, 60, 8), END])]));
        assert_eq!(read.title.as_deref(), Some(title));
        let again = found(&write(&read.performance, None, read.title.as_deref()));
        assert_eq!(again.title.as_deref(), Some(title));
    }
    // What shows nothing hides no other.
    for empty in [b"".as_slice(), b"\0", b" \t", b"\x1b\x07"] {
        let hidden = joined(&[&[0, 0xff, 3, empty.len() as u8], empty, END]);
        let real = joined(&[b"\0\xff\x03\x06Sonata", &scale(0, 60, 8), END]);
        assert_eq!(found(&file(1, &[&hidden, &real])).title.as_deref(), Some("Sonata"), "{empty:x?}");
        // Nor in the same track.
        let both = joined(&[&[0, 0xff, 3, empty.len() as u8], empty, &real]);
        assert_eq!(found(&file(0, &[&both])).title.as_deref(), Some("Sonata"), "{empty:x?}");
    }
}

#[test]
fn a_key_comes_up_with_the_last_voice_that_holds_it() {
    // Four seconds on one channel, and a quarter of one from the first second on, on another: of the same track, of
    // another track, of another track on the same channel.
    let long = b"\0\x90\x3c\x50\x9e\0\x80\x3c\0".as_slice();
    let short = |channel: u8| vec![0x87, 0x40, 0x90 | channel, 60, 80, 0x81, 0x70, 0x80 | channel, 60, 0];
    let wanted = [(60, 0, 1000), (60, 1000, 4000)];
    for channel in [0, 1] {
        let read = found(&file(1, &[&joined(&[long, END]), &joined(&[&short(channel), END])]));
        assert_eq!(spans(&read), wanted, "{channel}");
    }
    let one_track = b"\0\x90\x3c\x50\x87\x40\x91\x3c\x50\x81\x70\x81\x3c\0\x94\x50\x80\x3c\0";
    assert_eq!(spans(&found(&file(0, &[&joined(&[one_track, END])]))), wanted);
    // A note that hangs holds no other.
    let hanging = joined(&[b"\0\x90\x3c\x50\x9e\0\xff\x2f\0"]);
    let read = found(&file(1, &[&hanging, &joined(&[&short(1), END])]));
    assert_eq!(spans(&read), [(60, 0, 1000), (60, 1000, 1250)]);
    assert_eq!(read.report.unreleased, 1);
}

#[test]
fn notes_without_length_get_one() {
    let mut body = Vec::new();
    for key in 60..68 {
        body.extend([0, 0x90, key, 80, 0, 0x80, key, 64, 0x81, 0x70, 0xb0, 7, 100]);
    }
    let read = found(&file(0, &[&joined(&[&body, END])]));
    assert_eq!(read.report.zero_length, 8);
    assert!(read.performance.notes().iter().all(|n| n.duration_secs >= 0.03));
    assert_eq!(read.performance.summary().most_keys_down, 1);
    // A key that is struck again at once is not lengthened into its next stroke.
    let again = b"\0\x90\x3c\x50\0\x80\x3c\0\x0a\x90\x3c\x50\x81\x70\x80\x3c\0";
    assert_eq!(spans(&found(&file(0, &[&joined(&[again, END])]))), [(60, 0, 10), (60, 10, 260)]);
}

#[test]
fn a_pattern_begins_with_its_pedals_up() {
    let first = joined(&[b"\0\xb0\x40\x7f\0\xb0\x43\x7f", &scale(0, 60, 8), END]);
    let second = joined(&[&scale(0, 40, 8), END]);
    let read = found(&file(2, &[&first, &second]));
    assert_eq!(pedal(&read), [(0, 127), (2000, 0)]);
    assert_eq!(read.performance.markings().soft.last().map(|p| p.value), Some(0));
    assert!(read.report.is_clean());
}

#[test]
fn what_comes_late_does_not_make_the_music_long() {
    let music = scale(0, 60, 8);
    let late = b"\xff\xff\xff\x7f".as_slice();
    for event in [
        b"\xb0\x40\0".as_slice(),
        b"\xb0\x40\x7f",
        b"\xb0\x07\x40",
        b"\xb0\x7b\0",
        b"\xff\x51\x03\x07\xa1\x20",
        b"\xff\x58\x04\x03\x02\x18\x08",
        b"\xff\x01\x02la",
        b"\xc0\x05",
    ] {
        let read = found(&file(0, &[&joined(&[&music, late, event, END])]));
        assert_eq!(read.performance.duration_secs(), 2.0, "{event:x?}");
        assert_eq!(read.performance.notes().len(), 8);
        // As long as that may be said with a pedal that was down.
        let held = joined(&[b"\0\xb0\x40\x7f", &music, late, event, END]);
        assert_eq!(found(&file(0, &[&held])).performance.duration_secs(), 2.0, "{event:x?}");
    }
    // Nor does a note that nobody lets go.
    let hanging = joined(&[&music, b"\0\x90\x48\x50", late, b"\xff\x2f\0"]);
    assert!(found(&file(0, &[&hanging])).performance.duration_secs() < 15.0);
    let lifted = joined(&[&music, b"\0\x90\x48\x50", late, b"\xb0\x7b\0", END]);
    assert!(found(&file(0, &[&lifted])).performance.duration_secs() < 15.0);
    // The last pedal rings on until it is lifted.
    let ringing = joined(&[b"\0\xb0\x40\x7f", &music, b"\x87\x40\xb0\x40\0", END]);
    assert_eq!(found(&file(0, &[&ringing])).performance.duration_secs(), 3.0);
}

#[test]
fn a_pedal_holds_only_where_notes_are() {
    let music = joined(&[&scale(0, 60, 8), END]);
    let alone = joined(&[b"\0\xb1\x40\x7f\x9f\x20\xb1\x40\0", END]);
    let read = found(&file(1, &[&music, &alone]));
    assert_eq!(pedal(&read), []);
    assert_eq!(read.report.idle_pedals, 1);
    // On the channel of the notes it counts, from whatever track; so does one of another port not.
    let same = joined(&[b"\0\xb0\x40\x7f\x81\x70\xb0\x40\0", END]);
    assert_eq!(pedal(&found(&file(1, &[&music, &same]))), [(0, 127), (250, 0)]);
    let port = joined(&[b"\0\xff\x21\x01\x01", &same]);
    assert_eq!(pedal(&found(&file(1, &[&music, &port]))), []);
    // Resets of channels that are not used are no news.
    let resets: Vec<u8> = (0..16).flat_map(|channel| [0, 0xb0 | channel, 64, 0]).collect();
    let read = found(&file(0, &[&joined(&[&resets, &music])]));
    assert!(read.report.is_clean(), "{:?}", read.report.sentences());
}

#[test]
fn drums_are_left_out_on_every_channel_they_play_on() {
    let gs = b"\0\xf0\x0a\x41\x10\x42\x12\x40\0\x7f\0\x41\xf7".as_slice();
    let xg = b"\0\xf0\x08\x43\x10\x4c\0\0\x7e\0\xf7".as_slice();
    let gm2 = b"\0\xf0\x05\x7e\x7f\x09\x03\xf7".as_slice();
    let gs_part = |part: u8, mode: u8| {
        [b"\0\xf0\x0a\x41\x10\x42\x12\x40".as_slice(), &[part, 0x15, mode, 0, 0xf7]].concat()
    };
    let xg_part =
        |part: u8, mode: u8| [b"\0\xf0\x08\x43\x10\x4c\x08".as_slice(), &[part, 7, mode, 0xf7]].concat();
    let bank = |channel: u8, bank: u8| vec![0, 0xb0 | channel, 0, bank, 0, 0xc0 | channel, 0];
    // What comes first, the channel of four notes, and how many of them are drums.
    for (before, channel, drums) in [
        (vec![], 9, 4),
        (vec![], 10, 0),
        (joined(&[gs, &gs_part(0x1a, 1)]), 10, 4),
        (joined(&[gs, &gs_part(0x11, 2)]), 0, 4),
        (joined(&[gs, &gs_part(0x1a, 1), &gs_part(0x1a, 0)]), 10, 0),
        (joined(&[gs, &gs_part(0x10, 0)]), 9, 0),
        (joined(&[xg, &xg_part(10, 2)]), 10, 4),
        (joined(&[xg, &xg_part(9, 0)]), 9, 0),
        (joined(&[xg, &bank(10, 127)]), 10, 4),
        (joined(&[xg, &bank(10, 126)]), 10, 4),
        (joined(&[xg, &bank(10, 127), &bank(10, 0)]), 10, 0),
        (bank(10, 127), 10, 4),
        (joined(&[gs, &bank(10, 127)]), 10, 0),
        (joined(&[gm2, &bank(10, 120)]), 10, 4),
        (bank(9, 0), 9, 4),
    ] {
        // The messages may stand in a track of their own.
        let own =
            file(1, &[&joined(&[&before, END]), &joined(&[&scale(0, 30, 2), &scale(channel, 60, 4), END])]);
        let one = file(0, &[&joined(&[&before, &scale(0, 30, 2), &scale(channel, 60, 4), END])]);
        for bytes in [own, one] {
            let read = match channel {
                // The two notes before are drums then as well.
                0 => match read(&bytes) {
                    Err(MidiError::NoNotes) => continue,
                    other => panic!("{other:?}"),
                },
                _ => found(&bytes),
            };
            assert_eq!(read.report.drums, drums, "{before:x?} {channel}");
            assert_eq!(read.performance.notes().len(), 6 - drums);
        }
    }
    // Drums often have no releases: that is nothing to speak of.
    let hits = joined(&[&scale(0, 60, 2), b"\0\x99\x24\x50\0\x99\x24\x50\0\x89\x30\0", END]);
    assert_eq!(found(&file(0, &[&hits])).report.sentences(), ["2 drum notes left out"]);
}

#[test]
fn a_note_may_end_in_another_track() {
    let on = joined(&[b"\0\x90\x3c\x50\0\x90\x40\x50\x87\x40\x80\x40\0", END]);
    let off = joined(&[b"\x83\x60\x80\x3c\0", END]);
    for tracks in [[on.as_slice(), &off], [&off, &on]] {
        let read = found(&file(1, &tracks));
        assert_eq!(spans(&read), [(60, 0, 500), (64, 0, 1000)]);
        assert!(read.report.is_clean(), "{:?}", read.report.sentences());
    }
    // Not on another channel, and not in another pattern.
    let other = joined(&[b"\x83\x60\x81\x3c\0", END]);
    let read = found(&file(1, &[&on, &other]));
    assert_eq!((read.report.unreleased, read.report.stray_releases), (1, 1));
    assert_eq!(found(&file(2, &[&on, &off])).report.unreleased, 1);
}

#[test]
fn mode_messages_lift_the_keys() {
    // All notes off, omni off and on, mono, poly: each ends what sounds on its channel, and mono plays chords all the
    // same.
    for mode in 123..=127 {
        let body = joined(&[
            b"\0\x90\x3c\x50\0\x91\x30\x50\x83\x60\xb0",
            &[mode, 0],
            b"\0\x90\x40\x50\0\x90\x43\x50\x83\x60\x80\x40\0\0\x80\x43\0\0\x81\x30\0",
            END,
        ]);
        let wanted = [(48, 0, 1000), (60, 0, 500), (64, 500, 1000), (67, 500, 1000)];
        assert_eq!(spans(&found(&file(0, &[&body]))), wanted, "{mode}");
    }
    // All sound off also silences what the pedal holds; the pedal is down again with the next note.
    let body = joined(&[
        b"\0\xb0\x40\x7f\0\x90\x3c\x50\x83\x60\xb0\x78\0\x83\x60\x90\x40\x50\x83\x60\x80\x40\0\0\xb0\x40\0",
        END,
    ]);
    let read = found(&file(0, &[&body]));
    assert_eq!(spans(&read), [(60, 0, 500), (64, 1000, 1500)]);
    assert_eq!(pedal(&read), [(0, 127), (500, 0), (1000, 127), (1500, 0)]);
    // All notes off leaves the pedal alone.
    let body = joined(&[b"\0\xb0\x40\x7f\0\x90\x3c\x50\x83\x60\xb0\x7b\0\x83\x60\xb0\x40\0", END]);
    assert_eq!(pedal(&found(&file(0, &[&body]))), [(0, 127), (1000, 0)]);
}

#[test]
fn other_kinds_of_file_are_named() {
    for (bytes, kind) in [
        (b"<!DOCTYPE html><html><body>404</body></html>".as_slice(), "a web page"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "a zip archive"),
        (b"ID3\x03\0\0\0\0", "an MP3 recording"),
        (b"<?xml version=\"1.0\"?><score-partwise/>", "a MusicXML score"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a WAV recording"),
        (b"%PDF-1.7", "a PDF document"),
        (b"hello", "a text file"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, MidiError::OtherKind { .. }));
        assert!(error.to_string().starts_with(&format!("this is {kind}")), "{error}");
    }
}

#[test]
fn pedals_tempo_and_metre_come_back() {
    let beat = b"\0\xff\x51\x03\x09\x27\xc0\0\xff\x58\x04\x03\x03\x18\x08";
    let pedals = b"\0\xb0\x43\x7f\0\xb0\x42\x40";
    let faster = b"\0\xff\x51\x03\x03\xd0\x90\0\xff\x58\x04\x06\x03\x18\x08";
    let body =
        joined(&[beat, pedals, &scale(0, 60, 4), faster, &scale(0, 64, 4), b"\0\xb0\x43\0\0\xb0\x42\0", END]);
    let read = found(&file(0, &[&body]));
    let markings = read.performance.markings();
    let changes = |list: &[PedalChange]| list.iter().map(|p| (p.time_secs, p.value)).collect::<Vec<_>>();
    assert_eq!(changes(&markings.soft), [(0.0, 127), (1.7, 0)]);
    assert_eq!(changes(&markings.sostenuto), [(0.0, 64), (1.7, 0)]);
    let tempo = |time_secs, quarter_micros| TempoChange { time_secs, quarter_micros };
    assert_eq!(markings.tempos, [tempo(0.0, 600_000), tempo(1.2, 250_000)]);
    let metre = |time_secs, beats, beat_power| MetreChange { time_secs, beats, beat_power };
    assert_eq!(markings.metres, [metre(0.0, 3, 3), metre(1.2, 6, 3)]);
    let again = found(&write(&read.performance, None, None));
    assert!(again.report.is_clean());
    assert_eq!(again.performance.markings().tempos, markings.tempos);
    assert_eq!(again.performance.markings().metres, markings.metres);
    assert_eq!(changes(&again.performance.markings().soft), changes(&markings.soft));
    assert_eq!(spans(&again), spans(&read));
    // A file that says nothing of it is one of 120 quarters in common time.
    let plain = found(&file(0, &[&joined(&[&scale(0, 60, 4), END])]));
    assert!(plain.performance.markings().is_empty());
    assert!(found(&write(&plain.performance, None, None)).performance.markings().is_empty());
}

#[test]
fn endings_of_midi_files_are_known_in_any_case() {
    for name in ["a.mid", "a.MIDI", "a.Kar", "a.RMI", "b/c.Mid"] {
        assert!(is_midi(name.as_ref()), "{name}");
    }
    assert!(!is_midi("a.midx".as_ref()) && !is_midi("mid".as_ref()));
}

#[test]
fn reports_are_data() {
    let report = MidiReport { tracks: 1, ..MidiReport::default() };
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<MidiReport>(&text).unwrap(), report);
}
