//! What the events mean: voices, pedals, drums, silence.

use crate::*;

#[test]
fn a_key_is_released_with_the_last_voice_that_holds_it() {
    // A four-second note on one channel, and a quarter-second note that begins after one second on another: on the same
    // track, on another track, and on another track with the same channel.
    let long = b"\0\x90\x3c\x50\x9e\0\x80\x3c\0".as_slice();
    let short = |channel: u8| vec![0x87, 0x40, 0x90 | channel, 60, 80, 0x81, 0x70, 0x80 | channel, 60, 0];
    let wanted = [(60, 0, 1000), (60, 1000, 4000)];
    for channel in [0, 1] {
        let read = found(&file(1, &[&joined(&[long, END]), &joined(&[&short(channel), END])]));
        assert_eq!(spans(&read), wanted, "{channel}");
    }
    let one_track = b"\0\x90\x3c\x50\x87\x40\x91\x3c\x50\x81\x70\x81\x3c\0\x94\x50\x80\x3c\0";
    assert_eq!(spans(&found(&file(0, &[&joined(&[one_track, END])]))), wanted);
    // A hanging note holds no other.
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
fn late_events_do_not_lengthen_the_music() {
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
        // The same with the pedal down.
        let held = joined(&[b"\0\xb0\x40\x7f", &music, late, event, END]);
        assert_eq!(found(&file(0, &[&held])).performance.duration_secs(), 2.0, "{event:x?}");
    }
    // Nor does an unreleased note.
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
    // On the notes' channel it counts, on any track, but not on another port.
    let same = joined(&[b"\0\xb0\x40\x7f\x81\x70\xb0\x40\0", END]);
    assert_eq!(pedal(&found(&file(1, &[&music, &same]))), [(0, 127), (250, 0)]);
    let port = joined(&[b"\0\xff\x21\x01\x01", &same]);
    assert_eq!(pedal(&found(&file(1, &[&music, &port]))), []);
    // Resets of unused channels are not reported.
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
        // The messages may be on a separate track.
        let own =
            file(1, &[&joined(&[&before, END]), &joined(&[&scale(0, 30, 2), &scale(channel, 60, 4), END])]);
        let one = file(0, &[&joined(&[&before, &scale(0, 30, 2), &scale(channel, 60, 4), END])]);
        for bytes in [own, one] {
            let read = match channel {
                // The two notes before it are then drums as well.
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
    // Drum notes often have no release, which is not reported.
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
    // All notes off, omni off and on, mono, poly: each ends the notes on its channel, and mono still plays chords.
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
    // All sound off also silences notes held by the pedal; the pedal is down again at the next note.
    let body = joined(&[
        b"\0\xb0\x40\x7f\0\x90\x3c\x50\x83\x60\xb0\x78\0\x83\x60\x90\x40\x50\x83\x60\x80\x40\0\0\xb0\x40\0",
        END,
    ]);
    let read = found(&file(0, &[&body]));
    assert_eq!(spans(&read), [(60, 0, 500), (64, 1000, 1500)]);
    assert_eq!(pedal(&read), [(0, 127), (500, 0), (1000, 127), (1500, 0)]);
    // All notes off does not change the pedal.
    let body = joined(&[b"\0\xb0\x40\x7f\0\x90\x3c\x50\x83\x60\xb0\x7b\0\x83\x60\xb0\x40\0", END]);
    assert_eq!(pedal(&found(&file(0, &[&body]))), [(0, 127), (1000, 0)]);
}
