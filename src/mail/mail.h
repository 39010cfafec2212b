/* mail/mail.h - one letter to one person, over SMTP. With net the only home of libcurl.
 *
 * A server is "smtps://host:465" (TLS from the first byte), "smtp://host:587" (STARTTLS, and
 * nothing is sent without it) or "smtp+plain://localhost:25" (a relay on the same machine).
 * Certificates are checked as everywhere. SPEC RFC 5321, RFC 5322, RFC 3207, RFC 8314 */
#ifndef ACESO_MAIL_H
#define ACESO_MAIL_H

#include "base/base.h"

enum { MAIL_TEXT_BYTES_MAX = 64 * 1024 };

typedef struct {
    Str server;
    Str from;           /* "aceso@example.org" */
    Str user, password; /* empty: the server asks for none */
    unsigned timeout_s; /* 0 = 20 */
} MailOptions;

typedef struct {
    Str to; /* an address, without a name */
    Str subject, text;
} MailLetter;

/* STATUS_INVALID with an issue: what can never work. */
Status mail_check(Ctx *cx, const MailOptions *options) MUST_USE;
/* STATUS_UNAVAILABLE with an issue: not accepted, or not reached. Any thread. SLOW */
Status mail_send(Ctx *cx, const MailOptions *options, const MailLetter *letter) MUST_USE;
/* The message as it is sent, at a given time: for tests and the console. */
Status mail_message(Ctx *cx, const MailOptions *options, const MailLetter *letter, Time now,
                    Str *ret_message) MUST_USE;

#endif
