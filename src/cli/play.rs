//! `pastiche play`: a MIDI file on the sound card, without a window.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use pastiche::player::{Device, OutputChoice, Player, PlayerHandle, Sound, SoundState};

use super::input::read_music;
use super::numbers::secs;
use super::sound_args::SoundArgs;

/// Longest wait for the sound card and the SoundFont.
const READY_PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks at the player's state.
const TICK: Duration = Duration::from_millis(20);
/// Playback is over after this many ticks below this peak, or this long after the last note.
const SILENCE: f32 = 1e-4;
const SILENT_TICKS: u32 = 15;
const TAIL_PATIENCE: Duration = Duration::from_secs(12);

/// Play a MIDI file on the sound card.
#[derive(clap::Args, Debug)]
#[command(after_help = "Commands while it plays, one per line on standard input:\n  \
    pause | play | stop | seek SECS | tempo PERCENT | volume PERCENT | loop FROM TO | loop off | status | quit")]
pub struct PlayArgs {
    /// MIDI file to play
    #[arg(value_name = "IN.mid", required_unless_present = "list_devices")]
    input: Option<PathBuf>,
    #[command(flatten)]
    sound: SoundArgs,
    /// Output device, as named by --list-devices
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// List the output devices and exit
    #[arg(long)]
    list_devices: bool,
    /// Start position in seconds
    #[arg(long, value_name = "SECS", value_parser = secs)]
    from: Option<f64>,
}

pub fn run(args: &PlayArgs) -> anyhow::Result<()> {
    if args.list_devices {
        return list_devices();
    }
    let input = args.input.as_deref().context("name a MIDI file to play")?;
    let read = read_music(input)?;
    let sound_font = args.sound.load()?;
    let font = sound_font.clone();
    let output = OutputChoice { device: args.device.clone(), ..OutputChoice::default() };
    let player = Player::start(output, Arc::new(|| {})).context("could not start the player")?;
    let handle = player.handle();
    handle.set_sound(Sound {
        preset: args.sound.preset,
        has_reverb: !args.sound.no_reverb,
        has_chorus: args.sound.chorus,
        ..Sound::new(sound_font)
    })?;
    wait_until_ready(&handle)?;
    if let Some(remark) = font.remark() {
        eprintln!("{remark}");
    }
    handle.load(Arc::new(read.performance))?;
    if let Some(secs) = args.from {
        handle.seek(secs)?;
    }
    handle.play()?;
    let (lines, commands) = channel();
    std::thread::spawn(move || {
        let read = std::io::stdin().lock().lines().map_while(Result::ok);
        read.take_while(|line| lines.send(line.clone()).is_ok()).for_each(drop);
    });
    attend(&handle, &commands)?;
    Ok(())
}

fn list_devices() -> anyhow::Result<()> {
    let (sender, woken) = channel();
    let wake = move || {
        let _ = sender.send(());
    };
    let player =
        Player::start(OutputChoice::default(), Arc::new(wake)).context("could not start the player")?;
    player.handle().refresh_devices()?;
    let deadline = Instant::now() + READY_PATIENCE;
    while player.handle().devices().is_empty() && Instant::now() < deadline {
        let _ = woken.recv_timeout(TICK);
    }
    for name in player.handle().devices().iter() {
        println!("{name}");
    }
    Ok(())
}

fn wait_until_ready(handle: &PlayerHandle) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY_PATIENCE;
    loop {
        let status = handle.status();
        match (&status.device, status.sound) {
            (Device::Silent { reason }, _) => bail!("{reason}"),
            (_, SoundState::Failed { reason }) => bail!("{reason}"),
            (Device::Open { name, .. }, SoundState::Ready { sound_font, preset }) => {
                eprintln!("playing on {name} with {sound_font}, {preset}");
                return Ok(());
            }
            _ if Instant::now() > deadline => bail!("the sound card does not answer"),
            _ => std::thread::sleep(TICK),
        }
    }
}

/// Obeys commands and shows the playhead until the music has died away.
fn attend(handle: &PlayerHandle, commands: &Receiver<String>) -> anyhow::Result<()> {
    let is_terminal = std::io::stderr().is_terminal();
    let mut silent_ticks = 0;
    let mut ended_at = None;
    let mut has_played = false;
    loop {
        for line in commands.try_iter() {
            if line.trim() == "quit" {
                return Ok(());
            }
            if let Err(error) = obey(handle, line.trim()) {
                eprintln!("{error:#}");
            }
        }
        let status = handle.status();
        if let SoundState::Failed { reason } = status.sound {
            bail!("{reason}");
        }
        if is_terminal {
            eprint!("\r{:.1} / {:.1} s ", status.position_secs, status.duration_secs);
        }
        has_played |= status.is_playing || status.position_secs > 0.0;
        let is_over = has_played && !status.is_playing && status.position_secs >= status.duration_secs;
        silent_ticks = if is_over && status.peak < SILENCE { silent_ticks + 1 } else { 0 };
        ended_at = if is_over { ended_at.or_else(|| Some(Instant::now())) } else { None };
        if silent_ticks > SILENT_TICKS || ended_at.is_some_and(|at| at.elapsed() > TAIL_PATIENCE) {
            if is_terminal {
                eprintln!();
            }
            return Ok(());
        }
        std::thread::sleep(TICK);
    }
}

fn obey(handle: &PlayerHandle, line: &str) -> anyhow::Result<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| word.parse::<f64>().with_context(|| format!("\"{word}\" is not a number"));
    match words.as_slice() {
        [] => {}
        ["play"] => handle.play()?,
        ["pause"] => handle.pause()?,
        ["stop"] => handle.stop()?,
        ["seek", secs] => handle.seek(number(secs)?)?,
        ["tempo", percent] => handle.set_tempo_scale(number(percent)? / 100.0)?,
        ["volume", percent] => handle.set_gain((number(percent)? / 100.0) as f32)?,
        ["loop", "off"] => handle.set_loop(None)?,
        ["loop", from, to] => handle.set_loop(Some(number(from)?..number(to)?))?,
        ["status"] => {
            let status = handle.status();
            let json = serde_json::json!({
                "position_secs": status.position_secs,
                "is_playing": status.is_playing,
                "latency_secs": status.latency_secs,
                "underruns": status.underruns,
                "has_device": matches!(status.device, Device::Open { .. }),
            });
            println!("{json}");
        }
        _ => bail!("\"{line}\" is not a command; see pastiche play --help"),
    }
    Ok(())
}
