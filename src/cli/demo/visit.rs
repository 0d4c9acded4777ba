//! E: What the demo's client does, step by step, over HTTP alone, and the pages that it shows. Knows nothing but a URL.

use serde_json::{Map, Value, json};

use super::accounts::{Account, Accounts};
use super::answer_page::answer_page;
use super::chart_page::chart_page;
use super::replies::{Advice, Chart, Today, Tokens};
use super::today_page::today_page;
use super::words::Words;
use crate::astro::Lang;
use crate::cli::Failure;
use crate::cli::args::DemoArgs;
use crate::cli::birth::explanation;
use crate::cli::client::{Client, ClientError};
use crate::cli::terminal::{Look, say};
use crate::cli::text::{duration, pad, pad_left};
use crate::clock::Stopwatch;

/// Slug of the demo's tenant.
const TENANT: &str = "demo";
/// Tenant of the operators.
const OPERATORS: &str = "system";
/// Columns of a step's time.
const TIME_COLUMNS: usize = 9;

/// Tells each step as it is done, with its time.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    lang: Lang,
    look: Look,
}

impl Steps {
    /// In this language.
    pub const fn new(lang: Lang, look: Look) -> Self {
        Self { lang, look }
    }

    /// The first lines of all.
    pub fn title(&self) -> Result<(), Failure> {
        let claim = self.lang.pick(
            "a private astrology-advice appliance in one executable",
            "un conseil astrologique privé en un seul exécutable",
        );
        let name = self.look.heading(concat!("Orrery ", env!("CARGO_PKG_VERSION")));
        say(&format!("{name}  {claim}"))?;
        Ok(say(&self.look.rule())?)
    }

    /// One step is done; it took as long as `watch` says.
    pub fn done(&self, en: &str, fr: &str, watch: Stopwatch) -> Result<(), Failure> {
        let mark = if self.look.is_rich { self.look.good("✓") } else { String::from("*") };
        let text = pad(self.lang.pick(en, fr), self.look.columns.saturating_sub(TIME_COLUMNS + 4));
        let time = self.look.faint(&pad_left(&duration(watch.elapsed_ms()), TIME_COLUMNS));
        Ok(say(&format!("{mark} {text}  {time}"))?)
    }
}

/// A visitor about to go through the product.
pub struct Visit {
    url: String,
    client: Client,
    accounts: Accounts,
    birth: Value,
    question: String,
    lang: Lang,
    answer_lang: Option<Lang>,
    look: Look,
    steps: Steps,
    whole: Stopwatch,
}

/// What a visitor leaves behind.
pub struct Visited {
    url: String,
    chart_id: String,
    visitor: Account,
    look: Look,
    elapsed: String,
}

impl Visit {
    /// To the server at `url`; `whole` has run since the command began.
    pub fn new(url: &str, options: &DemoArgs, accounts: Accounts, steps: Steps, whole: Stopwatch) -> Self {
        let lang = options.page_language();
        let default = lang.pick(
            "What does today ask of me, and where can I find strength for it?",
            "Que me demande cette journée, et où trouver la force d'y répondre ?",
        );
        Self {
            url: url.to_owned(),
            client: Client::new(url),
            accounts,
            birth: birth(options),
            question: options.question.clone().unwrap_or_else(|| default.to_owned()),
            lang,
            answer_lang: options.lang,
            look: steps.look,
            steps,
            whole,
        }
    }

    /// Goes through all of it.
    ///
    /// # Errors
    /// 2 when the server finds fault with what was typed, 1 when something else went wrong.
    pub fn go(self) -> Result<Visited, Failure> {
        self.open_tenant()?;
        let person = self.enter()?;
        let watch = Stopwatch::start();
        let chart: Chart = person.post("/v1/charts", &self.birth).map_err(explain)?;
        self.steps.done("computed and kept the chart", "thème calculé et gardé", watch)?;
        let watch = Stopwatch::start();
        let today: Today = person.get(&format!("/v1/charts/{}/today", chart.id)).map_err(explain)?;
        self.steps.done("read what today holds", "journée lue", watch)?;
        let watch = Stopwatch::start();
        let lang = self.answer_lang.map(Lang::code);
        let asked = json!({"chart_id": chart.id, "question": self.question, "lang": lang});
        let answer: Advice = person.post("/v1/chat/advise", &asked).map_err(explain)?;
        self.steps.done(
            "asked a question and got an answer with its sources",
            "question posée, réponse sourcée",
            watch,
        )?;
        let elapsed = duration(self.whole.elapsed_ms());
        let pages = [
            chart_page(&chart, self.lang, self.look),
            today_page(&today, self.lang, self.look),
            answer_page(&self.question, &answer, self.lang, self.look),
        ];
        for page in pages {
            say(&format!("{}\n{}", self.look.rule(), page.join("\n")))?;
        }
        say(&self.look.rule())?;
        Ok(Visited { url: self.url, chart_id: chart.id, visitor: self.accounts.visitor, look: self.look, elapsed })
    }

    /// The operator opens the demo's tenant, unless an earlier demo did.
    fn open_tenant(&self) -> Result<(), Failure> {
        let watch = Stopwatch::start();
        let operator = self.log_in(OPERATORS, &self.accounts.operator)?;
        self.steps.done("logged in as the operator", "connexion de l'opératrice", watch)?;
        let watch = Stopwatch::start();
        let tenant = json!({"slug": TENANT, "display_name": "Demo", "zone": "UTC", "registration_open": true});
        match operator.post::<Value>("/v1/ops/tenants", &tenant) {
            Ok(_) => {}
            Err(ClientError::Refused { refusal, .. }) if refusal.code == "tenant_exists" => {}
            Err(error) => return Err(Failure::failed(error)),
        }
        self.steps.done("opened the tenant `demo`", "espace `demo` ouvert", watch)
    }

    /// The visitor registers (which changes nothing for an account that is there) and logs in.
    fn enter(&self) -> Result<Client, Failure> {
        let watch = Stopwatch::start();
        let Account { email, password } = &self.accounts.visitor;
        let account = json!({"tenant": TENANT, "email": email, "password": password});
        self.client.post::<Value>("/v1/auth/register", &account).map_err(Failure::failed)?;
        self.steps.done("registered a person", "inscription d'une personne", watch)?;
        let watch = Stopwatch::start();
        let person = self.log_in(TENANT, &self.accounts.visitor)?;
        self.steps.done("logged in as that person", "connexion de cette personne", watch)?;
        Ok(person)
    }

    fn log_in(&self, tenant: &str, account: &Account) -> Result<Client, Failure> {
        let Account { email, password } = account;
        let body = json!({"tenant": tenant, "email": email, "password": password, "device": "orrery demo"});
        let tokens: Tokens = self.client.post("/v1/auth/login", &body).map_err(Failure::failed)?;
        Ok(self.client.with_token(&tokens.access_token))
    }
}

/// Birth data as typed, left for the server to judge; Albert Einstein's when nothing was typed.
fn birth(options: &DemoArgs) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Option<Value>| drop(value.map(|value| body.insert(key.to_owned(), value)));
    let (o, chosen) = (&options.birth, &options.options);
    let text = |text: &Option<String>| text.clone().map(Value::from);
    if o.is_typed() {
        put("date", text(&o.date));
        put("time", text(&o.time));
        put("certainty", text(&o.certainty));
        put("place", text(&o.place));
        put("calendar", text(&o.calendar));
        put("tz", text(&o.tz));
        put("lat", o.lat.map(Value::from));
        put("lon", o.lon.map(Value::from));
    } else {
        put("date", Some("1879-03-14".into()));
        put("time", Some("11:30".into()));
        put("place", Some("Ulm, Germany".into()));
        put("name", Some("Albert Einstein".into()));
    }
    if o.name.is_some() {
        put("name", text(&o.name));
    }
    let number = |number: Option<f64>| number.map(Value::from);
    put("zodiac", text(&chosen.zodiac));
    put("ayanamsa", text(&chosen.ayanamsa));
    put("ayanamsa_epoch_jd_tt", number(chosen.ayanamsa_epoch_jd_tt));
    put("ayanamsa_value_deg", number(chosen.ayanamsa_value_deg));
    put("house_system", text(&chosen.house_system));
    put("frame", text(&chosen.frame));
    put("reduction", text(&chosen.reduction));
    put("altitude_m", number(chosen.altitude_m));
    put("bodies", chosen.bodies.clone().map(Value::from));
    put("ruleset", text(&chosen.ruleset));
    put("utc_offset_s", o.utc_offset.map(Value::from));
    Value::Object(body)
}

/// What the server found wrong with what was typed, by the names of the options.
fn explain(error: ClientError) -> Failure {
    match error {
        ClientError::Refused { status: 400 | 413 | 422, refusal, .. } => {
            Failure::usage(explanation(&refusal.message, &refusal.details))
        }
        other => Failure::failed(other),
    }
}

impl Visited {
    /// Where to go next, while the server is up; how to keep one, when it stops.
    pub fn farewell(&self, lang: Lang, is_over: bool) -> Vec<String> {
        let Self { url, chart_id, visitor, look, elapsed } = self;
        let mut lines = vec![format!("{} {elapsed}.", lang.pick("All of that took", "Tout cela a pris"))];
        if is_over {
            let hint = lang.pick(
                "Leave out --exit to keep the server up. To keep an appliance of your own:",
                "Sans --exit, le serveur reste ouvert. Pour garder le vôtre :",
            );
            lines.push(hint.to_owned());
            lines.push(String::from("  orrery init --data-dir ./data --admin-email you@example.org"));
            lines.push(String::from("  orrery serve --data-dir ./data"));
            return lines;
        }
        let pages = [
            ("/docs", lang.pick("try the interface", "essayer l'interface")),
            ("/openapi.json", lang.pick("its description", "sa description")),
            ("/health", lang.pick("is it alive", "est-il en vie")),
            ("/ready", lang.pick("can it serve", "peut-il servir")),
            ("/metrics", lang.pick("its counters", "ses compteurs")),
        ];
        lines.push(look.heading(lang.pick("NEXT", "ENSUITE")));
        lines.extend(pages.iter().map(|(path, what)| format!("  {} {what}", pad(&format!("{url}{path}"), 40))));
        lines.push(String::new());
        lines.push(look.faint(lang.pick(
            "  The same by hand: log in, then use the access token.",
            "  À la main : se connecter, puis utiliser le jeton.",
        )));
        let login = json!({"tenant": TENANT, "email": visitor.email, "password": visitor.password});
        lines.push(format!("  curl -s {url}/v1/auth/login -H 'Content-Type: application/json' \\"));
        lines.push(format!("    -d '{login}'"));
        lines.push(format!("  curl -s {url}/v1/charts/{chart_id}/today \\"));
        lines.push(String::from("    -H \"Authorization: Bearer $ACCESS_TOKEN\""));
        lines.push(String::new());
        lines.push(lang.pick("Ctrl-C stops the server.", "Ctrl-C arrête le serveur.").to_owned());
        lines
    }
}
