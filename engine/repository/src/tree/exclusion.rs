//! What is not read for its name: what others wrote or a program made, lock files, binary files,
//! secrets.

/// Why a name is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exclusion {
    /// Others wrote it, or a program.
    Excluded,
    /// A secret.
    Secret,
    /// No text.
    Binary,
}

/// Folders of packages, of what was built, and of virtual environments.
const FOLDERS: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "dist",
    "build",
    "vendor",
    "third_party",
    "venv",
    ".venv",
    "virtualenv",
    "site-packages",
    "__pycache__",
    ".tox",
    ".nox",
    ".eggs",
    ".gradle",
    ".next",
    ".nuxt",
    ".yarn",
    ".git",
];

const LOCK_FILES: &[&str] = &[
    "cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "poetry.lock",
    "pipfile.lock",
    "uv.lock",
    "pdm.lock",
    "pixi.lock",
    "go.sum",
    "go.work.sum",
    "gemfile.lock",
    "composer.lock",
    "mix.lock",
    "flake.lock",
    "gradle.lockfile",
    "packages.lock.json",
    "pubspec.lock",
    "podfile.lock",
];

/// Files that hold secrets by their purpose.
const SECRET_FILES: &[&str] = &[
    ".envrc",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".boto",
    ".s3cfg",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials",
    "credentials.json",
    "service-account.json",
    "service_account.json",
    "secrets.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.toml",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "master.key",
];

const SECRET_EXTENSIONS: &[&str] = &[
    "pem", "key", "p12", "pfx", "p8", "pkcs12", "jks", "keystore", "bks", "ppk", "kdbx", "kdb",
    "gpg", "pgp", "tfvars", "ovpn",
];

/// Endings of environment files that show the names only.
const ENV_SAMPLES: &[&str] = &["example", "sample", "template", "dist", "defaults", "tmpl"];

const BINARY_EXTENSIONS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "icns", "webp", "avif", "tif", "tiff", "psd", "mp3",
    "mp4", "m4a", "wav", "ogg", "flac", "webm", "avi", "mov", "mkv", "woff", "woff2", "ttf", "otf",
    "eot", "zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "jar", "war", "ear",
    "class", "pyc", "pyo", "whl", "so", "dll", "dylib", "exe", "o", "a", "lib", "obj", "bin",
    "wasm", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "db", "sqlite", "sqlite3",
    "parquet", "npy", "npz", "pkl", "pt", "onnx", "h5", "mo", "dat",
];

/// Why the file or folder at `path` is not read, as far as its name tells.
pub(super) fn exclusion(path: &str, is_folder: bool) -> Option<Exclusion> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name).to_ascii_lowercase();
    if is_folder {
        let is_excluded = FOLDERS.contains(&&*name) || name.ends_with(".egg-info");
        return is_excluded.then_some(Exclusion::Excluded);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if is_secret(path, &name, extension) {
        return Some(Exclusion::Secret);
    }
    if LOCK_FILES.contains(&&*name) || is_minified(&name) {
        return Some(Exclusion::Excluded);
    }
    BINARY_EXTENSIONS.contains(&extension).then_some(Exclusion::Binary)
}

fn is_secret(path: &str, name: &str, extension: &str) -> bool {
    let is_environment = name == ".env" || name.starts_with(".env.") || extension == "env";
    if is_environment {
        return !ENV_SAMPLES.contains(&extension);
    }
    let is_docker_login = path.ends_with(".docker/config.json");
    SECRET_FILES.contains(&name) || SECRET_EXTENSIONS.contains(&extension) || is_docker_login
}

fn is_minified(name: &str) -> bool {
    let mut parts = name.rsplit('.');
    let extension = parts.next().unwrap_or_default();
    let before = parts.next().unwrap_or_default();
    let is_script_or_style = ["js", "mjs", "cjs", "css"].contains(&extension);
    (is_script_or_style && (before == "min" || before.ends_with("-min") || before == "bundle"))
        || (extension == "map" && ["js", "mjs", "cjs", "css", "ts"].contains(&before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_and_their_samples_are_not() {
        let secrets = [
            ".env",
            "api/.env",
            ".env.local",
            ".env.production",
            "prod.env",
            "certs/server.key",
            "a/b.pem",
            ".ssh/id_rsa",
            "release.keystore",
            ".npmrc",
            "infra/terraform.tfstate",
            "prod.tfvars",
            ".aws/credentials",
            ".docker/config.json",
            "Server.PEM",
        ];
        for path in secrets {
            assert_eq!(exclusion(path, false), Some(Exclusion::Secret), "{path}");
        }
        let open = [".env.example", ".env.sample", "id_rsa.pub", "environment.ts", "key.rs", "env"];
        for path in open {
            assert_eq!(exclusion(path, false), None, "{path}");
        }
    }

    #[test]
    fn what_others_wrote_or_a_program_made_is_left_out() {
        let folders = ["node_modules", "a/dist", "build", "vendor", "x/.venv", "venv", "Vendor"];
        for path in folders {
            assert_eq!(exclusion(path, true), Some(Exclusion::Excluded), "{path}");
        }
        let files =
            ["Cargo.lock", "web/yarn.lock", "a.min.js", "app.js.map", "go.sum", "x.bundle.js"];
        for path in files {
            assert_eq!(exclusion(path, false), Some(Exclusion::Excluded), "{path}");
        }
        for (path, is_folder) in
            [("src", true), ("builder", true), ("build", false), ("admin.js", false)]
        {
            assert_eq!(exclusion(path, is_folder), None, "{path}");
        }
        assert_eq!(exclusion("logo.PNG", false), Some(Exclusion::Binary));
    }
}
