/* tests/support/peer.h - another server, for tests of what asks other servers: on a free port of
 * 127.0.0.1, with or without TLS by a CA of its own. It answers what a function of the test says.
 * One request a connection, one connection at a time. */
#ifndef ACESO_TESTS_PEER_H
#define ACESO_TESTS_PEER_H

#include <stdatomic.h>

#include "base/base.h"

typedef enum {
    PEER_PLAIN,
    PEER_TLS,            /* for localhost, 127.0.0.1 and peer.example.org */
    PEER_TLS_OTHER_NAME, /* for other.example.org */
    PEER_TLS_EXPIRED,
} PeerKind;

typedef struct {
    Str method, target, head, body;
} PeerQuestion;

/* The whole answer, or peer_answer(...); empty: the connection is closed without one. */
typedef Str (*PeerTold)(void *of, Arena *arena, const PeerQuestion *question);

typedef struct Peer Peer;

Peer *peer_start(PeerKind kind, PeerTold told, void *of);
void peer_stop(Peer *peer);
uint16_t peer_port(const Peer *peer);
/* "https://127.0.0.1:40001" */
Str peer_origin(const Peer *peer);
/* A file with the CA's certificate; empty of PEER_PLAIN. */
Str peer_ca_file(const Peer *peer);
unsigned peer_requests(const Peer *peer);
unsigned peer_connections(const Peer *peer);

/* `head`: lines that end in CRLF; or empty. */
Str peer_answer(Arena *arena, unsigned http, Str type, Str head, Str body);

#endif
