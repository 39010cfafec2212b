/* auth/passkey.h - the two ceremonies of WebAuthn, as the server sees them. Private to auth.
 *
 * SPEC WebAuthn level 2 7.1 (registration), 7.2 (assertion) */
#ifndef ACESO_AUTH_PASSKEY_H
#define ACESO_AUTH_PASSKEY_H

#include "auth/authenticator.h"
#include "auth/inner.h"

/* Whether the proof is this passkey's signature for the challenge of proof->ticket at
 * proof->origin. `alone`: it must have verified its user. */
bool passkey_verify(Ctx *cx, const Passkey *passkey, const AuthProof *proof, bool alone,
                    uint32_t *ret_count);
/* The new passkey of a registration for the challenge of made->ticket. STATUS_INVALID with an
 * issue. */
Status passkey_register(Ctx *cx, const AuthRegistration *made, Passkey *ret_passkey) MUST_USE;

/* The options of navigator.credentials.get(): those of the account, or any (NULL). */
Status passkey_ask_options(Ctx *cx, const Factors *factors, Str ticket, Str origin,
                           Buf *buf) MUST_USE;
/* The options of navigator.credentials.create(). */
Status passkey_make_options(Ctx *cx, const Account *account, Str ticket, Str origin,
                            Buf *buf) MUST_USE;

/* Which account a credential is of: an item of the space "passkey". */
Status passkey_key(Ctx *cx, Str id, Str *ret_key) MUST_USE;
extern const Str passkey_space;

#endif
