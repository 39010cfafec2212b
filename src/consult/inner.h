/* consult/inner.h - what the files of the module share. */
#ifndef ACESO_CONSULT_INNER_H
#define ACESO_CONSULT_INNER_H

#include "consult/consult.h"
#include "fhir/fhir.h"
#include "json/json.h"

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
/* "2026-11-21" */
Str today_of(Ctx *cx, Time now);

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
