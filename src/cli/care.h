/* cli/care.h - what the modules above the record offer: operations, guards. A row for each. */
#ifndef ACESO_CLI_CARE_H
#define ACESO_CLI_CARE_H

#include "record/operation.h"

extern const OperationSet care_operations[];
extern const size_t care_operation_count;
extern const RecordGuard care_guards[];
extern const size_t care_guard_count;

#endif
