/* store/postgres/schema.h - the tables in the database: are they there, and making them. */
#ifndef ACESO_STORE_POSTGRES_SCHEMA_H
#define ACESO_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/link.h"

enum { SCHEMA = 10 }; /* the last migration: what this program was written for */

/* Links of SQL_LIST_NONE. STATUS_INVALID with a sentence: no tables, too old, too new. */
Status schema_probe(Ctx *cx, Link *link) MUST_USE;

/* Begins a transaction and applies in it what is missing; `role` (or empty) may use the tables,
 * `reader` (or empty) is what connections of readers become. STATUS_CONFLICT: nothing is missing.
 * The caller goes on in it, then schema_end. */
Status schema_make(Ctx *cx, Link *link, Str role, Str reader, bool *ret_new) MUST_USE;
/* Commits, or takes back and returns what went wrong. */
Status schema_end(Ctx *cx, Link *link, Status status) MUST_USE;

#endif
