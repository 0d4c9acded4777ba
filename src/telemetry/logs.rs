//! A: Sets up structured logs on standard error. Writes none itself.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, Subscriber, SubscriberBuilder, format};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{Log, LogFormat};

/// Why logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not one.
    #[error("the log level is not acceptable: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody set up logs before.
    #[error("logs were set up already: {0}")]
    Again(#[from] TryInitError),
}

type Builder<W> = SubscriberBuilder<format::DefaultFields, format::Format, EnvFilter, W>;

/// Sets up the process's logs; to be called once, by whoever starts the process.
///
/// Colours appear only on a terminal, and never when `NO_COLOR` is set.
///
/// # Errors
/// [`LoggingError::Filter`] when the level is no filter, [`LoggingError::Again`] when logs stand already.
pub fn init_logging(log: &Log) -> Result<(), LoggingError> {
    let is_plain = !io::stderr().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|text| !text.is_empty());
    let builder = builder(log, io::stderr)?.with_ansi(!is_plain);
    match log.format {
        LogFormat::Pretty => builder.pretty().finish().try_init()?,
        LogFormat::Json => json(builder).try_init()?,
        LogFormat::Compact => builder.compact().finish().try_init()?,
    }
    Ok(())
}

fn builder<W>(log: &Log, writer: W) -> Result<Builder<W>, LoggingError>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    let filter = EnvFilter::builder().parse(&log.level)?;
    Ok(Subscriber::builder().with_writer(writer).with_env_filter(filter))
}

/// One flat object per event, with the fields of the innermost span beside it.
fn json<W>(builder: Builder<W>) -> impl SubscriberInitExt + tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(level: &str, event: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = Log { level: level.to_owned(), format: LogFormat::Json };
        let subscriber = json(builder(&log, move || writer.clone()).expect("a filter"));
        tracing::subscriber::with_default(subscriber, event);
        String::from_utf8(kept.0.lock().expect("lock").clone()).expect("UTF-8")
    }

    #[test]
    fn a_json_line_is_one_object_whatever_a_value_holds() {
        let text = written("info", || tracing::info!(path = "a\nb\"\u{1b}[31m", latency_ms = 3, "answered"));
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(line["message"], "answered");
        assert_eq!(line["latency_ms"], 3);
        assert_eq!(line["path"], "a\nb\"\u{1b}[31m");
    }

    #[test]
    fn events_below_the_level_are_left_out() {
        assert_eq!(written("warn", || tracing::info!("quiet")), "");
        assert!(written("warn,orrery=info", || tracing::info!("told")).contains("told"));
    }

    #[test]
    fn logs_are_set_up_once() {
        let log = Log { level: String::from("off"), format: LogFormat::Compact };
        assert!(init_logging(&log).is_ok());
        assert!(matches!(init_logging(&log), Err(LoggingError::Again(_))));
    }
}
