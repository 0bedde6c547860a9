use pastiche::{classify::*, data::*, device::*, progress::*, train::*};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    tch::set_num_threads(1);
    let kind = if a[1] == "judge" {
        ClassifierKind::Judge
    } else {
        ClassifierKind::Selector
    };
    let c = ClassifierConfig {
        minutes: a[4].parse().unwrap(),
        dropout: a[5].parse().unwrap(),
        muon_rate: a[6].parse().unwrap(),
        adam_rate: a[7].parse().unwrap(),
        balance: a[8].parse().unwrap(),
        batch_size: a[9].parse().unwrap(),
        validations: 4,
        threads: 1,
        ..Default::default()
    };
    let s = pastiche::train::train_classifier(
        kind,
        a[2].as_ref(),
        a[3].as_ref(),
        &c,
        DeviceChoice::Cpu,
        &StopFlag::new(),
        &mut |e| match e {
            ClassifierEvent::Stepped {
                step,
                loss,
                segments_per_sec,
                ..
            } => {
                if step % 200 == 0 {
                    println!("{step} {loss:.3} {segments_per_sec:.0}/s")
                }
            }
            e => println!("{e:?}"),
        },
    )
    .unwrap();
    println!("{s:?}");
    let corpus = Corpus::load(a[2].as_ref()).unwrap();
    let cl = Classifier::read(&s.checkpoint, tch::Device::Cpu).unwrap();
    println!(
        "test {:?}",
        pastiche::train::accuracy(&cl, &labelled_segments(&corpus, Split::Test, 80))
    );
}
