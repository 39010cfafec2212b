/* record/trail.h - the audit log as FHIR shows it: AuditEvents, made when they are asked for.
 *
 * They are no resources of the store: nobody writes or deletes one. An AuditEvent is one entry of
 * the log (audit/audit.h), its id the number; whom it is about is shown as far as the caller may
 * see the log of that patient: class D16 of the matrix, asked of access_sees patient by patient.
 * Profiles: IHE BALP (SPEC https://profiles.ihe.net/ITI/BALP).
 *
 * So that "who looked at Patient X" need not read all of the log there are index keys:
 *
 *     40 00 | what (1) | hash u64 | number u64
 *     what: 'p' the tag of a patient's key (audit/seal.h)    'a' who: his account, his reference
 *           'e' "Type/id" of a resource that is about nobody
 *
 * They are made a moment later, in large commits, by whoever asks or by a job (trail_index); the
 * item audit/indexed says up to which entry. What is behind it is looked at one by one, so an
 * answer is complete all the same. */
#ifndef ACESO_RECORD_TRAIL_H
#define ACESO_RECORD_TRAIL_H

#include "audit/root.h"
#include "record/internal.h"

enum { TRAIL_KIND = 0x40, TRAIL_PATIENT = 'p', TRAIL_AGENT = 'a', TRAIL_ENTITY = 'e' };
enum { TRAIL_HEAD = 3, TRAIL_PREFIX = TRAIL_HEAD + 8, TRAIL_KEY = TRAIL_PREFIX + 8 };
void trail_prefix(char to[TRAIL_PREFIX], char what, uint64_t hash);
uint64_t trail_tag(const uint8_t tag[AUDIT_TAG_BYTES]);

/* Up to which entry there are keys, and the item's text. */
Status trail_indexed(Ctx *cx, StoreReader *reader, Str *ret_text, uint64_t *ret_number) MUST_USE;

/* One entry as it is shown. */
typedef struct {
    uint64_t number;
    Time at;
    AuditEntry entry;
    AuditAbout *about; /* of entry.parts; those that are not to be seen have patient 0 */
    bool erased;       /* a part whose key was destroyed */
} TrailRow;

/* What is asked. */
typedef struct {
    Time from, until; /* [from, until) */
    uint64_t patient; /* hash; 0 = any */
    Str agents[8], entity, altid;
    size_t agent_count;
    Str action;          /* letters of C R U D E; empty = any */
    Str types, outcomes; /* comma-separated, as given */
    uint64_t before;     /* numbers below; UINT64_MAX = from the newest */
    size_t count;
    Str kept; /* what a link to the next page repeats */
} TrailQuery;
Status trail_parse(Scene *scene, Str query, TrailQuery *ret_query) MUST_USE;

/* The rows, newest first, at most query->count; *ret_before: where the next page begins, 0: there
 * is none. */
Status trail_find(Scene *scene, StoreReader *reader, const TrailQuery *query, TrailRow **ret_rows,
                  size_t *ret_count, uint64_t *ret_before) MUST_USE;
/* Unpacks and opens an entry; *ret_seen: the caller may see it. */
Status trail_row(Scene *scene, StoreReader *reader, const StoreAuditRow *row, TrailRow *ret_row,
                 bool *ret_seen) MUST_USE;

/* C, R, U, D or E, as AuditEvent.action has it. SPEC R4 valueset-audit-event-action.html */
char trail_action(Str interaction);
/* "rest", or the code of another type. */
const char *trail_type(Str interaction);
/* 0, 4, 8 or 12. SPEC R4 valueset-audit-event-outcome.html */
const char *trail_outcome(Status outcome);
/* The AuditEvent. */
Status trail_write(Scene *scene, StoreReader *reader, const TrailRow *row, Buf *buf) MUST_USE;

/* Whether the caller may see the log of this patient (0: of what is about nobody). After
 * scene_read. */
bool trail_sees(const Scene *scene, uint64_t patient);
/* Narrows a question to one patient, by id; notes him for the log of this very request. */
Status trail_of_patient(Scene *scene, Str id, TrailQuery *query) MUST_USE;
/* What was logged of records that were merged into his (Patient.link replaces) is of his log. As
 * the program reads. */
Status trail_follow_merged(Scene *scene, StoreReader *reader, Str id, uint64_t hash) MUST_USE;
/* Index keys for most of what has none. Before scene_read. */
Status trail_catch_up(Scene *scene) MUST_USE;

/* The interactions on the type AuditEvent: called by those of record.h inside their scenes. */
Status trail_read(Scene *scene, Str id) MUST_USE;
/* patient: an id, or empty. */
Status trail_search(Scene *scene, Str patient) MUST_USE;

#endif
