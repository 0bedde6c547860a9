//! A table of composers of piano music.

use super::era::Era;

/// A composer of piano music.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// The full name, as in MAESTRO if the composer is in it.
    pub name: &'static str,
    pub born: i32,
    pub era: Era,
    /// Other spellings of the surname, and of the forenames, that sound different.
    pub(super) surnames: &'static [&'static str],
    pub(super) forenames: &'static [&'static str],
}

const fn known(name: &'static str, born: i32, era: Era) -> Known {
    Known { name, born, era, surnames: &[], forenames: &[] }
}

impl Known {
    const fn also(mut self, surnames: &'static [&'static str], forenames: &'static [&'static str]) -> Known {
        self.surnames = surnames;
        self.forenames = forenames;
        self
    }
}

/// By year of birth.
pub(super) static KNOWN: &[Known] = &[
    known("Orlando Gibbons", 1583, Era::Baroque),
    known("Johann Pachelbel", 1653, Era::Baroque),
    known("Henry Purcell", 1659, Era::Baroque),
    known("François Couperin", 1668, Era::Baroque),
    known("Jean-Philippe Rameau", 1683, Era::Baroque),
    known("Johann Sebastian Bach", 1685, Era::Baroque).also(&[], &["Iogann", "Ivan"]),
    known("Domenico Scarlatti", 1685, Era::Baroque).also(&[], &["Giuseppe"]),
    known("George Frideric Handel", 1685, Era::Baroque).also(&["Gendel"], &[]),
    known("Antonio Soler", 1729, Era::Classical).also(&[], &["Padre"]),
    known("Joseph Haydn", 1732, Era::Classical).also(&["Gaydn", "Gaidn"], &["Franz"]),
    known("Muzio Clementi", 1752, Era::Classical),
    known("Wolfgang Amadeus Mozart", 1756, Era::Classical).also(&["Motsart"], &[]),
    known("Ludwig van Beethoven", 1770, Era::Classical).also(&["Betkhoven"], &[]),
    known("Johann Nepomuk Hummel", 1778, Era::Classical),
    known("John Field", 1782, Era::Romantic),
    known("Carl Maria von Weber", 1786, Era::Romantic),
    known("Carl Czerny", 1791, Era::Classical),
    known("Franz Schubert", 1797, Era::Romantic).also(&[], &["Peter"]),
    known("Felix Mendelssohn", 1809, Era::Romantic).also(&["Bartholdy"], &["Jakob", "Ludwig"]),
    known("Frédéric Chopin", 1810, Era::Romantic).also(&["Szopen", "Shopen"], &["François"]),
    known("Robert Schumann", 1810, Era::Romantic),
    known("Franz Liszt", 1811, Era::Romantic),
    known("Charles-Valentin Alkan", 1813, Era::Romantic),
    known("César Franck", 1822, Era::Romantic).also(&[], &["Auguste"]),
    known("Bedřich Smetana", 1824, Era::Romantic),
    known("Johannes Brahms", 1833, Era::Romantic),
    known("Camille Saint-Saëns", 1835, Era::Romantic),
    known("Mily Balakirev", 1837, Era::Romantic),
    known("Modest Mussorgsky", 1839, Era::Romantic),
    known("Pyotr Ilyich Tchaikovsky", 1840, Era::Romantic)
        .also(&["Tsjaikovski", "Csajkovszkij", "Ciaikovski", "Tjajkovskij"], &["Peter"]),
    known("Antonín Dvořák", 1841, Era::Romantic),
    known("Edvard Grieg", 1843, Era::Romantic),
    known("Gabriel Fauré", 1845, Era::Romantic),
    known("Leoš Janáček", 1854, Era::Late),
    known("Isaac Albéniz", 1860, Era::Late),
    known("Claude Debussy", 1862, Era::Late).also(&[], &["Achille"]),
    known("Erik Satie", 1866, Era::Late),
    known("Enrique Granados", 1867, Era::Late),
    known("Scott Joplin", 1868, Era::Late),
    known("Alexander Scriabin", 1871, Era::Late).also(&[], &["Nikolayevich"]),
    known("Sergei Rachmaninoff", 1873, Era::Late).also(&["Rahmaninov"], &["Vasilievich"]),
    known("Maurice Ravel", 1875, Era::Late),
    known("Nikolai Medtner", 1879, Era::Late).also(&["Metner"], &[]),
    known("Béla Bartók", 1881, Era::Late),
    known("George Enescu", 1881, Era::Late),
    known("Karol Szymanowski", 1882, Era::Late),
    known("Alban Berg", 1885, Era::Late),
    known("Sergei Prokofiev", 1891, Era::Late).also(&["Prokofev"], &[]),
    known("George Gershwin", 1898, Era::Late),
    known("Francis Poulenc", 1899, Era::Late),
    known("Dmitri Shostakovich", 1906, Era::Late).also(&["Chostakovitch"], &[]),
];
