//! P: The answers of the composer that read no chart, or only a corner of it: to a person in danger, to a question that no
//! chart can answer, to what is no question.

use super::Writer;
use super::voice::Remark;
use crate::astro::{Body, Point};
use crate::llm::{Aside, Danger, FactValue, Limit};

impl Writer<'_> {
    /// What is not for a chart: said kindly, with what may be asked, and where it fits one thing of the chart.
    pub(super) fn elsewhere(&mut self, aside: Aside) {
        self.remark(Remark::Aside(aside));
        self.remark(Remark::CanAnswer);
        if matches!(aside, Aside::Other | Aside::Greeting) {
            self.offer();
        }
    }

    /// What no chart shows: who can tell instead, and something that the chart can speak of.
    pub(super) fn unknowable(&mut self, limit: Limit) {
        self.remark(Remark::Limit(limit));
        self.quote(&["guide-what-astrology-cannot-say".to_owned()], "cannot", 0);
        if matches!(limit, Limit::Verdict | Limit::Luck) {
            self.offer();
            return;
        }
        self.paragraph();
        self.comforting_fact();
        self.remark(Remark::InviteGently);
    }

    pub(super) fn crisis(&mut self, danger: Danger) {
        for (paragraph, sentences) in self.voice.crisis(danger).iter().enumerate() {
            if paragraph > 0 {
                self.paragraph();
            }
            for sentence in *sentences {
                self.own(sentence);
            }
        }
    }

    /// One true thing about this chart and one about the day, as an opening to a better question.
    fn offer(&mut self) {
        self.paragraph();
        let facts = self.brief.facts;
        if let Some(fact) = facts.iter().find(|fact| !matches!(fact.value, FactValue::EmptySign { .. })) {
            self.fact(fact, 0, 0);
        }
        if let Some(factor) = self.brief.factors.first() {
            self.contact(factor, 0, 0);
        }
        self.remark(Remark::Invite);
    }

    /// The Moon of the chart, which speaks of comfort.
    fn comforting_fact(&mut self) {
        let facts = self.brief.facts;
        let moon = |value: &FactValue| matches!(value, FactValue::Placement { point: Point::Body(Body::Moon), .. });
        if let Some(fact) = facts.iter().find(|fact| moon(&fact.value)) {
            self.fact(fact, 0, 0);
        }
    }
}
