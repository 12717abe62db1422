//! Real git repositories, made by `git` itself.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A small service in Python: enough for every stage.
pub const SMALL: &[(&str, &str)] = &[
    ("README.md", "# Shop\n\nTakes orders and keeps them.\n"),
    (
        "shop/orders.py",
        "\"\"\"Orders.\"\"\"\nfrom shop import store\n\n\ndef total(lines):\n    \"\"\"The sum.\"\"\"\n    result = 0\n    for line in lines:\n        if line.count > 0:\n            result += line.count * line.price\n    return result\n\n\ndef place(lines):\n    if not lines:\n        raise ValueError('no lines')\n    return store.save(total(lines))\n",
    ),
    (
        "shop/store.py",
        "\"\"\"Keeps what was ordered.\"\"\"\nimport json\n\n\nKEPT = []\n\n\ndef save(value):\n    KEPT.append(json.dumps(value))\n    return len(KEPT)\n\n\ndef load(index):\n    try:\n        return json.loads(KEPT[index])\n    except IndexError:\n        return None\n",
    ),
    ("shop/__init__.py", ""),
    (
        "main.py",
        "from shop import orders\n\n\ndef main():\n    print(orders.place([]))\n\n\nif __name__ == '__main__':\n    main()\n",
    ),
    (
        "tests/test_orders.py",
        "from shop import orders\n\n\ndef test_total():\n    assert orders.total([]) == 0\n",
    ),
    ("requirements.txt", "flask==3.0\n"),
    (".env", "SECRET=hush\n"),
];

/// A repository on disk.
pub struct Repository(pub PathBuf);

impl Repository {
    /// An empty one in `folder`.
    pub fn empty(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let repository = Self(folder.to_owned());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// Writes these files and commits them; the commit.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.0.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--message=Change something"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.0)
            .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "2026-01-01T10:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T10:00:00Z")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
