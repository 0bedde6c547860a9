use pastiche::data::{Corpus, Split, fixed_windows};
use pastiche::device::DeviceChoice;
use pastiche::evaluate::silhouette;
use pastiche::generate::Generator;
use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let g = Generator::load(Path::new(&a[1]), DeviceChoice::Cpu).unwrap();
    let c = Corpus::load(Path::new("/work/maestro.corpus")).unwrap();
    for s in [Split::Train, Split::Validation, Split::Test] {
        let w = fixed_windows(&c, s, 40, 256);
        let z: Vec<Vec<f32>> = w
            .iter()
            .map(|w| g.encode_tokens(&w.notes).unwrap().swap_remove(0))
            .collect();
        let y: Vec<usize> = w.iter().map(|w| w.composer.unwrap()).collect();
        let own: f32 = z.iter().zip(&y).map(|(z, &y)| z[y]).sum::<f32>() / z.len() as f32;
        let right = z
            .iter()
            .zip(&y)
            .filter(|(z, y)| (0..14).max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap() == **y)
            .count();
        let rest: f32 = z
            .iter()
            .map(|z| z[14..].iter().map(|v| v * v).sum::<f32>() / 18.0)
            .sum::<f32>()
            / z.len() as f32;
        let first: Vec<Vec<f32>> = z.iter().map(|z| z[..14].to_vec()).collect();
        println!(
            "{s:?} n {} silhouette {:.3} (label dims {:.3}) own axis {own:.2} of mean, right {:.2}, mean square of the rest {rest:.2}",
            z.len(),
            silhouette(&z, &y),
            silhouette(&first, &y),
            right as f32 / z.len() as f32
        );
    }
}
