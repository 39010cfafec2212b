/* http/serve_auth.h - what the handlers of sign-in and of one's own account share; private. */
#ifndef ACESO_HTTP_SERVE_AUTH_H
#define ACESO_HTTP_SERVE_AUTH_H

#include "auth/factors.h"
#include "auth/provider.h"
#include "http/request.h"
#include "json/json.h"

Str request_origin(const Request *rq); /* "https://chart.example.org" */
/* The body as an object. */
Status read_object(Request *rq, JsonValue **ret_root) MUST_USE;
Status need_text(Request *rq, const JsonValue *root, const char *name, Str *ret_text) MUST_USE;
Status read_proof(Request *rq, AuthProof *ret_proof) MUST_USE;
Status answer_json(Request *rq, unsigned http, Str json) MUST_USE;
/* The session under its new cookie, or what is wanted besides. */
Status answer_welcome(Request *rq, Status status, const AuthWelcome *welcome) MUST_USE;
/* When the session has another cookie now. */
Status set_new_cookie(Request *rq, const AuthWelcome *welcome) MUST_USE;

/* The session under its new cookie, or what is wanted besides the password. */
Status answer_welcome(Request *rq, Status status, const AuthWelcome *welcome) MUST_USE;
/* A refusal for want of a fresh proof says so to the app. */
Status with_hint(Request *rq, Status status) MUST_USE;

/* Of the browser that has asked for a card: bound to the ticket it gets. */
#define CARD_COOKIE STR("__Host-aceso-card")

#endif
