//! E: Asks the questions of the evaluation over HTTP, as any client could, and has each answer judged.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::judge::{Reply, Scales, judge};
use super::questions::{self, Birth, Question, Questions};
use super::report::{Found, Part};
use crate::astro::Lang;
use crate::cli::Failure;
use crate::cli::client::{Client, ClientError};
use crate::clock::Stopwatch;
use crate::retrieval::Corpus;

/// How often a question is asked again that the server is too busy for.
const AGAIN_MAX: u32 = 60;
/// How long to wait before.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A person of the evaluation's own, on a server of its own.
pub struct Visitor;

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Sky {
    bodies: Vec<Placed>,
}

#[derive(Deserialize)]
struct Placed {
    body: String,
    longitude_deg: f64,
}

impl Visitor {
    /// Who opens the tenant.
    pub const OPERATOR: &str = "operator@evaluation.example";
    const PERSON: &str = "person@evaluation.example";
    const TENANT: &str = "evaluation";

    /// Opens a tenant, registers in it and logs in.
    ///
    /// # Errors
    /// The server refuses.
    pub fn enter(url: &str, password: &str) -> Result<Client, Failure> {
        let client = Client::new(url);
        let operator = Self::log_in(&client, "system", Self::OPERATOR, password)?;
        let tenant =
            json!({"slug": Self::TENANT, "display_name": "Evaluation", "zone": "UTC", "registration_open": true});
        operator.post::<Value>("/v1/ops/tenants", &tenant).map_err(Failure::failed)?;
        let person = json!({"tenant": Self::TENANT, "email": Self::PERSON, "password": password});
        client.post::<Value>("/v1/auth/register", &person).map_err(Failure::failed)?;
        Self::log_in(&client, Self::TENANT, Self::PERSON, password)
    }

    fn log_in(client: &Client, tenant: &str, email: &str, password: &str) -> Result<Client, Failure> {
        let body = json!({"tenant": tenant, "email": email, "password": password, "device": "orrery eval"});
        let tokens: Tokens = client.post("/v1/auth/login", &body).map_err(Failure::failed)?;
        Ok(client.with_token(&tokens.access_token))
    }
}

/// Everything that is asked, and of whom.
pub struct Asker {
    client: Client,
    births: BTreeMap<String, Birth>,
    /// Ids of the charts, by name of the birth.
    charts: BTreeMap<String, String>,
    sets: Vec<(Lang, Questions)>,
    /// Words by which an answer declines, of both languages: what it declines may be in neither.
    refusals: Vec<String>,
    sky_deg: BTreeMap<String, f64>,
    corpus: Corpus,
    tidies: bool,
}

impl Asker {
    /// Reads the questions and makes the charts.
    ///
    /// # Errors
    /// The data cannot be read, or the server refuses.
    pub fn new(client: Client, langs: &[Lang], limit: Option<usize>, tidies: bool) -> Result<Self, Failure> {
        let births = questions::births().map_err(Failure::failed)?;
        let mut sets = Vec::new();
        for lang in langs {
            let mut set = questions::questions(*lang, &births).map_err(Failure::failed)?;
            set.questions.truncate(limit.unwrap_or(usize::MAX));
            sets.push((*lang, set));
        }
        let mut refusals = Vec::new();
        for lang in [Lang::En, Lang::Fr] {
            refusals.extend(questions::questions(lang, &births).map_err(Failure::failed)?.refusals);
        }
        let sky: Sky = client.get("/v1/sky").map_err(Failure::failed)?;
        let sky_deg = sky.bodies.into_iter().map(|placed| (placed.body, placed.longitude_deg)).collect();
        let corpus = Corpus::embedded().map_err(Failure::failed)?;
        let mut this = Self { client, births, charts: BTreeMap::new(), sets, refusals, sky_deg, corpus, tidies };
        for birth in this.births.values() {
            let made: Made = this.client.post("/v1/charts", &body_of(birth)).map_err(Failure::failed)?;
            this.charts.insert(birth.id.clone(), made.id);
        }
        Ok(this)
    }

    /// Asks one provider everything; `None` when the route has no such provider.
    ///
    /// # Errors
    /// The server refuses for another reason than the question.
    pub fn ask(&self, provider: &str) -> Result<Option<Found>, Failure> {
        let mut found = Found { provider: provider.to_owned(), ..Found::default() };
        for (lang, set) in &self.sets {
            let mut part = Part::default();
            for question in &set.questions {
                let scales = Scales {
                    birth: &self.births[&question.chart],
                    question,
                    lang: *lang,
                    refusals: &self.refusals,
                    corpus: &self.corpus,
                    sky_deg: &self.sky_deg,
                    provider,
                };
                match self.one(provider, question) {
                    Ok((reply, ms)) => {
                        let (figures, faults) = judge(&scales, &reply);
                        part.questions += 1;
                        part.figures.add(&figures);
                        part.latencies_ms.push(ms);
                        found.faults.extend(faults);
                    }
                    Err(ClientError::Refused { refusal, .. }) if concerns(&refusal.details, "provider") => {
                        return Ok(None);
                    }
                    Err(error @ ClientError::Refused { status: 401 | 403, .. }) => return Err(Failure::failed(error)),
                    Err(error) => {
                        part.failed += 1;
                        let what = error.to_string();
                        let fault = super::judge::Fault { question: question.id.clone(), figure: "failed", what };
                        found.faults.push(fault);
                    }
                }
            }
            found.parts.push((*lang, part));
        }
        Ok(Some(found))
    }

    /// One answer and how long it took, in milliseconds.
    fn one(&self, provider: &str, question: &Question) -> Result<(Reply, f64), ClientError> {
        let body =
            json!({"chart_id": self.charts.get(&question.chart), "question": question.ask, "provider": provider});
        let mut tries = 0;
        loop {
            let watch = Stopwatch::start();
            match self.client.post::<Reply>("/v1/chat/advise", &body) {
                Err(ClientError::Refused { status: 429 | 503, .. }) if tries < AGAIN_MAX => {
                    tries += 1;
                    std::thread::sleep(AGAIN_AFTER);
                }
                outcome => return outcome.map(|reply| (reply, watch.elapsed_ms())),
            }
        }
    }
}

impl Drop for Asker {
    /// Leaves nothing behind on a server that goes on; what cannot be removed is not worth a failure.
    fn drop(&mut self) {
        if self.tidies {
            for id in self.charts.values() {
                drop(self.client.delete(&format!("/v1/charts/{id}")));
            }
        }
    }
}

fn concerns(details: &serde_json::Map<String, Value>, field: &str) -> bool {
    let errors = details.get("errors").and_then(Value::as_array);
    errors.is_some_and(|errors| errors.iter().any(|error| error["field"] == field))
}

fn body_of(birth: &Birth) -> Value {
    let mut body = json!({"name": format!("Evaluation: {}", birth.id), "date": birth.date, "tz": birth.tz,
        "lat": birth.lat, "lon": birth.lon, "place": birth.place});
    if let Some(time) = &birth.time {
        body["time"] = time.as_str().into();
    }
    if let Some(certainty) = &birth.certainty {
        body["certainty"] = certainty.as_str().into();
    }
    body
}
