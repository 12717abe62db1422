//! What fuzzing found worth keeping, run through the same checks.

#[path = "../../../fuzz/checks.rs"]
mod checks;

use std::path::Path;

/// Runs `check` over the corpus of a target; an input that fails is named.
fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let checked = std::panic::catch_unwind(|| check(&input));
        assert!(checked.is_ok(), "{} fails", path.display());
        count += 1;
    }
    assert!(count > 0, "{target} has a corpus");
}

#[test]
fn frames_are_read_the_same_however_they_are_cut() {
    run("decoder", checks::decoder);
}

#[test]
fn compressed_frames_are_read_the_same_however_they_are_cut() {
    run("decoder_deflate", checks::decoder_deflate);
}

#[test]
fn any_message_about_analyses_is_read_or_refused() {
    run("analysis", checks::analysis);
}

#[test]
fn any_audio_is_heard_the_same_however_it_is_cut() {
    run("audio", checks::sound);
}

#[test]
fn any_message_about_deals_is_read_or_refused() {
    run("deals", checks::deals);
}

#[test]
fn any_message_to_a_classroom_is_read_or_refused() {
    run("learning", checks::learning);
}

#[test]
fn any_message_to_a_session_is_read_or_refused() {
    run("sessions", checks::sessions);
}

#[test]
fn any_packets_of_socket_io_are_read_or_end_the_connection() {
    run("socketio", checks::packets);
}

#[test]
fn what_is_posted_and_polled_is_the_same_whatever_it_is() {
    run("polling", checks::polling);
}

#[test]
fn only_tokens_in_order_are_accepted() {
    run("token", checks::token);
}
