/* auth/attempt.h - attempts to sign in, and on (sign_in.c, welcome.c). Private to auth. */
#ifndef ACESO_AUTH_ATTEMPT_H
#define ACESO_AUTH_ATTEMPT_H

#include "auth/account.h"
#include "auth/change.h"
#include "auth/lockout.h"

typedef struct {
    Str interaction; /* for the audit log: "sign-in", "unlock", "step-up" */
    Str user;        /* folded; as typed when it cannot be anybody's name */
    Account account; /* all empty when there is none */
    bool known;
    bool account_changed;
    LockoutKeys keys;
    Str better_hash; /* today's cost, when the stored one is outdated */
    Str address, device, old_cookie;
    const Handle *goes_on; /* the session that gets another cookie; NULL: a new one begins */
    unsigned way;          /* what was shown besides the password */
    unsigned before;       /* AUTH_BY_: what was shown a moment before that */
    const char *detail;    /* for the audit log, in place of the way's name; or NULL */
    bool strong;           /* and that is a second factor, though none of ours */
} Attempt;

/* For the audit log, with this outcome. */
Change attempt_change(const Attempt *attempt, Status outcome);
Status attempt_begin(Auth *auth, Ctx *cx, Str user, Attempt *attempt) MUST_USE;
/* Counts it as a failure, in advance. STATUS_LOCKED_OUT with an issue. */
Status attempt_count(Auth *auth, Ctx *cx, const Attempt *attempt, unsigned *ret_wait_s) MUST_USE;
/* It was wrong. Hold `change`. STATUS_UNAUTHORIZED with this sentence. */
Status attempt_refuse(Auth *auth, Ctx *cx, const Attempt *attempt, const char *sentence) MUST_USE;
/* It was right: a session, in the store and then in memory. Hold `change`. */
Status attempt_welcome(Auth *auth, Ctx *cx, Attempt *attempt, AuthWelcome *ret_welcome) MUST_USE;
/* Checks what is shown against the account as it is now and ends in one of the two above.
 * `password`: whether a password was right already, or is in the proof. */
Status attempt_with_factor(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                           const Ticket *ticket, AuthWelcome *ret_welcome) MUST_USE;
/* A password that was right: a session, or the ticket for what is wanted too. Hold `change`. */
Status attempt_with_password(Auth *auth, Ctx *cx, Attempt *attempt, Str origin,
                             AuthWelcome *ret_welcome) MUST_USE;
/* Counts, then attempt_with_factor. */
Status attempt_finish(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                      const Ticket *ticket, AuthWelcome *ret_welcome) MUST_USE;
Status password_compare(Auth *auth, Ctx *cx, const Attempt *attempt, Str password,
                        bool *ret_right) MUST_USE;

#endif
