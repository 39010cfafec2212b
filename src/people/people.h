/* people/people.h - operations on who is who, and on what waits for whom. docs/guide/people.md,
 * docs/guide/inbox.md */
#ifndef ACESO_PEOPLE_H
#define ACESO_PEOPLE_H

#include "record/operation.h"

extern const OperationKind people_operations[];
extern const size_t people_operation_count;
extern const RecordGuard people_guards[];
extern const size_t people_guard_count;

#endif
