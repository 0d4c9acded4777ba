//! P: Server-sent events, read from bytes as they come (WHATWG HTML §9.2.6). Keeps the `data` of each event; knows nothing
//! of what it says.

use crate::limits;

/// More than an event may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// A reader of one stream. Lines may end in LF, CR LF or CR, and may be cut anywhere between two pieces.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// A CR ended the last line; an LF that follows belongs to it.
    after_cr: bool,
}

impl Events {
    /// At the start of a stream.
    pub const fn new() -> Self {
        Self { line: Vec::new(), data: Vec::new(), has_data: false, after_cr: false }
    }

    /// Reads a piece; the data of every event that it completes goes to `found`.
    ///
    /// # Errors
    /// [`TooLong`] when a line or an event is longer than `limits::UPSTREAM_EVENT_MAX_BYTES`.
    pub fn push(&mut self, piece: &[u8], found: &mut Vec<String>) -> Result<(), TooLong> {
        for byte in piece {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    self.end_line(found)?;
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() >= limits::UPSTREAM_EVENT_MAX_BYTES {
                        return Err(TooLong);
                    }
                    self.line.push(*byte);
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self, found: &mut Vec<String>) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                found.push(String::from_utf8_lossy(&std::mem::take(&mut self.data)).into_owned());
            }
            return Ok(());
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (field, rest) = line.split_at(colon);
        if field != b"data" {
            return Ok(());
        }
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if self.data.len() + value.len() >= limits::UPSTREAM_EVENT_MAX_BYTES {
            return Err(TooLong);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Vec<String> {
        let (mut events, mut found) = (Events::new(), Vec::new());
        events.push(text, &mut found).unwrap();
        found
    }

    /// The examples of the specification.
    #[test]
    fn events_are_read_as_the_specification_says() {
        assert_eq!(read(b"data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        assert_eq!(
            read(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"),
            ["first event", "second event"]
        );
        assert_eq!(read(b"data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(read(b"data:test\n\ndata: test\n\n"), ["test", "test"]);
        assert_eq!(read(b"data: a\r\rdata: b\r\n\r\n"), ["a", "b"]);
        assert_eq!(read("data: \u{e9}\u{fffd}\n\n".as_bytes()), ["\u{e9}\u{fffd}"]);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let (mut events, mut found) = (Events::new(), Vec::new());
        let piece = vec![b'x'; 4_096];
        let refused = (0..1_000).find(|_| events.push(&piece, &mut found).is_err());
        assert!(refused.is_some_and(|pieces| pieces * 4_096 <= limits::UPSTREAM_EVENT_MAX_BYTES));
    }

    proptest! {
        #[test]
        fn the_cuts_between_pieces_do_not_matter(
            lines in proptest::collection::vec(("(data|id|event|)", "[ :a-zé]{0,8}", 0_usize..3), 0..30),
            cuts in proptest::collection::vec(1_usize..9, 1..20),
        ) {
            let mut text = String::new();
            for (field, value, end) in lines {
                text.extend([field.as_str(), ":", value.as_str(), ["\n", "\r\n", "\n\n"][end]]);
            }
            let whole = read(text.as_bytes());
            let (mut events, mut found, mut at) = (Events::new(), Vec::new(), 0);
            for cut in cuts.iter().cycle() {
                let next = (at + cut).min(text.len());
                events.push(&text.as_bytes()[at..next], &mut found).unwrap();
                at = next;
                if at == text.len() {
                    break;
                }
            }
            prop_assert_eq!(found, whole);
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (mut events, mut found) = (Events::new(), Vec::new());
            let _ = events.push(&bytes, &mut found);
        }
    }
}
