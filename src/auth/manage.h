/* auth/manage.h - how an administrator looks after the accounts of others, in a browser.
 *
 * What changes an account is in auth.h and factors.h (auth_account_change, auth_account_block,
 * auth_invite, auth_factors_reset, auth_session_end); here is what he is shown of them. One rule
 * holds for all of those when an administrator asks and not the operator: somebody who administers
 * remains. docs/adr/0163, docs/guide/administration.md */
#ifndef ACESO_AUTH_MANAGE_H
#define ACESO_AUTH_MANAGE_H

#include "auth/auth.h"

enum { AUTH_ACCOUNTS_PAGE = 50, AUTH_ACCOUNTS_PAGE_MAX = 200 };

typedef struct {
    Str words; /* each in the user's name, the name shown, the mail address or the reference */
    Str role;  /* one of auth_roles, or empty */
    Str state; /* "active", "invited", "ended", or empty */
    Str after; /* only names behind this one */
    size_t limit;
} AuthAccountQuery;

/* The query of an address: search=, role=, state=, after=, count=. STATUS_INVALID names what is
 * wrong. */
Status auth_accounts_asked(Ctx *cx, Str query, AuthAccountQuery *ret_query) MUST_USE;

/* {"accounts":[{"user","display","role","reference","language","mail","state","created",
 *               "signedIn","seen","sessions","factors":["totp"],"own"}],"next":"name"|null,"all":N}
 * "signedIn": the last sign-in since 0.6, or null; "seen": of a living session, or null. Never a
 * secret. Only for administrators; it stands on the audit log. SLOW */
Status auth_accounts_json(Auth *auth, Ctx *cx, const Access *by, const AuthAccountQuery *query,
                          Str *ret_json) MUST_USE;

#endif
