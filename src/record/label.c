/* record/label.c - the facts of a write: what access decides by, made with what the store knows. */
#include "record/internal.h"

Status label_change(const Record *record, Ctx *cx, const Change *change, Str *ret_facts,
                    Str *ret_security)
{
    const StoreRow *before = change->before;
    Facts old, facts;
    *ret_security = (Str){0};
    if (!change->resource) { /* a deletion is seen by whoever saw what was deleted */
        *ret_facts = before ? before->facts : STR_EMPTY;
        return STATUS_OK;
    }
    bool known = before && !before->deleted && facts_unpack(before->facts, &old);
    LabelSource source = {.type = change->type,
                          .id = change->id,
                          .resource = change->resource,
                          .writer = access_reference(change->writer),
                          .role = access_role_of(access_role(change->writer)),
                          .before = known ? &old : NULL};
    search_label(record->search, cx, &source, change->writer, change->siblings, &facts);
    TRY(label_security(cx, json_get(change->resource, STR("meta")), &facts, ret_security));
    return search_pack_facts(cx, &facts, ret_facts);
}
