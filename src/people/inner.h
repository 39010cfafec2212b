/* people/inner.h - what the operations share; private to people/. */
#ifndef ACESO_PEOPLE_INNER_H
#define ACESO_PEOPLE_INNER_H

#include <stdio.h>

#include "json/json.h"
#include "people/addressed.h"
#include "people/people.h"
#include "people/team.h"

enum { INBOX_BYTES_MAX = 16 << 20 };

/* inbox.c */
Status run_inbox(Operation *op);
/* The row's resource with tags of urn:aceso:inbox; tags end with NULL. */
Status inbox_tagged(Operation *op, const OperationRow *row, const char *const *tags,
                    Buf *buf) MUST_USE;

/* match.c */
Status run_match(Operation *op);
Status run_duplicates(Operation *op);

/* merge.c, unmerge.c */
Status run_merge(Operation *op);
Status run_unmerge(Operation *op);

/* message.c */
Status run_send(Operation *op);
Status run_read(Operation *op);
Status run_thread(Operation *op);
/* Whether the caller has said that he has read it. */
Status message_is_read(Operation *op, Str id, bool *ret_read) MUST_USE;

/* refusal.c: a Task by which a patient asks for a prescription again (consult/wish.c) */
bool task_is_renewal(const JsonValue *task);
/* A message to who asked, with the reason, in the caller's name. */
Status refusal_tell(Operation *op, const OperationRow *task, Str reason) MUST_USE;

/* task.c */
Status run_claim(Operation *op);
Status run_finish(Operation *op);
Status run_give_back(Operation *op);

#endif
