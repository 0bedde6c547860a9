//! Recomposing a region: what stays, what fits, what is refused.

mod common;

use std::ops::Range;
use std::process::Command;
use std::sync::Arc;

use pastiche::device::DeviceChoice;
use pastiche::generate::{Alternative, GenerateError, Generator, Passage, Recompose, Region, Source};
use pastiche::music::{ComposerId, Note, PedalChange, Performance, Pitch, midi};
use pastiche::progress::StopFlag;
use pastiche::tokens::encode;

use common::network::{COMPOSERS, random_checkpoint};
use common::piece;

fn generator() -> Generator {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = random_checkpoint(folder.path(), &COMPOSERS, 16, 11, 0.2);
    Generator::load(&checkpoint, DeviceChoice::Cpu).unwrap()
}

fn source(music: &Performance) -> Source {
    Source { music: Arc::new(music.clone()), composer: None }
}

fn request(music: &Performance, region: &Region, seed: u64) -> Recompose {
    Recompose { count: 2, candidates: 2, ..Recompose::new(source(music), region.clone(), seed) }
}

fn compose(g: &Generator, request: &Recompose) -> Vec<Alternative> {
    g.recompose(request, &StopFlag::new(), &mut |_| {}).unwrap()
}

fn pitch(name: &str) -> Pitch {
    name.parse().unwrap()
}

fn left_hand(secs: Range<f64>) -> Region {
    Region { pitches: Pitch::LOWEST..=pitch("E4"), ..Region::all_keys(secs) }
}

fn outside<'a>(music: &'a Performance, region: &'a Region) -> impl Iterator<Item = &'a Note> {
    music.notes().iter().filter(|n| !region.holds(n))
}

/// The music without its region as the bytes of a MIDI file.
fn bytes_outside(music: &Performance, region: &Region) -> Vec<u8> {
    let is_outside = |p: &&PedalChange| !region.secs.contains(&p.time_secs);
    let pedal = music.pedal().iter().filter(is_outside).copied().collect();
    let rest = Performance::new(outside(music, region).copied().collect(), pedal);
    midi::write(&rest.with_markings(music.markings().clone()), None, None)
}

/// Does no new note strike a key that another note holds, or sound into a note that stays?
fn new_notes_have_free_keys(music: &Performance, old: &Performance) -> bool {
    const SLACK_SECS: f64 = 0.011;
    let (kept, new): (Vec<&Note>, Vec<&Note>) = music.notes().iter().partition(|n| old.notes().contains(n));
    let meets = |a: &Note, b: &Note| {
        a.pitch == b.pitch
            && a.onset_secs < b.release_secs() - SLACK_SECS
            && b.onset_secs < a.release_secs() - SLACK_SECS
    };
    new.iter().all(|n| kept.iter().all(|kept| !meets(n, kept)))
}

#[test]
fn music_outside_the_region_stays_the_same_to_the_byte() {
    let g = generator();
    for seed in 0..3 {
        let music = piece(seed, 0, 90);
        let end = music.duration_secs();
        let regions = [
            Region::all_keys(2.0..5.0),
            left_hand(1.5..6.0),
            Region::all_keys(0.0..2.0),
            left_hand(end - 4.0..end + 10.0),
        ];
        for region in &regions {
            for (closeness, keep_rhythm) in [(0.0, false), (0.5, false), (0.0, true)] {
                let asked = Recompose { closeness, keep_rhythm, ..request(&music, region, seed) };
                for made in compose(&g, &asked) {
                    let new = &made.take.performance;
                    assert!(outside(new, region).eq(outside(&music, region)), "{region:?}");
                    assert_eq!(bytes_outside(new, region), bytes_outside(&music, region));
                    assert!(new_notes_have_free_keys(new, &music), "{region:?} {closeness} {keep_rhythm}");
                    let pedal_at_end = |m: &Performance| m.is_pedal_down_at(region.secs.end);
                    assert_eq!(pedal_at_end(new), pedal_at_end(&music));
                    if !region.has_all_keys() || keep_rhythm {
                        assert_eq!(new.pedal(), music.pedal(), "the pedal belongs to both hands");
                    }
                    // With closeness, chance may keep all of a few chords.
                    if closeness == 0.0 && music.notes().iter().any(|n| region.holds(n)) {
                        assert!(made.new_notes > 0 && new != &music, "{region:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_request_gives_the_same_and_alternatives_differ() {
    let g = generator();
    let music = piece(4, 0, 80);
    let asked = Recompose { count: 4, ..request(&music, &Region::all_keys(1.0..4.0), 7) };
    let (first, again) = (compose(&g, &asked), compose(&g, &asked));
    assert_eq!(first, again);
    assert_eq!(first.iter().map(|a| a.take.recipe.seed).collect::<Vec<_>>(), [7, 8, 9, 10]);
    for (i, a) in first.iter().enumerate() {
        assert!(first[..i].iter().all(|b| a.take.performance != b.take.performance));
    }
}

#[test]
fn closeness_goes_from_nothing_kept_to_nothing_new() {
    let g = generator();
    let music = piece(5, 0, 160);
    let region = Region::all_keys(2.0..11.0);
    let mut before = -1.0;
    for closeness in [0.0, 0.4, 0.8, 1.0] {
        let asked = Recompose { closeness, ..request(&music, &region, 3) };
        let new = &compose(&g, &asked)[0].take.performance;
        let old: Vec<&Note> = music.notes().iter().filter(|n| region.holds(n)).collect();
        let kept = old.iter().filter(|n| new.notes().contains(n)).count() as f64 / old.len() as f64;
        assert!(kept > before && (kept - f64::from(closeness)).abs() < 0.25, "{closeness}: {kept}");
        before = kept;
    }
    let all_kept = Recompose { closeness: 1.0, ..request(&music, &region, 3) };
    assert_eq!(compose(&g, &all_kept)[0].take.performance, music);
}

#[test]
fn a_kept_rhythm_keeps_every_onset_and_length() {
    let g = generator();
    let music = piece(6, 0, 100);
    for region in [Region::all_keys(2.0..7.0), left_hand(2.0..7.0)] {
        let asked = Recompose { keep_rhythm: true, ..request(&music, &region, 1) };
        let new = &compose(&g, &asked)[0].take.performance;
        let rhythm = |m: &Performance| {
            let mut all: Vec<_> = m.notes().iter().map(|n| n.onset_secs).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        assert_eq!(rhythm(new), rhythm(&music));
        let pitches = |m: &Performance| m.notes().iter().map(|n| n.pitch).collect::<Vec<_>>();
        assert_ne!(pitches(new), pitches(&music));
    }
}

#[test]
fn a_region_may_be_everything_silence_or_the_end() {
    let g = generator();
    let music = piece(8, 0, 60);
    let everything = Region::all_keys(0.0..f64::MAX);
    let made = &compose(&g, &request(&music, &everything, 2))[0];
    let new = &made.take.performance;
    assert_eq!(made.new_notes, new.notes().len());
    assert!(made.surprise_nats.is_none(), "nothing follows");
    assert!((new.notes()[0].onset_secs - music.notes()[0].onset_secs).abs() < 0.01);
    assert!(new.notes().iter().all(|n| n.onset_secs < music.duration_secs()));
    // From the last onset on: one or more notes, in the time that is left.
    let last = music.notes().last().unwrap().onset_secs;
    let end = Region::all_keys(last..music.duration_secs());
    let new = &compose(&g, &request(&music, &end, 2))[0].take.performance;
    assert!(outside(new, &end).eq(outside(&music, &end)));
    // Between two notes, where there was no note.
    let onsets: Vec<f64> = music.notes().iter().map(|n| n.onset_secs).collect();
    let gap = onsets.windows(2).find(|pair| pair[1] - pair[0] > 1.0).unwrap();
    let silence = Region::all_keys(gap[0] + 0.1..gap[1] - 0.1);
    assert_eq!(music.notes().iter().filter(|n| silence.holds(n)).count(), 0);
    let made = &compose(&g, &request(&music, &silence, 2))[0];
    assert!(outside(&made.take.performance, &silence).eq(music.notes().iter()));
}

#[test]
fn invalid_requests_are_refused() {
    let g = generator();
    let music = piece(8, 0, 40);
    let end = music.duration_secs();
    let refusal = |asked: &Recompose| g.recompose(asked, &StopFlag::new(), &mut |_| {}).err();
    for secs in [3.0..3.0, 4.0..3.0, end..end + 5.0, f64::NAN..3.0] {
        let refused = refusal(&request(&music, &Region::all_keys(secs), 1));
        assert!(matches!(refused, Some(GenerateError::EmptyRegion { .. })), "{refused:?}");
    }
    let region = Region::all_keys(1.0..2.0);
    let asked = request(&music, &region, 1);
    for count in [0, 65] {
        let refused = refusal(&Recompose { count, ..asked.clone() });
        assert!(matches!(refused, Some(GenerateError::Alternatives)));
    }
    let stranger = Recompose { composer: Some(ComposerId(2)), ..asked.clone() };
    assert!(matches!(refusal(&stranger), Some(GenerateError::NoSuchComposer(2))));
    let none = request(&Performance::default(), &region, 1);
    assert!(matches!(refusal(&none), Some(GenerateError::EmptyPrompt)));
    let stop = StopFlag::new();
    stop.stop();
    assert!(g.recompose(&asked, &stop, &mut |_| {}).unwrap().is_empty());
}

#[test]
fn locked_parts_are_not_touched() {
    let g = generator();
    let music = piece(9, 0, 120);
    let region = Region::all_keys(1.0..8.0);
    let pitch = |n| Pitch::new(n).unwrap();
    let voice = |secs, low, high| Region { secs, pitches: pitch(low)..=pitch(high) };
    // All keys of some time, and one hand of another.
    let locked = vec![Region::all_keys(3.0..4.0), voice(5.0..7.0, 21, 59)];
    let asked = Recompose { locked: locked.clone(), ..request(&music, &region, 4) };
    let new = &compose(&g, &asked)[0].take.performance;
    let in_lock = |m: &Performance| {
        let is_in = |n: &&Note| locked.iter().any(|l| l.holds(n));
        m.notes().iter().filter(is_in).copied().collect::<Vec<_>>()
    };
    assert!(!in_lock(&music).is_empty());
    assert_eq!(in_lock(new), in_lock(&music));
    let other_hand = |m: &Performance| {
        let hand = voice(5.0..7.0, 60, 108);
        m.notes().iter().filter(|n| hand.holds(n)).copied().collect::<Vec<_>>()
    };
    assert_ne!(other_hand(new), other_hand(&music), "the other hand is free");
}

#[test]
fn more_candidates_give_a_less_surprising_one() {
    let g = generator();
    let music = piece(3, 0, 90);
    let region = Region::all_keys(2.0..4.0);
    let mean = |candidates| {
        let asked = Recompose { count: 8, candidates, ..request(&music, &region, 5) };
        compose(&g, &asked).iter().filter_map(|a| a.surprise_nats).sum::<f64>() / 8.0
    };
    let (one, eight) = (mean(1), mean(8));
    assert!(eight < one, "{eight} {one}");
}

#[test]
fn surprise_adds_up_and_does_not_see_the_future() {
    let g = generator();
    let tokens = encode(&piece(2, 0, 40)).tokens;
    let z = g.encode_tokens(&tokens).unwrap().swap_remove(0);
    let surprise = |tokens, judged| g.surprise(&[Passage { tokens, judged }], Some(ComposerId(1)), &z)[0];
    // The context of this network is 16 notes.
    let whole = surprise(&tokens[..16], 8..16);
    let parts: f64 = (8..16).map(|i| surprise(&tokens[..16], i..i + 1)).sum();
    assert!(whole > 0.0 && (whole * 8.0 - parts).abs() < 1e-3, "{whole} {parts}");
    let mut changed = tokens[..16].to_vec();
    changed[15].pitch = (changed[15].pitch + 12) % 88;
    assert!((surprise(&tokens[..16], 8..15) - surprise(&changed, 8..15)).abs() < 1e-5);
    assert!((surprise(&tokens[..16], 8..16) - surprise(&changed, 8..16)).abs() > 1e-6);
    // Passages judged together give the same values as one by one.
    let passages = [8..12, 10..16].map(|judged| Passage { tokens: &tokens[..16], judged });
    let both = g.surprise(&passages, Some(ComposerId(1)), &z);
    assert!((both[0] - surprise(&tokens[..16], 8..12)).abs() < 1e-4);
    assert!((both[1] - surprise(&tokens[..16], 10..16)).abs() < 1e-4);
}

#[test]
fn the_command_writes_alternatives_and_reports_errors() {
    let folder = tempfile::tempdir().unwrap();
    random_checkpoint(folder.path(), &COMPOSERS, 16, 11, 0.2);
    std::fs::write(folder.path().join("a.mid"), midi::write(&piece(1, 0, 60), None, None)).unwrap();
    let run = |line: &str| {
        Command::new(env!("CARGO_BIN_EXE_pastiche"))
            .args(line.split(' '))
            .args(["--checkpoint", "random-2.safetensors", "--device", "cpu"])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let read = |name: &str| midi::read_file(&folder.path().join(name)).unwrap().performance;
    let output = run("recompose a.mid --from 1 --to 3 --pitches A0..E4 --count 3 --seed 3 --out out --json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = said.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.iter().map(|l| l["recipe"]["seed"].as_u64()).collect::<Vec<_>>(), [3, 4, 5].map(Some));
    let region = left_hand(1.0..3.0);
    for i in 1..=3 {
        let new = read(&format!("out/recompose-{i}.mid"));
        assert!(outside(&new, &region).eq(outside(&read("a.mid"), &region)));
        assert_ne!(new, read("a.mid"));
    }
    assert!(run("recompose a.mid --from 1 --to 3 --composer chopin --out one.mid").status.success());
    for (line, text) in [
        ("recompose a.mid --from 3 --to 3 --out x.mid", "later than --from"),
        ("recompose a.mid --from 900 --to 901 --out x.mid", "no time or no keys"),
        ("recompose a.mid --from 1 --to 2 --pitches H1..C2 --out x.mid", "not a key"),
        ("recompose a.mid --from 1 --to 2 --composer nobody --out x.mid", "nobody"),
        ("recompose none.mid --from 1 --to 2 --out x.mid", "none.mid"),
    ] {
        let output = run(line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(text), "{line}: {error}");
        assert!(!folder.path().join("x.mid").exists());
    }
}
