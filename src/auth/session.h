/* auth/session.h - what a session may change of its own account (session.c, enrol.c). Private to
 * auth. */
#ifndef ACESO_AUTH_SESSION_H
#define ACESO_AUTH_SESSION_H

#include "auth/account.h"
#include "auth/change.h"

/* session.c */
AuthSession session_of(const Auth *auth, Arena *arena, const Handle *handle);
bool session_find(Auth *auth, Str cookie, Handle *ret_handle);
/* The account of a session that is stepped up, and may change its factors. With an issue. */
Status session_account(Auth *auth, Ctx *cx, const AuthSession *session, bool fresh,
                       Account *ret_account) MUST_USE;
Change session_change(const AuthSession *session, Str interaction, Str address);
void write_ways(Buf *buf, unsigned ways);
/* A member of an object that was begun in buf: "name":"value". */
void member_text(Buf *buf, const char *name, Str value);
void member_time(Buf *buf, const char *name, Time value);

/* ---- a change of one's own (enrol.c) -------------------------------------------- */

/* What is to be written of the account, with one more item at most. Hold `change`. */
typedef struct {
    const AuthSession *session;
    Account *account;
    Str interaction, address, cookie;
    StoreItem more;
    Str codes[AUTH_RECOVERY_CODES];
    size_t code_count;
} Enrolment;

/* A factor was added to the account: writes it; with the first come recovery codes, and the session
 * is lifted. */
Status enrolment_add(Auth *auth, Ctx *cx, Enrolment *e, AuthWelcome *ret_welcome) MUST_USE;
/* One was taken away: writes it, unless it was the last and one is needed. */
Status enrolment_remove(Auth *auth, Ctx *cx, Enrolment *e) MUST_USE;
/* {"codes":[...]} */
Status enrolment_codes(Ctx *cx, const Enrolment *e, Str *ret_json) MUST_USE;

#endif
