/* tests/unit/http_stub.h - stands in for record, store and auth, so that the server can be
 * tested by itself: one patient "1", a writer thread whose answers tests choose. */
#ifndef ACESO_TESTS_HTTP_STUB_H
#define ACESO_TESTS_HTTP_STUB_H

#include <stdatomic.h>

#include "http/http.h"

/* How the next commits end: this many conflicts first, then this status. */
extern atomic_int stub_conflicts;
extern _Atomic Status stub_commit_status;
extern atomic_uint stub_prepared; /* calls of interactions */
extern atomic_uint stub_commits;
extern atomic_int stub_commit_delay_ms;
/* Rows that were wished for, and whether the store keeps them back. */
extern atomic_uint stub_wishes;
extern atomic_bool stub_wishes_wait;
/* Every body that reached record_create, one after the other: equal on every try. */
extern char stub_last_body[256];

Record *stub_record(void);
void stub_start(void);
void stub_stop(void);

#define STUB_TOKEN  "aceso_good"
#define STUB_READER "aceso_reader"
#define STUB_COOKIE "good-cookie"

#endif
