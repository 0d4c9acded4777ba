//! The success envelope `{"data": .., "meta": {"request_id": ..}}`. Decides nothing about content.

use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{self, Components, EndpointOutRegister, Operation, RefOr, Schema, ToSchema};
use salvo::{Response, Scribe};
use serde::Serialize;

use super::edge::request_id_of;

/// A successful answer with status `S`.
#[derive(Debug)]
pub struct Reply<T, const S: u16 = 200>(pub T);

/// Facts about the exchange.
#[derive(Debug, Serialize, ToSchema)]
pub struct Meta {
    /// The request this answers.
    pub request_id: String,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    data: &'a T,
    meta: Meta,
}

/// Writes a JSON body. What does not serialise is a fault of ours and leaves a 500 for the edge to dress.
pub fn write_json<T: Serialize>(res: &mut Response, body: &T) {
    match serde_json::to_vec(body) {
        Ok(bytes) => write_bytes(res, bytes),
        Err(error) => {
            tracing::error!(%error, "a response did not serialise");
            res.status_code(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}

fn write_bytes(res: &mut Response, json: Vec<u8>) {
    res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    res.body(ResBody::Once(json.into()));
}

/// Writes `data` in the success envelope.
pub fn write_data<T: Serialize>(res: &mut Response, status: u16, data: &T) {
    res.status_code(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    let meta = Meta { request_id: request_id_of(res) };
    write_json(res, &Envelope { data, meta });
}

impl<T: Serialize + Send, const S: u16> Scribe for Reply<T, S> {
    fn render(self, res: &mut Response) {
        write_data(res, S, &self.0);
    }
}

impl<T: ToSchema, const S: u16> EndpointOutRegister for Reply<T, S> {
    fn register(components: &mut Components, operation: &mut Operation) {
        let data = T::to_schema(components);
        let meta = Meta::to_schema(components);
        let envelope =
            oapi::Object::new().property("data", data).property("meta", meta).required("data").required("meta");
        let response = oapi::Response::new("Done")
            .add_content("application/json", RefOr::Type(Schema::Object(Box::new(envelope))));
        operation.responses.insert(S.to_string(), response);
    }
}

/// A body of a fixed shape without the envelope, for health and the deprecated paths.
#[derive(Debug)]
pub struct Bare<T>(pub T);

impl<T: Serialize + Send> Scribe for Bare<T> {
    fn render(self, res: &mut Response) {
        res.status_code(StatusCode::OK);
        write_json(res, &self.0);
    }
}

impl<T: ToSchema> EndpointOutRegister for Bare<T> {
    fn register(components: &mut Components, operation: &mut Operation) {
        let schema = T::to_schema(components);
        operation.responses.insert("200", oapi::Response::new("Done").add_content("application/json", schema));
    }
}

/// A stored answer, or one that is stored with its change: data already serialised, and whether it is a replay.
#[derive(Debug)]
pub struct Stored<T, const S: u16 = 200> {
    /// Status the first answer had.
    pub status: u16,
    /// The `data` of the first answer, as JSON text: a replay repeats it to the byte.
    pub data: Vec<u8>,
    /// Whether this repeats an earlier answer.
    pub replayed: bool,
    /// The shape of `data`, for the API description.
    pub shape: std::marker::PhantomData<fn() -> T>,
}

/// Writes a stored answer without the envelope, for the paths that have a shape of their own.
pub fn write_bare<T, const S: u16>(res: &mut Response, stored: Stored<T, S>) {
    stored.mark(res);
    res.status_code(StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK));
    write_bytes(res, stored.data);
}

impl<T, const S: u16> Stored<T, S> {
    fn mark(&self, res: &mut Response) {
        if self.replayed {
            res.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
    }
}

impl<T, const S: u16> Scribe for Stored<T, S> {
    fn render(self, res: &mut Response) {
        self.mark(res);
        let meta = serde_json::to_vec(&Meta { request_id: request_id_of(res) }).unwrap_or_default();
        let body = [b"{\"data\":", self.data.as_slice(), b",\"meta\":", &meta, b"}"].concat();
        res.status_code(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        write_bytes(res, body);
    }
}

impl<T: ToSchema, const S: u16> EndpointOutRegister for Stored<T, S> {
    fn register(components: &mut Components, operation: &mut Operation) {
        Reply::<T, S>::register(components, operation);
    }
}
