/* Second factors for the tests of http alone: there are none, and nothing asks for one. */
#include "auth/factors.h"

Status auth_factors_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

bool auth_is_locked(Auth *auth, Str cookie)
{
    UNUSED(auth);
    UNUSED(cookie);
    return false;
}

Status auth_link_json(Auth *auth, Ctx *cx, Str link, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(link);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_link_use(Auth *auth, Ctx *cx, Str link, Str password, const AuthProof *proof,
                     AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(link);
    UNUSED(password);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_lock(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(cookie);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_need_step_up(const Auth *auth, Ctx *cx, const AuthSession *session)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    return STATUS_OK;
}

Status auth_own_session_end(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(id);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_own_sessions_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_add(Auth *auth, Ctx *cx, const AuthSession *session,
                        const AuthRegistration *made, AuthWelcome *ret_welcome, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(made);
    UNUSED(ret_welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_ask(Auth *auth, Ctx *cx, Str origin, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str origin,
                          Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(id);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_recovery_renew(Auth *auth, Ctx *cx, const AuthSession *session, Str address,
                           Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(address);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_reset_ask(Auth *auth, Ctx *cx, Str user, Str address, unsigned *ret_wait_s)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(user);
    UNUSED(address);
    UNUSED(ret_wait_s);
    return STATUS_UNSUPPORTED;
}

Status auth_sign_in_factor(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_sign_in_passkey(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_step_up(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_step_up_ask(Auth *auth, Ctx *cx, Str cookie, Str origin, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(cookie);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_set(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                     AuthWelcome *ret_welcome, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(proof);
    UNUSED(ret_welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_unlock(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_welcome_json(Ctx *cx, const AuthWelcome *welcome, Str *ret_json)
{
    UNUSED(cx);
    UNUSED(welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}
