/* people/people.h - operations on who is who, and on what waits for whom. docs/guide/people.md,
 * docs/guide/inbox.md */
#ifndef ACESO_PEOPLE_H
#define ACESO_PEOPLE_H

#include "record/operation.h"

enum { PEOPLE_OPERATIONS = 11 };
extern const OperationKind people_operations[PEOPLE_OPERATIONS];

/* What was written about a merged patient meanwhile goes along: of a job "merge-rest", whose
 * payload is his id, as the program. */
extern const OperationKind people_merge_rest;

/* Of direct writes: record.h. */
Status people_guard_task(Ctx *cx, const Access *writer, const JsonValue *before,
                         const JsonValue *after);
Status people_guard_message(Ctx *cx, const Access *writer, const JsonValue *before,
                            const JsonValue *after);
Status people_guard_kin(Ctx *cx, const Access *writer, const JsonValue *before,
                        const JsonValue *after);

#endif
