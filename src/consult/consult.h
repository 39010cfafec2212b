/* consult/consult.h - what is done in a consultation: drafts, notes, forms, prescribing, documents.
 *
 * All of it is operations on the record (record/operation.h) and a few rules about direct writes;
 * what callers send and get stands in docs/guide/consultation.md.
 *
 * SPEC R4 composition.html, medicationrequest.html, questionnaireresponse.html, binary.html */
#ifndef ACESO_CONSULT_H
#define ACESO_CONSULT_H

#include "jobs/jobs.h"
#include "record/operation.h"

enum { CONSULT_KINDS = 23 };
extern const OperationKind consult_kinds[CONSULT_KINDS];

/* Rules for direct writes, as rows of RecordOptions.guards. */
Status consult_guard_note(Ctx *cx, const Access *writer, const JsonValue *before,
                          const JsonValue *after) MUST_USE;
Status consult_guard_response(Ctx *cx, const Access *writer, const JsonValue *before,
                              const JsonValue *after) MUST_USE;

Status consult_guard_binary(Ctx *cx, const Access *writer, const JsonValue *before,
                            const JsonValue *after) MUST_USE;
Status consult_guard_document(Ctx *cx, const Access *writer, const JsonValue *before,
                              const JsonValue *after) MUST_USE;

/* A job: drafts that nobody has touched for DRAFT_DAYS leave the store. */
Status consult_sweep_drafts(Ctx *cx, JobRun *run) MUST_USE;

#endif
