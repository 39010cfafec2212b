/* consult/inner.h - what the files of the module share. */
#ifndef ACESO_CONSULT_INNER_H
#define ACESO_CONSULT_INNER_H

#include "consult/consult.h"
#include "fhir/fhir.h"
#include "json/json.h"
#include "zone/zone.h"

/* Of a query: allergies and problems that are held to be so. Most say nothing of their
 * verification, and are found too. */
#define IS_HELD "clinical-status=active&verification-status:not=refuted,entered-in-error"

/* ---- answers: a Parameters resource that grows ---------------------------------------------- */

typedef struct {
    Buf buf;
    bool begun;
} Pairs;
void pairs_begin(Pairs *pairs, Ctx *cx, size_t bytes_max);
/* {"name": name, <kind>: "text"}; nothing when text is empty. kind: "valueString" ... */
void pairs_text(Pairs *pairs, const char *name, const char *kind, Str text);
/* The value as JSON text: a number, a resource. */
void pairs_json(Pairs *pairs, const char *name, const char *kind, Str json);
void pairs_time(Pairs *pairs, const char *name, Time at);
/* Between these, what is added are the parts of one parameter. */
void pairs_open(Pairs *pairs, const char *name);
void pairs_close(Pairs *pairs);
/* Ends it and makes it the answer of the operation. */
Status pairs_answer(Pairs *pairs, Operation *op, unsigned http) MUST_USE;

/* ---- small things ---------------------------------------------------------------------------- */

/* "Practitioner/1" of "https://host/fhir/Practitioner/1" or of itself; others as they are. */
Str bare_reference(Str reference);
/* The reference of a member: bare. */
Str reference_of(const JsonValue *resource, Str member);
/* STATUS_FORBIDDEN unless the caller is a practitioner at the screen. */
Status need_practitioner(Operation *op, Str *ret_who) MUST_USE;
/* Text of a person as the div of a Narrative: escaped, lines kept. */
void add_narrative(Buf *buf, Str text);
/* A narrative's div as plain lines. */
Str plain_of_narrative(Ctx *cx, Str div);
/* An instant of now, in the arena. */
Str now_text(Operation *op);
/* Text or display of a CodeableConcept. */
Str words_of(const JsonValue *concept);
/* The clock where the caller works: of his PractitionerRole's Location or Organization
 * (urn:aceso:zone), else, and of patients, of Belgium. */
Status zone_here(Operation *op, const Zone **ret_zone) MUST_USE;
/* "2026-11-21" there. */
Str day_here(Ctx *cx, const Zone *zone, Time at);
/* An instant as that clock shows it; what is none (a day) as it is. */
Str instant_here(Ctx *cx, const Zone *zone, Str written);
Status today_of(Operation *op, Str *ret_day) MUST_USE;

/* ---- the operations, by file ------------------------------------------------------------------
 */

Status draft_read(Operation *op);
Status draft_save(Operation *op);
Status draft_drop(Operation *op);
Status draft_list(Operation *op);

Status note_sign(Operation *op);
Status note_append(Operation *op);
Status note_retract(Operation *op);

Status request_parse(Operation *op);
Status request_stop(Operation *op);
Status request_renew(Operation *op);
Status request_ask_renewal(Operation *op);
Status medicines_list(Operation *op);

Status text_save(Operation *op);
Status text_drop(Operation *op);
Status text_fill(Operation *op);

Status form_validate(Operation *op);
Status form_submit(Operation *op);
Status form_ask(Operation *op);

Status paper_note(Operation *op);
Status paper_prescription(Operation *op);
Status paper_summary(Operation *op);
Status paper_attendance(Operation *op);
Status paper_medicines(Operation *op);

#endif
