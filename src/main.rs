// Stand-in until cli/ lands: train CORPUS OUT MINUTES THREADS [resume].
use pastiche::device::DeviceChoice;
use pastiche::progress::StopFlag;
use pastiche::train::*;

fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let config = TrainConfig { minutes: Some(a[3].parse()?), threads: a[4].parse()?, validate_every: a[5].parse()?, ..TrainConfig::default() };
    let trainer = Trainer::open(a[1].as_ref(), a[2].as_ref(), config, DeviceChoice::Cpu, a.len() > 6)?;
    let summary = trainer.run(&StopFlag::new(), &mut |e| match e {
        TrainEvent::Stepped(m) => println!("{} notes {} nll {:.3} {:.2?} kl {:.1} label {:.2} gn {:.2} {:.0}/s", m.step, m.notes_seen, m.nll, m.nll_fields, m.kl_nats, m.label_loss, m.grad_norm, m.notes_per_sec),
        other => println!("{other:?}"),
    })?;
    println!("{summary:?}");
    Ok(())
}
