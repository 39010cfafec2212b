/* record/label.c - the facts of a write: what access decides by, made with what the store knows. */
#include "record/internal.h"

typedef struct {
    const Record *record;
    Ctx *cx;
} Asker;

static uint64_t hash_text(const void *of, Str text)
{
    const Asker *asker = of;
    return search_hash_text(asker->record->search, text);
}

static Str bare_reference(const void *of, Str reference)
{
    const Asker *asker = of;
    return search_reference_bare(asker->record->search, reference);
}

/* Of what another resource belongs to. When the store cannot be asked, nobody knows: hidden. */
static bool facts_of(const void *of, uint16_t type, Str id, Facts *ret_facts)
{
    const Asker *asker = of;
    StoreRow row;
    return store_get_now(asker->record->store, asker->cx, asker->record->self, type, id, &row) ==
               STATUS_OK &&
           facts_unpack(row.facts, ret_facts);
}

static Status pack(Ctx *cx, const Facts *facts, Str *ret_packed)
{
    unsigned char *at = arena_alloc_raw(cx->arena, FACTS_BYTES_MAX);
    if (!at)
        return STATUS_MEMORY;
    *ret_packed = str_n((const char *)at, facts_pack(facts, at));
    return STATUS_OK;
}

Status label_change(const Record *record, Ctx *cx, const Change *change, Str *ret_facts,
                    Str *ret_security)
{
    const StoreRow *before = change->before;
    Asker asker = {record, cx};
    Labeller labeller = {record->labels, &asker, hash_text, bare_reference, facts_of};
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
    label_resource(&labeller, &source, &facts);
    TRY(label_security(cx, json_get(change->resource, STR("meta")), &facts, ret_security));
    return pack(cx, &facts, ret_facts);
}
