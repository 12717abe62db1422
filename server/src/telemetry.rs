//! Logs: to standard error, in the form and with the filter that `log.*` names.
//!
//! **Invariants.** No payload and no token is logged anywhere, nor an address outside of the target
//! `security`. Whoever logs keeps to that; here is only where the lines go.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};

/// Sends the process's logs where `log` says. A second call changes nothing.
pub fn start(log: &Log) {
    let dispatch = dispatch(log, io::stderr, io::stderr().is_terminal());
    // Fails only where somebody was faster, whose lines then go on.
    let _ = tracing::dispatcher::set_global_default(dispatch);
}

fn dispatch<W>(log: &Log, writer: W, colours: bool) -> tracing::Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(log.filter.as_str());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match log.format {
        LogFormat::Text => lines.with_ansi(colours).into(),
        LogFormat::Json => lines.json().flatten_event(true).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::{Config, Flag, Inputs};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: &str, filter: &str) -> String {
        let flag = |key, text: &str| Flag { name: key, key, text: text.to_owned() };
        let flags = vec![flag("log.format", format), flag("log.filter", filter)];
        let log = Config::load(&Inputs { flags, ..Inputs::default() }).unwrap().log;
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::dispatcher::with_default(&dispatch(&log, move || writer.clone(), false), || {
            tracing::info!(target: "security", user = "ann", "token refused");
            tracing::info!("connection opened");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_carry_the_fields_and_the_filter_decides_which_there_are() {
        let text = logged("json", "warn,security=info");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert_eq!((&lines[0]["user"], &lines[0]["target"]), (&"ann".into(), &"security".into()));
    }

    #[test]
    fn text_lines_are_for_people() {
        let text = logged("text", "info");
        assert!(text.contains("token refused user=\"ann\""), "{text}");
        assert!(text.contains("connection opened") && !text.contains('\u{1b}'), "{text}");
    }
}
