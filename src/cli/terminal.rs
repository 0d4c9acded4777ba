//! A: What the process knows of its terminal, and the one way to write to it. Lays nothing out.

use std::io::{self, IsTerminal, Write};

/// Narrowest layout, in columns.
const COLUMNS_MIN: usize = 60;
/// Widest layout, in columns: longer lines are hard to read.
const COLUMNS_MAX: usize = 100;
/// Layout when nobody says how wide the terminal is.
const COLUMNS_DEFAULT: usize = 88;

/// How to write: colours or none, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours and line drawing may be used.
    pub is_rich: bool,
    /// Columns of a line.
    pub columns: usize,
}

impl Look {
    /// For this process's standard output.
    pub fn of_stdout() -> Self {
        let variable = |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        Self::from(io::stdout().is_terminal(), variable)
    }

    /// Colours on a terminal that is not dumb, unless `NO_COLOR` is set to anything but nothing (no-color.org).
    fn from(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let no_color = variable("NO_COLOR").is_some_and(|text| !text.is_empty());
        let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let columns = variable("COLUMNS").and_then(|text| text.parse().ok()).unwrap_or(COLUMNS_DEFAULT);
        Self { is_rich: is_terminal && !no_color && !is_dumb, columns: columns.clamp(COLUMNS_MIN, COLUMNS_MAX) }
    }

    /// For a heading.
    pub fn heading(self, text: &str) -> String {
        self.dress("1;36", text)
    }

    /// For what matters most in a line.
    pub fn strong(self, text: &str) -> String {
        self.dress("1", text)
    }

    /// For what matters least.
    pub fn faint(self, text: &str) -> String {
        self.dress("2", text)
    }

    /// For what is harmonious, or done.
    pub fn good(self, text: &str) -> String {
        self.dress("32", text)
    }

    /// For what is tense.
    pub fn tense(self, text: &str) -> String {
        self.dress("33", text)
    }

    fn dress(self, code: &str, text: &str) -> String {
        if self.is_rich && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A line across.
    pub fn rule(self) -> String {
        let line = if self.is_rich { "─" } else { "-" };
        self.faint(&line.repeat(self.columns))
    }

    /// `filled` of `all` cells.
    pub fn bar(self, filled: usize, all: usize) -> String {
        let (on, off) = if self.is_rich { ("█", "░") } else { ("#", ".") };
        let filled = filled.min(all);
        format!("{}{}", self.good(&on.repeat(filled)), self.faint(&off.repeat(all - filled)))
    }
}

/// Writes `text` and a newline to standard output. A reader that has gone away is no error: there is nobody to tell.
///
/// # Errors
/// What the system says of anything else, such as a full disk.
pub fn say(text: &str) -> io::Result<()> {
    forgive(write_all(&mut io::stdout().lock(), text))
}

/// Writes `text` and a newline to standard error. Nothing can be done when that fails.
pub fn complain(text: &str) {
    drop(write_all(&mut io::stderr().lock(), text));
}

fn write_all(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Standard output for many lines: nothing is written before its buffer is full or it is flushed.
pub fn stdout() -> impl Write {
    io::BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// No error where a reader has gone away.
///
/// # Errors
/// Every other outcome as it was.
pub fn forgive(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(is_terminal: bool, variables: &[(&str, &str)]) -> Look {
        Look::from(is_terminal, |name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        assert!(look(true, &[("TERM", "xterm")]).is_rich);
        assert!(look(true, &[("NO_COLOR", "")]).is_rich);
        assert!(!look(true, &[("NO_COLOR", "1")]).is_rich);
        assert!(!look(true, &[("TERM", "dumb")]).is_rich);
        assert!(!look(false, &[("TERM", "xterm")]).is_rich);
    }

    #[test]
    fn the_layout_is_neither_too_narrow_nor_too_wide() {
        assert_eq!(look(true, &[]).columns, COLUMNS_DEFAULT);
        assert_eq!(look(true, &[("COLUMNS", "72")]).columns, 72);
        assert_eq!(look(true, &[("COLUMNS", "5")]).columns, COLUMNS_MIN);
        assert_eq!(look(true, &[("COLUMNS", "500")]).columns, COLUMNS_MAX);
        assert_eq!(look(true, &[("COLUMNS", "wide")]).columns, COLUMNS_DEFAULT);
    }

    #[test]
    fn plain_text_carries_no_escape() {
        let plain = look(false, &[]);
        assert_eq!(plain.heading("x"), "x");
        assert_eq!(plain.bar(2, 4), "##..");
        assert_eq!(plain.bar(9, 4), "####");
        assert!(look(true, &[]).strong("x").contains('\u{1b}'));
    }

    #[test]
    fn a_reader_that_has_gone_is_forgiven_and_a_full_disk_is_not() {
        assert!(forgive(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(forgive(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
