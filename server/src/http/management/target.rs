//! Which connection a path means.

use model::ConnectionId;
use percent_encoding::percent_decode_str;

/// The segment before a connection's id; clients may send its `@` encoded.
const MARKER: &[u8] = b"@connections";

/// A connection, and the stage below which it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    stage: Option<String>,
    /// The id, decoded once; any bytes.
    id: Vec<u8>,
}

impl Target {
    /// The target of `path`, as it stands in the request; `None` for all other paths.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let (before, id) = path.strip_prefix('/')?.rsplit_once('/')?;
        let (stage, marker) = match before.split_once('/') {
            Some((stage, marker)) => (Some(stage), marker),
            None => (None, before),
        };
        let is_meant = !id.is_empty() && percent_decode_str(marker).eq(MARKER.iter().copied());
        is_meant
            .then(|| Self { stage: stage.map(str::to_owned), id: percent_decode_str(id).collect() })
    }

    /// The stage, where the path has one.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.stage.as_deref()
    }

    /// The connection's id; `None` where it can be no connection's.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        std::str::from_utf8(&self.id).ok()?.parse().ok()
    }

    /// The id as it was sent, for a log.
    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(path: &str) -> Option<(Option<String>, Vec<u8>)> {
        Target::of(path).map(|target| (target.stage, target.id))
    }

    #[test]
    fn a_connection_stands_behind_the_marker_with_a_stage_or_without() {
        assert_eq!(parts("/@connections/a"), Some((None, b"a".to_vec())));
        assert_eq!(parts("/%40connections/a"), Some((None, b"a".to_vec())));
        assert_eq!(parts("/prod/@connections/a"), Some((Some("prod".into()), b"a".to_vec())));
        assert_eq!(parts("//@connections/a"), Some((Some(String::new()), b"a".to_vec())));
    }

    #[test]
    fn an_id_is_decoded_once_whatever_its_bytes() {
        for (sent, id) in [
            ("a%3D%2Fb%2B", &b"a=/b+"[..]),
            ("a=+", b"a=+"),
            ("%2541", b"%41"),
            ("%ff%00", b"\xff\0"),
            ("100%", b"100%"),
        ] {
            assert_eq!(
                parts(&format!("/@connections/{sent}")),
                Some((None, id.to_vec())),
                "{sent}"
            );
        }
    }

    #[test]
    fn every_other_path_is_none() {
        for path in [
            "",
            "/",
            "/@connections",
            "/@connections/",
            "/prod/@connections/",
            "/a/b/@connections/c",
            "/@connections/a/b",
            "/connections/a",
            "/@Connections/a",
            "/%2540connections/a",
            "@connections/a",
        ] {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_encoded_read_back(id in prop::collection::vec(any::<u8>(), 1..40)) {
            let encoded: String = id.iter().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(parts(&format!("/dev/@connections/{encoded}")), Some((Some("dev".into()), id)));
        }

        #[test]
        fn no_path_panics(path in "[/@a-z%0-9]{0,60}") {
            let _ = Target::of(&path).map(|target| target.connection());
        }
    }
}
