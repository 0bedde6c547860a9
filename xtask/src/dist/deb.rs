//! The package for Debian, Ubuntu and their derivatives.

use super::stage::{Stage, copy, link_tree, make_folder, read, write};
use crate::console::{Outcome, output_of, succeeds};
use crate::system;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packs the stage: the program and the files beside it go to `/usr/lib/pastiche`, shared files to `/usr/share`.
pub fn build(root: &Path, dist: &Path, stage: &Stage) -> Outcome<PathBuf> {
    let tree = dist.join("deb");
    let _ = fs::remove_dir_all(&tree);
    let home = tree.join("usr/lib/pastiche");
    link_tree(&stage.folder, &home)?;
    for name in ["README.txt", "LICENCES", "LICENSE"] {
        fs::remove_file(home.join(name)).map_err(|e| format!("cannot remove {name}: {e}"))?;
    }
    fs::rename(home.join("share"), tree.join("usr/share")).map_err(|e| format!("cannot move share: {e}"))?;
    let doc = tree.join("usr/share/doc/pastiche");
    let texts = [read(&root.join("packaging/LICENCES"))?, read(&root.join("LICENSE"))?];
    write(&doc.join("copyright"), &texts.join("\n----\n\n"))?;
    copy(&root.join("CHANGELOG.md"), &doc.join("CHANGELOG.md"))?;
    make_folder(&tree.join("usr/bin"))?;
    #[cfg(unix)]
    std::os::unix::fs::symlink("../lib/pastiche/pastiche", tree.join("usr/bin/pastiche"))
        .map_err(|e| format!("cannot link the program: {e}"))?;
    let architecture = output_of("dpkg", &["--print-architecture"]).ok_or("dpkg does not answer")?;
    write(&tree.join("DEBIAN/control"), &control(stage, &architecture, &tree)?)?;
    let path = dist.join(format!("pastiche_{}_{architecture}.deb", stage.version));
    let part = dist.join("part.deb");
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.args(["--root-owner-group", "-Zzstd", "-z9", "--build"]).arg(&tree).arg(&part);
    if !succeeds(&mut dpkg) {
        return Err("dpkg-deb could not build the package; see above".into());
    }
    fs::rename(&part, &path).map_err(|e| format!("cannot rename the package: {e}"))?;
    fs::remove_dir_all(&tree).map_err(|e| format!("cannot clear target/dist/deb: {e}"))?;
    Ok(path)
}

fn control(stage: &Stage, architecture: &str, tree: &Path) -> Outcome<String> {
    let du = output_of("du", &["-sk", &tree.to_string_lossy()]).unwrap_or_default();
    let kilobytes = du.split_whitespace().next().unwrap_or("0").to_owned();
    let mut depends = vec![format!("libc6 (>= {})", minimum_libc(&stage.folder.join("pastiche"))?)];
    depends.extend(["libstdc++6", "libgcc-s1"].map(str::to_owned));
    depends.extend(system::runtime_packages().iter().map(|name| (*name).to_owned()));
    Ok(format!(
        "Package: pastiche\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: The Pastiche developers <pastiche-studio@users.noreply.github.com>\n\
         Installed-Size: {kilobytes}\n\
         Depends: {}\n\
         Section: sound\n\
         Priority: optional\n\
         Homepage: https://github.com/pastiche-studio/pastiche\n\
         Description: composes classical piano music in the manner of a composer\n \
         A studio that composes piano music in the manner of a chosen composer and\n \
         plays it while it is still being composed. The model and a piano are included.\n",
        stage.version,
        depends.join(", ")
    ))
}

/// The minimum version of the C library for the program: the highest version of its symbols.
fn minimum_libc(program: &Path) -> Outcome<String> {
    let symbols = output_of("objdump", &["-T", &program.to_string_lossy()])
        .ok_or("objdump cannot read the program (it is part of binutils)")?;
    highest_libc(&symbols).ok_or_else(|| "objdump shows no symbols of the C library".into())
}

fn highest_libc(symbols: &str) -> Option<String> {
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let text: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let numbers: Vec<u32> = text.split('.').filter_map(|n| n.parse().ok()).collect();
        (numbers.len() >= 2).then_some((numbers, text))
    });
    versions.max().map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::highest_libc;

    #[test]
    fn versions_are_compared_by_number() {
        let symbols = "0 DF *UND* (GLIBC_2.2.5) malloc\n0 DF *UND* (GLIBC_2.34) dlsym\n0 (GLIBC_2.9) pipe2";
        assert_eq!(highest_libc(symbols).as_deref(), Some("2.34"));
        assert_eq!(highest_libc("nothing"), None);
    }
}
