/* people/people.h - operations on who is who, and on what waits for whom. docs/guide/people.md,
 * docs/guide/inbox.md */
#ifndef ACESO_PEOPLE_H
#define ACESO_PEOPLE_H

#include "record/operation.h"

enum { PEOPLE_OPERATIONS = 9 };
extern const OperationKind people_operations[PEOPLE_OPERATIONS];

/* Of direct writes: record.h. */
Status people_guard_task(Ctx *cx, const Access *writer, const JsonValue *before,
                         const JsonValue *after);
Status people_guard_message(Ctx *cx, const Access *writer, const JsonValue *before,
                            const JsonValue *after);

#endif
