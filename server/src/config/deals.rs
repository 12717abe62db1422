//! `deals.*`: the stages, who may join rooms, and the routes that are handled elsewhere.
//!
//! **Invariants.** A URL of a route is shown without what may be secret in it, also where something is
//! wrong with it or with its neighbours.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use url::Host;

use super::network::{HttpUrl, mask_url};
use super::reader::{Reader, section};
use super::secret::{MASK, Secret};
use super::value::{Item, NONE, Value, choice};

/// First segments of paths that lead elsewhere.
const TAKEN: [&str; 3] = ["v1", "api", "ws"];
/// Characters of a stage's name.
const STAGE_CHARS_MAX: usize = 128;
/// Characters of an action's name.
const ACTION_CHARS_MAX: usize = 256;
/// The actions that begin with `$`.
const OWN_ACTIONS: [&str; 3] = ["$connect", "$disconnect", "$default"];

/// The name of a stage: one segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage(String);

impl Stage {
    /// The name as it stands in a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Item for Stage {
    const FORMAT: &'static str = "names, comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.len() > STAGE_CHARS_MAX || !text.bytes().all(is_name) {
            let most = STAGE_CHARS_MAX;
            return Err(format!("a stage is named by up to {most} letters, digits, `-` and `_`"));
        }
        if TAKEN.contains(&text) {
            return Err(format!("no stage can be called {}: other paths are", TAKEN.join(", ")));
        }
        Ok(Self(text.to_owned()))
    }

    fn show_item(&self) -> String {
        self.0.clone()
    }

    fn mask_item(text: &str) -> String {
        mask_url(text)
    }
}

choice! {
    /// Who may join a room.
    pub enum Rooms {
        /// Anyone.
        Open = "open",
        /// Whom a member has invited.
        Invited = "invited",
    }
}

/// An action that is handled elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The action, or `$connect`, `$disconnect` or `$default`.
    pub action: String,
    /// Where its events are posted.
    pub url: HttpUrl,
}

impl Route {
    /// Reads one; an error continues a sentence that names the route.
    fn read(entry: &Map<String, Json>) -> Result<Self, String> {
        if entry.keys().any(|key| !matches!(key.as_str(), "action" | "url")) {
            return Err("has a key that is neither `action` nor `url`".to_owned());
        }
        let text = |key: &str| match entry.get(key) {
            None => Err(format!("has no `{key}`")),
            Some(value) => value.as_str().ok_or_else(|| format!("has an `{key}` that is no text")),
        };
        let (action, url) = (text("action")?, text("url")?);
        if !(1..=ACTION_CHARS_MAX).contains(&action.chars().count()) {
            return Err(format!("has an `action` that is not of 1 to {ACTION_CHARS_MAX} letters"));
        }
        if action.starts_with('$') && !OWN_ACTIONS.contains(&action) {
            let own = OWN_ACTIONS.join(", ");
            return Err(format!("has an `action` that begins with `$` and is none of {own}"));
        }
        let url = HttpUrl::parse(url).map_err(|why| format!("has a wrong `url`: {why}"))?;
        Ok(Self { action: action.to_owned(), url })
    }

    /// Whether its events leave this machine unencrypted.
    fn is_readable_underway(&self) -> bool {
        let url = self.url.as_url();
        let stays = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        !stays && !self.url.is_https()
    }
}

/// All actions that are handled elsewhere, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes(pub Vec<Route>);

impl Value for Routes {
    const FORMAT: &'static str =
        "tables of `action` and `url`; in the environment a JSON list of such objects";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let entries =
            entries_of(text).ok_or("not a JSON list of objects with `action` and `url`")?;
        let mut routes: Vec<Route> = Vec::with_capacity(entries.len());
        for (at, entry) in (1..).zip(&entries) {
            let route = Route::read(entry).map_err(|why| format!("route {at} {why}"))?;
            if routes.iter().any(|earlier| earlier.action == route.action) {
                return Err(format!("route {at} has the action of one before it"));
            }
            routes.push(route);
        }
        Ok(Self(routes))
    }

    fn show(&self) -> String {
        if self.0.is_empty() {
            return NONE.to_owned();
        }
        let shown = |route: &Route| json!({ "action": route.action, "url": route.url.show() });
        Json::Array(self.0.iter().map(shown).collect()).to_string()
    }

    fn mask(text: &str) -> String {
        let Some(entries) = entries_of(text) else { return MASK.to_owned() };
        let shown = |entry: &Map<String, Json>| {
            let text = |key: &str| entry.get(key).and_then(Json::as_str);
            json!({ "action": text("action"), "url": text("url").map(mask_url) })
        };
        Json::Array(entries.iter().map(shown).collect()).to_string()
    }
}

fn entries_of(text: &str) -> Option<Vec<Map<String, Json>>> {
    serde_json::from_str(text).ok()
}

section! {
    /// Deals, notifications and messages: the stages, who may join rooms, and actions that handlers of
    /// your own take, which are called as API Gateway calls a proxy integration.
    pub struct Deals {
        /// Stages: a WebSocket of deals opens at `/` and at `/{stage}`.
        stages: Vec<Stage> = "prod,dev";
        /// Who may join a room: `open`: anyone; `invited`: whom a member of it has invited.
        rooms: Rooms = "open";
        /// Actions whose messages are posted to a URL, and whose answers are sent back. `$connect` is
        /// asked whether a connection may open (2xx: yes), `$disconnect` is told of its end, `$default`
        /// takes what nothing else does. In the file each is a table `[[deals.routes]]`.
        routes: Routes = "";
        /// What calls of `deals.routes` are signed with: `X-Quintet-Signature` is `sha256=` and the
        /// HMAC-SHA256, in hexadecimal digits, of `X-Quintet-Timestamp`, a dot and the body.
        routes_secret: Option<Secret> = "";
        /// How long one call may take, from connecting to the last byte of the answer; one of `$connect` at
        /// most 50 s.
        routes_timeout: Duration = "10s", within "100ms" to "10m";
        /// Calls that run at once, of these an eighth, at least one, for one user; what comes past that fails
        /// at once.
        routes_concurrency: usize = "100", within "1" to "10000";
    }
}

/// Tells of stages that are missing or named twice, and warns of routes that others may read or forge.
pub(super) fn check(deals: &Deals, reader: &mut Reader<'_>, warnings: &mut Vec<String>) {
    let stages = &deals.stages;
    if stages.is_empty() {
        reader.refuse("deals.stages", "must name at least one: handlers and the management API do");
    }
    if (1..).zip(stages).any(|(after, stage)| stages[after..].contains(stage)) {
        reader.refuse("deals.stages", "names a stage twice");
    }
    let Routes(routes) = &deals.routes;
    for Route { action, .. } in routes.iter().filter(|route| route.is_readable_underway()) {
        warnings.push(format!(
            "deals.routes: events of {action} go to another machine over http: whoever sits between \
             reads them, tokens and all, and can answer them"
        ));
    }
    match &deals.routes_secret {
        None if !routes.is_empty() => warnings.push(
            "deals.routes_secret is missing: calls are not signed, and handlers cannot tell them from \
             anybody's"
                .to_owned(),
        ),
        Some(_) if routes.is_empty() => {
            warnings.push("deals.routes_secret has no effect without deals.routes".to_owned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, faults, file};
    use super::super::{Config, Inputs};
    use super::*;

    const ROUTES: &str = "QUINTET_DEALS__ROUTES";

    fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
        Config::load(&environment(variables)).unwrap().warnings
    }

    fn read(text: &str) -> Deals {
        let (_folder, path) = file(text);
        let inputs = Inputs { file: Some(path), ..Inputs::default() };
        Config::load(&inputs).unwrap().deals
    }

    fn routes(deals: &Deals) -> Vec<(&str, &str)> {
        deals.routes.0.iter().map(|it| (it.action.as_str(), it.url.as_str())).collect()
    }

    #[test]
    fn routes_are_tables_in_the_file_and_a_list_in_the_environment() {
        let expected =
            [("placeBid", "https://a.example/bid"), ("$connect", "http://localhost:9000/")];
        let tables = read(
            "[deals]\nrooms = 'invited'\nstages = ['live', 'test_2']\n\
             [[deals.routes]]\naction = 'placeBid'\nurl = 'https://a.example/bid'\n\
             [[deals.routes]]\naction = '$connect'\nurl = 'http://localhost:9000'\n",
        );
        assert_eq!(routes(&tables), expected);
        assert_eq!((tables.rooms, tables.stages.show().as_str()), (Rooms::Invited, "live,test_2"));
        let inline = read(
            "[deals]\nroutes = [{ action = 'placeBid', url = 'https://a.example/bid' },\n\
             { action = '$connect', url = 'http://localhost:9000' }]\n",
        );
        assert_eq!(routes(&inline), expected);
        let list = r#"[{"action": "placeBid", "url": "https://a.example/bid"},
                       {"action": "$connect", "url": "http://localhost:9000"}]"#;
        let config = Config::load(&environment(&[(ROUTES, list)])).unwrap();
        assert_eq!(routes(&config.deals), expected);
        assert_eq!(Routes::parse(&config.deals.routes.show()).unwrap(), config.deals.routes);
        assert!(read("[deals]\nroutes = []\n").routes.0.is_empty());
        assert!(Config::defaults().deals.routes.0.is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_route_is_told_with_its_place_in_the_list() {
        let cases = [
            ("[deals.routes]\naction = 'a'", "deals.routes.action"),
            ("[[deals.routes]]\nurl = 'http://a'", "route 1 has no `action`"),
            ("[[deals.routes]]\naction = 'a'", "route 1 has no `url`"),
            (
                "[[deals.routes]]\naction = 'a'\nurl = 'ftp://a'",
                "route 1 has a wrong `url`: neither",
            ),
            ("[[deals.routes]]\naction = 'a'\nurl = 'a'", "route 1 has a wrong `url`: not a URL"),
            ("[[deals.routes]]\naction = ''\nurl = 'http://a'", "route 1 has an `action` that is"),
            ("[[deals.routes]]\naction = '$x'\nurl = 'http://a'", "begins with `$`"),
            ("[[deals.routes]]\naction = 'a'\nulr = 'http://a'", "neither `action` nor `url`"),
            ("[[deals.routes]]\naction = { b = 1 }\nurl = 'http://a'", "deals.routes"),
            ("[[deals.route]]\naction = 'a'\nurl = 'http://a'", "deals.route"),
            ("[deals]\nroutes = 'a'", "not a JSON list"),
            ("[deals]\nroutes = [{ action = 'a', url = 'http://a' }, 3]", "deals.routes"),
        ];
        for (text, expected) in cases {
            let (_folder, path) = file(text);
            let told = faults(&Inputs { file: Some(path), ..Inputs::default() });
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].starts_with("deals.route") && told[0].contains(expected), "{told:?}");
        }
        let twice = r#"[{"action":"a","url":"http://a"},{"action":"a","url":"http://b"}]"#;
        let told = faults(&environment(&[(ROUTES, twice)]));
        assert!(told[0].contains("route 2 has the action of one before it"), "{told:?}");
        assert!(
            faults(&environment(&[(ROUTES, r#"[{"action":"a","url":7}]"#)]))[0].contains("text")
        );
    }

    #[test]
    fn what_is_secret_in_a_url_is_masked_wherever_it_is_shown() {
        let cases = [
            r#"[{"action":"a","url":"https://ann:hunter2@a.example/"}]"#,
            r#"[{"action":"a","url":"ftp://a.example/?key=hunter2"}]"#,
            r#"[{"action":"a","url":"https://a.example/?key=hunter2"},{"action":"b"}]"#,
            r#"[{"action":"a","url":"https://a.example/","secret":"hunter2"}]"#,
            r#"[{"action":"a","url":"https://a.example/?key=hunter2"}"#,
            r#"{"hunter2":1}"#,
        ];
        for text in cases {
            let error = Config::load(&environment(&[(ROUTES, text)])).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let right = r#"[{"action":"a","url":"https://a.example/?key=hunter2"}]"#;
        let secret = ("QUINTET_DEALS__ROUTES_SECRET", "hunter2");
        let config = Config::load(&environment(&[(ROUTES, right), secret])).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(
            config.deals.routes.show(),
            r#"[{"action":"a","url":"https://a.example/?***"}]"#
        );
        assert_eq!(routes(&config.deals), [("a", "https://a.example/?key=hunter2")]);
    }

    #[test]
    fn a_stage_is_one_segment_that_leads_nowhere_else() {
        for wrong in ["v1", "api", "ws", "a/b", "a.b", "a b", "é", "%61", "$default", "@x"] {
            let told = faults(&environment(&[("QUINTET_DEALS__STAGES", wrong)]));
            assert!(told[0].starts_with("deals.stages"), "{wrong}: {told:?}");
        }
        for (wrong, why) in [("a,b,a", "twice"), (",", "at least one")] {
            let told = faults(&environment(&[("QUINTET_DEALS__STAGES", wrong)]));
            assert!(told[0].contains(why), "{told:?}");
        }
        assert!(Vec::<Stage>::parse(&"x".repeat(129)).is_err());
        assert_eq!(Vec::<Stage>::parse("V1, prod-2").unwrap().show(), "V1,prod-2");
    }

    #[test]
    fn routes_that_others_may_read_or_forge_are_warned_of() {
        let secret = ("QUINTET_DEALS__ROUTES_SECRET", "s");
        let to = |url: &str| format!(r#"[{{"action":"placeBid","url":"{url}"}}]"#);
        for near in [
            "https://a.example/",
            "http://localhost:1/",
            "http://a.localhost/",
            "http://127.9.9.9/",
            "http://[::1]:8/",
        ] {
            assert!(warnings(&[(ROUTES, &to(near)), secret]).is_empty(), "{near}");
        }
        for far in ["http://a.example/", "http://10.0.0.1/", "http://localhost.example/"] {
            let told = warnings(&[(ROUTES, &to(far)), secret]);
            assert!(told.len() == 1 && told[0].contains("placeBid"), "{far}: {told:?}");
        }
        assert!(warnings(&[(ROUTES, &to("https://a.example/"))])[0].contains("not signed"));
        assert!(warnings(&[secret])[0].contains("no effect"));
    }
}
