//! P: Text out of the bytes of tokens: whole characters only, and nothing of a text before which the answer ends. Knows no
//! token.
//!
//! What could be the beginning of such a text is held back until it is known not to be; so is the beginning of a
//! character. Bytes that can be no text become the replacement character.

/// The text of one answer as it is written.
#[derive(Clone, Debug, Default)]
pub struct Spelling {
    stops: Vec<Vec<u8>>,
    /// Bytes that were not given out.
    held: Vec<u8>,
    ended: bool,
}

impl Spelling {
    /// Of an answer that ends before any of these.
    pub fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).map(|stop| stop.as_bytes().to_vec()).collect();
        Self { stops, held: Vec::new(), ended: false }
    }

    /// Whether one of the texts came before which the answer ends.
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Takes bytes; the text that can be given out now, maybe none.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.ended {
            return String::new();
        }
        self.held.extend_from_slice(bytes);
        let found = self.stops.iter().filter_map(|stop| find(&self.held, stop)).min();
        if let Some(at) = found {
            self.ended = true;
            self.held.truncate(at);
            return self.finish();
        }
        let back = self.stops.iter().map(|stop| begun(&self.held, stop)).max().unwrap_or(0);
        let until = whole(&self.held[..self.held.len() - back]);
        let given: Vec<u8> = self.held.drain(..until).collect();
        String::from_utf8_lossy(&given).into_owned()
    }

    /// What was held back, now that nothing more comes.
    pub fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        String::from_utf8_lossy(&held).into_owned()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Length of the longest beginning of `stop`, short of the whole, with which `bytes` end.
fn begun(bytes: &[u8], stop: &[u8]) -> usize {
    let longest = bytes.len().min(stop.len() - 1);
    (1..=longest).rev().find(|length| bytes.ends_with(&stop[..*length])).unwrap_or(0)
}

/// Length without the beginning of a character that may yet come whole.
fn whole(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(_) => return bytes.len(),
            Err(wrong) => match wrong.error_len() {
                None => return at + wrong.valid_up_to(),
                Some(length) => at += wrong.valid_up_to() + length,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spell(bytes: &[u8], cut: usize, stops: &[String]) -> (Vec<String>, bool) {
        let mut spelling = Spelling::new(stops);
        let mut said: Vec<String> = Vec::new();
        for piece in bytes.chunks(cut) {
            said.push(spelling.push(piece));
            if spelling.is_ended() {
                break;
            }
        }
        said.push(spelling.finish());
        (said, spelling.is_ended())
    }

    #[test]
    fn characters_are_never_cut_and_stops_never_shown() {
        let mut spelling = Spelling::new(&["###".into(), "é!".into()]);
        assert_eq!(spelling.push(b"caf\xc3"), "caf");
        assert_eq!(spelling.push(b"\xa9"), "", "it may be the beginning of a stop");
        assert_eq!(spelling.push(b" ##"), "é ");
        assert_eq!(spelling.push(b" \xff\xe2\x82"), "## \u{fffd}");
        assert_eq!(spelling.push(b"\xac###no"), "€");
        assert!(spelling.is_ended());
        assert_eq!(spelling.push(b"more"), "");
        assert_eq!(spelling.finish(), "");
    }

    proptest! {
        #[test]
        fn what_is_given_out_is_the_text_before_the_first_stop(text in "[abé€🌙]{0,30}", stops in proptest::collection::vec("[abé]{1,3}", 0..4), cut in 1_usize..6) {
            let (said, ended) = spell(text.as_bytes(), cut, &stops);
            // The first stop is the one that ends first; of those that end together, the one that begins first.
            let first = stops.iter().filter_map(|stop| text.find(stop.as_str())).min();
            prop_assert_eq!(ended, first.is_some());
            let whole = said.concat();
            if stops.len() <= 1 || !ended {
                prop_assert_eq!(whole.as_str(), &text[..first.unwrap_or(text.len())]);
            } else {
                prop_assert!(text.starts_with(&whole));
                prop_assert!(stops.iter().all(|stop| !whole.contains(stop.as_str())));
                prop_assert!(stops.iter().any(|stop| text[whole.len()..].starts_with(stop.as_str())));
            }
        }

        #[test]
        fn any_bytes_become_the_text_that_they_are_read_as_whole(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 1_usize..5) {
            let (said, _) = spell(&bytes, cut, &[]);
            prop_assert_eq!(said.concat(), String::from_utf8_lossy(&bytes));
        }
    }
}
