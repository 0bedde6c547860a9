use super::*;

/// Time, key and velocity of every note-on, and the report.
fn strokes(track: &[u8]) -> (Vec<(u32, u8, u8)>, MidiReport) {
    let mut report = MidiReport::default();
    let mut events = Events::new(track, &mut report);
    let (mut tick, mut found) = (0, Vec::new());
    while let Some((delta, event)) = events.next() {
        tick += delta;
        if let Event::NoteOn { key, velocity, .. } = event {
            found.push((tick, key, velocity));
        }
    }
    (found, report)
}

/// C, then `between`, then D a tick after it, and E, each one tick long.
fn around(between: &[u8]) -> Vec<u8> {
    let before = b"\0\x90\x3c\x40\x01\x80\x3c\x40";
    let after = b"\x01\x90\x3e\x40\x01\x80\x3e\x40\0\x90\x40\x40\x01\x80\x40\x40\0\xff\x2f\0";
    [before, between, after].concat()
}

const ALL: [(u32, u8, u8); 3] = [(0, 60, 64), (2, 62, 64), (3, 64, 64)];

#[test]
fn system_messages_are_skipped_anywhere() {
    for between in [
        b"\0\xf8".as_slice(),
        b"\0\xfe\0\xfa",
        b"\0\xf1\x20",
        b"\0\xf2\x01\x02",
        b"\0\xf3\x01",
        b"\0\xf6",
        b"\0\xf4\0\xfd",
        b"\0\xff",
        b"\0\xf8\0\xff",
    ] {
        let (found, report) = strokes(&around(between));
        assert_eq!(found, ALL, "{between:x?}");
        assert!(report.system_messages > 0, "{between:x?}");
    }
    // Without a delta time of its own, and between the bytes of a message.
    for (message, interrupted) in [
        (b"\x01\x80\x3c\x40".as_slice(), b"\x01\xf8\x80\x3c\x40".as_slice()),
        (b"\x01\x90\x3e\x40", b"\x01\x90\xf8\x3e\x40"),
        (b"\x01\x80\x3e\x40", b"\x01\x80\x3e\xfe\x40"),
    ] {
        let track = around(b"");
        let at = track.windows(4).position(|part| part == message).unwrap();
        let (found, report) = strokes(&[&track[..at], interrupted, &track[at + 4..]].concat());
        assert_eq!(found, ALL, "{interrupted:x?}");
        assert_eq!((report.system_messages, report.clamped_bytes), (1, 0));
    }
}

#[test]
fn values_over_127_are_clamped() {
    let (found, report) = strokes(&around(b"\0\x90\x3d\xc8\0\x80\x3d\xff\0\xb0\x40\x80"));
    assert_eq!(found, [(0, 60, 64), (1, 61, 127), (2, 62, 64), (3, 64, 64)]);
    assert_eq!(report.clamped_bytes, 3);
}

#[test]
fn a_message_that_lacks_a_byte_affects_no_other() {
    // Where the delta time after it can be a value, it is read as one.
    for (between, clamped, damaged) in
        [(b"\0\x90\x3d\x81\0\xb0\x07\x40".as_slice(), 1, 0), (b"\0\x90\x81\x70\xb0\x07\x40", 0, 1)]
    {
        let (found, report) = strokes(&around(between));
        let keys: Vec<u8> = found.iter().map(|n| n.1).filter(|key| *key != 61).collect();
        assert_eq!(keys, [60, 62, 64]);
        assert_eq!((report.clamped_bytes, report.damaged_messages), (clamped, damaged));
    }
}

#[test]
fn running_status_continues_after_text() {
    let track =
        b"\0\x90\x3c\x40\x01\xff\x01\x02la\0\x3c\0\x01\xf0\x02\x7e\xf7\x01\x3e\x40\x01\x3e\0\0\xff\x2f\0";
    let (found, report) = strokes(track);
    assert_eq!(found, [(0, 60, 64), (3, 62, 64)]);
    assert_eq!(report.kept_statuses, 2);
}

#[test]
fn reading_continues_after_damage() {
    for between in [
        // A text longer than the track, a SysEx without a length, data without a status.
        b"\0\xff\x01\xff\x7fsome words that are no notes at all".as_slice(),
        b"\0\xf0\x41\x10\x42\x12\x40\0\x7f\0\x41\xf7",
        b"\0\xff\xff\xff\xff\xff\xff\x01\x02\x03",
    ] {
        let (found, report) = strokes(&around(between));
        let keys: Vec<u8> = found.iter().map(|n| n.1).collect();
        assert_eq!(keys, [60, 62, 64], "{between:x?}");
        assert!(report.damaged_bytes + report.damaged_messages > 0, "{between:x?}");
    }
    let (found, report) = strokes(b"\x3c\x40\x01\0\x90\x3e\x40\x01\x80\x3e\x40\0\xff\x2f\0");
    assert_eq!((found.len(), report.damaged_messages), (1, 1));
}

#[test]
fn a_delta_time_may_have_more_than_four_bytes() {
    let (found, report) = strokes(&around(b"\x80\x80\x80\x80\x80\x01\x90\x3d\x40\0\x80\x3d\0"));
    assert_eq!(found[1], (2, 61, 64));
    assert_eq!(report.damaged_messages, 1);
}

#[test]
fn an_early_end_mark_is_ignored() {
    let (found, report) = strokes(&around(b"\0\xff\x2f\0"));
    assert_eq!((found.len(), report.early_ends), (3, 1));
    // The last byte is missing.
    let cut = around(b"");
    let (found, report) = strokes(&cut[..cut.len() - 1]);
    assert_eq!((found.len(), report.odd_metas), (3, 1));
}
