/* search/facts.c - the facts of a resource, with the key of the store and what is stored in it. */
#include "search/index.h"

/* What belongs to something that belongs to something: as deep as anybody has a reason to go. */
enum { DEPTH_MAX = 4 };

typedef struct {
    const Search *search;
    Ctx *cx;
    const SearchSiblings *siblings;
    const Access *writer; /* NULL: the program */
    StoreReader *reader;  /* NULL: as the store is now */
    bool anew;            /* the facts in the store are those of other rules */
    unsigned depth;
} Asker;

static void label(const Asker *asker, const LabelSource *source, Facts *ret_facts);

static uint64_t hash_text(const void *of, Str text)
{
    const Asker *asker = of;
    return search_hash(asker->search, text);
}

static Str bare(const void *of, Str reference)
{
    const Asker *asker = of;
    return search_reference_bare(asker->search, reference);
}

static bool label_other(const Asker *asker, uint16_t type, Str id, const JsonValue *resource,
                        const Facts *before, Facts *ret_facts)
{
    Asker deeper = *asker;
    LabelSource source = {.type = type, .id = id, .resource = resource, .before = before};
    if (++deeper.depth > DEPTH_MAX)
        return false;
    label(&deeper, &source, ret_facts);
    return true;
}

static Status read_row(const Asker *asker, uint16_t type, Str id, StoreRow *ret_row)
{
    const Search *search = asker->search;
    return asker->reader
               ? store_get(asker->reader, type, id, asker->anew, ret_row)
               : store_get_now(search->store, asker->cx, search->access, type, id, ret_row);
}

/* What the writer may not see is as if it were not there: whether he may write must not tell. */
static bool is_there(const Asker *asker, uint16_t type, const Facts *facts)
{
    return !asker->writer || access_sees(asker->writer, type, facts) != SIGHT_NONE;
}

/* When the store cannot be asked, nobody knows: hidden. */
static bool facts_of(const void *of, uint16_t type, Str id, Facts *ret_facts)
{
    const Asker *asker = of;
    const JsonValue *sibling;
    JsonValue *resource;
    Facts before;
    StoreRow row;
    if (asker->siblings && asker->siblings->find(asker->siblings->of, type, id, &sibling))
        return label_other(asker, type, id, sibling, NULL, ret_facts);
    if (read_row(asker, type, id, &row) != STATUS_OK)
        return false;
    bool known = facts_unpack(row.facts, &before);
    if (!asker->anew || row.deleted) {
        *ret_facts = before;
        return known && is_there(asker, type, &before);
    }
    return json_parse(asker->cx, row.body, &resource) == STATUS_OK &&
           label_other(asker, type, id, resource, known ? &before : NULL, ret_facts);
}

static const JsonValue *resource_of(const void *of, uint16_t type, Str id)
{
    Asker whole = *(const Asker *)of;
    const JsonValue *sibling;
    JsonValue *resource;
    Facts facts;
    StoreRow row;
    whole.anew = true; /* with its body */
    if (whole.siblings && whole.siblings->find(whole.siblings->of, type, id, &sibling))
        return sibling;
    if (read_row(&whole, type, id, &row) != STATUS_OK || row.deleted)
        return NULL;
    if (whole.writer && !(facts_unpack(row.facts, &facts) && is_there(&whole, type, &facts)))
        return NULL;
    return json_parse(whole.cx, row.body, &resource) == STATUS_OK ? resource : NULL;
}

static void label(const Asker *asker, const LabelSource *source, Facts *ret_facts)
{
    Labeller labeller = {asker->search->labels, asker, hash_text, bare, facts_of, resource_of};
    label_resource(&labeller, source, ret_facts);
}

void search_label(const Search *search, Ctx *cx, const LabelSource *source, const Access *writer,
                  const SearchSiblings *siblings, Facts *ret_facts)
{
    Asker asker = {.search = search, .cx = cx, .siblings = siblings, .writer = writer};
    label(&asker, source, ret_facts);
}

Status search_pack_facts(Ctx *cx, const Facts *facts, Str *ret_packed)
{
    unsigned char *at = arena_alloc_raw(cx->arena, FACTS_BYTES_MAX);
    if (!at)
        return STATUS_MEMORY;
    *ret_packed = str_n((const char *)at, facts_pack(facts, at));
    return STATUS_OK;
}

Status search_facts_anew(const Search *search, Ctx *cx, StoreReader *reader, const StoreRow *row,
                         const JsonValue *resource, Str *ret_packed)
{
    Asker asker = {.search = search, .cx = cx, .reader = reader, .anew = true};
    Facts before, facts;
    bool known = facts_unpack(row->facts, &before);
    LabelSource source = {
        .type = row->type, .id = row->id, .resource = resource, .before = known ? &before : NULL};
    label(&asker, &source, &facts);
    TRY(search_pack_facts(cx, &facts, ret_packed));
    if (str_eq(*ret_packed, row->facts))
        *ret_packed = STR_EMPTY;
    return STATUS_OK;
}
