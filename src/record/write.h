/* record/write.h - writes, by id or by condition, alone or as an entry of a bundle. */
#ifndef ACESO_RECORD_WRITE_H
#define ACESO_RECORD_WRITE_H

#include "record/internal.h"

/* One write of an entry of a batch: as record_create and its kin, on a value that is parsed
 * already. An empty id: by the condition in call->query, of a create in call->if_none_exist. */
Status write_entry(Record *record, Ctx *cx, const Call *call, StoreMethod method, Str type, Str id,
                   JsonValue *value, Reply *reply);

/* The same for the resource that call's condition names (conditional.c). */
Status write_by_condition(Scene *scene, StoreMethod method, JsonValue *value);

/* Does the write to `current` (rid 0 = there is none); id empty: under a new one. */
Status write_row(Scene *scene, StoreMethod method, Str id, JsonValue *value,
                 const StoreRow *current);
Status read_current(Scene *scene, Str id, StoreRow *ret_row);

/* What an answer says of a resource that is, or is about to be, stored. */
typedef struct {
    Str id;
    uint32_t version;
    Time updated;
    Str body;
    bool says_where; /* Location */
} Stored;

/* ETag, Last-Modified, Location, and the body as Prefer has it. */
Status answer_stored(Scene *scene, const Stored *stored);

/* ---- rules that transactions share --------------------------------------------------- */

/* The id in the body of an update is the one of its address; by condition it may be absent. */
Status check_body_id(Ctx *cx, uint16_t type, Str in_body, Str id, bool by_condition) MUST_USE;
/* What the patch makes of the current version, as the caller sees it, checked. */
Status patch_resource(const Scene *scene, Ctx *cx, const StoreRow *current, const JsonValue *patch,
                      JsonValue **ret_resource) MUST_USE;
/* Ids of clients are for programs that see everything: to anybody else the answer would tell
 * whether an id that he does not see is taken. docs/adr/0107 */
Status check_client_id(const Scene *scene, Ctx *cx) MUST_USE;
/* Whether a reference is a condition: "Patient?identifier=1". */
bool link_is_condition(Str reference);

#endif
