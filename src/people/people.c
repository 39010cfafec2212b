/* people/people.c - the table of operations. */
#include "people/people.h"

#include "people/inner.h"

const OperationKind people_operations[PEOPLE_OPERATIONS] = {
    {STR_INIT(""), STR_INIT("$inbox"), OPERATION_ON_SYSTEM, true, run_inbox},
    {STR_INIT("Patient"), STR_INIT("$match"), OPERATION_ON_TYPE, true, run_match},
    {STR_INIT("Patient"), STR_INIT("$duplicates"), OPERATION_ON_INSTANCE, true, run_duplicates},
    {STR_INIT("Patient"), STR_INIT("$merge"), OPERATION_ON_TYPE, false, run_merge},
    {STR_INIT("Patient"), STR_INIT("$unmerge"), OPERATION_ON_INSTANCE, false, run_unmerge},
    {STR_INIT("Task"), STR_INIT("$claim"), OPERATION_ON_INSTANCE, false, run_claim},
    {STR_INIT("Task"), STR_INIT("$give-back"), OPERATION_ON_INSTANCE, false, run_give_back},
    {STR_INIT("Task"), STR_INIT("$finish"), OPERATION_ON_INSTANCE, false, run_finish},
    {STR_INIT("Communication"), STR_INIT("$send"), OPERATION_ON_TYPE, false, run_send},
    {STR_INIT("Communication"), STR_INIT("$read"), OPERATION_ON_INSTANCE, false, run_read},
    {STR_INIT("Communication"), STR_INIT("$thread"), OPERATION_ON_INSTANCE, true, run_thread},
};
