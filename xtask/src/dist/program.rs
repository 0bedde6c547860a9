//! The program and the libraries that it brings along: stripped, and able to find each other.

use super::stage::{copy, files_in};
use crate::console::{Outcome, note, output_of, succeeds};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the packaged program looks for libraries: beside itself.
const SEARCH: &[u8] = b"$ORIGIN/lib";
/// How the search path begins that build.rs adds after this machine's libtorch.
const WRITTEN: &[u8] = b":$ORIGIN/";

/// Puts the program into `folder`, with the libraries of `libtorch` that it needs beside it.
pub fn place(built: &Path, libtorch: &Path, folder: &Path, name: &str) -> Outcome {
    let program = folder.join(name);
    copy(built, &program)?;
    // Windows looks for libraries only beside the program.
    let lib = if cfg!(windows) { folder.to_path_buf() } else { folder.join("lib") };
    let libraries = if cfg!(target_os = "linux") { needed(built, libtorch)? } else { shared_in(libtorch)? };
    for (name, path) in &libraries {
        copy(path, &lib.join(name))?;
    }
    if !cfg!(target_os = "linux") {
        return Ok(()); // build.rs has written @executable_path/lib; on Windows there is nothing to write
    }
    strip(&program, "--strip-all")?;
    for (name, _) in &libraries {
        strip(&lib.join(name), "--strip-unneeded")?;
    }
    let bytes = fs::read(&program).map_err(|e| format!("cannot read {}: {e}", program.display()))?;
    let moved =
        with_search_path(bytes).ok_or("the program's search path for libraries was not found in it")?;
    fs::write(&program, moved).map_err(|e| format!("cannot write {}: {e}", program.display()))?;
    let stray = needed(&program, libtorch)?;
    if stray.is_empty() {
        Ok(())
    } else {
        Err(format!("the packaged program still takes {} from this machine's libtorch", stray[0].0))
    }
}

/// The libraries of `libtorch` that the loader uses for `program`, each with the name under which it is requested.
fn needed(program: &Path, libtorch: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let answer = output_of("ldd", &[&program.to_string_lossy()])
        .ok_or_else(|| format!("ldd cannot read {}", program.display()))?;
    if let Some(missing) = answer.lines().find(|line| line.contains("not found")) {
        return Err(format!("a library is missing: {}", missing.trim()));
    }
    let libtorch =
        fs::canonicalize(libtorch).map_err(|e| format!("cannot find libtorch's libraries: {e}"))?;
    let pairs = answer.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" => ")?;
        let path = fs::canonicalize(rest.split(" (").next()?).ok()?;
        path.starts_with(&libtorch).then(|| (name.to_owned(), path))
    });
    Ok(pairs.collect())
}

fn shared_in(libtorch: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let is_shared = |path: &PathBuf| path.extension().is_some_and(|e| e == "dylib" || e == "dll");
    let paths = files_in(libtorch)?.into_iter().filter(is_shared);
    Ok(paths
        .filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path.clone())))
        .collect())
}

fn strip(path: &Path, what: &str) -> Outcome {
    let before = fs::metadata(path).map_or(0, |m| m.len());
    if !succeeds(Command::new("strip").arg(what).arg(path)) {
        return Err(format!("strip failed (it is part of binutils): {}", path.display()));
    }
    let after = fs::metadata(path).map_or(0, |m| m.len());
    note(&format!("{} → {} MB", before / 1_000_000, after / 1_000_000));
    Ok(())
}

/// Overwrites the search path in an ELF file with [`SEARCH`], as chrpath does: the text becomes shorter and stays in
/// place.
fn with_search_path(mut elf: Vec<u8>) -> Option<Vec<u8>> {
    let found = elf.windows(WRITTEN.len()).position(|bytes| bytes == WRITTEN)?;
    let start = elf[..found].iter().rposition(|byte| *byte == 0)? + 1;
    let end = found + elf[found..].iter().position(|byte| *byte == 0)?;
    let text = elf.get_mut(start..end).filter(|text| text.len() >= SEARCH.len())?;
    text.fill(0);
    text[..SEARCH.len()].copy_from_slice(SEARCH);
    Some(elf)
}

#[cfg(test)]
mod tests {
    use super::with_search_path;

    #[test]
    fn the_search_path_is_replaced_and_nothing_moves() {
        let elf =
            b"\x7fELF\0libc.so.6\0/home/me/.libtorch/lib:$ORIGIN/../../.libtorch/lib:$ORIGIN/lib\0_end\0";
        let moved = with_search_path(elf.to_vec()).unwrap();
        assert_eq!(moved.len(), elf.len());
        assert!(moved.starts_with(b"\x7fELF\0libc.so.6\0$ORIGIN/lib\0\0"));
        assert!(moved.ends_with(b"\0_end\0"));
        assert_eq!(with_search_path(b"\x7fELF\0libc.so.6\0".to_vec()), None);
    }
}
