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
async fn killed_at_once_an_analysis_goes_on_after_the_restart() {
    ends_the_same_after_kills(1).await;
}

#[tokio::test]
async fn killed_again_and_again_an_analysis_goes_on_after_the_restart() {
    ends_the_same_after_kills(3).await;
}
