//! The proxy, over real sockets.

use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;

use super::*;

/// A server that sends `bytes` to whoever connects and then waits for the other end.
struct Target {
    port: u16,
    visits: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Target {
    async fn sending(bytes: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let seen = Arc::clone(&visits);
        tasks.spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut client, _)) = listener.accept().await {
                seen.fetch_add(1, Ordering::SeqCst);
                let _ = client.write_all(&vec![7; bytes]).await;
                let _ = client.shutdown().await;
                open.push(client);
            }
        });
        Self { port, visits, _tasks: tasks }
    }

    fn remote(&self, host: &str, is_private: bool) -> Remote {
        Remote { host: host.to_owned(), port: self.port, path: "/a".to_owned(), is_private }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// A resolver that gives each of `answers` in turn, and the last one from then on.
fn answers(answers: &[&[&str]]) -> Resolver {
    let parsed = answers.iter().map(|one| one.iter().map(|it| it.parse().unwrap()).collect());
    let parsed: Vec<Vec<IpAddr>> = parsed.collect();
    let turn = AtomicUsize::new(0);
    Resolver::Function(Arc::new(move |_| {
        let at = turn.fetch_add(1, Ordering::SeqCst).min(parsed.len() - 1);
        parsed[at].clone()
    }))
}

/// Asks `proxy` for `target` and gives the status line and everything that came behind the head.
async fn ask(proxy: &Proxy, target: &str, secret: &str) -> (String, Vec<u8>) {
    let credentials = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        format!("{}:{secret}", request::USER),
    );
    let mut stream = TcpStream::connect(proxy.at).await.unwrap();
    let head =
        format!("CONNECT {target} HTTP/1.1\r\nProxy-Authorization: Basic {credentials}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = all.split_off(end + 4);
    (String::from_utf8(all).unwrap().lines().next().unwrap().to_owned(), body)
}

async fn ask_rightly(proxy: &Proxy) -> (String, Vec<u8>) {
    let Remote { host, port, .. } = &proxy.route.remote;
    ask(proxy, &format!("{host}:{port}"), &proxy.route.secret).await
}

#[tokio::test]
async fn the_repositorys_own_host_is_connected_to_and_its_bytes_are_counted() {
    let target = Target::sending(100_000).await;
    let resolver = answers(&[&["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 1 << 20).await.unwrap();
    let (status, body) = ask_rightly(&proxy).await;
    assert_eq!(status, "HTTP/1.1 200 Connection established");
    assert_eq!((body.len(), proxy.bytes()), (100_000, 100_000));
    assert_eq!(proxy.verdict(), None);
}

#[tokio::test]
async fn who_does_not_know_the_secret_is_refused_and_ends_nothing() {
    let target = Target::sending(10).await;
    let resolver = answers(&[&["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 1 << 20).await.unwrap();
    let wanted = format!("git.intern:{}", target.port);
    for secret in ["", "0", &"0".repeat(32)] {
        let (status, body) = ask(&proxy, &wanted, secret).await;
        assert_eq!(status, "HTTP/1.1 407 Proxy Authentication Required");
        assert!(body.is_empty());
    }
    assert_eq!((target.visits(), proxy.verdict()), (0, None));
    assert!(proxy.url().contains(&proxy.route.secret));
}

#[tokio::test]
async fn another_host_or_port_is_refused() {
    let target = Target::sending(10).await;
    for wanted in ["127.0.0.1:1", "evil.example:443", "git.intern:22", "git.intern"] {
        let resolver = answers(&[&["127.0.0.1"]]);
        let remote = target.remote("git.intern", true);
        let proxy = Proxy::start(remote, resolver, 1 << 20).await.unwrap();
        let (status, _) = ask(&proxy, wanted, &proxy.route.secret).await;
        assert_eq!(status, "HTTP/1.1 403 Forbidden", "{wanted}");
        assert!(matches!(proxy.verdict(), Some(Verdict::NotAllowed(_))), "{wanted}");
    }
    assert_eq!(target.visits(), 0);
}

#[tokio::test]
async fn an_answer_with_one_address_that_is_not_allowed_is_refused_as_a_whole() {
    let target = Target::sending(10).await;
    for answer in [
        &["127.0.0.1"] as &[&str],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["140.82.121.4", "127.0.0.1"],
        &["127.0.0.1", "140.82.121.4"],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["fd00:ec2::254"],
        &["0.0.0.0"],
        &["::"],
    ] {
        let remote = target.remote("github.com", false);
        let proxy = Proxy::start(remote, answers(&[answer]), 1 << 20).await.unwrap();
        let (status, body) = ask_rightly(&proxy).await;
        assert_eq!(status, "HTTP/1.1 502 Bad Gateway", "{answer:?}");
        assert!(body.is_empty());
        proxy.refused().await;
        let Some(Verdict::NotAllowed(reason)) = proxy.verdict() else { panic!("{answer:?}") };
        assert!(answer.iter().all(|address| !reason.contains(address)), "{reason}");
    }
    assert_eq!(target.visits(), 0);
}

#[tokio::test]
async fn a_literal_address_is_judged_as_a_resolved_one() {
    let target = Target::sending(10).await;
    for (host, is_private, is_reached) in
        [("127.0.0.1", true, true), ("127.0.0.1", false, false), ("[::ffff:7f00:1]", false, false)]
    {
        let remote = target.remote(host, is_private);
        let proxy = Proxy::start(remote, Resolver::System, 1 << 20).await.unwrap();
        let (status, _) = ask_rightly(&proxy).await;
        assert_eq!(status.contains(" 200 "), is_reached, "{host} {is_private}");
    }
    assert_eq!(target.visits(), 1);
}

#[tokio::test]
async fn a_private_host_may_not_be_nobodys_address() {
    let target = Target::sending(10).await;
    for address in ["0.0.0.0", "224.0.0.1", "::", "255.255.255.255"] {
        let remote = target.remote("git.intern", true);
        let proxy = Proxy::start(remote, answers(&[&[address]]), 1 << 20).await.unwrap();
        let (status, _) = ask_rightly(&proxy).await;
        assert_eq!(status, "HTTP/1.1 502 Bad Gateway", "{address}");
    }
    assert_eq!(target.visits(), 0);
}

#[tokio::test]
async fn an_answer_that_changes_is_checked_at_each_connection() {
    let target = Target::sending(10).await;
    let resolver = answers(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 1 << 20).await.unwrap();
    // The second answer would be allowed to a private host: it is the host's own choice. One
    // that is nobody's, or private for a public host, is not.
    assert!(ask_rightly(&proxy).await.0.contains(" 200 "));
    let resolver = answers(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("github.com", false), resolver, 1 << 20).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ask_rightly(&proxy).await.0, "HTTP/1.1 502 Bad Gateway");
    }
    assert_eq!(target.visits(), 1, "the address that slipped in was not visited");
}

#[tokio::test]
async fn past_the_bound_nothing_is_passed() {
    let target = Target::sending(1 << 20).await;
    let resolver = answers(&[&["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 100_000).await.unwrap();
    let (_, body) = ask_rightly(&proxy).await;
    assert!(body.len() <= 100_000, "{} bytes passed", body.len());
    proxy.refused().await;
    assert_eq!(proxy.verdict(), Some(Verdict::TooLarge));
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unreachable_and_a_later_verdict_counts_more() {
    let target = Target::sending(1000).await;
    let resolver = answers(&[&[], &["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 100).await.unwrap();
    assert_eq!(ask_rightly(&proxy).await.0, "HTTP/1.1 502 Bad Gateway");
    let verdict = proxy.verdict();
    assert_eq!(verdict, Some(Verdict::Unreachable("git.intern does not resolve".to_owned())));
    ask_rightly(&proxy).await;
    proxy.refused().await;
    assert_eq!(proxy.verdict(), Some(Verdict::TooLarge));
}

#[tokio::test]
async fn a_dropped_proxy_listens_no_more_and_its_connections_end() {
    let target = Target::sending(10).await;
    let resolver = answers(&[&["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 1 << 20).await.unwrap();
    let at = proxy.at;
    let mut half = TcpStream::connect(at).await.unwrap();
    half.write_all(b"CONNECT git.intern").await.unwrap();
    drop(proxy);
    assert_eq!(half.read(&mut [0; 8]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(at).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_does_not_stand_in_the_way_for_ever() {
    let target = Target::sending(10).await;
    let resolver = answers(&[&["127.0.0.1"]]);
    let proxy = Proxy::start(target.remote("git.intern", true), resolver, 1 << 20).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        silent.push(TcpStream::connect(proxy.at).await.unwrap());
    }
    assert!(ask_rightly(&proxy).await.0.contains(" 200 "));
}
