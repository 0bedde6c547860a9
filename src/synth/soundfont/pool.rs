//! The sample data of a preset: the position of each part, and the bytes in order.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, SeekFrom};
use std::sync::Arc;

use super::regions::{Data, Loop, Stretch};
use super::riff::Source;

/// Silent frames after each sample, as the specification demands: the synthesizer reads one frame ahead.
const PADDING: u32 = 46;

/// The start, end and loop of a sample in the pool, in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub start: u32,
    pub end: u32,
    pub loop_start: u32,
    pub loop_end: u32,
}

/// A part of the pool.
enum Part {
    /// Bytes of the file.
    File {
        at: u64,
        bytes: u64,
    },
    /// Frames in memory, and how many of their bytes have been read.
    Frames {
        frames: Arc<Vec<i16>>,
        read_bytes: usize,
    },
    Silence {
        bytes: u64,
    },
}

/// Sample data, assembled part by part. Whole samples are read from the file only when the pool is read.
pub struct Pool {
    parts: VecDeque<Part>,
    frames: u64,
    whole: HashMap<Data, u32>,
    written_out: HashMap<(Data, Stretch), Place>,
    /// The location of the sample data in the file.
    file_at: u64,
}

impl Pool {
    pub fn new(file_at: u64) -> Pool {
        let mut pool = Pool {
            parts: VecDeque::new(),
            frames: 0,
            whole: HashMap::new(),
            written_out: HashMap::new(),
            file_at,
        };
        // Data that begins with "OggS" would be mistaken for compressed data.
        pool.push(Part::Silence { bytes: 4 }, 2);
        pool
    }

    pub fn bytes(&self) -> u64 {
        2 * self.frames
    }

    /// Adds a part of a sample, unless it is already there, and returns its position. `decoded` holds the frames of a
    /// compressed sample.
    ///
    /// # Errors
    /// Errors of reading the file.
    pub fn place(
        &mut self,
        source: &mut dyn Source,
        data: Data,
        stretch: &Stretch,
        decoded: Option<&Arc<Vec<i16>>>,
    ) -> io::Result<Place> {
        match stretch.looped {
            Some(looped) if looped.times > 1 => {
                if let Some(place) = self.written_out.get(&(data, *stretch)) {
                    return Ok(*place);
                }
                let frames = match (data, decoded) {
                    (Data::Vorbis { .. }, Some(all)) => {
                        all[stretch.start as usize..stretch.end as usize].to_vec()
                    }
                    (Data::Raw { start, .. } | Data::Vorbis { start, .. }, _) => {
                        self.read(source, start, stretch)?
                    }
                };
                let place = self.write_out(&frames, stretch, looped);
                self.written_out.insert((data, *stretch), place);
                Ok(place)
            }
            looped => {
                let base = self.place_whole(data, decoded);
                let (loop_start, loop_end) =
                    looped.map_or((stretch.start, stretch.end), |l| (l.start, l.end));
                Ok(Place {
                    start: base + stretch.start,
                    end: base + stretch.end,
                    loop_start: base + loop_start,
                    loop_end: base + loop_end,
                })
            }
        }
    }

    fn place_whole(&mut self, data: Data, decoded: Option<&Arc<Vec<i16>>>) -> u32 {
        if let Some(base) = self.whole.get(&data) {
            return *base;
        }
        let base = match (data, decoded) {
            (Data::Vorbis { .. }, Some(frames)) => self.push_frames(Arc::clone(frames)),
            (Data::Raw { start, end } | Data::Vorbis { start, end }, _) => self.push(
                Part::File { at: self.file_at + 2 * u64::from(start), bytes: 2 * u64::from(end - start) },
                end - start,
            ),
        };
        self.pad();
        self.whole.insert(data, base);
        base
    }

    /// A part with its loop repeated until it is long enough.
    fn write_out(&mut self, frames: &[i16], stretch: &Stretch, looped: Loop) -> Place {
        let inside = |at: u32| (at - stretch.start) as usize;
        let (before, rest) = frames.split_at(inside(looped.start));
        let (once, after) = rest.split_at((looped.end - looped.start) as usize);
        let written = [before, &once.repeat(looped.times as usize), after].concat();
        let (length, loop_start) = (written.len() as u32, before.len() as u32);
        let start = self.push_frames(Arc::new(written));
        self.pad();
        let loop_start = start + loop_start;
        Place {
            start,
            end: start + length,
            loop_start,
            loop_end: loop_start + once.len() as u32 * looped.times,
        }
    }

    fn read(&self, source: &mut dyn Source, sample_start: u32, stretch: &Stretch) -> io::Result<Vec<i16>> {
        let at = self.file_at + 2 * (u64::from(sample_start) + u64::from(stretch.start));
        let mut bytes = vec![0; 2 * (stretch.end - stretch.start) as usize];
        source.seek(SeekFrom::Start(at))?;
        source.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
    }

    fn push_frames(&mut self, frames: Arc<Vec<i16>>) -> u32 {
        let length = frames.len() as u32;
        self.push(Part::Frames { frames, read_bytes: 0 }, length)
    }

    fn pad(&mut self) {
        let bytes = 2 * u64::from(PADDING);
        self.push(Part::Silence { bytes }, PADDING);
    }

    /// Returns the start of the part. The value is wrong beyond 32 bits, but then the pool is too large anyway.
    fn push(&mut self, part: Part, frames: u32) -> u32 {
        let at = self.frames;
        self.parts.push_back(part);
        self.frames += u64::from(frames);
        u32::try_from(at).unwrap_or(0)
    }

    /// The bytes in order; each part is freed when it has been read.
    pub fn into_reader(self, source: &mut dyn Source) -> impl Read + '_ {
        PoolReader { parts: self.parts, source }
    }
}

struct PoolReader<'a> {
    parts: VecDeque<Part>,
    source: &'a mut dyn Source,
}

impl Read for PoolReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.front_mut() {
            let read = match part {
                Part::File { at, bytes } => {
                    self.source.seek(SeekFrom::Start(*at))?;
                    let wanted = out.len().min(usize::try_from(*bytes).unwrap_or(usize::MAX));
                    let read = self.source.read(&mut out[..wanted])?;
                    if read == 0 && wanted > 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    (*at, *bytes) = (*at + read as u64, *bytes - read as u64);
                    read
                }
                Part::Frames { frames, read_bytes } => {
                    let read = copy_frames(frames, *read_bytes, out);
                    *read_bytes += read;
                    read
                }
                Part::Silence { bytes } => {
                    let read = out.len().min(usize::try_from(*bytes).unwrap_or(usize::MAX));
                    out[..read].fill(0);
                    *bytes -= read as u64;
                    read
                }
            };
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            self.parts.pop_front();
        }
        Ok(0)
    }
}

/// Copies the frames from byte `at` on, in little-endian order; returns the number of bytes.
fn copy_frames(frames: &[i16], at: usize, out: &mut [u8]) -> usize {
    let rest = frames.get(at / 2..).unwrap_or_default();
    let (pairs, _) = out.as_chunks_mut::<2>();
    if at.is_multiple_of(2) && !pairs.is_empty() {
        for (pair, frame) in pairs.iter_mut().zip(rest) {
            *pair = frame.to_le_bytes();
        }
        return 2 * pairs.len().min(rest.len());
    }
    match (out.first_mut(), rest.first()) {
        (Some(byte), Some(frame)) => {
            *byte = frame.to_le_bytes()[at % 2];
            1
        }
        _ => 0,
    }
}
