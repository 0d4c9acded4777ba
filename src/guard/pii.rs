//! P: Finds personal data in a person's words and puts the name of its kind in their place, so that a text may leave the
//! machine. In doubt it takes a word too many: a question without one word can still be answered.
//!
//! Found by their form: e-mail addresses, numbers to call, bank accounts (IBAN, ISO 13616, by its checksum), payment cards
//! (ISO/IEC 7812, by Luhn's), ids. Found because they are known or announced: the chart's name, birth date, time and place;
//! what follows "my name is" and "born in". A word with a capital that is neither of the subject's nor a common one counts
//! as a name. A name written small that nothing announces is not found. A date is not a number to call.

mod dates;
mod names;
mod numbers;

use std::ops::Range;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A number to call.
    Phone,
    /// A bank account.
    Iban,
    /// A payment card.
    Card,
    /// An id of ours or a UUID.
    Id,
    /// A date or a time of somebody's birth, or a date far from today.
    Date,
    /// The name of a person or of a thing.
    Name,
    /// A place of birth.
    Place,
}

impl Kind {
    /// What stands in its place.
    pub const fn mask(self) -> &'static str {
        match self {
            Self::Email => "<email>",
            Self::Phone => "<phone>",
            Self::Iban => "<iban>",
            Self::Card => "<card>",
            Self::Id => "<id>",
            Self::Date => "<date>",
            Self::Name => "<name>",
            Self::Place => "<place>",
        }
    }
}

/// Something found: where, and of which kind.
pub type Found = (Range<usize>, Kind);

/// What is known of the person whose words they are.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Name of the chart.
    pub name: Option<&'a str>,
    /// Birth date, `YYYY-MM-DD`.
    pub date: &'a str,
    /// Time of birth, `HH:MM[:SS]`.
    pub time: Option<&'a str>,
    /// Place of birth, as shown.
    pub place: Option<&'a str>,
    /// The day of the question, `YYYY-MM-DD`.
    pub today: &'a str,
    /// Whether a folded word belongs to the subject, such as the name of a planet or a word of the corpus.
    pub is_common: &'a dyn Fn(&str) -> bool,
    /// Brings a word into the form that `is_common` takes.
    pub fold: fn(&str) -> String,
}

/// What the form alone gives away: addresses, numbers, accounts, cards, ids.
pub fn addresses(text: &str) -> Vec<Found> {
    let mut found = numbers::emails(text);
    numbers::ids(text, &mut found);
    numbers::ibans(text, &mut found);
    let dates: Vec<Range<usize>> = dates::all(text).into_iter().map(|(range, _)| range).collect();
    numbers::phones_and_cards(text, &dates, &mut found);
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// The text with all that is found masked, and the kinds that were.
pub fn mask(text: &str, known: &Known<'_>) -> (String, Vec<Kind>) {
    let mut found = addresses(text);
    dates::personal(text, known, &mut found);
    names::find(text, known, &mut found);
    // What lies in something longer goes with it.
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let (mut masked, mut kinds, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    for (range, kind) in found {
        if range.start < at {
            // Overlaps what was masked: the rest of it goes as well.
            at = at.max(range.end);
            continue;
        }
        masked.push_str(text.get(at..range.start).unwrap_or_default());
        masked.push_str(kind.mask());
        kinds.push(kind);
        at = range.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    kinds.sort_unstable();
    kinds.dedup();
    (masked, kinds)
}

/// Whether `range` touches something found already.
fn touches(found: &[Found], range: &Range<usize>) -> bool {
    found.iter().any(|(other, _)| other.start < range.end && range.start < other.end)
}

/// A word of letters: its range. Apostrophes and hyphens end a word.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphabetic()) {
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => words.push(at..end),
        }
    }
    words
}

#[cfg(test)]
mod tests;
