/* cli/care.c - the tables of care.h. */
#include "cli/care.h"

#include "people/people.h"

const OperationSet care_operations[] = {
    {people_operations, PEOPLE_OPERATIONS},
};
const size_t care_operation_count = COUNT_OF(care_operations);

const RecordGuard care_guards[] = {
    {STR_INIT("Communication"), people_guard_message},
    {STR_INIT("Task"), people_guard_task},
};
const size_t care_guard_count = COUNT_OF(care_guards);
