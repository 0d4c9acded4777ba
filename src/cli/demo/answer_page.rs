//! P: The demo's page on a question, its answer and its sources. Lays out what the server said; adds no word to it.

use super::replies::{Advice, Citation};
use super::words::Words;
use crate::astro::Lang;
use crate::cli::terminal::Look;
use crate::cli::text::{printable, wrap};

/// Facts shown.
const FACTS_SHOWN: usize = 8;

/// The page, line by line.
pub fn answer_page(question: &str, answer: &Advice, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = vec![look.heading(lang.pick("ANSWER", "RÉPONSE"))];
    let columns = look.columns.saturating_sub(2);
    let asked = wrap(&printable(question), columns);
    lines.extend(asked.iter().map(|line| format!("  {}", look.strong(line))));
    lines.push(String::new());
    let paragraphs = wrap(&printable(&answer.answer), columns);
    lines.extend(paragraphs.iter().map(|line| format!("  {line}").trim_end().to_owned()));
    lines.push(String::new());
    lines.push(look.faint(lang.pick("  Sources", "  Sources")));
    if answer.citations.is_empty() {
        lines.push(format!("  {}", lang.pick("none", "aucune")));
    }
    lines.extend(answer.citations.iter().enumerate().map(|(i, citation)| citation_line(i, citation, look)));
    if !answer.chart_facts.is_empty() {
        lines.push(look.faint(lang.pick("  Rests on", "  S'appuie sur")));
        for fact in answer.chart_facts.iter().take(FACTS_SHOWN) {
            let wrapped = wrap(&printable(&fact.text), columns.saturating_sub(2));
            lines.extend(wrapped.iter().enumerate().map(|(i, l)| format!("  {} {l}", if i == 0 { "-" } else { " " })));
        }
    }
    let by = format!("  {} {}", lang.pick("answered by", "réponse de"), printable(&answer.provider));
    lines.push(look.faint(&by));
    lines
}

fn citation_line(index: usize, citation: &Citation, look: Look) -> String {
    let marker = match &citation.marker {
        Some(serde_json::Value::String(marker)) => printable(marker),
        Some(serde_json::Value::Number(number)) => format!("[{number}]"),
        _ => format!("[{}]", index + 1),
    };
    let (id, score) = (printable(&citation.id), citation.score);
    format!("  {} {}  {}", look.strong(&marker), printable(&citation.title), look.faint(&format!("{id}, {score:.1}")))
}
