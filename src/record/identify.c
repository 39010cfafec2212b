/* record/identify.c - which resource each entry of a transaction is about: the one its url
 * names, the one its condition finds, or a new one.
 *
 * Deletes come first, so a condition does not find what the transaction itself deletes.
 *
 * SPEC R4 http.html#trules */
#include "record/bundle.h"
#include "record/conditioned.h"
#include "record/write.h"

/* ---- conditions ---------------------------------------------------------------------- */

static Status read_condition(Bundle *bundle, Entry *entry)
{
    Ctx *cx = bundle->scene->cx;
    Str text = entry->verb == VERB_POST ? entry->if_none_exist : entry->query;
    if (entry->verb == VERB_GET || (entry->verb == VERB_POST ? !text.len : entry->id.len > 0))
        return STATUS_OK;
    Criteria *criteria = arena_new_of(cx->arena, Criteria);
    if (!criteria)
        return STATUS_MEMORY;
    entry->criteria = criteria;
    const Access *access = bundle->scene->call->access;
    TRY(conditioned_caller(cx, entry->type, &access));
    TRY(criteria_parse(cx, entry->type, text.at ? text : STR_EMPTY,
                       bundle_matches_max(bundle, entry->verb == VERB_DELETE), criteria));
    return conditioned_criteria(cx, access, criteria);
}

size_t bundle_matches_max(const Bundle *bundle, bool deletes)
{
    if (deletes)
        return bundle->scene->record->options.conditional_deletes + 1;
    for (size_t i = 0; i < bundle->count; i++) {
        if (bundle->entries[i].verb == VERB_DELETE)
            return SEARCH_COUNT_MAX; /* some of them may go */
    }
    return CRITERIA_UNIQUE;
}

static Status read_conditions(Bundle *bundle, size_t *ret_count)
{
    Ctx *cx = bundle->scene->cx;
    size_t count = 0;
    for (size_t i = 0; i < bundle->count; i++) {
        size_t mark = bundle_mark(cx);
        Status status = read_condition(bundle, &bundle->entries[i]);
        bundle_place_issues(cx, mark, i);
        TRY(status);
        count += bundle->entries[i].criteria != NULL;
    }
    *ret_count = count;
    return STATUS_OK;
}

/* ---- looking ------------------------------------------------------------------------- */

static bool same(const Found *a, const Found *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!str_eq(a->rows[i].id, b->rows[i].id))
            return false;
    }
    return true;
}

/* What the transaction deletes is not there for its other entries. */
Status bundle_leave_out_deleted(const Bundle *bundle, uint16_t type, Found *found)
{
    size_t kept = 0;
    for (size_t i = 0; bundle->deleted.count && i < found->count; i++) {
        Str identity = bundle_identity(bundle->scene->cx, type, found->rows[i].id);
        if (!identity.at)
            return STATUS_MEMORY;
        if (!strmap_get(&bundle->deleted, identity).at)
            found->rows[kept++] = found->rows[i];
    }
    if (bundle->deleted.count)
        found->count = kept;
    return STATUS_OK;
}

static Status note_deleted(Bundle *bundle, const Entry *entry)
{
    Ctx *cx = bundle->scene->cx;
    size_t count = entry->criteria ? entry->found.count : 1;
    for (size_t i = 0; i < count; i++) {
        Str id = entry->criteria ? entry->found.rows[i].id : entry->id;
        Str identity = bundle_identity(cx, entry->type, id);
        TRY(identity.at ? strmap_set(&bundle->deleted, identity, identity) : STATUS_MEMORY);
    }
    return STATUS_OK;
}

/* again: what was found before must be found still. */
static Status look_for(Bundle *bundle, StoreReader *reader, Entry *entry, bool again)
{
    Scene scene;
    Found found;
    bool with_body = entry->verb == VERB_POST && bundle->bodies_wanted;
    TRY(scene_of_entry(bundle->scene, reader, entry->type, &scene));
    entry->access = scene.access;
    TRY(criteria_find(&scene, scene.cx, bundle->scratch, reader, entry->criteria, with_body,
                      &found));
    if (entry->verb != VERB_DELETE)
        TRY(bundle_leave_out_deleted(bundle, entry->type, &found));
    if (again && !same(&found, &entry->found))
        return STATUS_CONFLICT;
    entry->found = found;
    return STATUS_OK;
}

static Status look(Bundle *bundle, StoreReader *reader, bool again)
{
    Ctx *cx = bundle->scene->cx;
    TRY(strmap_init(&bundle->deleted, cx->arena, 0));
    for (Verb verb = 0; verb < VERB_GET; verb++) {
        for (size_t i = 0; i < bundle->count; i++) {
            Entry *entry = &bundle->entries[i];
            if (entry->verb != verb)
                continue;
            if (entry->criteria) {
                TRY(ctx_check_deadline(cx));
                size_t mark = bundle_mark(cx);
                Status status = look_for(bundle, reader, entry, again);
                bundle_place_issues(cx, mark, i);
                TRY(status);
            }
            if (verb == VERB_DELETE)
                TRY(note_deleted(bundle, entry));
        }
    }
    return STATUS_OK;
}

static Status look_first(Bundle *bundle)
{
    Scene *scene = bundle->scene;
    StoreReader *reader;
    TRY(scene_read(scene, &reader));
    Status status = look(bundle, reader, false);
    store_read_end(reader);
    return status;
}

/* Claims the conditions of what would be created. *ret_claimed is false when all of them were
 * claimed before: what the last look found can be relied on. */
static Status claim(Bundle *bundle, bool *ret_claimed)
{
    Ctx *cx = bundle->scene->cx;
    Str *names = arena_array_of(cx->arena, Str, bundle->count + 1);
    size_t count = 0;
    if (!names)
        return STATUS_MEMORY;
    *ret_claimed = false;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        bool creates = entry->verb == VERB_POST || entry->verb == VERB_PUT;
        if (!entry->criteria || !creates)
            continue;
        if (!entry->found.count && !entry->claimed)
            entry->claimed = *ret_claimed = true;
        if (entry->claimed)
            names[count++] = entry->criteria->name;
    }
    if (!*ret_claimed)
        return STATUS_OK;
    claim_give_back(bundle->claim);
    bundle->claim = NULL;
    return claim_take(&bundle->scene->record->claims, cx, names, count, &bundle->claim);
}

Status identify_entries(Bundle *bundle)
{
    size_t conditions;
    bool claimed;
    TRY(read_conditions(bundle, &conditions));
    if (!conditions)
        return look(bundle, NULL, false); /* at the deletes alone */
    TRY(access_need_read(bundle->scene->cx, bundle->scene->call->access));
    do {
        TRY(look_first(bundle));
        TRY(claim(bundle, &claimed));
    } while (claimed);
    return STATUS_OK;
}

Status identify_again(Bundle *bundle, StoreReader *reader)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (bundle->entries[i].criteria)
            return look(bundle, reader, true);
    }
    return STATUS_OK;
}

/* ---- targets --------------------------------------------------------------------------- */

static Status refuse_twice(Ctx *cx, const char *what)
{
    return ctx_fail_code(cx, STATUS_INVALID, "duplicate", STR_EMPTY,
                         "Another entry of the transaction has the same %s.", what);
}

/* What the condition of the entry found, judged. */
static Status take_found(Bundle *bundle, StrMap *conditions, Entry *entry)
{
    Ctx *cx = bundle->scene->cx;
    const Found *found = &entry->found;
    size_t max =
        entry->verb == VERB_DELETE ? bundle->scene->record->options.conditional_deletes : 1;
    if (found->count > max)
        return criteria_refuse_many(cx, entry->type);
    if (found->count) {
        entry->id = found->rows->id;
        entry->writes = entry->verb != VERB_POST;
        return entry->verb == VERB_PUT
                   ? check_body_id(cx, entry->type, entry->checked.id, entry->id, true)
                   : STATUS_OK;
    }
    if (entry->verb == VERB_PATCH)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing to patch.");
    entry->writes = entry->verb != VERB_DELETE;
    if (entry->verb == VERB_PUT)
        entry->id = entry->checked.id;
    if (!entry->writes)
        return STATUS_OK;
    Status status = strmap_add(conditions, entry->criteria->name, STR_EMPTY);
    return status == STATUS_CONFLICT ? refuse_twice(cx, "condition") : status;
}

static Status take_target(Bundle *bundle, StrMap *conditions, Entry *entry)
{
    Ctx *cx = bundle->scene->cx;
    entry->writes = true;
    if (entry->criteria)
        TRY(take_found(bundle, conditions, entry));
    if (entry->writes && !entry->id.len) {
        entry->id = new_id(cx);
        entry->is_fresh = true;
    }
    if (!entry->id.len) /* a delete that finds nothing */
        return entry->writes ? STATUS_MEMORY : STATUS_OK;
    Str target = bundle_identity(cx, entry->type, entry->id);
    if (!target.at)
        return STATUS_MEMORY;
    Status status = entry->writes ? strmap_add(&bundle->targets, target, target) : STATUS_OK;
    if (status == STATUS_CONFLICT)
        return refuse_twice(cx, "resource");
    if (entry->verb == VERB_POST || entry->verb == VERB_PUT)
        TRY(strmap_set(&bundle->whole, target,
                       str_n(target.at, (size_t)(entry - bundle->entries))));
    if (status == STATUS_OK && entry->full_url.len && entry->verb != VERB_DELETE)
        status = strmap_add(&bundle->links, entry->full_url, target);
    return status == STATUS_CONFLICT ? refuse_twice(cx, "fullUrl") : status;
}

/* A condition that finds several to delete: one more entry for each but the first. */
static Status add_deletes(Bundle *bundle)
{
    size_t more = 0;
    for (size_t i = 0; i < bundle->count; i++) {
        const Entry *entry = &bundle->entries[i];
        more += entry->verb == VERB_DELETE && entry->found.count ? entry->found.count - 1 : 0;
    }
    bundle->all = bundle->count;
    if (!more)
        return STATUS_OK;
    Ctx *cx = bundle->scene->cx;
    Entry *entries = arena_array_of(cx->arena, Entry, bundle->count + more);
    if (!entries)
        return STATUS_MEMORY;
    memcpy(entries, bundle->entries, bundle->count * sizeof(Entry));
    bundle->entries = entries;
    for (size_t i = 0; i < bundle->count; i++) {
        const Found *found = &entries[i].found;
        for (size_t n = 1; entries[i].verb == VERB_DELETE && n < found->count; n++)
            entries[bundle->all++] = (Entry){.index = i,
                                             .verb = VERB_DELETE,
                                             .type = entries[i].type,
                                             .id = found->rows[n].id,
                                             .if_match = entries[i].if_match,
                                             .if_none_match = entries[i].if_none_match};
    }
    return STATUS_OK;
}

Status identify_targets(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    StrMap conditions;
    TRY(strmap_init(&conditions, cx->arena, 0));
    TRY(strmap_init(&bundle->links, cx->arena, bundle->count));
    TRY(strmap_init(&bundle->targets, cx->arena, bundle->count));
    TRY(strmap_init(&bundle->whole, cx->arena, bundle->count));
    TRY(add_deletes(bundle));
    for (size_t i = 0; i < bundle->all; i++) {
        Entry *entry = &bundle->entries[i];
        if (entry->verb == VERB_GET)
            continue;
        size_t mark = bundle_mark(cx);
        Status status = take_target(bundle, &conditions, entry);
        bundle_place_issues(cx, mark, entry->index);
        TRY(status);
    }
    return STATUS_OK;
}
