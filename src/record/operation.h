/* record/operation.h - FHIR operations of the modules above the record: several reads and writes
 * as one interaction of one caller.
 *
 * A module gives its operations as a table (OperationKind); http finds the row and the caller.
 * What an operation reads is what its caller sees. What it writes is written by the caller's
 * rights, or on his behalf where the operation's own rules have decided (operation_own). Its
 * audit entry, all that it writes, its jobs and its items are one commit; when somebody was faster,
 * it runs again from the beginning. Whoever decides from what is not there (is this hour free?)
 * claims names for it first: see record/claim.h.
 *
 * SPEC R4 operations.html */
#ifndef ACESO_RECORD_OPERATION_H
#define ACESO_RECORD_OPERATION_H

#include "record/record.h"

typedef struct Operation Operation;
struct SearchSiblings; /* search/search.h */

typedef enum {
    OPERATION_ON_TYPE = 1,     /* [base]/Appointment/$find */
    OPERATION_ON_INSTANCE = 2, /* [base]/Appointment/1/$cancel */
    OPERATION_ON_SYSTEM = 4,   /* [base]/$today */
    OPERATION_OPEN = 8,        /* also for who has not signed in: call->access is NULL then */
} OperationPlace;

typedef struct {
    Str type; /* "Appointment"; empty: on the system alone */
    Str name; /* "$find" */
    unsigned places;
    bool reads; /* changes nothing: GET too, and by who may only read */
    Status (*run)(Operation *op);
} OperationKind;

/* What a module offers. */
typedef struct OperationSet {
    const OperationKind *kinds;
    size_t count;
} OperationSet;

typedef struct {
    const OperationKind *kind;
    Str id;          /* of the instance, or empty */
    Body body;       /* Parameters, or nothing: then the query is the parameters */
    bool stepped_up; /* the caller has just proved again who he is */
} OperationAsked;

/* A row of the chart. */
typedef struct {
    Str type, id;
    Str name;            /* "Appointment/1" */
    JsonValue *resource; /* as the caller gets it; of operation_own: whole */
    StoreRow row;
} OperationRow;
typedef struct {
    OperationRow *rows;
    size_t count;
} OperationRows;

enum {
    OPERATION_WRITES_MAX = 500,
    OPERATION_FIND_MAX = 1000,
    OPERATION_APART_MAX = 10000, /* writes that are made one by one, apart */
};

struct Operation {
    Record *record;
    Ctx *cx;
    const Call *call;
    OperationAsked asked;
    JsonValue *parameters; /* a Parameters resource; NULL: none came */
    Reply *reply;
    Time now;
    struct OperationInner *inner; /* operation.c's own */
};

/* Of a job of this kind: what belongs to the resource that its payload names gets its facts
 * (owned.c). As the program, with the query "owner=" and that name. */
#define RECORD_FOLLOW_JOB "follow-owner"
extern const OperationKind record_follow;

/* Prepares one, as any interaction of record.h. */
Status record_operation(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                        Reply *reply);

/* The same for somebody who has not signed in, of a kind that is open to him. There is nobody whose
 * rights could be asked: it reads as the program itself, says only what is about no patient, writes
 * nothing, and leaves no entry on the audit log. */
Status record_operation_open(Record *record, Ctx *cx, const Call *call, const OperationAsked *asked,
                             Reply *reply);

/* ---- what was asked --------------------------------------------------------------------- */

/* The value of the i-th parameter of that name, whatever its type; NULL: there is none. */
JsonValue *operation_value(const Operation *op, Str name, size_t i);
/* The same as text: a string, code, instant, number, or the reference of a Reference. */
Str operation_text(const Operation *op, Str name, size_t i);
/* STATUS_INVALID with an issue that names it. */
Status operation_need(const Operation *op, Str name, Str *ret_text) MUST_USE;

/* ---- who asks --------------------------------------------------------------------------- */

/* His part in care, as by his rights (access/rules.h: ROLE_GP ...). */
AccessRole operation_role(const Operation *op);
/* "Practitioner/1", or empty for a program. */
Str operation_who(const Operation *op);
/* The caller with his rights on the snapshot, for access_sees. */
Status operation_access(Operation *op, const Access **ret_access) MUST_USE;
/* STATUS_FORBIDDEN with an issue, unless the caller has just proved again who he is; the answer
 * tells the app that a proof is all that is wanting. */
Status operation_need_step_up(Operation *op) MUST_USE;

/* Whether somebody else, in that role under that name ("gp", "Practitioner/1"), has a link with the
 * patient by which he writes what is of the class: for choosing whom to ask. */
Status operation_other_writes(Operation *op, Str role, Str who, Str patient, AccessClass class,
                              bool *ret_writes) MUST_USE;

/* Whether the patient ("Patient/1") has shut the caller out, so that no link of his shows anything;
 * `broken`: not even a broken glass. */
Status operation_shut_out(Operation *op, Str patient, bool broken, bool *ret_shut) MUST_USE;

/* Of telephone numbers that name none: the digits of its code. */
Str operation_country(const Operation *op);

/* ---- reading: on one snapshot ------------------------------------------------------------- */

/* STATUS_NOT_FOUND with an issue when there is none, it is deleted, or not for the caller. */
Status operation_get(Operation *op, Str type, Str id, OperationRow *ret_row) MUST_USE;
/* What matches a query of search ("actor=Practitioner/1&date=ge2026-11-02", already encoded), the
 * newest first by their clinical dates (search.h). Of more than `limit` (OPERATION_FIND_MAX at
 * most), nobody hears of the others: who must not overlook one asks with operation_each. Nothing
 * about the answer (_sort, _count) may stand in it. */
Status operation_find(Operation *op, Str type, Str query, size_t limit,
                      OperationRows *ret_rows) MUST_USE;
/* From now on, reads and writes are the program's own (true), or the caller's again: for what the
 * module has a rule of its own for, which it has asked before. Rows that are read so are never
 * part of an answer as they are. Returns what it was. */
bool operation_own(Operation *op, bool own);
/* From now on, rows that the caller is not shown, because they only decide (true): the audit entry
 * does not name them. What is shown of them after all: operation_shows. Returns what it was. */
bool operation_peek(Operation *op, bool peek);
/* For interactions of record.h within this one, each with an entry of its own on the audit log
 * before it answers: the call of whoever acts now (operation_own), without a query or conditions.
 * Nothing of a snapshot is kept over one: what was read before may be older. */
Call operation_call(const Operation *op);
/* An item of the store (store.h). STATUS_NOT_FOUND without an issue. */
Status operation_item(Operation *op, Str space, Str key, Str *ret_value) MUST_USE;
/* All items of a space in key order. */
Status operation_items(Operation *op, Str space, StoreItem **ret_items, size_t *ret_count) MUST_USE;

/* The rows of a type that changed since the change number *change, as they are on this snapshot
 * (deleted ones without a resource), for whoever remembers what he read; read as the program.
 * *change is then that of the snapshot; UINT64_MAX asks for it alone. *ret_many: more than
 * OPERATION_FIND_MAX, and none are told. */
Status operation_changed(Operation *op, Str type, uint64_t *change, OperationRows *ret_rows,
                         bool *ret_many) MUST_USE;
/* What a module remembers between operations on one record: made at the first question, released
 * with the record. Its own locks. NULL: no memory. */
typedef struct {
    void *(*make)(void);
    void (*release)(void *thing);
} OperationMemory;
void *operation_memory(Operation *op, const OperationMemory *kind);

/* Nobody else decides about one of these names between now and the commit. Before anything is
 * read: what was read already is given up, and the next read is on a new snapshot. Once. */
Status operation_claim(Operation *op, const Str *names, size_t count) MUST_USE;

/* ---- writing: all in one commit ------------------------------------------------------------ */

/* The resource is validated; what it may hold is asked as for any write. *ret_name (or NULL):
 * "Appointment/1". */
Status operation_create(Operation *op, Str type, JsonValue *resource, Str *ret_name) MUST_USE;
/* In place of the row as it was read, if nobody changes it meanwhile (CONFLICT, and all of it runs
 * again). */
Status operation_update(Operation *op, const OperationRow *row, JsonValue *resource) MUST_USE;
Status operation_delete(Operation *op, const OperationRow *row) MUST_USE;
/* From now on, writes are held to the guards of their types (RecordOptions.guards), as direct
 * writes by people are. */
void operation_guarded(Operation *op);
/* The row with a JSON Patch on it (text of an array of operations). */
Status operation_patch(Operation *op, const OperationRow *row, Str patch) MUST_USE;
/* The row with another status than it has, and nothing else changed. */
Status operation_set_status(Operation *op, const OperationRow *row, const char *status) MUST_USE;
/* Strings are borrowed until the commit: let them live in op->cx->arena. */
Status operation_add_job(Operation *op, const StoreJobAdd *job) MUST_USE;
Status operation_add_item(Operation *op, const StoreItem *item) MUST_USE;
/* The commit holds only while this item's value is what was read (empty: there was none). Once. */
void operation_guard_item(Operation *op, const StoreItem *as_read);

/* A row that was read as the program's own is shown, by a rule of the module: for the audit entry.
 */
Status operation_shows(Operation *op, const OperationRow *row) MUST_USE;
/* For the audit entry: names of what was asked, never values. Borrowed until the commit. */
void operation_audit_query(Operation *op, Str names);
/* Why, in the caller's words. Only the patient and the auditor read it. Borrowed as well. */
void operation_audit_reason(Operation *op, Str reason);
/* The row is what it was asked about: the entry names it, sealed under its patient's key. */
void operation_about(Operation *op, const OperationRow *row);

/* What is written with what is written from now on, for facts that belong to another resource; or
 * NULL. */
void operation_beside(Operation *op, const struct SearchSiblings *siblings);
/* The row stays as it is, but what it belongs to does not: its facts are made anew. */
Status operation_relabel(Operation *op, const OperationRow *row) MUST_USE;

/* ---- many: one after the other --------------------------------------------------------------- */

/* Between the two, what lives in cx->arena is gone at the end (op->cx is another one then), and
 * writes are kept packed: operation_written does not tell of them. Never one in another. After a
 * failure in between nothing is to be closed. */
Status operation_apart(Operation *op) MUST_USE;
void operation_together(Operation *op);
/* All rows that match a query of operation_find, however many they are: a page after the other of
 * one snapshot, each of them apart, in the same order. A row lives until take is back; what take
 * makes in op->cx->arena does so too. Not within another, nor apart. */
typedef Status (*OperationTake)(void *of, const OperationRow *row);
Status operation_each(Operation *op, Str type, Str query, OperationTake take, void *of) MUST_USE;
/* Numbers of all rows that name "Patient/1" in a reference that can be searched, or belong to that
 * patient, ascending; whoever asks. STATUS_TOO_LARGE with an issue when there are more than
 * OPERATION_APART_MAX. */
Status operation_referring(Operation *op, Str name, uint64_t **ret_rids,
                           size_t *ret_count) MUST_USE;
/* The row of a number, as the program reads it; STATUS_NOT_FOUND without an issue: deleted. */
Status operation_row(Operation *op, uint64_t rid, OperationRow *ret_row) MUST_USE;
/* An old version of a row; STATUS_NOT_FOUND without an issue. */
Status operation_version(Operation *op, const OperationRow *row, uint32_t version,
                         OperationRow *ret_row) MUST_USE;
size_t operation_write_count(const Operation *op);

/* ---- answering ------------------------------------------------------------------------------ */

/* JSON of a resource. Without a call of it: 200 and the first write, as its caller sees it; no
 * write: 204. */
void operation_answer(Operation *op, unsigned http, Str body);
/* Bytes of another kind: 200. type is a literal, file_name ASCII without quotes, or empty. */
void operation_answer_bytes(Operation *op, const char *type, Str file_name, Str bytes);
/* What the i-th write made, as the caller sees it; empty: nothing that he sees. */
Status operation_written(Operation *op, size_t i, Str *ret_body) MUST_USE;
/* The same whole, where a rule of the module lets him see it. */
Status operation_made(Operation *op, size_t i, Str *ret_body) MUST_USE;

#endif
