/* record/operation_inner.h - what the files of operation.h share; private to them. */
#ifndef ACESO_RECORD_OPERATION_INNER_H
#define ACESO_RECORD_OPERATION_INNER_H

#include "record/internal.h"

struct OperationInner {
    Ctx *home, apart; /* the caller's, and the one for rows that are looked at one by one */
    Arena *scratch;
    const SearchSiblings *siblings;
    Scene scene; /* the caller's; `own` of it while the program itself looks */
    StoreReader *reader;
    bool own, peek, guarded;
    StoreWrite *writes;
    StoreJobAdd *jobs;
    StoreItem *items;
    const StoreItem *guard;
    Str *names, *facts_of; /* what its caller was shown, and what was written: for the audit */
    size_t write_count, job_count, item_count, name_count;
    bool answered;
};

/* Room for one more, in an array that doubles as it must; empty is NULL. */
void *operation_grown(Operation *op, void *old, size_t count, size_t each);

/* Body or query, as op->parameters. SPEC R4 operations.html#request */
Status operation_parameters(Operation *op) MUST_USE;

/* Who looks now, his scene, and the snapshot; it may be shut at any time. */
const Access *operation_asks(const Operation *op);
Scene operation_scene(const Operation *op);
Status operation_open(Operation *op) MUST_USE;
void operation_shut(Operation *op);
/* For the audit entry. */
Status operation_note(Operation *op, Str name, Str facts) MUST_USE;
/* A row as whoever looks now gets it. */
Status operation_show(Operation *op, const StoreRow *row, OperationRow *ret_row) MUST_USE;
/* A page of operation_find, from where *cursor says (empty: the first); *cursor is then where it
 * ends, in op->cx->arena; empty: behind the last. */
Status operation_page(Operation *op, Str type, Str query, size_t limit, Str *cursor,
                      OperationRows *ret_rows) MUST_USE;

/* Between operation_apart and operation_together. */
bool operation_is_apart(const Operation *op);
void operation_come_home(Operation *op);

#endif
