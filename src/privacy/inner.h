/* privacy/inner.h - what the files of the module share. */
#ifndef ACESO_PRIVACY_INNER_H
#define ACESO_PRIVACY_INNER_H

#include "audit/audit.h"
#include "fhir/fhir.h"
#include "json/json.h"
#include "privacy/privacy.h"

enum { PRIVACY_MERGED_MAX = 32 };
typedef struct {
    Str at[PRIVACY_MERGED_MAX]; /* ids of Patients */
    size_t count;
} MergedIds;
/* The record itself, and what it was merged into, one after the other. */
Status privacy_successors(Ctx *cx, Record *record, const Access *access, Str patient,
                          MergedIds *ret_ids) MUST_USE;
/* The record itself, and what was merged into it. */
Status privacy_sources(Ctx *cx, Record *record, const Call *call, Str patient,
                       MergedIds *ret_ids) MUST_USE;
/* The items that put a hold on the record, and on what it was merged into; or take it away. */
Status privacy_hold_items(Ctx *cx, Record *record, const Access *access, Str patient, Str reason,
                          StoreItem **ret_items, size_t *ret_count) MUST_USE;
/* The record, and what was merged into it: himself last. */
Status privacy_erase_all(Ctx *cx, Record *record, const Call *call, Str patient, Str reason,
                         RecordErased *ret_done) MUST_USE;

Status privacy_is_held(Ctx *cx, Record *record, const Access *access, Str patient,
                       bool *ret_held) MUST_USE;

/* Whether the law allows it now; STATUS_FORBIDDEN with a sentence. */
Status privacy_may_erase(Ctx *cx, Record *record, const Call *call, Str patient,
                         const PrivacyErase *how) MUST_USE;
/* The Consent that denies everything. */
Status privacy_restriction(Ctx *cx, Str patient, Str *ret_text) MUST_USE;
/* Text as the body of a request; at NULL without memory. */
Body privacy_body(Ctx *cx, Str text);
/* The Provenance of an amendment of that version. */
Status privacy_provenance(Ctx *cx, const Call *call, Str type, Str id, uint32_t version, Str reason,
                          Str *ret_text) MUST_USE;

/* Calls each with every resource that the caller may see of the patient, himself first, as its
 * text and parsed. */
typedef Status (*PrivacyEach)(Ctx *cx, void *to, const JsonValue *resource);
Status privacy_each(Ctx *cx, Record *record, const Call *call, Str patient, PrivacyEach each,
                    void *to) MUST_USE;
/* The text of a date of a resource that people look for, or empty: "2024-01-31". */
Str privacy_date_of(const JsonValue *resource);

#endif
