//! A scatter plot with equal scales on both axes, as a PNG or an SVG file.

use std::fmt::Write;
use std::path::Path;

use super::canvas::{Canvas, Rgb};
use super::text::Pen;
use super::{PictureError, is_picture, write_canvas};
use crate::files::write_whole;

const WIDTH: f32 = 1600.0;
const HEIGHT: f32 = 1200.0;
/// The area of the dots, with equal scales on both axes; the legend is to its right.
const AREA: [f32; 4] = [40.0, 80.0, 1300.0, 1140.0];
const PAPER: Rgb = [0xf8, 0xf8, 0xfa];
const TEXT: Rgb = [0x1b, 0x1d, 0x23];
const WEAK: Rgb = [0x5e, 0x64, 0x70];
const ROW: f32 = 26.0;
const DOT: f32 = 3.0;
const MARK: f32 = 8.0;

/// Points of one colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub name: String,
    pub colour: Rgb,
    pub dots: Vec<[f32; 2]>,
    /// A larger mark with the name beside it.
    pub mark: Option<[f32; 2]>,
    /// Closed lines.
    pub outlines: Vec<Vec<[f32; 2]>>,
}

/// The contents of a plot. Points that are not finite are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    pub title: String,
    pub caption: String,
    pub series: Vec<Series>,
}

/// Distinguishable colours, evenly spaced around the colour circle; `count` must not be 0.
pub fn hue(index: usize, count: usize) -> Rgb {
    let turn = index as f32 / count.max(1) as f32 * 6.0;
    // Adjacent colours differ in lightness too.
    let (low, high) = if index.is_multiple_of(2) { (0.18, 0.78) } else { (0.05, 0.55) };
    let channel = |shift: f32| {
        let at = (turn + shift).rem_euclid(6.0);
        let share = (2.0 - (at - 3.0).abs()).clamp(0.0, 1.0);
        ((high - (high - low) * share) * 255.0) as u8
    };
    [channel(0.0), channel(4.0), channel(2.0)]
}

/// Writes the plot to `path`: an SVG, or a PNG if the path ends in .png.
///
/// # Errors
/// [`PictureError::Empty`] if no point is finite; errors of writing.
pub fn write_scatter(path: &Path, scatter: &Scatter) -> Result<(), PictureError> {
    let view = View::of(scatter).ok_or(PictureError::Empty)?;
    if is_picture(path) {
        return write_canvas(path, &draw(scatter, &view));
    }
    let written = write_whole(path, svg(scatter, &view).as_bytes());
    written.map_err(|source| PictureError::Write { source, path: path.to_owned() })
}

/// Converts points to pixels.
struct View {
    scale: f32,
    middle: [f32; 2],
}

impl View {
    fn of(scatter: &Scatter) -> Option<View> {
        let places = scatter
            .series
            .iter()
            .flat_map(|s| s.dots.iter().chain(&s.mark).chain(s.outlines.iter().flatten()));
        let mut finite = places.filter(|p| is_finite(p));
        let first = *finite.next()?;
        let (min, max) = finite.fold((first, first), |(min, max), p| {
            ([min[0].min(p[0]), min[1].min(p[1])], [max[0].max(p[0]), max[1].max(p[1])])
        });
        let [left, top, right, bottom] = AREA;
        let across = (right - left) / (max[0] - min[0]).max(1e-6);
        let up = (bottom - top) / (max[1] - min[1]).max(1e-6);
        let scale = across.min(up).min(1e6);
        Some(View { scale, middle: [0, 1].map(|i| (min[i] + max[i]) / 2.0) })
    }

    fn pixel(&self, place: [f32; 2]) -> [f32; 2] {
        let [left, top, right, bottom] = AREA;
        let x = (left + right) / 2.0 + (place[0] - self.middle[0]) * self.scale;
        let y = (top + bottom) / 2.0 - (place[1] - self.middle[1]) * self.scale;
        [x, y]
    }
}

fn is_finite(place: &[f32; 2]) -> bool {
    place.iter().all(|v| v.is_finite())
}

fn draw(scatter: &Scatter, view: &View) -> Canvas {
    let mut canvas = Canvas::new(WIDTH as usize, HEIGHT as usize, PAPER);
    for series in &scatter.series {
        for outline in &series.outlines {
            line(&mut canvas, outline, view, series.colour);
        }
        for dot in series.dots.iter().filter(|p| is_finite(p)) {
            disc(&mut canvas, view.pixel(*dot), DOT, series.colour, 0.6);
        }
    }
    let pen = Pen::bold(15.0);
    for (series, mark) in marks(scatter) {
        let [x, y] = view.pixel(mark);
        disc(&mut canvas, [x, y], MARK + 2.0, PAPER, 1.0);
        disc(&mut canvas, [x, y], MARK, series.colour, 1.0);
        pen.write(&mut canvas, x + MARK + 4.0, y, &series.name, TEXT);
    }
    let title = Pen::bold(22.0);
    title.write(&mut canvas, AREA[0], 32.0, &title.fitted(&scatter.title, WIDTH - 2.0 * AREA[0]), TEXT);
    let small = Pen::regular(15.0);
    small.write(&mut canvas, AREA[0], 60.0, &small.fitted(&scatter.caption, WIDTH - 2.0 * AREA[0]), WEAK);
    for (row, series) in scatter.series.iter().enumerate() {
        let y = AREA[1] + (row as f32 + 0.5) * ROW;
        disc(&mut canvas, [AREA[2] + 30.0, y], 6.0, series.colour, 1.0);
        let name = small.fitted(&series.name, WIDTH - AREA[2] - 110.0);
        small.write(&mut canvas, AREA[2] + 46.0, y, &name, TEXT);
        small.write_before(&mut canvas, WIDTH - 16.0, y, &series.dots.len().to_string(), WEAK);
    }
    canvas
}

fn marks(scatter: &Scatter) -> impl Iterator<Item = (&Series, [f32; 2])> {
    scatter.series.iter().filter_map(|s| Some((s, s.mark.filter(is_finite)?)))
}

fn disc(canvas: &mut Canvas, [x, y]: [f32; 2], radius: f32, colour: Rgb, opacity: f32) {
    let reach = radius.ceil() as i64 + 1;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let (px, py) = (x.floor() as i64 + dx, y.floor() as i64 + dy);
            let away = (px as f32 + 0.5 - x).hypot(py as f32 + 0.5 - y);
            let cover = (radius + 0.5 - away).clamp(0.0, 1.0);
            if cover > 0.0 {
                canvas.blend(px, py, colour, cover * opacity);
            }
        }
    }
}

fn line(canvas: &mut Canvas, outline: &[[f32; 2]], view: &View, colour: Rgb) {
    for (i, from) in outline.iter().enumerate() {
        let to = outline[(i + 1) % outline.len()];
        if !is_finite(from) || !is_finite(&to) {
            continue;
        }
        let ([x0, y0], [x1, y1]) = (view.pixel(*from), view.pixel(to));
        let steps = (x1 - x0).hypot(y1 - y0).ceil().clamp(1.0, WIDTH * 2.0) as usize;
        for step in 0..steps {
            let share = step as f32 / steps as f32;
            disc(canvas, [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share], 0.7, colour, 0.8);
        }
    }
}

fn svg(scatter: &Scatter, view: &View) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"Inter, sans-serif\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        hex(PAPER)
    );
    for series in &scatter.series {
        let colour = hex(series.colour);
        out += &format!("<g fill=\"{colour}\" fill-opacity=\"0.6\">\n");
        for dot in series.dots.iter().filter(|p| is_finite(p)) {
            let [x, y] = view.pixel(*dot);
            out += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{DOT}\"/>\n");
        }
        out += "</g>\n";
        for outline in series.outlines.iter().filter(|outline| outline.iter().all(is_finite)) {
            let corners = outline.iter().map(|p| view.pixel(*p)).map(|[x, y]| format!("{x:.1},{y:.1}"));
            let corners: Vec<String> = corners.collect();
            let corners = corners.join(" ");
            out += &format!(
                "<polygon points=\"{corners}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\"/>\n"
            );
        }
    }
    for (series, mark) in marks(scatter) {
        let [x, y] = view.pixel(mark);
        let (colour, paper) = (hex(series.colour), hex(PAPER));
        out += &format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{MARK}\" fill=\"{colour}\" stroke=\"{paper}\"/>\n"
        );
        write_text(&mut out, [x + MARK + 4.0, y + 5.0], 15.0, TEXT, &series.name);
    }
    write_text(&mut out, [AREA[0], 40.0], 22.0, TEXT, &scatter.title);
    write_text(&mut out, [AREA[0], 66.0], 15.0, WEAK, &scatter.caption);
    for (row, series) in scatter.series.iter().enumerate() {
        let (x, y) = (AREA[2] + 30.0, AREA[1] + (row as f32 + 0.5) * ROW);
        out += &format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"{}\"/>\n", hex(series.colour));
        let name = format!("{} ({})", series.name, series.dots.len());
        write_text(&mut out, [x + 16.0, y + 5.0], 15.0, TEXT, &name);
    }
    out + "</svg>\n"
}

fn write_text(out: &mut String, [x, y]: [f32; 2], size: f32, colour: Rgb, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let colour = hex(colour);
    // Writing to a string cannot fail.
    let _ =
        writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\">{text}</text>");
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scatter() -> Scatter {
        let series = |name: &str, colour, dots: Vec<[f32; 2]>| Series {
            name: name.to_owned(),
            colour,
            mark: dots.first().copied(),
            outlines: vec![dots.clone()],
            dots,
        };
        Scatter {
            title: "A & B".to_owned(),
            caption: "two <of> them".to_owned(),
            series: vec![
                series("A", [200, 0, 0], vec![[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]]),
                series("B", [0, 0, 200], vec![[f32::NAN, 0.0], [5.0, 5.0]]),
            ],
        }
    }

    #[test]
    fn both_axes_have_one_scale_and_dots_lie_where_they_belong() {
        let scatter = scatter();
        let view = View::of(&scatter).unwrap();
        let [a, b, c] = [[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]].map(|p| view.pixel(p));
        assert!(((b[0] - a[0]) / 10.0 - (b[1] - c[1]) / 5.0).abs() < 1e-3);
        let canvas = draw(&scatter, &view);
        assert_eq!(canvas.pixel(a[0] as usize, a[1] as usize), Some([200, 0, 0]));
        let between = canvas.pixel(((a[0] + b[0]) / 2.0) as usize, a[1] as usize).unwrap();
        assert!(between[0] > 190 && between[1] < 120, "the outline: {between:?}");
    }

    #[test]
    fn an_svg_escapes_names_and_an_empty_plot_is_refused() {
        let scatter = scatter();
        let text = svg(&scatter, &View::of(&scatter).unwrap());
        assert!(text.contains("A &amp; B") && text.contains("two &lt;of&gt; them") && !text.contains("NaN"));
        // Four dots that are finite, two of the legend, and the one mark that is finite.
        assert_eq!(text.matches("<circle").count(), 7);
        let folder = tempfile::tempdir().unwrap();
        for name in ["map.svg", "map.png"] {
            let path = folder.path().join(name);
            write_scatter(&path, &scatter).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() > 500);
            assert!(matches!(write_scatter(&path, &Scatter::default()), Err(PictureError::Empty)));
        }
    }

    #[test]
    fn hues_are_distinguishable() {
        for i in 0..15 {
            for j in 0..i {
                let away: i32 =
                    (0..3).map(|c| (i32::from(hue(i, 15)[c]) - i32::from(hue(j, 15)[c])).abs()).sum();
                assert!(away > 40, "{i} {j}: {away}");
            }
        }
    }
}
