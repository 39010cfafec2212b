/* record/internal.h - what the interactions share: the scene of one call, and plans of
 * writes. */
#ifndef ACESO_RECORD_INTERNAL_H
#define ACESO_RECORD_INTERNAL_H

#include "access/label.h"
#include "audit/seal.h"
#include "fhir/fhir.h"
#include "record/claim.h"
#include "record/content.h"
#include "record/metadata.h"
#include "record/operation.h"
#include "record/record.h"
#include "rights/rights.h"
#include "search/search.h"

enum {
    RESOURCE_BYTES_MAX = 16 << 20,
    BINARY_BYTES_MAX = 140 << 20, /* 100 MB in base64 */
    BUNDLE_ENTRIES_MAX = 100000,
    HISTORY_COUNT_DEFAULT = 50,
    HISTORY_COUNT_MAX = 1000,
    RETRIES_MAX = 16,
    CONDITIONAL_DELETES_MAX = 500, /* a search shows 1,000 at most */
    ANSWER_BYTES_MAX = 256 << 20,
    RECORD_MEMORIES_MAX = 8,
};

struct Record {
    Store *store;
    Search *search;
    RightsBook *rights;
    RecordOptions options;
    const Access *self; /* the program's own */
    Labels *labels;
    uint16_t param_type; /* SearchParameter */
    Metadata metadata;
    Claims claims;
    AuditKeys *audit_keys;
    uint16_t binary_type;
    pthread_rwlock_t listening; /* who is told of writes: changes.h */
    void (*wrote)(void *owner);
    void *listener;
    uint16_t audit_type; /* AuditEvent, which is no resource of the store: audit_event.h */
    struct {
        const OperationMemory *kind;
        void *thing;
    } memories[RECORD_MEMORIES_MAX];
    pthread_mutex_t remembering;
    Arena *forever;
};

/* One interaction on its way: what it knows, and the audit entry that grows with it. */
typedef struct {
    Record *record;
    Ctx *cx;
    const Call *call;
    Reply *reply;
    AuditEntry audit;
    const Access *access; /* the caller with his rights; NULL before scene_read */
    StoreSeen seen;       /* what was taken from memory unasked */
    uint64_t epoch;       /* of the search parameters, before keys were made with them */
    uint16_t type;        /* 0 = none named */
    bool by_condition;    /* a write whose resource a condition names */
    bool audited;         /* the entry went with a commit of the interaction's own */
    Str *names;           /* what a search shows, as it goes into the audit entry */
    Str *facts_of;        /* and whom each is about */
    size_t entries;       /* of the Bundle that a search answers, so far */
    /* Hashes of records that were merged into the one whose log is looked at: trail.h. */
    uint64_t merged[8], merged_into;
    size_t merged_count;
} Scene;

/* Opens the scene: clears the reply, starts the audit entry. */
Scene scene_begin(Record *record, Ctx *cx, const Call *call, Reply *reply, Str interaction);
/* Names the type and id; STATUS_NOT_FOUND for an unknown type, INVALID for a broken id. */
Status scene_target(Scene *scene, Str type, Str id);
/* A commit with writes has ended well: changes.h. */
void changes_tell(Record *record);
/* Packs the audit entry, as it stands and with this outcome, into a commit. */
Status scene_audit(Scene *scene, Status outcome, StoreCommit *commit);
/* A commit of its own was stale: who calls may have been signed out. */
Status scene_renew(Scene *scene) MUST_USE;
/* Its audit entry, made durable here: for what cannot be prepared a second time. */
Status scene_audit_now(Scene *scene) MUST_USE;
/* What the writes of a commit make outdated. */
void scene_raise(const Record *record, StoreCommit *commit);
/* Ends it: packs the audit entry with the outcome into the commit, returns status. */
Status scene_end(Scene *scene, Status status);

/* ---- who asks: caller.c ---------------------------------------------------------------- */

/* His rights as of now, for what looks at no row. */
Status scene_know(Scene *scene) MUST_USE;
/* A snapshot of the store for the caller, with his rights in it: the only way to rows. */
Status scene_read(Scene *scene, StoreReader **ret_reader) MUST_USE;
/* The same by memory alone, as far as that goes: STATUS_CONFLICT from any question means to begin
 * again with the other one. What it has answered is named by the commit of the audit entry. */
Status scene_read_unasked(Scene *scene, StoreReader **ret_reader) MUST_USE;
void scene_saw(Scene *scene, StoreReader *reader);
/* What was decided by his rights holds while they do. */
void scene_name_epoch(const Scene *scene, StoreCommit *commit);
/* STATUS_FORBIDDEN when the scopes of his token leave no such letter (rights.h) of the type. */
Status scene_need(const Scene *scene, uint16_t type, uint8_t letter) MUST_USE;

bool scene_may(const Scene *scene, uint16_t type, uint8_t letter);
/* Where a history goes on, for its link: bound to who asks and to what, and sealed, since numbers
 * of changes tell how many there are that he does not see. A program that sees everything gets the
 * number. */
Status scene_make_link(const Scene *scene, uint64_t change, Str *ret_token) MUST_USE;
Status scene_open_link(const Scene *scene, Str token, uint64_t *ret_change) MUST_USE;

/* Whether the row exists for him. The others: STATUS_NOT_FOUND when there is none, or not for
 * him. */
bool scene_sees(const Scene *scene, const StoreRow *row);
Status scene_get(const Scene *scene, StoreReader *reader, uint16_t type, Str id, bool with_body,
                 StoreRow *ret_row) MUST_USE;
Status scene_get_now(Scene *scene, Str id, StoreRow *ret_row) MUST_USE;
Status scene_get_version(Scene *scene, StoreReader *reader, Str id, uint32_t version,
                         StoreRow *ret_row) MUST_USE;
/* The scene of one entry, which writes a resource of this type: its caller may have letters of it
 * that he has under conditions alone (conditioned.h). The reader asks for him from now on. */
Status scene_of_entry(const Scene *scene, StoreReader *reader, uint16_t type,
                      Scene *ret_scene) MUST_USE;
/* For writes, with its body: *ret_row stays empty (rid 0) when there is none, or not for him. */
Status scene_current(const Scene *scene, StoreReader *reader, uint16_t type, Str id,
                     StoreRow *ret_row) MUST_USE;

/* The body of a row as he gets it. Within it, what names a content stays: for what goes on with it;
 * scene_show puts the content in its place. */
Status scene_reduce(const Scene *scene, Ctx *cx, uint16_t type, Str facts, Str body,
                    Str *ret_body) MUST_USE;
Status scene_show(const Scene *scene, Ctx *cx, uint16_t type, Str facts, Str body,
                  Str *ret_body) MUST_USE;
/* The same for a view, which is made of it then: a content that the view leaves out is not read. */
Status scene_show_for(const Scene *scene, Ctx *cx, const FhirView *view, const StoreRow *row,
                      Str *ret_body) MUST_USE;
/* What he wants to write, with what he does not see of the row it is written over; a part that is
 * tagged so is refused where nothing is hidden from him. */
Status scene_restore(const Scene *scene, Ctx *cx, const StoreRow *before,
                     JsonValue **resource) MUST_USE;

/* ---- conditions of HTTP ------------------------------------------------------------ */

/* If-Match against the current version. STATUS_PRECONDITION with an issue. */
Status check_if_match(Ctx *cx, Str if_match, const StoreRow *current);
/* A write with If-None-Match ("*": only when there is nothing yet). SPEC RFC 9110 13.1.2 */
Status check_if_none_match(Ctx *cx, Str if_none_match, const StoreRow *current);
/* Whether If-None-Match or If-Modified-Since says that the client has this row. */
bool client_has(const Call *call, const StoreRow *row);
/* Fills version, updated of the reply, and the body unless Prefer says otherwise. */
typedef enum { RETURN_REPRESENTATION, RETURN_MINIMAL, RETURN_OUTCOME } ReturnKind;
ReturnKind preferred_return(Str prefer, ReturnKind otherwise);
/* handling=lenient. SPEC R4 search.html#errors */
bool prefers_lenient(Str prefer);

/* ---- writes ------------------------------------------------------------------------- */

/* What a write is to do, before it knows its bytes. */
typedef struct {
    const Access *writer; /* with his rights */
    StoreMethod method;
    uint16_t type;
    Str id;
    bool id_is_fresh;
    JsonValue *resource;            /* checked; NULL = delete */
    const StoreRow *before;         /* the current version with its body; NULL = there is none */
    const SearchSiblings *siblings; /* what is written with it; NULL: nothing */
    StoreCommit *commit;            /* that it goes into, for what follows it; NULL: nothing does */
    Arena *kept;                    /* what lives as long as the commit; NULL: that of cx */
    bool many;                      /* of thousands: no job for each (owned.c) */
    const RecordUpload *upload;     /* the bytes of a new Binary; NULL: they stand in it */
    bool by_operation;              /* whose own rules were asked: guards are not */
} Change;

/* Packed facts of the change, and meta.security as it is to be stored (label_security). */
Status label_change(const Record *record, Ctx *cx, const Change *change, Str *ret_facts,
                    Str *ret_security);
/* What belongs to the resource and must have its new facts: as rekeys of change->commit. owned.c */
Status owned_follow(const Record *record, Ctx *cx, const Change *change,
                    const StoreWrite *write) MUST_USE;
/* Other facts for a row as it stands, with this commit, whose rekeys are made by this alone. */
Status owned_new_facts(StoreCommit *commit, Arena *kept, const StoreRow *row, Str facts) MUST_USE;
/* Version, facts, bytes and index keys of the change; STATUS_FORBIDDEN when the writer may not make
 * it. */
Status plan_write(const Record *record, Ctx *cx, const Change *change, StoreWrite *ret_write);

/* Whether the caller may make the change, by the facts before and after it. */
Status caller_may_write(const Record *record, Ctx *cx, const Change *change,
                        const StoreWrite *write) MUST_USE;

/* ---- contents: content.c ------------------------------------------------------------- */

/* The resource with the name of its content in it. */
Status content_name(Ctx *cx, const RecordContent *content, JsonValue **resource) MUST_USE;
/* STATUS_UNPROCESSABLE: it names one that is not its own. */
Status content_check(const Record *record, Ctx *cx, const Change *change) MUST_USE;
/* What belongs to the commit of a resource whose content has come. */
Status content_join(Ctx *cx, const RecordUpload *upload, StoreCommit *commit) MUST_USE;
/* What belongs to a commit after which nothing names this content. */
Status content_leave(Ctx *cx, Str id, StoreCommit *commit) MUST_USE;

/* A new id: 10 characters of milliseconds, 16 of chance, so that new ids sort behind
 * old ones. */
Str new_id(Ctx *cx);

/* The most bytes that one of the type may have. */
size_t resource_bytes_max(const Record *record, uint16_t type);
Status check_resource(Ctx *cx, uint16_t type, JsonValue *resource, FhirChecked *ret_checked);

#endif
