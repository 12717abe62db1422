//! The disk fills up.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use testkit::TestServer;

use crate::{UNLIMITED, binary, chatting, history, says, says_as, with_shared};

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_and_recovers_without_a_restart() {
    let Some(disk) = SmallDisk::mount() else {
        let why = "skipped: mounting a small file system needs privileges this run lacks";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    };
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 6 << 20]).unwrap();
    let data = disk.0.path().join("data");
    let server = TestServer::start_in(binary(), &data, &with_shared(&UNLIMITED));
    let mut ann = chatting(&server, "math", "ann").await;

    let content = "y".repeat(40_000);
    let mut stored = 0;
    let refusal = loop {
        ann.send(&says_as(&format!("fill-{stored}"), &content)).await;
        let answer = ann.expect_where("answer", |it| it["type"] != "user_joined").await;
        match answer["type"].as_str() {
            Some("message") => stored += 1,
            _ => break answer,
        }
    };
    assert_eq!(refusal["type"], "error");
    assert_eq!(refusal["data"]["code"], "UNAVAILABLE");
    assert!(stored > 10, "{stored} were stored before the disk was full");

    let mut ben = chatting(&server, "math", "ben").await;
    ben.barrier().await;
    ann.send(&json!({"type": "typing", "data": {"isTyping": true}})).await;
    ben.expect("typing").await;
    std::fs::remove_file(&ballast).unwrap();
    let again = loop {
        ann.send(&says("there is space again")).await;
        let answer = ann.expect_where("answer", |it| it["type"] != "user_joined").await;
        if answer["type"] == "message" {
            break answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert_eq!(again["data"]["seq"], stored + 1, "what was refused took no place");
    assert_eq!(history(&mut ann).await.len(), stored + 1);
}
