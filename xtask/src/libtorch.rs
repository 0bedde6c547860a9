//! libtorch 2.11.0, the version that tch 0.24 needs: found, or fetched into `.libtorch/`.

use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::system;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "2.11.0";
const UNPACK: &str = include_str!("unpack.py");
/// Libraries that libtorch_cpu of the Linux wheel loads, in the versions that torch 2.11.0 names.
const CUDA_WHEELS: [&str; 2] = ["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"];

/// The libtorch that the build links against.
pub struct Libtorch {
    /// The folder of its shared libraries.
    pub lib: PathBuf,
    /// True for our own `.libtorch/`, which `.cargo/config.toml` names.
    pub is_local: bool,
}

/// Finds the libtorch to use: LIBTORCH_USE_PYTORCH, then LIBTORCH, then `.libtorch/`; fetches the last if needed.
pub fn ensure(root: &Path, from_pytorch: bool) -> Outcome<Libtorch> {
    let local = root.join(".libtorch");
    if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return from_active_python();
    }
    // Cargo passes the value in .cargo/config.toml if the user has set none.
    let given = std::env::var_os("LIBTORCH").map(PathBuf::from);
    if let Some(given) = given.filter(|given| !given.as_os_str().is_empty() && *given != local) {
        return from_variable(&given);
    }
    if is_complete(&local) {
        step(&format!("libtorch {VERSION}: already in .libtorch"));
    } else {
        step(&format!("libtorch {VERSION}: fetching it into .libtorch"));
        fetch(root, &local, from_pytorch)?;
    }
    Ok(Libtorch { lib: local.join("lib"), is_local: true })
}

fn from_active_python() -> Outcome<Libtorch> {
    let python = if std::env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" }; // as torch-sys picks it
    let script = "import os, torch; print(torch.__version__); print(os.path.dirname(torch.__file__))";
    let answer = output_of(python, &["-c", script]);
    let (version, folder) = answer.as_deref().and_then(|answer| answer.split_once('\n')).ok_or_else(|| {
        format!("LIBTORCH_USE_PYTORCH is set but {python} cannot import torch: activate the environment that has torch {VERSION}, or unset it")
    })?;
    if !is_right(version) {
        return Err(format!(
            "LIBTORCH_USE_PYTORCH is set and {python} has torch {version}, but tch needs {VERSION}: pip install torch=={VERSION}"
        ));
    }
    step(&format!("libtorch {version}: from your Python"));
    Ok(Libtorch { lib: Path::new(folder).join("lib"), is_local: false })
}

fn from_variable(given: &Path) -> Outcome<Libtorch> {
    let lib = std::env::var_os("LIBTORCH_LIB").map_or_else(|| given.to_path_buf(), PathBuf::from).join("lib");
    if !has_libraries(&lib) {
        return Err(format!(
            "LIBTORCH is set but holds no libtorch (its lib folder has no torch_cpu): correct it or unset it: {}",
            given.display()
        ));
    }
    // A wheel's torch folder has no build-version; then tch does not check either.
    if let Ok(version) = fs::read_to_string(given.join("build-version"))
        && !is_right(&version)
    {
        return Err(format!(
            "LIBTORCH holds version {}, but tch needs {VERSION}: correct it or unset it: {}",
            version.trim(),
            given.display()
        ));
    }
    step(&format!("libtorch: from LIBTORCH, {}", given.display()));
    Ok(Libtorch { lib, is_local: false })
}

/// `2.11.0+cu130` is right too.
fn is_right(version: &str) -> bool {
    version.trim().split('+').next() == Some(VERSION)
}

fn is_complete(folder: &Path) -> bool {
    let version = fs::read_to_string(folder.join("build-version"));
    version.is_ok_and(|version| is_right(&version)) && has_libraries(&folder.join("lib"))
}

fn has_libraries(lib: &Path) -> bool {
    ["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll"].iter().any(|name| lib.join(name).is_file())
}

fn fetch(root: &Path, local: &Path, from_pytorch: bool) -> Outcome {
    let work = root.join("target").join("setup");
    let part = root.join(".libtorch.part");
    let failed = |what: &str, e: std::io::Error| format!("{what}: {e}");
    if part.exists() {
        note("clearing what an earlier, interrupted run left in .libtorch.part");
        fs::remove_dir_all(&part).map_err(|e| failed("cannot clear .libtorch.part", e))?;
    }
    fs::create_dir_all(&work).map_err(|e| failed("cannot create the folder target/setup", e))?;
    fs::write(work.join("started"), "")
        .map_err(|e| failed("this user cannot write into the repository's target/setup", e))?;
    if from_pytorch {
        from_pytorch_org(root, &work, &part)?;
    } else {
        from_pip(&work, &part)?;
    }
    fs::write(part.join("build-version"), format!("{VERSION}\n"))
        .map_err(|e| failed("cannot write build-version", e))?;
    if !is_complete(&part) {
        return Err("the unpacked files contain no libtorch for this system; try `cargo xtask setup --download-libtorch`".into());
    }
    // Everything before this line can be interrupted at any time; from here on, .libtorch is complete.
    if local.exists() {
        fs::remove_dir_all(local).map_err(|e| failed("cannot remove the old .libtorch", e))?;
    }
    fs::rename(&part, local).map_err(|e| failed("cannot rename .libtorch.part to .libtorch", e))?;
    fs::remove_dir_all(&work).map_err(|e| failed("cannot clear target/setup", e))
}

/// The wheels of the Python package index. Tried on Linux x86-64 only.
fn from_pip(work: &Path, part: &Path) -> Outcome {
    let python = system::python()?;
    if let Some(version) =
        output_of(python, &["-c", "from importlib.metadata import version; print(version('torch'))"])
        && is_right(&version)
    {
        note(&format!(
            "your {python} has torch {version} too: LIBTORCH_USE_PYTORCH=1 would use it, and with it your GPU"
        ));
    }
    let torch = format!("torch=={VERSION}");
    let mut names = vec![torch.as_str()];
    if cfg!(target_os = "linux") {
        names.extend(CUDA_WHEELS);
    }
    let mut wheels = Vec::new();
    for name in names {
        wheels.push(download(python, name, &work.join("wheels"))?);
    }
    note("unpacking headers and libraries into .libtorch.part");
    let mut unpack = Command::new(python);
    unpack.args(["-c", UNPACK]).arg(part).args(&wheels);
    if succeeds(&mut unpack) {
        return Ok(());
    }
    // A wheel that cannot be unpacked must not be used again.
    let _ = fs::remove_dir_all(work.join("wheels"));
    Err("unpacking the wheels failed (see above); is the disk full? Then make 2 GB of room and repeat this command".into())
}

/// Downloads one wheel into `folder/NAME/` and returns its path. An existing wheel is not fetched again, because pip
/// puts it there only when it is complete.
fn download(python: &str, requirement: &str, folder: &Path) -> Outcome<PathBuf> {
    let name = requirement.split("==").next().unwrap_or(requirement);
    let folder = folder.join(name);
    if let Some(wheel) = wheel_in(&folder) {
        note(&format!("{requirement}: already downloaded"));
        return Ok(wheel);
    }
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    pip.args(platform()).arg("--dest").arg(&folder).arg(requirement);
    let is_done = succeeds(&mut pip);
    let wheel = wheel_in(&folder).filter(|_| is_done);
    wheel.ok_or_else(|| {
        format!(
            "pip could not download {requirement}: check the network (or PIP_INDEX_URL) and repeat this command, it goes on \
             where it stopped; where pip cannot serve, use `cargo xtask setup --download-libtorch`"
        )
    })
}

/// Any Python 3 works on Linux, because the wheel is requested by name and not for the Python that runs pip.
fn platform() -> Vec<String> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let arch = std::env::consts::ARCH;
    // The tags that the three wheels carry.
    let glibc = ["_2_28", "_2_25", "2014"];
    let platforms =
        glibc.iter().flat_map(|glibc| ["--platform".to_owned(), format!("manylinux{glibc}_{arch}")]);
    let python = ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"].map(str::to_owned);
    platforms.chain(python).collect()
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|e| e == "whl")).max()
}

/// tch's own download: with its feature `download-libtorch`, torch-sys fetches the zip from pytorch.org while it is
/// built. A separate package builds just that.
fn from_pytorch_org(root: &Path, work: &Path, part: &Path) -> Outcome {
    let package = work.join("tch");
    let manifest = "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
        [dependencies]\ntorch-sys = { version = \"0.24\", features = [\"download-libtorch\"] }\n";
    let written = fs::create_dir_all(package.join("src"))
        .and_then(|()| fs::write(package.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(package.join("src/lib.rs"), ""))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")));
    written.map_err(|e| format!("cannot write target/setup/tch: {e}"))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Outside the repository cargo does not read .cargo/config.toml, whose LIBTORCH would stop the download.
    cargo.current_dir(std::env::temp_dir()).env_remove("LIBTORCH");
    cargo.args(["build", "--manifest-path"]).arg(package.join("Cargo.toml"));
    let is_built = succeeds(cargo.arg("--target-dir").arg(package.join("target")));
    let built = fs::read_dir(package.join("target/debug/build")).into_iter().flatten();
    let mut folders = built.filter_map(|entry| Some(entry.ok()?.path().join("out/libtorch/libtorch")));
    match folders.find(|folder| has_libraries(&folder.join("lib"))) {
        Some(folder) if is_built => {
            fs::rename(&folder, part).map_err(|e| format!("cannot move the downloaded libtorch: {e}"))
        }
        _ => {
            // torch-sys mistakes a half-filled folder for a complete one, so the next try has to start without it.
            let _ = fs::remove_dir_all(&package);
            Err(format!(
                "tch could not download libtorch {VERSION}: check the network and repeat, or unpack it by hand and \
                 set LIBTORCH to its folder"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_version_suffix_is_the_same_version() {
        assert!(is_right("2.11.0+cu130\n"));
        assert!(!is_right("2.11.1"));
        assert!(!is_right(""));
    }
}
