"""Reads MIDI files with mido, which shares no code with us, and prints their notes and pedal as JSON, one file a line.

Times are in seconds; a note is [pitch, onset, release, velocity], a pedal change [seconds, value].
"""

import json
import sys

import mido


def describe(path):
    notes, pedal, down, now = [], [], {}, 0.0
    score = mido.MidiFile(path)
    for message in score:
        now += message.time
        if message.type == "note_on" and message.velocity > 0:
            assert message.note not in down, "a key was struck while it was down"
            down[message.note] = (now, message.velocity)
        elif message.type in ("note_on", "note_off"):
            onset, velocity = down.pop(message.note)
            notes.append([message.note, onset, now, velocity])
        elif message.type == "control_change" and message.control == 64:
            pedal.append([now, message.value])
    assert not down, "a note was never released"
    texts = [m.text for track in score.tracks for m in track if m.type == "text"]
    programs = [m.program for track in score.tracks for m in track if m.type == "program_change"]
    tempos = [m.tempo for track in score.tracks for m in track if m.type == "set_tempo"]
    notes.sort(key=lambda n: (n[1], n[0]))
    return {"notes": notes, "pedal": pedal, "texts": texts, "programs": programs, "tempos": tempos, "name": score.tracks[0].name}


for path in sys.argv[1:]:
    print(json.dumps(describe(path)))
