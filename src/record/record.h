/* record/record.h - the one door to the chart.
 *
 * REST, bundles, the demo and the CLI all pass through here, so that validation, access,
 * indexing and audit cannot be forgotten. Only record calls a writing function of store
 * for resources.
 *
 * An interaction *prepares*: it fills a Reply and, in reply->commit, what must be durable
 * before the reply leaves (at least its audit entry). The caller submits the commit:
 * record_finish() does it and waits; http suspends the connection instead. When the commit
 * or the interaction ends with STATUS_CONFLICT and reply->retry is set, somebody was faster:
 * prepare again.
 * However it ends, record_settled() says so.
 *
 * On failure an interaction returns the status, has put issues on cx, and reply->commit
 * still holds the audit entry of the failed attempt: submit it all the same.
 *
 * SPEC R4 http.html */
#ifndef ACESO_RECORD_H
#define ACESO_RECORD_H

#include "access/access.h"
#include "base/base.h"
#include "json/json.h"
#include "store/store.h"

/* A module's rule about writes of its type that come by other ways than its operations
 * (operation.h): refuses, with an issue. before and after as stored; NULL: there is none. Asked of
 * people and their programs, not of programs of the network, which bring what was decided
 * elsewhere. */
typedef struct {
    Str type; /* "Appointment" */
    Status (*check)(Ctx *cx, const Access *writer, const JsonValue *before, const JsonValue *after);
} RecordGuard;

typedef struct {
    bool client_ids;           /* PUT to an id that does not exist creates it (upsert) */
    size_t resource_bytes_max; /* one resource, 0 = 16 MB */
    size_t bundle_entries_max; /* 0 = 100,000 */
    /* What one DELETE by condition may remove, up to 500; 0 = 1: several matches are refused. */
    size_t conditional_deletes;
    /* "https://host/fhir": references written with it in front are to this record. Empty = none. */
    Str base;
    bool programs;                      /* src/oauth is served beside: /metadata says where */
    bool words;                         /* _text and _content from the index (search.h) */
    Str country;                        /* of telephone numbers that name none (search.h) */
    size_t changes_max;                 /* of a search's pages (search.h); 0 = usual */
    const struct RightsOptions *rights; /* rules and their like (rights/rights.h); NULL = usual */
    const RecordGuard *guards;          /* must outlive the record */
    size_t guard_count;
    const struct OperationSet
        *operations; /* for the CapabilityStatement; they outlive the record */
    size_t operation_count;
    Str label_rules; /* of the site, behind the program's own: JSON (access/label.h) */
} RecordOptions;

typedef struct Record Record;
/* access: of the program itself, for its own settings (auth_operator). */
Status record_new(Ctx *cx, Store *store, const Access *access, const RecordOptions *options,
                  Record **ret_record) MUST_USE;
void record_free(Record *record);
Store *record_store(Record *record);
/* What is searched by, for whoever makes it anew: search_indexer_start and its kin. */
struct Search *record_index(Record *record);
/* What everybody is entitled to (rights/rights.h). */
struct RightsBook *record_rights(Record *record);

/* The bytes of a document that stand in pieces beside the Binary that names them: content.h. */
typedef struct {
    Str id; /* empty: there are none */
    uint64_t bytes;
    Str sha256; /* in hex */
} RecordContent;
/* One that came ahead of its Binary. */
typedef struct {
    RecordContent content;
    Str beginning;   /* of its bytes, for who looks what it is */
    StorePiece last; /* which is stored with the resource */
} RecordUpload;

/* Who calls, and how: the same for every interaction. Strings are borrowed. */
typedef struct {
    const Access *access;
    Str base;    /* "https://host/fhir", no slash at the end */
    Str address; /* client's address, for audit */
    Str if_match, if_none_match, if_modified_since, if_none_exist; /* raw header values */
    Str prefer;                                                    /* raw Prefer header */
    Str query;                  /* raw query string, without '?' */
    bool head;                  /* HEAD: the caller drops the body itself */
    const RecordUpload *upload; /* of a create of a Binary: its bytes, or NULL */
    bool streams;               /* a read that takes reply->content for an answer */
    /* What memory has may be answered unasked: whoever calls prepares again when the commit was
     * `stale`, and does not say so for ever. */
    bool unasked;
    bool absent; /* of a read: the store has just said that it has no such row (record_lacks) */
} Call;

typedef struct {
    Status status;            /* STATUS_OK, or why not */
    unsigned http;            /* 200, 201, 204, 304; set when status is STATUS_OK */
    Str body;                 /* JSON, unless content_type says otherwise; empty = none */
    const char *content_type; /* of a file; NULL: of FHIR. Lives as the body does */
    Str file_name;            /* of a file that is to be kept; or empty */
    uint32_t version;         /* ETag W/"version"; 0 = none */
    Time updated;             /* Last-Modified; 0 = none */
    Str location;             /* Location, or empty */
    RecordContent content; /* with an id: `body` is a Binary without its data and its last brace */
    bool wants_step_up;    /* a refusal that a fresh proof of who he is would mend */
    bool retry;
    StoreCommit commit;
    struct Claim *claim; /* record's own: on the condition that the commit decides */
    Record *record;      /* record's own: whose index is held, until record_settled */
    unsigned hold;
} Reply;

/* type and id as they stand in the address; unknown types answer STATUS_NOT_FOUND. */
Status record_read(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply);
/* Whether the row that such a read wants is not in memory and should be wished for (store_wish)
 * before the read is prepared. Says nothing of whoever asks. */
bool record_lacks(Record *r, Str type, Str id, StoreWish *ret_wish);
Status record_vread(Record *r, Ctx *cx, const Call *call, Str type, Str id, Str version,
                    Reply *reply);
/* A piece of what an answer of record_read or record_vread named. */
Status record_content(Record *r, Ctx *cx, const RecordContent *content, uint64_t number,
                      Str *ret_bytes) MUST_USE;
/* body: text of `len` bytes that may be overwritten, with JSON_PADDING bytes behind it. */
typedef struct {
    char *at;
    size_t len;
} Body;
/* Writes. An empty id, or a create with call->if_none_exist: of the resource that a condition
 * names, in call->query or there. These may wait for others who decide about the same
 * condition: run them on a worker. SPEC R4 http.html#ccreate, http.html#cond-update */
Status record_create(Record *r, Ctx *cx, const Call *call, Str type, Body body, Reply *reply);
Status record_update(Record *r, Ctx *cx, const Call *call, Str type, Str id, Body body,
                     Reply *reply);
Status record_patch(Record *r, Ctx *cx, const Call *call, Str type, Str id, Body body,
                    Reply *reply);
Status record_delete(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply);
/* type and id may be empty: history of the type, of the system. */
Status record_history(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply);
/* Where a search looks: at one type or, when it is empty, at all of them; everywhere, or at
 * what belongs to a compartment ("Patient", "1"). */
typedef struct {
    Str type;
    Str compartment, id;
} RecordScope;
/* GET or POST _search: query in call->query. SPEC R4 http.html#search */
Status record_search(Record *r, Ctx *cx, const Call *call, const RecordScope *scope, Reply *reply);
/* POST [base]: batch or transaction. May take long: run it on a worker. */
Status record_bundle(Record *r, Ctx *cx, const Call *call, Body body, Reply *reply);
/* GET Patient/[id]/$who-looked?language=fr: Parameters, an `entry` for each time somebody did
 * something with the record of this patient, in words, newest first, in pages (`next`).
 * docs/guide/audit.md */
Status record_who_looked(Record *r, Ctx *cx, const Call *call, Str id, Reply *reply);
/* Erases a patient: docs/guide/privacy.md. For src/privacy, which asks first whether it may be. */
typedef struct {
    size_t resources, versions; /* deleted; old bodies that are gone */
    size_t shared;              /* about others too: they stay */
    uint64_t last_rid;          /* record's own */
    bool more;
} RecordErased;
Status record_erase(Record *r, Ctx *cx, Str patient_id, Str reason,
                    RecordErased *ret_done) MUST_USE;
/* Index keys for what was added to the audit log, up to `leave` entries of it. A job is patient: it
 * rests between its commits; who asks for the log now is not. */
Status record_index_audit(Record *r, Ctx *cx, uint64_t leave, bool patient) MUST_USE;
/* The rules that hold (access/rules.h). */
struct Rules;
void record_rules(Record *record, struct Rules *ret_rules);

/* The query of $explain-access: user and patient, decoded. */
Status record_explain_asked(Ctx *cx, Str query, Str *ret_user, Str *ret_patient) MUST_USE;
/* What somebody with this role and reference sees of "Patient/1", and why, as JSON
 * (rights_why_json). Whether the caller may ask is for whoever calls this. */
Status record_explain(Record *r, Ctx *cx, const Call *call, Str role, Str reference, Str patient,
                      Reply *reply);
/* GET [base]/metadata: no sign-in, no audit. */
Status record_metadata(Record *r, Ctx *cx, const Call *call, Reply *reply);

/* The commit of the reply has ended, well or not: call it on any thread, before anything is
 * prepared again. (record_finish does.) */
void record_settled(Reply *reply);

/* What was prepared with the call was `stale`: the caller may be somebody who was signed out on
 * another node. STATUS_UNAUTHORIZED when he is. */
Status record_renew(Ctx *cx, Call *call, const Reply *reply) MUST_USE;

/* For CLI, demo and tests: commits reply->commit and waits. STATUS_CONFLICT with
 * reply->retry: prepare again (with the original body bytes). */
Status record_finish(Record *r, Ctx *cx, const Call *call, Reply *reply);

#endif
