//! P: How text is cut into words before pairs are merged, by the patterns that models were trained with; written out, as a
//! pattern engine that looks ahead has no bound on its time. Merges nothing.

use super::classes::Class;

/// A way of cutting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// Each number alone, and what is between them as [`Cut::Gpt2`].
    LoneNumbers,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Llama3 {
        /// Most numbers in one word: the `n`.
        numbers: usize,
    },
}

impl Cut {
    /// The way that a file names under `tokenizer.ggml.pre`, and whether a word that is a token is taken whole.
    pub(super) fn named(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "gpt-2" | "phi-2" | "gigachat" | "a.x-4.0" | "mellum" | "exaone4" | "olmo" | "mpt" | "jais"
            | "trillion" => (Self::Gpt2, false),
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => {
                (Self::LoneNumbers, false)
            }
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "pixtral" | "midm-2.0" | "lfm2" => {
                (Self::Llama3 { numbers: 3 }, true)
            }
            "dbrx" | "smaug-bpe" | "glm4" | "chatglm-bpe" => (Self::Llama3 { numbers: 3 }, false),
            "qwen2" | "qwen3" | "deepseek-r1-qwen" | "stablelm2" | "megrez" | "hunyuan" => {
                (Self::Llama3 { numbers: 1 }, false)
            }
            _ => return None,
        })
    }

    /// Calls `each` with every word, in order; together they are the text.
    pub(super) fn words<'t>(self, text: &'t str, mut each: impl FnMut(&'t str)) {
        let all: Vec<Letter> = text.char_indices().map(|(at, is)| Letter { at, is, class: Class::of(is) }).collect();
        let end_of = |index: usize| all.get(index).map_or(text.len(), |letter| letter.at);
        let mut from = 0;
        while from < all.len() {
            let length = self.next(&all[from..]);
            each(&text[all[from].at..end_of(from + length)]);
            from += length;
        }
    }

    /// Letters in the first word of what is left, which is never empty.
    fn next(self, left: &[Letter]) -> usize {
        match self {
            Self::Gpt2 => gpt2(left),
            Self::LoneNumbers => match run(left, |letter| letter.class != Class::Number) {
                0 => 1,
                before => gpt2(&left[..before]),
            },
            Self::Llama3 { numbers } => llama3(left, numbers),
        }
    }
}

#[derive(Clone, Copy)]
struct Letter {
    at: usize,
    is: char,
    class: Class,
}

fn run(letters: &[Letter], belongs: impl Fn(&Letter) -> bool) -> usize {
    letters.iter().position(|letter| !belongs(letter)).unwrap_or(letters.len())
}

fn run_of(letters: &[Letter], class: Class) -> usize {
    run(letters, |letter| letter.class == class)
}

/// `'s|'t|'re|'ve|'m|'ll|'d`
fn contraction(left: &[Letter], seen: impl Fn(char) -> char) -> Option<usize> {
    let at = |index: usize| left.get(index).map(|letter| seen(letter.is));
    match (at(0)?, at(1)?, at(2)) {
        ('\'', 's' | 't' | 'm' | 'd', _) => Some(2),
        ('\'', 'r' | 'v', Some('e')) | ('\'', 'l', Some('l')) => Some(3),
        _ => None,
    }
}

/// One where a space stands before something else than white space.
fn leading_space(left: &[Letter]) -> usize {
    usize::from(left[0].is == ' ' && left.get(1).is_some_and(|next| next.class != Class::Space))
}

/// `\s+(?!\S)|\s+`: the last space before a word belongs to the word.
fn spaces(left: &[Letter]) -> usize {
    let length = run_of(left, Class::Space);
    if length > 1 && length < left.len() { length - 1 } else { length }
}

fn gpt2(left: &[Letter]) -> usize {
    if let Some(length) = contraction(left, |letter| letter) {
        return length;
    }
    let lead = leading_space(left);
    match left[lead].class {
        Class::Space => spaces(left),
        class => lead + run_of(&left[lead..], class),
    }
}

fn llama3(left: &[Letter], numbers: usize) -> usize {
    let newline = |letter: &Letter| matches!(letter.is, '\r' | '\n');
    if let Some(length) = contraction(left, |letter| letter.to_ascii_lowercase()) {
        return length;
    }
    let class = left[0].class;
    if class == Class::Number {
        return run_of(left, Class::Number).min(numbers);
    }
    // Anything else than a number or a newline may stand before letters.
    let letters = run_of(&left[1..], Class::Letter);
    if class == Class::Letter || (letters > 0 && !newline(&left[0])) {
        return 1 + letters;
    }
    let lead = leading_space(left);
    if left[lead].class == Class::Other {
        let end = lead + run_of(&left[lead..], Class::Other);
        return end + run(&left[end..], newline);
    }
    let blank = run_of(left, Class::Space);
    match left[..blank].iter().rposition(newline) {
        Some(last) => last + 1,
        None => spaces(left),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(cut: Cut, text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        cut.words(text, |word| all.push(word));
        all
    }

    #[test]
    fn gpt2_keeps_a_space_with_its_word() {
        let cut = Cut::Gpt2;
        assert_eq!(
            words(cut, "It's  the Sun's 12th,\n\n we'll"),
            ["It", "'s", " ", " the", " Sun", "'s", " 12", "th", ",", "\n\n", " we", "'ll"]
        );
        assert_eq!(words(cut, "a  "), ["a", "  "]);
        assert_eq!(words(cut, "IT'S"), ["IT", "'", "S"]);
        assert_eq!(words(cut, " ♄ é"), [" ♄", " é"]);
    }

    #[test]
    fn numbers_alone_end_what_is_before_them() {
        assert_eq!(words(Cut::LoneNumbers, "in 2026  7x"), ["in", " ", "2", "0", "2", "6", "  ", "7", "x"]);
    }

    #[test]
    fn llama3_takes_numbers_by_three_and_qwen_one_by_one() {
        let text = "IT'S 12345 days\n \n  x(y)\r\n ...";
        let three = ["IT", "'S", " ", "123", "45", " days", "\n \n", " ", " x", "(y", ")\r\n", " ..."];
        assert_eq!(words(Cut::Llama3 { numbers: 3 }, text), three);
        let one = ["IT", "'S", " ", "1", "2", "3", "4", "5", " days", "\n \n", " ", " x", "(y", ")\r\n", " ..."];
        assert_eq!(words(Cut::Llama3 { numbers: 1 }, text), one);
    }

    proptest! {
        #[test]
        fn words_are_never_empty_and_make_the_text(text in "[ a-z'0-9\r\n\\PC]{0,40}") {
            for cut in [Cut::Gpt2, Cut::LoneNumbers, Cut::Llama3 { numbers: 3 }, Cut::Llama3 { numbers: 1 }] {
                let all = words(cut, &text);
                prop_assert!(all.iter().all(|word| !word.is_empty()));
                prop_assert_eq!(all.concat(), text.clone());
            }
        }
    }
}
