//! A: The chat template of a model: a conversation as the text that the model was trained on, and as its tokens. No text of a
//! message becomes a control token. Reads no file and keeps no conversation.

mod growth;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, State, context};

use super::forward::Vocabulary;
use super::gguf::Gguf;
use super::tokenizer::{MARK, Tokenizer};
use crate::clock::UnixMs;
use crate::limits::{
    TEMPLATE_FUEL, TEMPLATE_FUEL_A_MESSAGE, TEMPLATE_MAX_BYTES, TEMPLATE_NESTING_MAX, TEMPLATE_OVERHEAD_MAX_BYTES,
};
use crate::llm::model::Message;

/// The only template of an environment.
const NAME: &str = "chat";
/// For models that bring none.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}\
                      {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
/// For those of them whose vocabulary has Gemma's turns.
const TURNS: &str = "{{ bos_token }}{% for message in messages %}<start_of_turn>\
                     {{ 'model' if message.role == 'assistant' else message.role }}\n{{ message.content | trim }}<end_of_turn>\n\
                     {% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";

/// Why a template cannot be used, or a conversation not be told in it.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("a broken chat template: {0}")]
    Broken(String),
    /// It would take too much.
    #[error("a chat template that cannot be used here: {0}")]
    Unsupported(String),
    /// It refuses the conversation.
    #[error("the chat template refuses the conversation: {0}")]
    Refused(String),
}

/// A template, read and tried.
pub struct ChatTemplate {
    environment: Environment<'static>,
    begin: String,
    end: String,
    own: bool,
    /// Whether the task goes into the person's first message, as the template has no place for it.
    joins_system: bool,
    stops: Vec<String>,
}

impl fmt::Debug for ChatTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatTemplate")
            .field("own", &self.own)
            .field("joins_system", &self.joins_system)
            .finish_non_exhaustive()
    }
}

impl ChatTemplate {
    /// The template of a file, or a usual one when it has none; tried on a short conversation.
    ///
    /// # Errors
    /// It cannot be read, or has no place for a question.
    pub fn from_gguf(gguf: &Gguf, tokenizer: &Tokenizer) -> Result<Self, TemplateError> {
        let own = gguf.text("tokenizer.chat_template").filter(|source| !source.trim().is_empty());
        let turns = tokenizer.token("<start_of_turn>").is_some();
        let source = own.unwrap_or(if turns { TURNS } else { CHATML });
        let mut template = Self {
            environment: environment(source)?,
            begin: tokenizer.begin_text().to_owned(),
            end: tokenizer.end_text().to_owned(),
            own: own.is_some(),
            joins_system: false,
            stops: Vec::new(),
        };
        if own.is_none() && !turns && tokenizer.token("<|im_end|>").is_none() {
            template.stops.push("<|im_end|>".into());
        }
        template.joins_system = template.lacks_system()?;
        Ok(template)
    }

    /// Whether the file brought it.
    pub const fn is_own(&self) -> bool {
        self.own
    }

    /// Texts that end an answer beside the tokens that do: where the template's end mark is no token.
    pub fn stops(&self) -> &[String] {
        &self.stops
    }

    /// Tries a conversation with a task and one without; what the template leaves out or refuses, it has no place for.
    fn lacks_system(&self) -> Result<bool, TemplateError> {
        let say = |role, text: &str| Message { role, text: text.into() };
        let (task, question) = (say("system", "TASK-7d1f"), say("user", "QUESTION-3b9e"));
        let start = UnixMs(0);
        if self.render(&[task, question.clone()], start).is_ok_and(|text| text.contains("TASK-7d1f")) {
            return Ok(false);
        }
        let text = self.render(&[question], start)?;
        if text.contains("QUESTION-3b9e") {
            return Ok(true);
        }
        Err(TemplateError::Unsupported("it leaves out what a person says".into()))
    }

    /// The tokens of a conversation, up to where the model goes on; `now` is for templates that tell the date.
    ///
    /// # Errors
    /// The template refuses it, or takes too long.
    pub fn prompt(&self, tokenizer: &Tokenizer, messages: &[Message], now: UnixMs) -> Result<Vec<u32>, TemplateError> {
        let guarded: Vec<Message> =
            messages.iter().map(|m| Message { role: m.role, text: tokenizer.guard(&m.text) }).collect();
        let mut tokens = tokenizer.encode(&self.text(&guarded, now)?, true);
        if let Some(begin) = tokenizer.begin().filter(|begin| tokens.first() != Some(begin)) {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    /// The text of a conversation.
    fn text(&self, messages: &[Message], now: UnixMs) -> Result<String, TemplateError> {
        match messages {
            [task, question, rest @ ..] if self.joins_system && task.role == "system" && question.role == "user" => {
                let text = format!("{}\n\n{}", task.text, question.text);
                let mut joined = vec![Message { role: "user", text }];
                joined.extend_from_slice(rest);
                self.render(&joined, now)
            }
            _ => self.render(messages, now),
        }
    }

    fn render(&self, messages: &[Message], now: UnixMs) -> Result<String, TemplateError> {
        let mut environment = self.environment.clone();
        let fuel = TEMPLATE_FUEL + TEMPLATE_FUEL_A_MESSAGE * messages.len() as u64;
        environment.set_fuel(Some(fuel));
        environment.add_function("strftime_now", move |format: String| told(now, &format));
        let said: Vec<Value> = messages
            .iter()
            .map(|message| context! { role => message.role, content => message.text.as_str() })
            .collect();
        // What is put in may be repeated once, as some templates tell the task again.
        let most = TEMPLATE_OVERHEAD_MAX_BYTES + 2 * messages.iter().map(|message| message.text.len()).sum::<usize>();
        let mut out = Bounded { bytes: Vec::new(), most };
        let template = environment.get_template(NAME).map_err(|error| broken(&error))?;
        let values = context! {
            messages => said,
            add_generation_prompt => true,
            // Models that think aloud first are asked not to: what they think is not checked and not shown.
            enable_thinking => false,
            bos_token => self.begin.as_str(),
            eos_token => self.end.as_str(),
            tools => (),
            documents => (),
        };
        template.render_captured_to(values, &mut out).map_err(|error| refused(&error))?;
        String::from_utf8(out.bytes).map_err(|_| TemplateError::Refused("its text is no UTF-8".into()))
    }
}

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::other(format!("its text is longer than {} bytes", self.most)));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn environment(source: &str) -> Result<Environment<'static>, TemplateError> {
    if source.len() > TEMPLATE_MAX_BYTES {
        let length = source.len();
        return Err(TemplateError::Unsupported(format!("it is {length} bytes, at most {TEMPLATE_MAX_BYTES}")));
    }
    if source.contains(MARK) {
        return Err(TemplateError::Broken(format!("it holds the noncharacter U+{:04X}", u32::from(MARK))));
    }
    growth::check(source).map_err(TemplateError::Unsupported)?;
    let mut environment = Environment::new();
    // As the programs that models are trained with read them.
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(|error| broken(&error))?;
    environment.set_syntax(syntax);
    environment.set_recursion_limit(TEMPLATE_NESTING_MAX);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(method);
    environment.add_function("raise_exception", |why: String| -> Result<(), minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    environment.add_filter("replace", |text: String, from: String, to: String| replaced(&text, &from, &to));
    // They make long texts of short ones.
    for filter in ["format", "indent", "center", "batch", "slice", "wordwrap"] {
        environment.remove_filter(filter);
    }
    environment.add_template_owned(NAME, source.to_owned()).map_err(|error| broken(&error))?;
    Ok(environment)
}

/// The methods that Python's texts, lists and maps have.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, minijinja::Error> {
    match (name, value.as_str(), args) {
        ("replace", Some(text), [from, to]) => match (from.as_str(), to.as_str()) {
            (Some(from), Some(to)) => replaced(text, from, to).map(Value::from),
            _ => Err(minijinja::Error::new(ErrorKind::InvalidOperation, "replace() takes two texts")),
        },
        ("format" | "center" | "ljust" | "rjust" | "zfill" | "expandtabs", Some(_), _) => {
            Err(minijinja::Error::new(ErrorKind::UnknownMethod, format!("{name}() is not allowed here")))
        }
        _ => minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args),
    }
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String, minijinja::Error> {
    if from.is_empty() || text.matches(from).count() * to.len() > TEMPLATE_OVERHEAD_MAX_BYTES {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "replace() would make too long a text"));
    }
    Ok(text.replace(from, to))
}

/// The date as the template wants it, in UTC.
fn told(now: UnixMs, format: &str) -> Result<String, minijinja::Error> {
    let at = i64::try_from(now.0).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let text = at.and_then(|at| jiff::fmt::strtime::format(format, &at.to_zoned(jiff::tz::TimeZone::UTC)).ok());
    text.ok_or_else(|| {
        minijinja::Error::new(ErrorKind::InvalidOperation, format!("strftime_now cannot tell {format:?}"))
    })
}

fn broken(error: &minijinja::Error) -> TemplateError {
    TemplateError::Broken(worded(error))
}

fn refused(error: &minijinja::Error) -> TemplateError {
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateError::Unsupported("it takes too many steps".into()),
        _ => TemplateError::Refused(worded(error)),
    }
}

/// What went wrong and in which line, without the surroundings, which may hold what a person said.
fn worded(error: &minijinja::Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    let what: String = what.chars().take(200).collect();
    error.line().map_or_else(|| what.clone(), |line| format!("{what} (line {line})"))
}
