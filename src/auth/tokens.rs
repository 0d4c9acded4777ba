//! P: Access and refresh tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256, and nothing else accepted. Knows
//! no sessions: whether a good token still counts is for the caller to look up.

use std::fmt;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::keyring::KeyRing;
use super::verified::{Good, Verified};
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::ids::{SessionId, TenantId, TokenId, UserId};
use crate::limits::{ACCESS_TOKEN_S, REFRESH_TOKEN_S};
use crate::store::tables::Role;

/// Issuer that tokens name and must name.
pub const ISSUER: &str = "orrery";
/// Audience that tokens name and must name.
pub const AUDIENCE: &str = "orrery";
/// Longest token read, in bytes; ours have about 600.
const TOKEN_MAX_BYTES: usize = 2_048;
/// How far the clock may have stepped back since a token was signed, in seconds. The end of a token gets no leeway.
const LEEWAY_S: u64 = 5;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Calls.
    Access,
    /// One new pair of tokens.
    Refresh,
}

/// What tokens name and how long they live.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    issuer: String,
    audience: String,
    access_s: u64,
    refresh_s: u64,
    /// Everything but time, which this module compares with the instant that it is given.
    validation: Validation,
}

impl TokenPolicy {
    /// Tokens that name `issuer` and `audience` and live `access_s` and `refresh_s` seconds.
    pub fn new(issuer: &str, audience: &str, access_s: u64, refresh_s: u64) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self { issuer: issuer.to_owned(), audience: audience.to_owned(), access_s, refresh_s, validation }
    }

    /// Life of such a token, in seconds.
    pub const fn life_s(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Access => self.access_s,
            Kind::Refresh => self.refresh_s,
        }
    }

    /// Life of a session that is not renewed, in milliseconds.
    pub const fn session_ms(&self) -> u64 {
        self.refresh_s * 1_000
    }
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self::new(ISSUER, AUDIENCE, ACCESS_TOKEN_S, REFRESH_TOKEN_S)
    }
}

/// What a token says. Instants are whole seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer of the policy.
    pub iss: String,
    /// Audience of the policy.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The user's tenant.
    pub tenant: TenantId,
    /// The user's role when it was signed; the stored one counts.
    pub role: Role,
    /// The session.
    pub sid: SessionId,
    /// This token.
    pub jti: TokenId,
    /// When it was signed.
    pub iat: u64,
    /// First instant at which it is no longer good.
    pub exp: u64,
    /// First instant at which it is good.
    pub nbf: u64,
    /// What it is good for.
    pub typ: Kind,
}

impl Claims {
    /// Claims of a token that starts `now`.
    pub fn new(policy: &TokenPolicy, kind: Kind, holder: Holder, id: TokenId, now: UnixMs) -> Self {
        let now_s = now.seconds();
        Self {
            iss: policy.issuer.clone(),
            aud: policy.audience.clone(),
            sub: holder.user,
            tenant: holder.tenant,
            role: holder.role,
            sid: holder.session,
            jti: id,
            iat: now_s,
            exp: now_s + policy.life_s(kind),
            nbf: now_s,
            typ: kind,
        }
    }
}

impl Claims {
    /// Whom it was signed for.
    pub const fn holder(&self) -> Holder {
        Holder { tenant: self.tenant, user: self.sub, role: self.role, session: self.sid }
    }
}

/// Whom tokens are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Tenant of the user.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// Role of the user.
    pub role: Role,
    /// Session of the user.
    pub session: SessionId,
}

/// A pair of tokens. Never shown by Debug.
#[derive(Clone)]
pub struct Tokens {
    /// For calls.
    pub access: String,
    /// For the next pair.
    pub refresh: String,
    /// Life of the access token, in seconds.
    pub access_expires_in_s: u64,
    /// Life of the refresh token, in seconds.
    pub refresh_expires_in_s: u64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(redacted)")
    }
}

/// Signs a pair for `holder`; `refresh` becomes the identifier of its refresh token.
pub fn sign_pair(ring: &KeyRing, holder: Holder, access: TokenId, refresh: TokenId, now: UnixMs) -> Result<Tokens> {
    let policy = ring.policy();
    Ok(Tokens {
        access: sign(ring, &Claims::new(policy, Kind::Access, holder, access, now))?,
        refresh: sign(ring, &Claims::new(policy, Kind::Refresh, holder, refresh, now))?,
        access_expires_in_s: policy.access_s,
        refresh_expires_in_s: policy.refresh_s,
    })
}

/// Signs `claims` with the key that signs now.
pub fn sign(ring: &KeyRing, claims: &Claims) -> Result<String> {
    let (kid, key) = ring.signing();
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, key).map_err(|_| Error::internal("a token could not be signed"))
}

/// Reads a token of the wanted kind that is good `now`.
///
/// # Errors
/// [`Code::TokenExpired`] when nothing else is wrong with it, [`Code::InvalidToken`] for all the rest alike.
pub fn verify(ring: &KeyRing, token: &str, kind: Kind, now: UnixMs) -> Result<Claims> {
    if token.len() > TOKEN_MAX_BYTES {
        return Err(invalid("too long"));
    }
    let name = Verified::name(token);
    let good = match ring.verified().get(&name) {
        // The key may have retired since.
        Some(good) if ring.verifying(&good.kid, now).is_some() => good,
        _ => ring.verified().keep(name, signed(ring, token, now)?),
    };
    let claims = &good.claims;
    let now_s = now.seconds();
    if claims.typ != kind {
        return Err(invalid("the other kind of token"));
    }
    if claims.nbf > now_s + LEEWAY_S
        || claims.iat > now_s + LEEWAY_S
        || claims.exp.saturating_sub(claims.iat) > ring.policy().life_s(kind)
    {
        return Err(invalid("times that are not ours"));
    }
    if claims.exp <= now_s {
        return Err(Error::new(Code::TokenExpired));
    }
    Ok(claims.clone())
}

fn invalid(why: &'static str) -> Error {
    Error::new(Code::InvalidToken).because(why)
}

/// Reads a token that a live key of the ring signed, of whatever kind and time.
fn signed(ring: &KeyRing, token: &str, now: UnixMs) -> Result<Good> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("no header"))?;
    if header.alg != Algorithm::HS256 || header.crit.is_some() || header.typ.as_deref() != Some("JWT") {
        return Err(invalid("a header that is not ours"));
    }
    let kid = header.kid.as_deref().ok_or_else(|| invalid("no key name"))?;
    let key = ring.verifying(kid, now).ok_or_else(|| invalid("an unknown or retired key"))?;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &ring.policy().validation)
        .map_err(|_| invalid("signature or claims"))?;
    Ok(Good { kid: kid.to_owned(), claims: claims.claims })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use sha2::{Sha256, Sha512};

    use super::*;
    use crate::clock::Ambient;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);
    const SECRET: [u8; 32] = [7; 32];

    /// A ring whose key the tests know, so that they can sign by hand.
    fn ring() -> KeyRing {
        let secret = base64::engine::general_purpose::STANDARD_NO_PAD.encode(SECRET);
        let stored = json!({"version": 1, "current": {"kid": "k1", "secret": secret}, "previous": []});
        KeyRing::from_bytes(stored.to_string().as_bytes()).unwrap()
    }

    fn holder() -> Holder {
        Holder { tenant: TenantId([1; 16]), user: UserId([2; 16]), role: Role::User, session: SessionId([3; 16]) }
    }

    fn payload() -> Value {
        serde_json::to_value(Claims::new(&TokenPolicy::default(), Kind::Access, holder(), TokenId([4; 16]), NOW))
            .unwrap()
    }

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    /// RFC 7515 §5.1 by hand.
    fn crafted(header: &Value, payload: &Value, key: &[u8]) -> String {
        let input = format!("{}.{}", part(header), part(payload));
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn code(token: &str) -> Option<Code> {
        verify(&ring(), token, Kind::Access, NOW).err().map(|error| error.code())
    }

    #[test]
    fn a_token_made_by_hand_from_the_rfc_is_accepted() {
        let token = crafted(&json!({"typ": "JWT", "alg": "HS256", "kid": "k1"}), &payload(), &SECRET);
        let claims = verify(&ring(), &token, Kind::Access, NOW).unwrap();
        assert_eq!((claims.sub, claims.tenant, claims.sid), (UserId([2; 16]), TenantId([1; 16]), SessionId([3; 16])));
    }

    #[test]
    fn ours_can_be_checked_by_hand_and_carries_every_claim() {
        let token = sign_pair(&ring(), holder(), TokenId([4; 16]), TokenId([5; 16]), NOW).unwrap().refresh;
        let (input, signature) = token.rsplit_once('.').unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).unwrap();
        mac.update(input.as_bytes());
        assert_eq!(signature, URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        let read = |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        assert_eq!(read(header), json!({"typ": "JWT", "alg": "HS256", "kid": "k1"}));
        let expected = json!({
            "iss": "orrery", "aud": "orrery", "sub": UserId([2; 16]), "tenant": TenantId([1; 16]), "role": "user",
            "sid": SessionId([3; 16]), "jti": TokenId([5; 16]), "iat": 1_700_000_000, "nbf": 1_700_000_000,
            "exp": 1_700_000_000 + 7 * 86_400, "typ": "refresh",
        });
        assert_eq!(read(claims), expected);
    }

    #[test]
    fn every_other_algorithm_and_key_name_is_refused() {
        let headers = [
            json!({"typ": "JWT", "alg": "none", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "None", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "HS512", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "HS384", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "RS256", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "EdDSA", "kid": "k1"}),
            json!({"typ": "JWT", "kid": "k1"}),
            json!({"typ": "JWT", "alg": "HS256"}),
            json!({"typ": "JWT", "alg": "HS256", "kid": ""}),
            json!({"typ": "JWT", "alg": "HS256", "kid": "k2"}),
            json!({"typ": "JWT", "alg": "HS256", "kid": ["k1"]}),
            json!({"typ": "JWT", "alg": "HS256", "kid": "k1", "crit": ["x"], "x": 1}),
            json!({"typ": "at+jwt", "alg": "HS256", "kid": "k1"}),
            json!({"alg": "HS256", "kid": "k1"}),
        ];
        for header in headers {
            assert_eq!(code(&crafted(&header, &payload(), &SECRET)), Some(Code::InvalidToken), "{header}");
        }
        let unsigned = format!("{}.{}.", part(&json!({"typ": "JWT", "alg": "none", "kid": "k1"})), part(&payload()));
        assert_eq!(code(&unsigned), Some(Code::InvalidToken));
        let input = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "HS512", "kid": "k1"})), part(&payload()));
        let mut mac = Hmac::<Sha512>::new_from_slice(&SECRET).unwrap();
        mac.update(input.as_bytes());
        let hs512 = format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert_eq!(code(&hs512), Some(Code::InvalidToken));
    }

    #[test]
    fn every_missing_or_wrong_claim_is_refused() {
        let header = json!({"typ": "JWT", "alg": "HS256", "kid": "k1"});
        let claims = payload();
        for name in claims.as_object().unwrap().keys() {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(code(&crafted(&header, &without, &SECRET)), Some(Code::InvalidToken), "without {name}");
        }
        let wrong = [
            ("iss", json!("somebody")),
            ("aud", json!("another-api")),
            ("sub", json!("ten_01")),
            ("tenant", json!("")),
            ("role", json!("root")),
            ("typ", json!("refresh")),
            ("typ", json!("id")),
            ("nbf", json!(1_700_000_006)),
            ("iat", json!(1_700_000_006)),
            ("exp", json!("soon")),
            ("exp", json!(1_700_000_901)),
            ("exp", json!(u64::MAX)),
        ];
        for (name, value) in wrong {
            let mut claims = claims.clone();
            claims[name] = value.clone();
            assert_eq!(code(&crafted(&header, &claims, &SECRET)), Some(Code::InvalidToken), "{name}: {value}");
        }
        assert_eq!(code(&crafted(&header, &claims, &[8; 32])), Some(Code::InvalidToken));
    }

    #[test]
    fn a_token_ends_on_the_second() {
        let token = sign(&ring(), &Claims::new(&TokenPolicy::default(), Kind::Access, holder(), TokenId([4; 16]), NOW))
            .unwrap();
        let at = |s: u64| verify(&ring(), &token, Kind::Access, UnixMs(NOW.0 + s * 1_000)).err().map(|e| e.code());
        assert_eq!(at(ACCESS_TOKEN_S - 1), None);
        assert_eq!(at(ACCESS_TOKEN_S), Some(Code::TokenExpired));
        let before = |s: u64| verify(&ring(), &token, Kind::Access, UnixMs(NOW.0 - s * 1_000)).err().map(|e| e.code());
        assert_eq!(before(5), None);
        assert_eq!(before(6), Some(Code::InvalidToken));
    }

    #[test]
    fn a_token_that_was_found_good_ends_with_its_key_and_its_time() {
        use std::sync::Arc;

        use crate::clock::{ManualClock, SystemEntropy};
        use crate::limits::REFRESH_TOKEN_S;

        let clock = Arc::new(ManualClock::at(NOW));
        let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
        let ring = KeyRing::generate(&ambient);
        let pair = sign_pair(&ring, holder(), TokenId([4; 16]), TokenId([5; 16]), NOW).unwrap();
        let ring = ring.rotated(&ambient);
        let told =
            |token: &str, kind, at| verify(&ring, token, kind, at).map(|claims| claims.jti).map_err(|e| e.code());
        // The second look is at what the first one remembered.
        for _ in 0..2 {
            assert_eq!(told(&pair.access, Kind::Access, NOW), Ok(TokenId([4; 16])));
            assert_eq!(told(&pair.refresh, Kind::Refresh, NOW), Ok(TokenId([5; 16])));
            assert_eq!(told(&pair.access, Kind::Refresh, NOW), Err(Code::InvalidToken));
            let over = NOW.plus_ms(ACCESS_TOKEN_S * 1_000);
            assert_eq!(told(&pair.access, Kind::Access, over), Err(Code::TokenExpired));
        }
        let retired = NOW.plus_ms(REFRESH_TOKEN_S * 1_000);
        assert_eq!(told(&pair.refresh, Kind::Refresh, retired), Err(Code::InvalidToken));
        assert_eq!(told(&pair.access, Kind::Access, NOW), Ok(TokenId([4; 16])));
    }

    #[test]
    fn tokens_are_never_shown() {
        let ring = KeyRing::generate(&Ambient::system());
        let tokens = sign_pair(&ring, holder(), TokenId([4; 16]), TokenId([5; 16]), NOW).unwrap();
        assert_eq!(format!("{tokens:?}"), "Tokens(redacted)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_pass(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,60}", 0..5)) {
            prop_assert_eq!(code(&text), Some(Code::InvalidToken));
            prop_assert_eq!(code(&parts.join(".")), Some(Code::InvalidToken));
        }

        #[test]
        fn any_changed_character_is_refused(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
            let token = crafted(&json!({"typ": "JWT", "alg": "HS256", "kid": "k1"}), &payload(), &SECRET);
            let mut bytes = token.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = with.as_bytes()[0];
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(code(&changed).is_none(), changed == token);
        }
    }
}
