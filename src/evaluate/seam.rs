//! The seam after a recomposed region: is the music that follows more surprising than after the real notes?

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::EvaluateError;
use super::material::{HELD_OUT, round_trip};
use super::stats::{mean, quantile};
use crate::data::Corpus;
use crate::generate::{DEFAULT_CANDIDATES, Generator, Passage, Recompose, Region, Source};
use crate::music::{ComposerId, Note, Performance};
use crate::progress::{Progress, StopFlag};
use crate::tokens::{NoteToken, decode};

/// Notes of a region.
const REGION: usize = 48;
/// Notes after it that are judged.
const JUDGED: usize = 8;
/// Regions begin at this note of a piece or later, and as many notes follow them.
const MARGIN: usize = 128;
/// Candidates for each region.
const CANDIDATES: [usize; 3] = [1, DEFAULT_CANDIDATES, 16];

/// Regions with one number of candidates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeamRow {
    pub candidates: usize,
    /// Of the judged notes, nats per note.
    pub nats: f64,
    /// What that is more than after the real notes of the same regions, and its standard error.
    pub more_nats: f64,
    pub standard_error: f64,
    /// Shares of regions whose figure lies outside the middle nine tenths of stretches of the same piece that are as
    /// long; in the order of [`SeamReport::FIGURES`].
    pub outside: [f64; 4],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeamReport {
    pub regions: usize,
    /// Of the judged notes after the real notes, nats per note.
    pub real_nats: f64,
    /// As [`SeamRow::outside`], of the real regions.
    pub real_outside: [f64; 4],
    pub rows: Vec<SeamRow>,
}

impl SeamReport {
    pub const FIGURES: [&str; 4] = ["notes per second", "pitch", "velocity", "length"];
}

/// A region of a held-out piece.
struct Place {
    composer: ComposerId,
    music: Arc<Performance>,
    tokens: Vec<NoteToken>,
    /// The first note of the region.
    start: usize,
}

impl Place {
    /// The region of `tokens` that begins at note `start`; `None` where it would cut a chord.
    fn cut(composer: ComposerId, tokens: &[NoteToken], start: usize) -> Option<Place> {
        let is_cut_well = tokens[start - 1].gap > 0 && tokens[start + REGION - 1].gap > 0;
        is_cut_well.then(|| Place {
            composer,
            music: Arc::new(decode(tokens)),
            tokens: tokens.to_vec(),
            start,
        })
    }

    fn region(&self) -> Region {
        let onset = |i: usize| self.music.notes()[i].onset_secs;
        Region::all_keys(onset(self.start)..onset(self.start + REGION))
    }

    /// The judged notes in tokens of which as many follow the region as of the piece's own.
    fn judged<'a>(&self, tokens: &'a [NoteToken]) -> Passage<'a> {
        let from = tokens.len() - (self.tokens.len() - self.start - REGION);
        Passage { tokens, judged: from..from + JUDGED }
    }
}

/// Up to `per_composer` regions of each composer, evenly spread over its held-out pieces.
fn places(corpus: &Corpus, per_composer: usize) -> Vec<Place> {
    let of = |(id, _): (ComposerId, _)| {
        let pieces = HELD_OUT.iter().flat_map(|&split| corpus.labelled(split));
        let own: Vec<Vec<NoteToken>> = pieces
            .filter(|p| p.composer == Some(id) && p.tokens.len() >= 2 * MARGIN + 2 * REGION)
            .map(|p| round_trip(&p.tokens))
            .collect();
        let starts = |piece: &Vec<NoteToken>| (MARGIN..piece.len() - MARGIN - 2 * REGION).step_by(REGION);
        let all: Vec<(&Vec<NoteToken>, usize)> =
            own.iter().flat_map(|piece| starts(piece).map(move |start| (piece, start))).collect();
        let n = per_composer.min(all.len());
        let cut = |i: usize| {
            let (piece, start) = all[(2 * i + 1) * all.len() / (2 * n)];
            (start..start + REGION).find_map(|start| Place::cut(id, piece, start))
        };
        (0..n).filter_map(cut).collect::<Vec<_>>()
    };
    corpus.composers.iter().flat_map(of).collect()
}

/// Mean pitch, velocity and length of some notes, and how many there are in a second.
fn figures(notes: &[Note], secs: f64) -> [f64; 4] {
    let n = notes.len().max(1) as f64;
    let mean = |of: fn(&Note) -> f64| notes.iter().map(of).sum::<f64>() / n;
    [
        notes.len() as f64 / secs,
        mean(|n| f64::from(n.pitch.number())),
        mean(|n| f64::from(n.velocity.value())),
        mean(|n| n.duration_secs),
    ]
}

fn within(music: &Performance, from: f64, secs: f64) -> Vec<Note> {
    let first = music.notes().partition_point(|n| n.onset_secs < from);
    music.notes()[first..].iter().take_while(|n| n.onset_secs < from + secs).copied().collect()
}

/// Which figures of the region lie outside the middle nine tenths of those of the piece.
fn outside(piece: &Performance, new: &Performance, region: &Region) -> [bool; 4] {
    let (from, secs) = (region.secs.start, region.secs.end - region.secs.start);
    let stretches =
        (0..).map(|i| f64::from(i) * secs / 4.0).take_while(|at| at + secs < piece.duration_secs());
    let all: Vec<[f64; 4]> = stretches.map(|at| figures(&within(piece, at, secs), secs)).collect();
    let own = figures(&within(new, from, secs), secs);
    std::array::from_fn(|k| {
        let mut sorted: Vec<f64> = all.iter().map(|f| f[k]).collect();
        sorted.sort_by(f64::total_cmp);
        !(quantile(&sorted, 0.05)..=quantile(&sorted, 0.95)).contains(&own[k])
    })
}

/// Shares of `true` per column.
fn shares(rows: &[[bool; 4]]) -> [f64; 4] {
    std::array::from_fn(|k| rows.iter().filter(|r| r[k]).count() as f64 / rows.len().max(1) as f64)
}

/// Recomposes `per_composer` regions of each composer's held-out music, with one candidate and with several of which
/// the ranking keeps one, and judges the notes that follow.
///
/// # Errors
/// [`EvaluateError::EmptySplit`] without held-out pieces that are long enough, [`EvaluateError::Stopped`].
pub fn measure_seam(
    generator: &Generator,
    corpus: &Corpus,
    per_composer: usize,
    seed: u64,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<SeamReport, EvaluateError> {
    let places = places(corpus, per_composer);
    if places.is_empty() {
        return Err(EvaluateError::EmptySplit("test"));
    }
    let (mut real, mut real_outside) = (Vec::new(), Vec::new());
    let mut rows = CANDIDATES.map(|candidates| (candidates, Vec::new(), Vec::new()));
    for (i, place) in places.iter().enumerate() {
        on_progress(Progress {
            phase: "recomposing".into(),
            done: i as u64,
            total: Some(places.len() as u64),
        });
        let region = place.region();
        let context = generator.info().segment_len;
        let from = (place.start + REGION + JUDGED).saturating_sub(context);
        let z = generator.encode_tokens(&place.tokens[from..place.start + REGION + JUDGED])?.swap_remove(0);
        let nats =
            |tokens: &[NoteToken]| generator.surprise(&[place.judged(tokens)], Some(place.composer), &z)[0];
        real.push(nats(&place.tokens));
        real_outside.push(outside(&place.music, &place.music, &region));
        for (candidates, judged, figures) in &mut rows {
            let source = Source { music: place.music.clone(), composer: Some(place.composer) };
            let request = Recompose {
                candidates: *candidates,
                ..Recompose::new(source, region.clone(), seed.wrapping_add(i as u64))
            };
            let made =
                generator.recompose(&request, stop, &mut |_| {})?.pop().ok_or(EvaluateError::Stopped)?;
            judged.push(nats(&made.take.tokens));
            figures.push(outside(&place.music, &made.take.performance, &region));
        }
    }
    let row = |(candidates, judged, figures): (usize, Vec<f64>, Vec<[bool; 4]>)| {
        let more: Vec<f64> = judged.iter().zip(&real).map(|(new, real)| new - real).collect();
        let more_nats = mean(&more);
        let squares = more.iter().map(|m| (m - more_nats).powi(2)).sum::<f64>();
        let n = more.len() as f64;
        SeamRow {
            candidates,
            nats: mean(&judged),
            more_nats,
            standard_error: (squares / (n - 1.0).max(1.0) / n).sqrt(),
            outside: shares(&figures),
        }
    };
    Ok(SeamReport {
        regions: places.len(),
        real_nats: mean(&real),
        real_outside: shares(&real_outside),
        rows: rows.map(row).into(),
    })
}

impl fmt::Display for SeamReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |outside: &[f64; 4]| outside.map(|s| format!("{:>4.0} %", s * 100.0)).join(" ");
        writeln!(
            f,
            "Seam after a recomposed region of {REGION} notes ({} regions of held-out pieces)",
            self.regions
        )?;
        writeln!(
            f,
            "{:<18} {:>10} {:>18}   outside the piece's own p5–p95: {}",
            "",
            "nats/note",
            "more than real",
            Self::FIGURES.join(", ")
        )?;
        writeln!(
            f,
            "{:<18} {:>10.2} {:>18}   {}",
            "real notes",
            self.real_nats,
            "",
            percent(&self.real_outside)
        )?;
        for row in &self.rows {
            let name = format!("{} candidate{}", row.candidates, if row.candidates == 1 { "" } else { "s" });
            let more = format!("{:+.2} ± {:.2}", row.more_nats, row.standard_error);
            writeln!(f, "{name:<18} {:>10.2} {more:>18}   {}", row.nats, percent(&row.outside))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Pitch, Velocity};

    /// A note a second, ever higher, for a hundred seconds.
    fn rising() -> Performance {
        let note = |i: u8| Note {
            pitch: Pitch::new(21 + (u32::from(i) * 87 / 100) as u8).unwrap(),
            onset_secs: f64::from(i),
            duration_secs: 0.5,
            velocity: Velocity::clamped(64),
        };
        Performance::new((0..100).map(note).collect(), vec![])
    }

    #[test]
    fn figures_outside_the_pieces_own_are_counted() {
        let music = rising();
        let middle = Region::all_keys(48.0..56.0);
        assert_eq!(outside(&music, &music, &middle), [false; 4]);
        // The top of the piece is its highest part.
        assert_eq!(outside(&music, &music, &Region::all_keys(91.0..99.0)), [false, true, false, false]);
        let twice: Vec<Note> =
            music.notes().iter().flat_map(|n| [*n, Note { onset_secs: n.onset_secs + 0.5, ..*n }]).collect();
        assert!(outside(&music, &Performance::new(twice, vec![]), &middle)[0]);
        assert_eq!(shares(&[[true, false, true, false], [false, false, true, false]]), [0.5, 0.0, 1.0, 0.0]);
    }
}
