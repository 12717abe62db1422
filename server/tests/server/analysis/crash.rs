//! The server is killed while it analyses.

use testkit::TestServer;

use super::repository::Sample;
use super::{connected, finished, read, start, submit};

async fn ends_the_same_after_kills(kills: usize) {
    let sample = Sample::new();
    let url = sample.shop();
    let mut server: TestServer = start(&sample, &[]);
    let id = submit(&server, "ann", &url).await;
    for _ in 0..kills {
        server.kill();
        server.restart();
    }
    finished(&mut connected(&server, "ann").await, &id).await;
    let again = submit(&server, "ann", &url).await;
    finished(&mut connected(&server, "ann").await, &again).await;
    let (killed, whole) = (read(&server, "ann", &id).await, read(&server, "ann", &again).await);
    for stage in ["projectReview", "intelligenceReport"] {
        assert!(killed[stage].is_object());
        assert_eq!(killed[stage], whole[stage], "a crash changes nothing that is told");
    }
}

#[tokio::test]
async fn killed_while_it_clones_an_analysis_goes_on_though_git_is_still_running() {
    let sample = Sample::new();
    // Long enough to be fetched when the server is killed.
    let path = sample.repository("large", &[("src/main.rs", "fn main() {}\n")]);
    for number in 0..40 {
        let noise: String = (0..20_000_u64)
            .map(|line| format!("// {:x}\n", (line + number).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect();
        super::repository::write(&path, &format!("src/noise{number}.rs"), &noise);
    }
    super::repository::commit(&path, "Add noise");
    let mut server: TestServer = start(&sample, &[]);
    for delay in [20, 60, 120, 250] {
        let id = submit(&server, "ann", path.to_str().unwrap()).await;
        tokio::time::sleep(std::time::Duration::from_millis(delay)).await;
        server.kill();
        server.restart();
        finished(&mut connected(&server, "ann").await, &id).await;
    }
}

#[tokio::test]
async fn killed_at_once_an_analysis_goes_on_after_the_restart() {
    ends_the_same_after_kills(1).await;
}

#[tokio::test]
async fn killed_again_and_again_an_analysis_goes_on_after_the_restart() {
    ends_the_same_after_kills(3).await;
}
