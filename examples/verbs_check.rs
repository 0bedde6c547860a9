//! Do the verbs keep what they promise? Measures them on held-out music and prints the figures as JSON:
//! `cargo run --release --example verbs_check -- --data maestro.corpus --judge checkpoints/judge.safetensors`.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use pastiche::classify::Classifier;
use pastiche::data::{Corpus, Split};
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Generator, Take, splice, verbs};
use pastiche::music::{ComposerId, Performance};
use pastiche::paths;
use pastiche::progress::StopFlag;
use pastiche::tokens::{NoteToken, decode, duration_secs, encode, gap_secs};
use serde_json::{Value, json};

/// Notes on either side of the seam of a continuation that are compared.
const SEAM: usize = 128;
/// Takes composed side by side.
const BATCH: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Verb {
    Vary,
    Continue,
    Restyle,
    Blend,
}

/// Measure the verbs on held-out pieces and print the figures as JSON.
#[derive(Parser, Debug)]
struct Args {
    /// The corpus, whose test pieces are used
    #[arg(long, value_name = "CORPUS")]
    data: PathBuf,
    /// The judge that says whose music a restyled piece sounds like
    #[arg(long, value_name = "PATH")]
    judge: PathBuf,
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    #[arg(long, default_value_t = 50)]
    pieces: usize,
    /// Notes of each piece
    #[arg(long, default_value_t = 256)]
    notes: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these; by default all
    #[arg(long, value_enum)]
    only: Vec<Verb>,
}

/// A passage of a held-out piece.
struct Source {
    /// Its composer, by the checkpoint's numbering.
    composer: ComposerId,
    music: Performance,
    tokens: Vec<NoteToken>,
    /// What really follows.
    after: Vec<NoteToken>,
    z: Vec<Vec<f32>>,
}

struct Check {
    generator: Generator,
    judge: Classifier,
    sources: Vec<Source>,
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let checkpoint = args.checkpoint.clone().or_else(paths::default_checkpoint);
    let generator = Generator::load(&checkpoint.context("no checkpoint was found")?, args.device)?;
    let judge = Classifier::read(&args.judge, DeviceChoice::Cpu.resolve()?)?;
    let sources = sources(&generator, &Corpus::load(&args.data)?, &args)?;
    let check = Check { generator, judge, sources, seed: args.seed };
    for verb in Verb::value_variants() {
        if !args.only.is_empty() && !args.only.contains(verb) {
            continue;
        }
        let figures = match verb {
            Verb::Vary => check.vary()?,
            Verb::Continue => check.continuation()?,
            Verb::Restyle => check.restyle()?,
            Verb::Blend => check.blend()?,
        };
        let name = verb.to_possible_value().map(|v| v.get_name().to_owned());
        println!(
            "{}",
            json!({ "verb": name, "pieces": check.sources.len(), "notes": args.notes, "checkpoint": check.generator.info().hash, "figures": figures })
        );
    }
    Ok(())
}

/// Passages from the middles of test pieces, of each composer in turn.
fn sources(generator: &Generator, corpus: &Corpus, args: &Args) -> anyhow::Result<Vec<Source>> {
    let need = args.notes + SEAM;
    let mut all: Vec<_> = corpus.labelled(Split::Test).filter(|p| p.tokens.len() >= need).collect();
    let mut seen = std::collections::HashMap::new();
    all.sort_by_cached_key(|p| {
        let turn = seen.entry(p.composer_name.clone()).or_insert(0);
        *turn += 1;
        (*turn, p.composer)
    });
    ensure!(all.len() >= args.pieces, "the corpus has only {} test pieces of {need} notes", all.len());
    all.iter()
        .take(args.pieces)
        .map(|piece| {
            let start = (piece.tokens.len() - need) / 2;
            let music = decode(&piece.tokens[start..start + args.notes]);
            let tokens = encode(&music).tokens;
            Ok(Source {
                composer: generator.info().composers.find(&piece.composer_name)?,
                z: generator.encode_windows(&tokens)?,
                after: piece.tokens[start + args.notes..start + need].to_vec(),
                music,
                tokens,
            })
        })
        .collect()
}

impl Check {
    fn compose(&self, requests: &[GenerateRequest]) -> anyhow::Result<Vec<Take>> {
        let mut takes = Vec::new();
        for part in requests.chunks(BATCH) {
            let batch = self.generator.generate_batch(part, &StopFlag::new(), &mut |_| {});
            takes.extend(batch?);
        }
        Ok(takes)
    }

    fn z(&self, tokens: &[NoteToken]) -> anyhow::Result<Vec<Vec<f32>>> {
        Ok(self.generator.encode_windows(tokens)?)
    }

    /// The source that stands `step` places on, counted round.
    fn other(&self, i: usize, step: usize) -> &Source {
        &self.sources[(i + step) % self.sources.len()]
    }

    fn vary(&self) -> anyhow::Result<Value> {
        let mut rows = Vec::new();
        for amount in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let requests = self
                .sources
                .iter()
                .map(|s| verbs::vary(&self.generator, &s.music, amount, self.seed))
                .collect::<Result<Vec<_>, _>>()?;
            let (mut in_z, mut in_notes, mut equal) = (Vec::new(), Vec::new(), 0);
            for (take, source) in self.compose(&requests)?.iter().zip(&self.sources) {
                in_z.push(path_distance(&self.z(&take.tokens)?, &source.z));
                in_notes.push(edit_distance(&take.tokens, &source.tokens));
                equal += usize::from(take.tokens == source.tokens);
            }
            rows.push(json!({ "amount": amount, "distance_z": mean(&in_z), "distance_notes": mean(&in_notes), "equal": equal }));
        }
        let n = self.sources.len();
        let others: Vec<f64> =
            (0..n).map(|i| path_distance(&self.sources[i].z, &self.other(i, 1).z)).collect();
        Ok(json!({ "amounts": rows, "distance_z_of_another_piece": mean(&others) }))
    }

    fn continuation(&self) -> anyhow::Result<Value> {
        let requests = self
            .sources
            .iter()
            .map(|s| verbs::continuation(&self.generator, &s.music, SEAM, None, self.seed))
            .collect::<Result<Vec<_>, _>>()?;
        let takes = self.compose(&requests)?;
        let mut kept = 0;
        let [mut own, mut real, mut strange] = [(); 3].map(|()| (Vec::new(), Vec::new()));
        for (i, (take, source)) in takes.iter().zip(&self.sources).enumerate() {
            let spliced = splice(&source.music, take);
            let n = source.music.notes().len();
            kept += usize::from(spliced.notes().get(..n) == Some(source.music.notes()));
            let before = &source.tokens[source.tokens.len() - SEAM..];
            let new = &take.tokens[take.recipe.prompt_notes..];
            for (after, to) in [
                (new, &mut own),
                (source.after.as_slice(), &mut real),
                (self.other(i, 1).after.as_slice(), &mut strange),
            ] {
                to.0.push(tonal_likeness(before, after));
                to.1.push((density(after) / density(before)).log2().abs());
            }
        }
        let is_nearer = |own: &[f64], other: &[f64], sign: f64| {
            own.iter().zip(other).filter(|(a, b)| sign * (**a - **b) > 0.0).count()
        };
        let figures = |x: &(Vec<f64>, Vec<f64>)| json!({ "pitch_classes_correlate": mean(&x.0), "octaves_of_density": mean(&x.1) });
        Ok(json!({
            "input_kept_exactly": kept,
            "continued": figures(&own), "real_continuation": figures(&real), "another_piece": figures(&strange),
            "key_nearer_than_another_piece": is_nearer(&own.0, &strange.0, 1.0),
            "density_nearer_than_another_piece": is_nearer(&own.1, &strange.1, -1.0),
        }))
    }

    fn restyle(&self) -> anyhow::Result<Value> {
        let k = self.generator.info().labelled.len();
        let target = |i: usize, s: &Source| ComposerId(((s.composer.index() + 1 + i % (k - 1)) % k) as u8);
        let mut requests = Vec::new();
        for (i, s) in self.sources.iter().enumerate() {
            requests.push(verbs::restyle(&self.generator, &s.music, target(i, s), self.seed)?);
        }
        let takes = self.compose(&requests)?;
        let (mut raised, mut nearer) = (0, 0);
        let [mut before, mut after, mut own, mut strange] = [(); 4].map(|()| Vec::new());
        for (i, (take, source)) in takes.iter().zip(&self.sources).enumerate() {
            let to = target(i, source);
            let name = &self.generator.info().composers.get(to).context("no such composer")?.name;
            let at = self.judge.composers().find(name)?.index();
            let heard = self.judge.classify_many(&[&source.tokens, &take.tokens]);
            raised += usize::from(heard[1][at] > heard[0][at]);
            before.push(f64::from(heard[0][at]));
            after.push(f64::from(heard[1][at]));
            let contour = self.contour(&source.z, source.composer);
            let made = path_distance(&self.contour(&self.z(&take.tokens)?, to), &contour);
            let random = self.other(i, 1 + i % 7);
            let other = path_distance(&self.contour(&random.z, random.composer), &contour);
            nearer += usize::from(made < other);
            own.push(made);
            strange.push(other);
        }
        Ok(json!({
            "target_probability_raised": raised, "before": mean(&before), "after": mean(&after),
            "contour_nearer_than_a_random_piece": nearer,
            "contour_distance": mean(&own), "contour_distance_of_a_random_piece": mean(&strange),
        }))
    }

    /// Latents less the mean of a composer's component.
    fn contour(&self, z: &[Vec<f32>], composer: ComposerId) -> Vec<Vec<f32>> {
        let mean = self.generator.latent_mean(composer.index());
        z.iter().map(|z| z.iter().zip(&mean).map(|(z, m)| z - m).collect()).collect()
    }

    fn blend(&self) -> anyhow::Result<Value> {
        const STEPS: usize = 5;
        let mut requests = Vec::new();
        let pairs: Vec<(&Source, &Source)> =
            self.sources.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect();
        for (a, b) in &pairs {
            requests.extend(verbs::blend(&self.generator, &a.music, &b.music, STEPS, self.seed)?);
            // The ends without a note kept: does z alone lead home?
            for end in [a, b] {
                let notes = end.tokens.len();
                let label = self.generator.nearest_composer(&end.z);
                requests.push(GenerateRequest {
                    notes,
                    z_path: end.z.clone(),
                    ..GenerateRequest::new(Some(label), self.seed)
                });
            }
        }
        let takes = self.compose(&requests)?;
        let mut steps = vec![(Vec::new(), Vec::new()); STEPS];
        let (mut ends, mut free_ends) = (0, 0);
        for ((a, b), takes) in pairs.iter().zip(takes.chunks_exact(STEPS + 2)) {
            for (i, take) in takes.iter().enumerate() {
                let z = self.z(&take.tokens)?;
                let (to_a, to_b) = (path_distance(&z, &a.z), path_distance(&z, &b.z));
                if let Some(step) = steps.get_mut(i) {
                    step.0.push(to_a);
                    step.1.push(to_b);
                }
                ends += usize::from(i == 0 && to_a < to_b || i == STEPS - 1 && to_b < to_a);
                free_ends += usize::from(i == STEPS && to_a < to_b || i == STEPS + 1 && to_b < to_a);
            }
        }
        let rows: Vec<Value> =
            steps.iter().map(|(a, b)| json!({ "to_a": mean(a), "to_b": mean(b) })).collect();
        Ok(json!({
            "pairs": pairs.len(), "ends": 2 * pairs.len(), "ends_nearest_to_their_own": ends,
            "ends_of_z_alone_nearest_to_their_own": free_ends, "steps": rows,
        }))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The mean Euclidean distance of latents at the same windows.
fn path_distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f64 {
    let distance = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    mean(&a.iter().zip(b).map(distance).collect::<Vec<f64>>())
}

/// Levenshtein's distance of the pitches and times, per note.
fn edit_distance(a: &[NoteToken], b: &[NoteToken]) -> f64 {
    let key = |n: &NoteToken| (n.pitch, n.gap);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(key(a) != key(b));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] as f64 / a.len().max(b.len()).max(1) as f64
}

/// Correlation of how long each of the twelve pitch classes sounds: near 1 within a key.
fn tonal_likeness(a: &[NoteToken], b: &[NoteToken]) -> f64 {
    let classes = |notes: &[NoteToken]| {
        let mut sum = [0f64; 12];
        for n in notes {
            sum[usize::from(n.pitch) % 12] += duration_secs(n.duration).min(2.0) + 0.1;
        }
        let mean = sum.iter().sum::<f64>() / 12.0;
        sum.map(|s| s - mean)
    };
    let dot = |a: &[f64; 12], b: &[f64; 12]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (classes(a), classes(b));
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt().max(1e-12)
}

/// Notes in a second.
fn density(notes: &[NoteToken]) -> f64 {
    let secs: f64 = notes.iter().map(|n| gap_secs(n.gap)).sum();
    notes.len() as f64 / secs.max(0.1)
}
