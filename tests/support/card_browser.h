/* tests/support/card_browser.h - a TLS client with a card in its reader: one request on one
 * connection to 127.0.0.1. */
#ifndef ACESO_TESTS_CARD_BROWSER_H
#define ACESO_TESTS_CARD_BROWSER_H

#include "support/card_ca.h"
#include "support/http_client.h"

/* card NULL: none. `version`: 12 or 13. `headers`: lines that end in CRLF. status 0: no answer, or
 * no handshake. `asked`: whether the server asked for a certificate. */
Answer card_browser_get(Arena *arena, uint16_t port, Str target, Str headers, const Card *card,
                        int version, bool *ret_asked);

#endif
