//! Groups pieces into works, and assigns whole works to splits, so that no work is in two of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::Split;
use super::title::{CatalogueNumber, Named, normalised, read_title};

/// The facts about a piece that splitting needs.
pub(super) struct Listed<'a> {
    pub title: &'a str,
    pub composer_name: &'a str,
    pub secs: f64,
}

/// A union-find structure over pieces.
pub(super) struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn new(len: usize) -> Groups {
        Groups { parent: (0..len).collect() }
    }

    pub fn root(&mut self, mut i: usize) -> usize {
        while self.parent[i] != i {
            self.parent[i] = self.parent[self.parent[i]];
            i = self.parent[i];
        }
        i
    }

    /// The lower index stays the root, so that the result does not depend on the order of joins.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

/// Groups pieces by work. Within a composer, pieces belong to one work if their normalised titles are equal or they
/// have the same catalogue number; a whole opus forms one work with each of its parts. `same_music` adds pairs whose
/// notes show that they are one work, even across composers.
pub(super) fn group_works(pieces: &[Listed], same_music: impl IntoIterator<Item = (usize, usize)>) -> Groups {
    let mut named: Vec<Named> = pieces.iter().map(|p| read_title(p.title)).collect();
    repair_movement_numbers(pieces, &mut named);
    let mut groups = Groups::new(pieces.len());
    let mut by_title: HashMap<(&str, &str), usize> = HashMap::new();
    let mut by_number: HashMap<(&str, &CatalogueNumber), usize> = HashMap::new();
    for (i, (piece, name)) in pieces.iter().zip(&named).enumerate() {
        groups.join(*by_title.entry((piece.composer_name, &name.text)).or_insert(i), i);
        if let Some(number) = &name.catalogue {
            groups.join(*by_number.entry((piece.composer_name, number)).or_insert(i), i);
        }
    }
    for ((composer, number), &part) in by_number.iter().filter(|((_, n), _)| n.part.is_some()) {
        let whole = CatalogueNumber { part: None, ..(*number).clone() };
        if let Some(&whole) = by_number.get(&(*composer, &whole)) {
            groups.join(whole, part);
        }
    }
    for (a, b) in same_music {
        groups.join(a, b);
    }
    groups
}

/// MAESTRO lists the movements of some sonatas with a catalogue number that counts up ("D. 958", "D. 959", … all in C
/// minor). Three or more such neighbours with the same form and tonality all get the number of the first.
fn repair_movement_numbers(pieces: &[Listed], named: &mut [Named]) {
    type Key = (String, &'static str, (String, u8, bool));
    let key = |piece: &Listed, name: &Named| -> Option<(Key, u32)> {
        let number = name.catalogue.as_ref().filter(|n| n.part.is_none() && n.kind != "op")?;
        Some(((piece.composer_name.to_owned(), number.kind, name.form.clone()?), number.number))
    };
    let mut numbers: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
    for (piece, name) in pieces.iter().zip(named.iter()) {
        if let Some((key, number)) = key(piece, name) {
            numbers.entry(key).or_default().push(number);
        }
    }
    for seen in numbers.values_mut() {
        seen.sort_unstable();
        seen.dedup();
    }
    for (piece, name) in pieces.iter().zip(named.iter_mut()) {
        let Some((key, number)) = key(piece, name) else {
            continue;
        };
        let Some(seen) = numbers.get(&key) else { continue };
        let has = |n: u32| seen.binary_search(&n).is_ok();
        let first = (0..=number).rev().take_while(|&n| has(n)).last().unwrap_or(number);
        let last = (number..).take_while(|&n| has(n)).last().unwrap_or(number);
        if last - first >= 2
            && let Some(catalogue) = &mut name.catalogue
        {
            catalogue.number = first;
        }
    }
}

/// The name of each piece's work: the most common normalised title among the composer's pieces in its group; among
/// equals, the first in alphabetical order.
pub(super) fn work_names(pieces: &[Listed], groups: &mut Groups) -> Vec<String> {
    let mut titles: HashMap<(usize, &str), BTreeMap<String, usize>> = HashMap::new();
    for (i, piece) in pieces.iter().enumerate() {
        let own = titles.entry((groups.root(i), piece.composer_name)).or_default();
        *own.entry(normalised(piece.title)).or_default() += 1;
    }
    // `max_by_key` takes the last of equals, so iterate from the back.
    let most_common = |own: &BTreeMap<String, usize>| {
        own.iter().rev().max_by_key(|(_, n)| **n).map(|(title, _)| title.clone())
    };
    pieces
        .iter()
        .enumerate()
        .map(|(i, piece)| {
            titles.get(&(groups.root(i), piece.composer_name)).and_then(most_common).unwrap_or_default()
        })
        .collect()
}

/// The rule for labels.
pub(super) struct LabelRule {
    pub min_hours: f64,
    pub min_works: usize,
}

/// The composers with enough music, by name. Works are counted by title, as in a catalogue, and after grouping enough
/// must remain for three splits. "A / B" is an arrangement and belongs to no composer.
pub(super) fn labelled_composers(pieces: &[Listed], groups: &mut Groups, rule: &LabelRule) -> Vec<String> {
    #[derive(Default)]
    struct Sum {
        secs: f64,
        titles: HashSet<String>,
        works: HashSet<usize>,
    }
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for (i, piece) in pieces.iter().enumerate().filter(|(_, p)| !p.composer_name.contains('/')) {
        let sum = sums.entry(piece.composer_name).or_default();
        sum.secs += piece.secs;
        sum.titles.insert(normalised(piece.title));
        sum.works.insert(groups.root(i));
    }
    sums.retain(|_, s| {
        s.secs >= rule.min_hours * 3600.0
            && s.titles.len() >= rule.min_works
            && s.works.len() >= Split::ALL.len()
    });
    sums.into_keys().map(str::to_owned).collect()
}

/// Assigns a split to every piece: for each labelled composer, about a tenth of the time and at least one work each to
/// validation and test; everything else to training. A group with arrangements, or with two composers, goes to
/// training.
pub(super) fn assign(pieces: &[Listed], groups: &mut Groups, labelled: &[String], seed: u64) -> Vec<Split> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..pieces.len() {
        members.entry(groups.root(i)).or_default().push(i);
    }
    let mut splits = vec![Split::Train; pieces.len()];
    for composer in labelled {
        let own = |work: &&Vec<usize>| work.iter().all(|&i| pieces[i].composer_name == *composer);
        let mut works: Vec<(&Vec<usize>, f64)> = members
            .values()
            .filter(own)
            .map(|work| (work, work.iter().map(|&i| pieces[i].secs).sum()))
            .collect();
        works.sort_by_cached_key(|(work, _)| shuffle_key(seed, composer, pieces[work[0]].title));
        let total: f64 = pieces.iter().filter(|p| p.composer_name == *composer).map(|p| p.secs).sum();
        let secs: Vec<f64> = works.iter().map(|w| w.1).collect();
        for (choice, (work, _)) in choose(&secs, total).into_iter().zip(&works) {
            for &i in *work {
                splits[i] = choice;
            }
        }
    }
    splits
}

/// Assigns the works of a composer to splits, in the given order: each goes to the held-out split that lacks most, if
/// it fits.
fn choose(secs: &[f64], total: f64) -> Vec<Split> {
    const SHARE: f64 = 0.1;
    const MAX_SHARE: f64 = 0.12;
    // Held-out music should not be one long work.
    const MAX_SHARE_OF_ONE: f64 = 0.06;
    let mut choice = vec![Split::Train; secs.len()];
    let mut held = [0.0, 0.0];
    let names = [Split::Validation, Split::Test];
    for (i, &own) in secs.iter().enumerate() {
        let emptier = usize::from(held[1] < held[0]);
        let fits = [emptier, 1 - emptier].into_iter().find(|&s| {
            own <= MAX_SHARE_OF_ONE * total && held[s] < SHARE * total && held[s] + own <= MAX_SHARE * total
        });
        if let Some(split) = fits {
            choice[i] = names[split];
            held[split] += own;
        }
    }
    // A composer with few, long works: hold out the shortest training works.
    for split in names {
        let is_missing = !choice.contains(&split);
        let training = || (0..secs.len()).filter(|&i| choice[i] == Split::Train);
        if is_missing
            && training().count() > 1
            && let Some(shortest) = training().min_by(|&a, &b| secs[a].total_cmp(&secs[b]))
        {
            choice[shortest] = split;
        }
    }
    choice
}

/// Gives the same order on every machine and in every version.
fn shuffle_key(seed: u64, composer: &str, title: &str) -> Vec<u8> {
    let text = format!("{seed}\n{composer}\n{}", normalised(title));
    Sha256::digest(text.as_bytes()).as_slice().to_vec()
}
