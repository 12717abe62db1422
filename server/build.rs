//! Puts the console into the binary, where it was built before: `packages/console/dist`, each file
//! compressed once, here.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    // By where this runs, the package's folder, not by where it was compiled: clones that share a target
    // directory share this program too, and each is to have the console of its own.
    let dist = Path::new("../packages/console/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut table = String::from("&[\n");
    if dist.join("index.html").is_file() {
        let mut files = Vec::new();
        list(dist, "", &mut files)?;
        files.sort();
        for (nth, (name, path)) in files.iter().enumerate() {
            let packed = out.join(format!("console-{nth}.gz"));
            pack(path, &packed)?;
            let packed = packed.display().to_string();
            writeln!(table, "(\"/{name}\", include_bytes!({packed:?})),")
                .map_err(io::Error::other)?;
        }
    }
    table.push(']');
    fs::write(out.join("console.rs"), table)
}

/// The files below `folder`, by their paths from `dist`.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if name.starts_with('.') {
            continue; // Notes of whoever built it.
        }
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

fn pack(from: &Path, to: &Path) -> io::Result<()> {
    let mut encoder = GzEncoder::new(fs::File::create(to)?, Compression::best());
    encoder.write_all(&fs::read(from)?)?;
    encoder.finish()?;
    Ok(())
}
