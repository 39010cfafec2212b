/* store/postgres/link.h - a connection to the server, in pipeline mode: statements go out
 * together, answers come back in order. Every statement is prepared when it opens (sql.h).
 *
 * One thread at a time. Nothing here retries: a fault says what may be done about it. */
#ifndef ACESO_STORE_POSTGRES_LINK_H
#define ACESO_STORE_POSTGRES_LINK_H

#include "store/postgres/params.h"
#include "store/postgres/sql.h"

typedef enum {
    FAULT_NONE,
    FAULT_LOST,     /* the connection is gone; what was sent last may have been done */
    FAULT_AGAIN,    /* deadlock, serialisation: nothing was done, try once more */
    FAULT_TAKEN,    /* a key that must be unique was there: somebody was faster */
    FAULT_PASSED,   /* sql.h: FINISH; an epoch has passed, nothing was done */
    FAULT_FENCED,   /* sql.h: FINISH; this writer was declared dead */
    FAULT_LATE,     /* the deadline passed, or nobody waits */
    FAULT_FULL,     /* the server's disk is full */
    FAULT_READONLY, /* a standby: it takes no writes */
    FAULT_MEMORY,   /* here */
    FAULT_OTHER,
} Fault;

typedef struct {
    PGconn *conn;  /* NULL: closed */
    bool open;     /* a transaction that link_ask has begun goes on */
    unsigned owed; /* ends of pipelines whose answers nobody has looked at */
    char state[6]; /* SQLSTATE of the last fault */
} Link;

typedef struct {
    SqlName statement;
    const Params *params; /* NULL: none */
} Call;

/* Opens and prepares `list`; STATUS_UNAVAILABLE with a sentence. NUL-terminated conninfo. */
Status link_open(Ctx *cx, const char *conninfo, SqlList list, Link *ret_link) MUST_USE;
void link_close(Link *link);
bool link_is_open(const Link *link);

/* Sends all, waits for all. Without a fault results[i] answers calls[i] and is the caller's
 * (PQclear); with one there are none. cx gives the deadline and may be NULL. After
 * FAULT_LATE and FAULT_LOST the link is closed. */
Fault link_run(Link *link, Ctx *cx, const Call *calls, size_t count, PGresult **results) MUST_USE;
/* The same, within a transaction that goes on until link_end: without the mark that ends a pipeline
 * the server neither commits nor takes another snapshot, and no BEGIN is needed. A fault ends it.
 */
Fault link_ask(Link *link, Ctx *cx, const Call *calls, size_t count, PGresult **results) MUST_USE;
/* Ends the transaction, if one goes on; nobody waits for it. */
void link_end(Link *link);
/* Sends, and lets the next one pass over the answers. */
void link_post(Link *link, const Call *calls, size_t count);

/* A plain text of statements without values: making the schema. */
Status link_script(Ctx *cx, Link *link, const char *sql) MUST_USE;

/* The sentence for a fault while `doing`. */
Status link_fail(Ctx *cx, const Link *link, Fault fault, const char *doing);
Status fault_status(Fault fault);
const char *fault_name(Fault fault); /* a word for the log */

#endif
