"""Makes the MIDI files of tests/golden/midi and, beside each, what is in it as JSON.

They are written by other programs than ours (mido, pretty_midi, music21) or byte by byte after the standard, and the
expected notes come from another reader (pretty_midi) or from arithmetic given here, never from our code. Needs
`pip install mido pretty_midi music21`; run it from anywhere. The files are small and kept in the repository, so
tests do not need Python.
"""

import json
import pathlib
import random
import struct
import warnings

import mido
import music21
import pretty_midi

HERE = pathlib.Path(__file__).parent / "midi"
# One written file must not depend on the day it was made.
random.seed(7)


def keep(name, notes, pedal):
    """notes: (pitch, onset, release, velocity); pedal: (seconds, value); times in seconds."""
    notes = sorted((round(on, 6), pitch, round(off, 6), velocity) for pitch, on, off, velocity in notes)
    text = {"notes": [[p, on, off, v] for on, p, off, v in notes], "pedal": [[round(t, 6), v] for t, v in sorted(pedal)]}
    (HERE / f"{name}.json").write_text(json.dumps(text) + "\n")


def keep_as_pretty_midi_reads(name):
    """The notes a second library finds in the file, without drums and what no piano has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = pretty_midi.PrettyMIDI(str(HERE / f"{name}.mid"))
    players = [i for i in score.instruments if not i.is_drum]
    notes = [(n.pitch, n.start, n.end, n.velocity) for i in players for n in i.notes if 21 <= n.pitch <= 108]
    pedal = [(c.time, c.value) for i in players for c in i.control_changes if c.number == 64]
    keep(name, notes, pedal)


def mido_format_0():
    """One track, tempo changes in the middle of notes, note-on with velocity 0 as release."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Fantasia"), mido.MetaMessage("set_tempo", tempo=600000)])
    for i in range(40):
        pitch = 40 + (i * 7) % 45
        track.append(mido.Message("note_on", note=pitch, velocity=30 + i * 2, time=random.randrange(0, 200)))
        if i % 8 == 3:
            track.append(mido.MetaMessage("set_tempo", tempo=300000 + 12345 * i, time=17))
        if i % 5 == 0:
            track.append(mido.Message("control_change", control=64, value=(i * 9) % 128, time=3))
        track.append(mido.Message("note_on", note=pitch, velocity=0, time=random.randrange(1, 300)))
    mido.MidiFile(type=0, ticks_per_beat=220, tracks=[track]).save(HERE / "mido_format_0.mid")
    keep_as_pretty_midi_reads("mido_format_0")


def mido_format_1():
    """Tempo map on a track of its own, two hands on two tracks, drums, notes no piano has."""
    tempo = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=t, time=d) for t, d in [(500000, 0), (800000, 500), (250000, 700)]])
    right, left, drums = mido.MidiTrack(), mido.MidiTrack(), mido.MidiTrack()
    for i in range(30):
        for track, channel, low in [(right, 0, 70), (left, 1, 38), (drums, 9, 35)]:
            pitch = low + (i * 5) % 23
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=50 + i, time=11 + i % 3))
            track.append(mido.Message("note_off", channel=channel, note=pitch, velocity=64, time=37 + i % 7))
        if i % 4 == 0:
            right.append(mido.Message("control_change", channel=0, control=64, value=127 * (i // 4 % 2), time=5))
    left.append(mido.Message("note_on", channel=1, note=15, velocity=50, time=4))
    left.append(mido.Message("note_off", channel=1, note=15, velocity=50, time=4))
    mido.MidiFile(type=1, ticks_per_beat=96, tracks=[tempo, right, left, drums]).save(HERE / "mido_format_1.mid")
    keep_as_pretty_midi_reads("mido_format_1")


def from_pretty_midi():
    score = pretty_midi.PrettyMIDI(resolution=220, initial_tempo=93.7)
    piano = pretty_midi.Instrument(program=0)
    at = 0.3
    for i in range(60):
        at += random.choice([0.0, 0.07, 0.25, 1.3])
        pitch = 21 + (i * 31) % 88
        piano.notes.append(pretty_midi.Note(20 + i, pitch, at, at + random.uniform(0.03, 2.0)))
        if i % 6 == 0:
            piano.control_changes.append(pretty_midi.ControlChange(64, (i * 11) % 128, at + 0.01))
    score.instruments.append(piano)
    score.write(str(HERE / "pretty_midi.mid"))
    keep_as_pretty_midi_reads("pretty_midi")


def from_music21():
    """Chords of a notation program: many releases at the tick of the next stroke, on several channels."""
    score = music21.stream.Score()
    for low in (48, 67):
        part = music21.stream.Part()
        part.append(music21.tempo.MetronomeMark(number=76))
        for i in range(12):
            chord = music21.chord.Chord([low + i % 5, low + 4 + i % 5, low + 7 + i % 5], quarterLength=[0.5, 1, 0.25][i % 3])
            chord.volume.velocity = 40 + 5 * i
            part.append(chord)
        score.insert(0, part)
    score.write("midi", HERE / "music21.mid")
    keep_as_pretty_midi_reads("music21")


def chunk(name, data):
    return name + struct.pack(">I", len(data)) + data


def varint(n):
    out = [n & 0x7F]
    while n := n >> 7:
        out.append(0x80 | n & 0x7F)
    return bytes(reversed(out))


def running_status():
    """Status bytes left out wherever the standard lets them be; a system-exclusive message between."""
    data = b"".join([
        varint(0), bytes([0x90, 60, 80]), varint(48), bytes([64, 70]), varint(48), bytes([60, 0]), varint(0), bytes([67, 60]),
        varint(0), bytes([0xF0, 3, 1, 2, 0xF7]), varint(96), bytes([0x90, 64, 0]), varint(0), bytes([67, 0]),
        varint(0), bytes([0xB0, 64, 127]), varint(24), bytes([64, 0]), varint(0), bytes([0xFF, 0x2F, 0]),
    ])
    (HERE / "running_status.mid").write_bytes(chunk(b"MThd", struct.pack(">HHH", 0, 1, 96)) + chunk(b"MTrk", data))
    beat = 0.5
    keep("running_status", [(60, 0, beat, 80), (64, beat / 2, 2 * beat, 70), (67, beat, 2 * beat, 60)],
         [(2 * beat, 127), (2.25 * beat, 0)])


def smpte():
    """SMPTE time: ticks are parts of a film frame, and a tempo means nothing."""
    for name, frames, real, parts in [("smpte_25", 25, 25.0, 40), ("smpte_30_drop", 29, 30 / 1.001, 80)]:
        data = varint(0) + bytes([0xFF, 0x51, 3, 1, 2, 3])
        notes = []
        for i in range(20):
            data += varint(500) + bytes([0x90, 50 + i, 64]) + varint(250) + bytes([0x80, 50 + i, 0])
            on = (i * 750 + 500) / (real * parts)
            notes.append((50 + i, on, on + 250 / (real * parts), 64))
        data += varint(0) + bytes([0xFF, 0x2F, 0])
        division = bytes([256 - frames, parts])
        (HERE / f"{name}.mid").write_bytes(chunk(b"MThd", struct.pack(">HH", 0, 1) + division) + chunk(b"MTrk", data))
        keep(name, notes, [])


def format_2():
    """Two patterns with tempos of their own: the second begins when the first is over."""
    tracks = b""
    for tempo, pitch in [(500000, 60), (1000000, 72)]:
        tracks += chunk(b"MTrk", varint(0) + b"\xff\x51\x03" + struct.pack(">I", tempo)[1:] + varint(0) + bytes([0x90, pitch, 90])
                        + varint(100) + bytes([0x80, pitch, 0]) + varint(0) + bytes([0xFF, 0x2F, 0]))
    (HERE / "format_2.mid").write_bytes(chunk(b"MThd", struct.pack(">HHH", 2, 2, 100)) + tracks)
    keep("format_2", [(60, 0, 0.5, 90), (72, 0.5, 1.5, 90)], [])


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for make in [mido_format_0, mido_format_1, from_pretty_midi, from_music21, running_status, smpte, format_2]:
        make()
