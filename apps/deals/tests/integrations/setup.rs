//! Which routes there can be, and who reaches which.

use std::sync::Arc;

use deals::integrations::{Config, Integrations, SetupError};
use model::ManualClock;
use tokio::runtime::Handle;

use crate::support::{NOW, config, integrations};

fn refused(config: Config) -> SetupError {
    Integrations::new(config, Handle::current(), Arc::new(ManualClock::at(NOW))).unwrap_err()
}

#[tokio::test]
async fn a_client_reaches_the_routes_of_exactly_their_names_and_none_of_the_servers() {
    let url = "http://localhost:1/";
    let all = ["$connect", "$disconnect", "$default", "placeBid", "ping"].map(|it| (it, url));
    let integrations = integrations(config(&all));
    assert_eq!(integrations.route("placeBid").unwrap().action(), "placeBid");
    assert_eq!(integrations.route("ping").unwrap().action(), "ping");
    let others = ["$connect", "$disconnect", "$default", "", "placebid", "placeBid ", "other"];
    assert!(others.iter().all(|action| integrations.route(action).is_none()));
    assert_eq!(integrations.default_route().unwrap().action(), "$default");
}

#[tokio::test]
async fn without_routes_there_is_nobody_to_call() {
    let integrations = integrations(config(&[]));
    assert!(integrations.route("placeBid").is_none() && integrations.default_route().is_none());
}

#[tokio::test]
async fn routes_that_cannot_be_are_refused() {
    let url = "http://localhost:1/";
    let twice = refused(config(&[("a", url), ("b", url), ("a", url)]));
    assert!(matches!(twice, SetupError::Repeated(action) if action == "a"));
    assert!(matches!(refused(config(&[("$x", url)])), SetupError::UnknownAction(_)));
    assert!(matches!(refused(config(&[("", url)])), SetupError::NoAction));
    assert!(matches!(refused(config(&[("a", "ftp://localhost/")])), SetupError::Scheme(_)));
}

#[tokio::test]
async fn neither_the_secret_nor_a_url_is_shown() {
    let url = "https://hidden.example/?key=hidden";
    let config = Config { secret: Some("hidden".to_owned()), ..config(&[("placeBid", url)]) };
    let shown = format!("{config:?}");
    assert!(shown.contains("placeBid") && !shown.contains("hidden"), "{shown}");
    let twice =
        refused(Config { routes: [config.routes.clone(), config.routes].concat(), ..config });
    assert!(!format!("{twice} {twice:?}").contains("hidden"));
}
