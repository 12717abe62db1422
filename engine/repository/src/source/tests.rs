//! What a URL alone shows.

use proptest::prelude::{any, proptest};

use super::*;

fn sources() -> Sources {
    Sources {
        private_hosts: vec!["localhost:8443".into(), "git.intern".into(), "[::1]:8443".into()],
        local_roots: vec!["/srv/repositories".into()],
        ..Sources::default()
    }
}

fn shown(url: &str) -> String {
    sources().check(url).unwrap_or_else(|refused| panic!("{url}: {refused}")).to_string()
}

#[test]
fn repositories_of_hosts_on_the_list_are_let_through_in_one_form() {
    for (url, form) in [
        ("https://github.com/serde-rs/json", "https://github.com/serde-rs/json"),
        ("https://github.com/serde-rs/json.git", "https://github.com/serde-rs/json.git"),
        ("https://github.com/serde-rs/json/", "https://github.com/serde-rs/json"),
        (" https://github.com/serde-rs/json ", "https://github.com/serde-rs/json"),
        ("HTTPS://GitHub.com/serde-rs/json", "https://github.com/serde-rs/json"),
        ("https://github.com:443/serde-rs/json", "https://github.com/serde-rs/json"),
        ("https://github.com/a/./b/../c", "https://github.com/a/c"),
        ("https://gitlab.com/group/sub/project", "https://gitlab.com/group/sub/project"),
        ("https://bitbucket.org/a/b", "https://bitbucket.org/a/b"),
        ("https://codeberg.org/a/b.c_d-e", "https://codeberg.org/a/b.c_d-e"),
        ("https://git.intern/~her/My%20work", "https://git.intern/~her/My%20work"),
        ("https://git.intern/schön", "https://git.intern/sch%C3%B6n"),
        ("https://localhost:8443/a.git", "https://localhost:8443/a.git"),
        ("https://[::1]:8443/a.git", "https://[::1]:8443/a.git"),
        ("https://[0:0::1]:8443/a.git", "https://[::1]:8443/a.git"),
        ("/srv/repositories/a", "/srv/repositories/a"),
        ("file:///srv/repositories/a", "file:///srv/repositories/a"),
        ("file:///srv/repositories/my%20work", "file:///srv/repositories/my%20work"),
        ("file://localhost/srv/repositories/a", "file:///srv/repositories/a"),
    ] {
        assert_eq!(shown(url), form);
        assert_eq!(shown(form), form, "a form is its own form");
    }
}

/// Urls that are refused, each with what its reason has to say.
const REFUSED: [(&str, &str); 92] = [
    // No URL at all.
    ("", "between 1 and"),
    ("   ", "between 1 and"),
    ("github.com/a/b", "only https"),
    ("a", "only https"),
    ("./a", "only https"),
    ("../srv/repositories/a", "only https"),
    ("~/a", "only https"),
    // Other schemes, and what git makes of them.
    ("http://github.com/a/b", "only https"),
    ("git://github.com/a/b", "only https"),
    ("ssh://git@github.com/a/b", "only https"),
    ("ssh://-oProxyCommand=id/x", "only https"),
    ("git+ssh://github.com/a/b", "only https"),
    ("ftp://github.com/a/b", "only https"),
    ("ftps://github.com/a/b", "only https"),
    ("rsync://github.com/a/b", "only https"),
    ("gopher://github.com/a/b", "only https"),
    ("dict://127.0.0.1:11211/stat", "only https"),
    ("data:text/plain,x", "only https"),
    ("javascript:alert(1)", "only https"),
    ("git@github.com:a/b.git", "only https"),
    ("github.com:a/b.git", "only https"),
    ("-u./payload:x", "only https"),
    ("--upload-pack=touch /tmp/x", "only https"),
    ("ext::sh -c id", "only https"),
    ("fd::17", "only https"),
    ("https::https://github.com/a/b", "only https"),
    ("https:github.com/a/b", "only https"),
    ("https:/github.com/a/b", "only https"),
    ("file:/srv/repositories/a", "only https"),
    // Credentials, and hosts that hide behind them.
    ("https://user@github.com/a/b", "no name and no password"),
    ("https://user:password@github.com/a/b", "no name and no password"),
    ("https://:token@github.com/a/b", "no name and no password"),
    ("https://@github.com/a/b", "no name and no password"),
    ("https://github.com@127.0.0.1/a/b", "no name and no password"),
    ("https://github.com:443@169.254.169.254/a/b", "no name and no password"),
    ("https://127.0.0.1:80#@github.com/a/b", "no `?` and no `#`"),
    ("https://github.com#@127.0.0.1/a/b", "no `?` and no `#`"),
    ("https://github.com?@127.0.0.1/a/b", "no `?` and no `#`"),
    ("https://github.com\\@127.0.0.1/a/b", "does not read"),
    ("https://127.0.0.1\\@github.com/a/b", "does not read"),
    ("https://github.com%40127.0.0.1/a/b", "does not read"),
    ("https://github.com%2f@127.0.0.1/a/b", "no name and no password"),
    // Addresses, however they are written.
    ("https://127.0.0.1/a/b", "of 127.0.0.1 are not"),
    ("https://127.1/a/b", "of 127.0.0.1 are not"),
    ("https://2130706433/a/b", "of 127.0.0.1 are not"),
    ("https://0x7f000001/a/b", "of 127.0.0.1 are not"),
    ("https://0x7f.1/a/b", "of 127.0.0.1 are not"),
    ("https://0177.0.0.1/a/b", "of 127.0.0.1 are not"),
    ("https://017700000001/a/b", "of 127.0.0.1 are not"),
    ("https://①②⑦.0.0.1/a/b", "of 127.0.0.1 are not"),
    ("https://127。0。0。1/a/b", "of 127.0.0.1 are not"),
    ("https://127.0.0.1.:8443/a/b", "of 127.0.0.1:8443 are not"),
    ("https://0/a/b", "of 0.0.0.0 are not"),
    ("https://0.0.0.0/a/b", "of 0.0.0.0 are not"),
    ("https://169.254.169.254/latest/meta-data", "are not fetched here"),
    ("https://2852039166/latest/meta-data", "of 169.254.169.254 are not"),
    ("https://10.0.0.1/a/b", "are not fetched here"),
    ("https://192.168.0.1/a/b", "are not fetched here"),
    ("https://[::1]/a/b", "of [::1] are not"),
    ("https://[::]/a/b", "of [::] are not"),
    ("https://[::ffff:127.0.0.1]/a/b", "are not fetched here"),
    ("https://[::7f00:1]/a/b", "are not fetched here"),
    ("https://[64:ff9b::7f00:1]/a/b", "are not fetched here"),
    ("https://[2002:7f00:1::]/a/b", "are not fetched here"),
    ("https://[fd00:ec2::254]/a/b", "are not fetched here"),
    ("https://[fe80::1%25eth0]/a/b", "does not read"),
    ("https://140.82.121.4/a/b", "are not fetched here"),
    // Names that are not on the list, however alike.
    ("https://localhost/a/b", "of localhost are not"),
    ("https://localhost:8444/a/b", "of localhost:8444 are not"),
    ("https://LOCALHOST/a/b", "of localhost are not"),
    ("https://git.intern:8443/a", "of git.intern:8443 are not"),
    ("https://metadata.google.internal/a/b", "are not fetched here"),
    ("https://github.com.evil.example/a/b", "are not fetched here"),
    ("https://evilgithub.com/a/b", "are not fetched here"),
    ("https://raw.github.com/a/b", "are not fetched here"),
    ("https://github.com./a/b", "are not fetched here"),
    ("https://gіthub.com/a/b", "of xn--gthub-n2e.com are not"),
    ("https://github.com:22/a/b", "of github.com:22 are not"),
    ("https://github.com:8443/a/b", "of github.com:8443 are not"),
    ("https://github.com:99999/a/b", "does not read"),
    ("https:///github.com/a/b", "does not read"),
    // Paths that name nothing, or could be read in two ways.
    ("https://github.com", "does not name a repository"),
    ("https://github.com/", "does not name a repository"),
    ("https://github.com/a//b", "does not name a repository"),
    ("https://github.com/a/b%0a%0dHost:x", "does not name a repository"),
    ("https://github.com/a%2f..%2fb", "does not name a repository"),
    ("https://github.com/a/b?token=secret", "no `?` and no `#`"),
    ("https://github.com/a b", "does not read"),
    // Paths outside the roots.
    ("/etc/passwd", "not below a folder"),
    ("/srv/repositories/../secret", "not below a folder"),
    ("/srv/repositories-of-others/a", "not below a folder"),
    ("file:///etc", "not below a folder"),
];

#[test]
fn what_the_url_alone_shows_to_be_wrong_is_refused_with_its_reason() {
    for (url, reason) in REFUSED {
        let refused = sources().check(url).expect_err(url).to_string();
        assert!(refused.contains(reason), "{url:?}: {refused}");
        assert!(!refused.contains("token") && !refused.contains("secret"), "{refused}");
    }
}

#[test]
fn more_forms_of_local_paths_outside_the_roots_are_refused() {
    for url in [
        "file://evil.example/srv/repositories/a",
        "file:///srv/repositories/%2e%2e/secret",
        "file:///srv/repositories/../secret",
        "file:///srv/repositories%2f..%2fsecret",
        "file:///srv/repositories/a%00b",
        "file:///srv/repositories/a%0ab",
        "file:///srv/repositories/%ff",
        "FILE:///etc",
        "file:////etc",
        "//srv/repositories-not/a",
        "/",
        "/srv",
    ] {
        assert_eq!(sources().check(url), Err(Refused::Local), "{url}");
    }
    let none = Sources::default();
    assert_eq!(none.check("/srv/repositories/a"), Err(Refused::Local), "no root by default");
}

#[test]
fn control_characters_and_long_texts_are_refused() {
    for sign in ["\0", "\n", "\r", "\t", "\u{7f}", "\u{85}"] {
        let url = format!("https://github.com/a/b{sign}c");
        assert_eq!(sources().check(&url), Err(Refused::Unreadable), "{sign:?}");
        let url = format!("https://git{sign}hub.com/a/b");
        assert_eq!(sources().check(&url), Err(Refused::Unreadable), "{sign:?}");
    }
    let fits = format!("https://github.com/{}", "a".repeat(URL_BYTES_MAX - 19));
    assert!(sources().check(&fits).is_ok());
    assert_eq!(sources().check(&(fits + "a")), Err(Refused::Size));
}

#[test]
fn a_root_may_be_given_by_a_link_or_by_where_it_leads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::create_dir(folder.join("real")).unwrap();
    std::os::unix::fs::symlink("real", folder.join("link")).unwrap();
    let sources = Sources { local_roots: vec![folder.join("link")], ..Sources::default() };
    for below in ["link/a", "real/a", "link"] {
        assert!(sources.check(folder.join(below).to_str().unwrap()).is_ok(), "{below}");
    }
    assert!(sources.check(folder.join("other/a").to_str().unwrap()).is_err());
}

#[test]
fn a_source_is_called_by_the_last_part_of_its_path() {
    for (url, name) in [
        ("https://github.com/serde-rs/json", "json"),
        ("https://github.com/serde-rs/json.git", "json"),
        ("https://git.intern/My%20work/", "My work"),
        ("/srv/repositories/a", "a"),
        ("/srv/repositories/a.git", "a"),
        ("/srv/repositories/a/.git", "a"),
        ("file:///srv/repositories/my%20work", "my work"),
    ] {
        assert_eq!(sources().check(url).unwrap().name(), name, "{url}");
    }
}

#[test]
fn lists_whose_entries_do_not_read_are_told() {
    assert_eq!(sources().verify(), Ok(()));
    for host in ["https://github.com", "a b", "a@b", "*.github.com", "", "a:99999", "a/b"] {
        let sources = Sources { hosts: vec![host.into()], ..Sources::default() };
        assert_eq!(sources.verify(), Err(BadEntry::Host(host.into())));
    }
    let sources = Sources { local_roots: vec!["here".into()], ..Sources::default() };
    assert_eq!(sources.verify(), Err(BadEntry::Path("here".into())));
}

proptest! {
    #[test]
    fn whatever_is_let_through_is_a_plain_url_of_a_listed_host(text in ".{0,60}") {
        for url in [text.clone(), format!("https://{text}"), format!("https://github.com/{text}")] {
            let Ok(source) = sources().check(&url) else { continue };
            let Place::Remote(remote) = source.place() else { continue };
            assert!(["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "localhost",
                "git.intern", "[::1]"].contains(&remote.host.as_str()));
            let shown = source.to_string();
            assert!(shown.is_ascii() && !shown.contains(['?', '#', '\\', ' ']), "{shown}");
            assert_eq!(sources().check(&shown).unwrap(), source);
        }
    }

    #[test]
    fn any_bytes_of_an_address_not_on_the_list_are_refused(address in any::<u32>()) {
        let plain = std::net::Ipv4Addr::from(address);
        for host in [format!("{plain}"), format!("{address}"), format!("{address:#x}"),
            format!("[::ffff:{plain}]")] {
            let refused = sources().check(&format!("https://{host}/a/b"));
            assert!(matches!(refused, Err(Refused::Host(_))), "{host}");
        }
    }
}
