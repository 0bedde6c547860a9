//! Damaged files, odd headers and titles.

use crate::*;

#[test]
fn valid_files_need_no_repair() {
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
    // A key over 127 is not on a piano.
    let read = found(&file(0, &[&joined(&[&note(0, 60), b"\0\x90\xbc\x50\x81\x70\x80\xbc\x40", END])]));
    assert_eq!((read.report.out_of_range, read.report.clamped_bytes), (1, 2));
}

#[test]
fn running_status_continues_after_text_and_sysex() {
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
fn odd_meta_events_affect_only_themselves() {
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
fn later_tracks_are_found_despite_wrong_lengths() {
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
        // The same for the last track.
        let last = joined(&[b"MTrk", &length.to_be_bytes(), &right, between]);
        assert_eq!(notes(&joined(&[&header(1, 2), &track(&left), &last])), 16, "{length} {between:x?}");
    }
    // An unknown chunk between the tracks is ignored.
    let between = joined(&[&track(&right), b"XFIH\0\0\0\x05hello", &track(&left)]);
    let read = found(&joined(&[&header(1, 2), &between]));
    assert_eq!(read.performance.notes().len(), 16);
    assert!(read.report.is_clean(), "{:?}", read.report);
}

#[test]
fn fewer_tracks_than_the_header_says_are_reported() {
    let read = found(&joined(&[&header(1, 3), &track(&joined(&[&scale(0, 60, 8), END]))]));
    assert_eq!((read.report.declared_tracks, read.report.tracks), (3, 1));
    assert_eq!(read.report.sentences(), ["the header declares 3 tracks, but only 1 could be found"]);
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
        // MacBinary pads its last block with zeros.
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
    // An invisible title does not hide the next one.
    for empty in [b"".as_slice(), b"\0", b" \t", b"\x1b\x07"] {
        let hidden = joined(&[&[0, 0xff, 3, empty.len() as u8], empty, END]);
        let real = joined(&[b"\0\xff\x03\x06Sonata", &scale(0, 60, 8), END]);
        assert_eq!(found(&file(1, &[&hidden, &real])).title.as_deref(), Some("Sonata"), "{empty:x?}");
        // Not even in the same track.
        let both = joined(&[&[0, 0xff, 3, empty.len() as u8], empty, &real]);
        assert_eq!(found(&file(0, &[&both])).title.as_deref(), Some("Sonata"), "{empty:x?}");
    }
}
