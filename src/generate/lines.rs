//! Several takes composed side by side, one note each per step, with one cache.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::{Device, Kind, Tensor};

use super::line::Line;
use crate::model::features::{INPUT_COLUMNS, Previous, input_rows};
use crate::model::{Cache, Condition, Hints, Vae};
use crate::sampling::{draw, guide};
use crate::tokens::{Field, Hint, NoteToken, gap_secs};

/// The lines of a batch, and the decoder state for them.
pub struct Lines<'a> {
    vae: &'a Vae,
    pub lines: Vec<Line>,
    /// Does the lower half of the batch hold the same lines without label and z?
    is_guided: bool,
    condition: Condition,
    cache: Cache,
    /// Index of the first note in the context.
    window_start: usize,
    /// Time of the next note of each line, in seconds from the first note in the context.
    secs: Vec<f64>,
}

impl<'a> Lines<'a> {
    /// All lines must have the same number of tokens (those of a prompt), and there must be at least one line.
    pub fn new(vae: &'a Vae, lines: Vec<Line>) -> Lines<'a> {
        let is_guided = lines.iter().any(|l| l.settings.guidance != 1.0);
        let condition = condition(vae, &lines, is_guided);
        let mut this = Lines {
            vae,
            is_guided,
            condition,
            cache: vae.decoder.cache(1, 1, (Kind::Float, Device::Cpu)),
            window_start: 0,
            secs: vec![0.0; lines.len()],
            lines,
        };
        let n = this.lines.first().map_or(0, |l| l.tokens.len());
        // Only the last part of a long prompt becomes context, which leaves room for new notes.
        this.restart(n.saturating_sub(this.carried()));
        this
    }

    /// Replaces the lines with copies of some of them: new line `i` is old line `sources[i]`. The first of several
    /// adjacent copies keeps the old line's random numbers; the others get their own.
    pub fn regroup(&mut self, sources: &[usize]) {
        let mut lines: Vec<Line> = Vec::with_capacity(sources.len());
        for (i, &source) in sources.iter().enumerate() {
            let mut line = self.lines[source].clone();
            let copy = sources[..i].iter().rev().take_while(|&&s| s == source).count() as u64;
            if copy > 0 {
                line.rng = Pcg64Mcg::seed_from_u64(line.rng.random::<u64>() ^ copy);
            }
            lines.push(line);
        }
        let old = self.lines.len();
        let mut rows: Vec<i64> = sources.iter().map(|&s| s as i64).collect();
        if self.is_guided {
            rows.extend(sources.iter().map(|&s| (s + old) as i64));
        }
        self.cache.select(&Tensor::from_slice(&rows).to_device(self.vae.device()));
        self.secs = sources.iter().map(|&s| self.secs[s]).collect();
        self.lines = lines;
        self.condition = condition(self.vae, &self.lines, self.is_guided);
    }

    /// Notes in the decoder's cache.
    #[cfg(test)]
    pub fn cache_len(&self) -> usize {
        self.cache.len() as usize
    }

    fn context_len(&self) -> usize {
        self.vae.config.context_len
    }

    /// Notes kept in the context when it is full.
    fn carried(&self) -> usize {
        self.context_len() / 2
    }

    pub fn is_done(&self) -> bool {
        self.lines.iter().all(|l| l.end.is_some())
    }

    /// Empties the cache and reads the tokens from `start` on as a new context. This matches training, where a window
    /// begins inside a piece.
    fn restart(&mut self, start: usize) {
        let rows_per_line = if self.is_guided { 2 } else { 1 };
        let b = (self.lines.len() * rows_per_line) as i64;
        let device = self.vae.device();
        self.cache = self.vae.decoder.cache(b, self.context_len() as i64, (Kind::Float, device));
        self.window_start = start;
        let known = self.lines.first().map_or(0, |l| l.tokens.len()) - start;
        let mut secs = vec![0f64; self.lines.len()];
        if known > 0 {
            let mut rows = Vec::new();
            let mut times = Vec::new();
            let mut hints = Vec::new();
            for (line, time) in self.lines.iter().zip(&mut secs) {
                for i in 0..known {
                    rows.extend(input_rows(previous(line, start, i), line.place(start + i)));
                    hints.push(line.hint(start + i));
                    times.push(*time as f32);
                    *time += line.tokens.get(start + i).map_or(0.0, |t| gap_secs(t.gap));
                }
            }
            let hints = self.hints(&hints, known);
            let _ = self.extend(&rows, &times, &hints, known);
        }
        self.secs = secs;
    }

    /// The hints of `t` positions per line, repeated for the unguided rows.
    fn hints(&self, hints: &[Option<Hint>], t: usize) -> Hints {
        let strength: Vec<f32> = self.lines.iter().map(Line::pull).collect();
        let own = Hints::new(hints, &strength, t, self.vae.device());
        if self.is_guided { own.map(|x| Tensor::cat(&[x, x], 0)) } else { own }
    }

    /// Runs `t` positions per line through the decoder; returns `[B, t, d]` with the unguided rows below the guided
    /// ones.
    fn extend(&mut self, rows: &[i64], secs: &[f32], hints: &Hints, t: usize) -> Tensor {
        let (n, t) = (self.lines.len() as i64, t as i64);
        let device = self.vae.device();
        let twice = |x: Tensor| {
            if self.is_guided { Tensor::cat(&[&x, &x], 0) } else { x }
        };
        let rows = twice(Tensor::from_slice(rows).view([n, t, INPUT_COLUMNS as i64])).to_device(device);
        let secs = twice(Tensor::from_slice(secs).view([n, t])).to_device(device);
        self.vae.decoder.extend(&rows, &secs, hints, &self.condition, &mut self.cache)
    }

    /// Adds one note to every line that is not done.
    pub fn step(&mut self) {
        if self.cache.len() as usize >= self.context_len() {
            self.lines.iter_mut().for_each(Line::wander);
            self.condition = condition(self.vae, &self.lines, self.is_guided);
            let n = self.window_start + self.context_len();
            self.restart(n - self.carried());
        }
        let (mut so_far, mut hints) = self.extend_by_one();
        let mut chosen = vec![[0u8; 5]; self.lines.len()];
        let is_all_given = self.lines.iter().all(Line::needs_no_choice);
        for field in Field::ALL {
            let mut values = if is_all_given {
                self.given_field(field)
            } else {
                self.draw_field(field, &so_far, &hints, &chosen)
            };
            while field == Field::Pitch && self.refuse(&values) {
                (so_far, hints) = self.extend_by_one();
                values = self.draw_field(field, &so_far, &hints, &chosen);
            }
            for (note, &value) in chosen.iter_mut().zip(&values) {
                note[field.index()] = value as u8;
            }
            if field != Field::Gap && !is_all_given {
                let values = Tensor::from_slice(&values).to_device(self.vae.device());
                let values = if self.is_guided { Tensor::cat(&[&values, &values], 0) } else { values };
                so_far = self.vae.decoder.chosen(field, &so_far, &values, &hints);
            }
        }
        for ((line, secs), note) in self.lines.iter_mut().zip(&mut self.secs).zip(chosen) {
            let note = line.settle(NoteToken::from_array(note));
            *secs += gap_secs(note.gap);
            line.push(note);
        }
    }

    /// The trunk's output for the next note of every line, `[B, d]`, and its hints.
    fn extend_by_one(&mut self) -> (Tensor, Hints) {
        let at = self.cache.len() as usize;
        let mut rows = Vec::with_capacity(self.lines.len() * INPUT_COLUMNS);
        for line in &self.lines {
            rows.extend(input_rows(
                previous(line, self.window_start, at),
                line.place(self.window_start + at),
            ));
        }
        let times: Vec<f32> = self.secs.iter().map(|&s| s as f32).collect();
        let hints: Vec<Option<Hint>> = self.lines.iter().map(Line::next_hint).collect();
        let hints = self.hints(&hints, 1);
        (self.extend(&rows, &times, &hints, 1).squeeze_dim(1), hints.squeezed())
    }

    /// Does any line refuse its pitch? Then the last position is dropped from the cache and read again with another
    /// gap.
    fn refuse(&mut self, pitches: &[i64]) -> bool {
        let mut is_any = false;
        for ((line, secs), &pitch) in self.lines.iter_mut().zip(&mut self.secs).zip(pitches) {
            if let Some([old, new]) = line.refuse(pitch as u8) {
                *secs += gap_secs(new) - gap_secs(old);
                is_any = true;
            }
        }
        if is_any {
            self.cache.rewind(1);
        }
        is_any
    }

    /// The values of one field when no line has a choice; a finished line repeats itself.
    fn given_field(&self, field: Field) -> Vec<i64> {
        self.lines
            .iter()
            .map(|line| {
                let filler = || line.tokens.last().map_or(0, |t| t.get(field));
                i64::from(line.given_value(field).unwrap_or_else(filler))
            })
            .collect()
    }

    /// Draws one field for every line; `chosen` holds the earlier fields.
    fn draw_field(&mut self, field: Field, so_far: &Tensor, hints: &Hints, chosen: &[[u8; 5]]) -> Vec<i64> {
        let size = field.size();
        let logits = self.vae.decoder.logits(field, so_far, hints).to_device(Device::Cpu).contiguous();
        let mut flat = vec![0f32; logits.numel()];
        logits.copy_data(&mut flat, logits.numel());
        let (conditional, unconditional) = flat.split_at_mut(self.lines.len() * size);
        self.lines
            .iter_mut()
            .enumerate()
            .map(|(i, line)| {
                if let Some(value) = line.given_value(field) {
                    return i64::from(value);
                }
                let own = &mut conditional[i * size..(i + 1) * size];
                if self.is_guided {
                    guide(own, &unconditional[i * size..(i + 1) * size], line.settings.guidance_of(field));
                }
                line.tilt().apply(field, own);
                line.bar(field, own);
                if let Some(filling) = &mut line.filling {
                    filling.bar(field, own);
                }
                if let Some(given) = &line.given {
                    given.bar(line.tokens.len(), field, chosen[i][0], own);
                }
                let settings = line.settings;
                draw(own, field, &settings, &mut line.rng) as i64
            })
            .collect()
    }
}

/// The decoder input at position `i` of the window that begins at note `start` of `line`.
fn previous(line: &Line, start: usize, i: usize) -> Previous {
    match i.checked_sub(1).and_then(|p| line.tokens.get(start + p)) {
        Some(&note) => Previous::Note(note),
        None if i == 0 => Previous::Start,
        None => Previous::Hidden,
    }
}

/// (z, label) of every line, followed by as many rows without either.
fn condition(vae: &Vae, lines: &[Line], is_guided: bool) -> Condition {
    let d = vae.config.d_latent;
    let n = lines.len();
    let total = if is_guided { 2 * n } else { n };
    let mut z = vec![0f32; total * d];
    for (row, line) in z.chunks_mut(d).zip(lines) {
        if let Some(own) = line.z.last() {
            row.copy_from_slice(own);
        }
    }
    let n_labels = vae.decoder.n_labels();
    let mut labels = vec![0f32; total * n_labels];
    let mut has_z = vec![0f32; total];
    for (i, line) in lines.iter().enumerate() {
        for (label, share) in line.labels() {
            labels[i * n_labels + *label as usize] = *share;
        }
        has_z[i] = 1.0;
    }
    let device = vae.device();
    for row in n..total {
        labels[row * n_labels + vae.config.n_composers] = 1.0;
    }
    vae.condition_mixed(
        &Tensor::from_slice(&z).view([total as i64, d as i64]).to_device(device),
        &Tensor::from_slice(&labels).view([total as i64, n_labels as i64]).to_device(device),
        &Tensor::from_slice(&has_z).to_device(device),
    )
}
