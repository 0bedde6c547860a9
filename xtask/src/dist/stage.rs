//! The folder that is packed: the program with everything it needs beside it, so that it runs from any location.

use super::program;
use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::libtorch::Libtorch;
use crate::system;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pianos that may be redistributed, best first.
const PIANOS: [&str; 2] = ["SalamanderGrand.sf2", "FluidR3_GM.sf2"];
const PROGRAM: &str = if cfg!(windows) { "pastiche.exe" } else { "pastiche" };

pub struct Stage {
    pub folder: PathBuf,
    /// `pastiche-VERSION-SYSTEM-PROCESSOR`
    pub name: String,
    pub version: String,
}

impl Stage {
    /// Puts everything into a new folder in `dist`. Large files are linked instead of copied where possible.
    pub fn fill(root: &Path, dist: &Path, libtorch: &Libtorch) -> Outcome<Stage> {
        let built = root.join("target").join("release").join(PROGRAM);
        let version = version(&built)?;
        let name = format!("pastiche-{version}-{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        step(&format!("Filling target/dist/{name}"));
        let stage = Stage { folder: dist.join(&name), name, version };
        let _ = fs::remove_dir_all(&stage.folder);
        make_folder(&stage.folder)?;
        program::place(&built, &libtorch.lib, &stage.folder, PROGRAM)?;
        stage.add_data(root)?;
        stage.add_texts(root, libtorch)?;
        if cfg!(target_os = "linux") {
            stage.add_shares(root)?;
        }
        Ok(stage)
    }

    fn add_data(&self, root: &Path) -> Outcome {
        copy_folder(&root.join("checkpoints"), &self.folder.join("checkpoints"))?;
        let soundfonts = self.folder.join("soundfonts");
        make_folder(&soundfonts)?;
        let piano = PIANOS.iter().find(|name| root.join("soundfonts").join(name).is_file());
        let Some(piano) = piano else {
            note("soundfonts/ has no piano that may be redistributed: the packages will have none");
            return Ok(());
        };
        note(&format!("included piano: {piano}"));
        link(&root.join("soundfonts").join(piano), &soundfonts.join(piano))
    }

    fn add_texts(&self, root: &Path, libtorch: &Libtorch) -> Outcome {
        copy(&root.join("LICENSE"), &self.folder.join("LICENSE"))?;
        copy(&root.join("packaging/LICENCES"), &self.folder.join("LICENCES"))?;
        copy_folder(&root.join("packaging/licences"), &self.folder.join("licences"))?;
        for name in ["LICENSE", "NOTICE"] {
            let theirs = libtorch.lib.join("..").join(name);
            if theirs.is_file() {
                copy(&theirs, &self.folder.join("lib").join(name))?;
            }
        }
        let needs = if cfg!(target_os = "linux") {
            format!(
                "It needs a desktop's usual libraries. On Debian or Ubuntu:\n\n    sudo apt-get install {}",
                system::runtime_packages().join(" ")
            )
        } else {
            String::new()
        };
        let readme = read(&root.join("packaging/README.txt"))?;
        let readme = readme.replace("@VERSION@", &self.version).replace("@NEEDS@", &needs);
        write(&self.folder.join("README.txt"), &readme)
    }

    /// Menu entry, icon, file types, man pages and completions, laid out as under `/usr/share`.
    fn add_shares(&self, root: &Path) -> Outcome {
        let (share, packaging) = (self.folder.join("share"), root.join("packaging"));
        copy(&packaging.join("pastiche.desktop"), &share.join("applications/pastiche.desktop"))?;
        copy(&packaging.join("pastiche-mime.xml"), &share.join("mime/packages/pastiche.xml"))?;
        copy(&root.join("assets/icon.png"), &share.join("icons/hicolor/64x64/apps/pastiche.png"))?;
        let metainfo = "io.github.pastiche_studio.pastiche.metainfo.xml";
        let date = output_of("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default();
        let text = read(&packaging.join(metainfo))?;
        let text = text.replace("@VERSION@", &self.version).replace("@DATE@", &date);
        write(&share.join("metainfo").join(metainfo), &text)?;
        // The program itself generates these files from its command line.
        let manual = self.folder.join("manual");
        let mut command = Command::new(self.folder.join(PROGRAM));
        if !succeeds(command.args(["manual", "--out"]).arg(&manual)) {
            return Err("the packaged program does not run; see above".into());
        }
        for path in files_in(&manual)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let target = match name.as_str() {
                "pastiche.bash" => "bash-completion/completions/pastiche".to_owned(),
                "pastiche.fish" => "fish/vendor_completions.d/pastiche.fish".to_owned(),
                "_pastiche" => "zsh/vendor-completions/_pastiche".to_owned(),
                page => format!("man/man1/{page}"),
            };
            copy(&path, &share.join(target))?;
        }
        fs::remove_dir_all(&manual).map_err(|e| format!("cannot remove {}: {e}", manual.display()))
    }
}

/// `pastiche 0.1.0` → `0.1.0`
fn version(program: &Path) -> Outcome<String> {
    let answer = output_of(&program.to_string_lossy(), &["--version"]).unwrap_or_default();
    let version = answer.split_whitespace().nth(1).map(str::to_owned);
    version.ok_or_else(|| format!("the program does not report its version: {}", program.display()))
}

pub fn make_folder(path: &Path) -> Outcome {
    fs::create_dir_all(path).map_err(|e| format!("cannot create the folder {}: {e}", path.display()))
}

fn make_parent(path: &Path) -> Outcome {
    path.parent().map_or(Ok(()), make_folder)
}

/// Copies a file, creating its parent folders.
pub fn copy(from: &Path, to: &Path) -> Outcome {
    make_parent(to)?;
    let copied = fs::copy(from, to).map(|_| ());
    copied.map_err(|e| format!("cannot copy {} to {}: {e}", from.display(), to.display()))
}

/// Hard-links a file, or copies it if the two are on different disks.
pub fn link(from: &Path, to: &Path) -> Outcome {
    make_parent(to)?;
    let file = fs::canonicalize(from).map_err(|e| format!("cannot read {}: {e}", from.display()))?;
    if fs::hard_link(&file, to).is_ok() {
        return Ok(());
    }
    copy(&file, to)
}

pub fn copy_folder(from: &Path, to: &Path) -> Outcome {
    for path in files_in(from)? {
        let name = path.file_name().unwrap_or_default();
        copy(&path, &to.join(name))?;
    }
    Ok(())
}

/// Links everything below a folder.
pub fn link_tree(from: &Path, to: &Path) -> Outcome {
    make_folder(to)?;
    let entries = fs::read_dir(from).map_err(|e| format!("cannot read {}: {e}", from.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { link_tree(&path, &target)? } else { link(&path, &target)? }
    }
    Ok(())
}

pub fn files_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect())
}

pub fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

pub fn write(path: &Path, text: &str) -> Outcome {
    make_parent(path)?;
    fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}
