//! Gives every program of this package (binary, tests, benches) its own way to libtorch, so that none needs
//! LD_LIBRARY_PATH. The variable still wins where it is set, which is how one binary runs with a CUDA libtorch.

use std::env;
use std::path::{Path, PathBuf};

/// `.libtorch/lib` seen from `target/PROFILE/` and `target/PROFILE/deps/`, and the place in an unpacked release.
const RELATIVE: [&str; 3] = ["../../.libtorch/lib", "../../../.libtorch/lib", "lib"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["LIBTORCH", "LIBTORCH_LIB", "LIBTORCH_USE_PYTORCH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    // torch-sys has found libtorch already, by whichever way; it tells through its `links` key.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        return;
    };
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => link_linux(&lib),
        Ok("macos") => link_paths(&lib, "@executable_path"),
        _ => {} // Windows has no such path: `cargo xtask run` sets PATH
    }
}

fn link_linux(lib: &Path) {
    println!("cargo:rustc-link-arg=-Wl,--enable-new-dtags"); // RUNPATH: LD_LIBRARY_PATH comes first
    link_paths(lib, "$ORIGIN");
    if lib.join("libtorch_cuda.so").exists() {
        // Nothing of ours names a symbol in it, so the linker would drop it and the GPU would not be found.
        println!("cargo:rustc-link-search=native={}", lib.display());
        println!("cargo:rustc-link-arg=-Wl,--push-state,--no-as-needed,-ltorch_cuda,--pop-state");
    }
}

fn link_paths(lib: &Path, origin: &str) {
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
    for relative in RELATIVE {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{origin}/{relative}");
    }
}
