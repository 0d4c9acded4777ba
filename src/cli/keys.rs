//! E: `orrery keys rotate`, for a directory that nobody serves. A served one rotates through its interface.

use super::args::{RotateArgs, RotatedKey};
use super::audit::with_hint;
use super::terminal::say;
use super::{Failure, config, open, runtime};
use crate::auth::RequestContext;
use crate::clock::Ambient;
use crate::store::tables::Actor;

/// Makes a new key; what the one before signed stays valid until it ends.
pub fn rotate(options: &RotateArgs) -> Result<(), Failure> {
    let settings = config::load(&options.directory.sources())?;
    let RotatedKey::Jwt = options.key;
    let kid = runtime()?.block_on(async {
        let app = open::open_existing(settings, Ambient::system()).await.map_err(|failure| {
            with_hint(failure, "while it serves, send POST /v1/ops/keys/jwt/rotate as an operator")
        })?;
        let kid = app.identity().rotate_jwt(&RequestContext::default(), &Actor::Console).await.map_err(Failure::failed);
        app.shutdown().await;
        kid
    })?;
    Ok(say(&format!(
        "access tokens are signed with key {kid} from now on; the key before it verifies until its tokens end"
    ))?)
}
