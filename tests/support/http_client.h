/* tests/support/http_client.h - a small plain HTTP/1.1 client for tests: says exactly the
 * bytes it is told, also broken ones. */
#ifndef ACESO_TESTS_HTTP_CLIENT_H
#define ACESO_TESTS_HTTP_CLIENT_H

#include "base/base.h"

typedef struct {
    int fd;
    char *at; /* what was received and not yet read */
    size_t len;
    size_t room;
    Arena *arena;
} Client;

typedef struct {
    unsigned status; /* 0 = the connection ended without an answer */
    Str headers;     /* all header lines, CRLF between them */
    Str body;
    bool closed; /* the server ends the connection */
} Answer;

/* To 127.0.0.1; false when nobody listens. Answers live in the arena. */
bool client_open(Client *client, Arena *arena, uint16_t port);
void client_close(Client *client);
/* False when the connection is gone. */
bool client_send(Client *client, Str bytes);
/* Waits at most seconds; head: an answer to HEAD has no body. */
Answer client_receive(Client *client, bool head, unsigned seconds);
/* Value of a header, or empty. */
Str answer_header(const Answer *answer, Str name);
/* One request on an open connection. headers: lines that end in CRLF, or empty. */
Answer client_ask(Client *client, Str method, Str target, Str headers, Str body);

#endif
