/* store/postgres/submit.c - the caller's side of a commit: compress, seal, queue. */
#include "store/bytes.h"
#include "store/once.h"
#include "store/postgres/job.h"

#include <stdlib.h>

/* A block of numbers for new rows is one round trip. */
enum { RID_BLOCK = 4096, RID_WAIT_S = 10 };

/* What is larger goes where nobody waits for it. */
enum { LARGE_WRITES = 1000, LARGE_BYTES = 2 << 20 };

/* ---- numbers of rows --------------------------------------------------------------------- */

static bool next_block(PostgresStore *store)
{
    Ctx cx = {.arena = arena_new(64 * 1024, false),
              .deadline = time_monotonic() + RID_WAIT_S * TIME_SECOND};
    const Call call = {SQL_RID_BLOCKS, NULL};
    PooledLink *pooled;
    PGresult *result;
    bool good = cx.arena && links_take(store, &cx, &pooled) == STATUS_OK;
    if (good) {
        good =
            links_change(store, &cx, pooled, &call, 1, "numbering resources", &result) == STATUS_OK;
        links_give(store, pooled);
    }
    if (good) {
        store->rid_next = (uint64_t)answer_int(result, 0, 0) * RID_BLOCK;
        store->rid_end = store->rid_next + RID_BLOCK;
        PQclear(result);
    }
    arena_free(cx.arena);
    return good;
}

/* 0 when the database cannot be reached: store_prepare refuses it. */
uint64_t postgres_new_rid(Store *base)
{
    PostgresStore *store = postgres_store(base);
    pthread_mutex_lock(&store->rid_lock);
    bool good = store->rid_next < store->rid_end || next_block(store);
    uint64_t rid = good ? store->rid_next++ : 0;
    pthread_mutex_unlock(&store->rid_lock);
    return rid;
}

/* ---- one write --------------------------------------------------------------------------- */

/* Packed keys: (removed u1, len u15 | bytes) ... */
enum { REMOVED = 0x8000 };

static char *pack_keys(char *to, const Str *keys, size_t count, unsigned mark)
{
    for (size_t i = 0; i < count; i++) {
        assert(keys[i].len && keys[i].len <= STORE_KEY_BYTES_MAX);
        assert((unsigned char)keys[i].at[0] >= STORE_KIND_FIRST);
        put_uint(to, 2, keys[i].len | mark);
        memcpy(to + 2, keys[i].at, keys[i].len);
        to += 2 + keys[i].len;
    }
    return to;
}

static Status pack_all(Arena *arena, const Str *remove, size_t remove_count, const Str *add,
                       size_t add_count, Str *ret_packed)
{
    size_t bytes = 0;
    for (size_t i = 0; i < remove_count; i++)
        bytes += 2 + remove[i].len;
    for (size_t i = 0; i < add_count; i++)
        bytes += 2 + add[i].len;
    char *packed = arena_alloc_raw(arena, bytes + 1);
    if (!packed)
        return STATUS_MEMORY;
    char *end = pack_keys(packed, remove, remove_count, REMOVED);
    end = pack_keys(end, add, add_count, 0);
    *ret_packed = str_n(packed, (size_t)(end - packed));
    return STATUS_OK;
}

void packed_each(Str packed, PackedEach each, void *to)
{
    while (packed.len >= 2) {
        uint64_t head = get_uint(packed.at, 2);
        size_t len = head & (REMOVED - 1);
        each(to, str_n(packed.at + 2, len), head & REMOVED);
        packed = str_from(packed, 2 + len);
    }
}

Status facts_seal(PostgresStore *store, Arena *arena, uint64_t rid, Str facts, Str *ret_sealed)
{
    *ret_sealed = STR_EMPTY;
    if (!facts.len)
        return STATUS_OK;
    return vault_seal(&store->vault, arena, about_facts(rid), facts, ret_sealed);
}

Status postgres_prepare(Store *base, Arena *arena, StoreWrite *write)
{
    PostgresStore *store = postgres_store(base);
    Str packed;
    assert(write->version > 0 && write->id.len > 0 && write->id.len < 256);
    if (!write->rid)
        return STATUS_UNAVAILABLE;
    if (write->method != STORE_DELETE) {
        TRY(bodies_pack(store->bodies, arena, write->body, &packed));
        TRY(vault_seal(&store->vault, arena, about_body(write->type, write->id, write->version),
                       packed, &write->packed_body));
    }
    TRY(facts_seal(store, arena, write->rid, write->facts, &write->packed_facts));
    return pack_all(arena, write->remove, write->remove_count, write->add, write->add_count,
                    &write->packed_keys);
}

/* ---- the rest of a commit ---------------------------------------------------------------- */

Status item_seal(PostgresStore *store, Arena *arena, const StoreItem *item, SealedItem *ret_sealed)
{
    ret_sealed->item = item;
    ret_sealed->sealed = STR_EMPTY;
    vault_name(&store->vault, item->space, item->key, ret_sealed->name);
    if (!item->value.len)
        return STATUS_OK;
    size_t len = 2 + item->key.len + item->value.len;
    char *bytes = arena_alloc_raw(arena, len);
    if (!bytes)
        return STATUS_MEMORY;
    put_uint(bytes, 2, item->key.len);
    memcpy(bytes + 2, item->key.at, item->key.len);
    memcpy(bytes + 2 + item->key.len, item->value.at, item->value.len);
    return vault_seal(&store->vault, arena, about_item(item->space, ret_sealed->name),
                      str_n(bytes, len), &ret_sealed->sealed);
}

static Status prepare_items(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                            Prepared *prepared)
{
    prepared->items = arena_array_of(arena, SealedItem, commit->item_count + 1);
    if (!prepared->items)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->item_count; i++) {
        TRY(item_seal(store, arena, &commit->items[i], &prepared->items[i]));
        prepared->bytes += prepared->items[i].sealed.len;
    }
    if (commit->guard) {
        prepared->guard.item = commit->guard;
        vault_name(&store->vault, commit->guard->space, commit->guard->key, prepared->guard.name);
    }
    return STATUS_OK;
}

static Status prepare_pieces(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                             Prepared *prepared)
{
    prepared->pieces = arena_array_of(arena, Str, commit->piece_count + 1);
    if (!prepared->pieces)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->piece_count; i++) {
        TRY(piece_seal(store, arena, &commit->pieces[i], &prepared->pieces[i]));
        prepared->bytes += prepared->pieces[i].len;
    }
    return STATUS_OK;
}

static Status prepare_audits(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                             Prepared *prepared)
{
    prepared->at = time_now();
    prepared->audits = arena_array_of(arena, Str, commit->audit_count + 1);
    if (!prepared->audits)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->audit_count; i++) {
        TRY(vault_seal(&store->vault, arena, about_audit(prepared->at), commit->audits[i],
                       &prepared->audits[i]));
        prepared->bytes += prepared->audits[i].len;
    }
    if (commit->conflict_audit.len)
        TRY(vault_seal(&store->vault, arena, about_audit(prepared->at), commit->conflict_audit,
                       &prepared->conflict_audit));
    return STATUS_OK;
}

static Status prepare_writes(PostgresStore *store, Arena *arena, StoreCommit *commit,
                             Prepared *prepared)
{
    for (size_t i = 0; i < commit->write_count; i++) {
        StoreWrite *write = &commit->writes[i];
        if (!write->packed_keys.at)
            TRY(postgres_prepare(&store->base, arena, write));
        prepared->bytes +=
            write->packed_body.len + write->packed_facts.len + write->packed_keys.len;
    }
    for (size_t i = 0; i < commit->rekey_count; i++) {
        const StoreRekey *rekey = &commit->rekeys[i];
        Str packed;
        TRY(pack_all(arena, rekey->remove, rekey->remove_count, rekey->add, rekey->add_count,
                     &packed));
        prepared->rekeys[i] = packed;
        TRY(facts_seal(store, arena, rekey->rid, rekey->facts, &prepared->facts[i]));
        prepared->bytes += packed.len + prepared->facts[i].len;
    }
    return once_each(arena, commit, &prepared->conflict);
}

static Status prepare_erases(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                             Prepared *prepared)
{
    prepared->erases = arena_array_of(arena, Str, commit->erase_count + 1);
    if (!prepared->erases)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->erase_count; i++) {
        const StoreErase *erase = &commit->erases[i];
        Str packed;
        TRY(bodies_pack(store->bodies, arena, erase->body, &packed));
        TRY(vault_seal(&store->vault, arena, about_body(erase->type, erase->id, erase->version),
                       packed, &prepared->erases[i]));
        prepared->bytes += prepared->erases[i].len;
    }
    return STATUS_OK;
}

static Prepared *prepare_commit(PostgresStore *store, Arena *arena, StoreCommit *commit)
{
    Prepared *prepared = arena_new_of(arena, Prepared);
    if (!prepared)
        return NULL;
    prepared->rekeys = arena_array_of(arena, Str, commit->rekey_count + 1);
    prepared->facts = arena_array_of(arena, Str, commit->rekey_count + 1);
    prepared->rekey_fits = arena_array_of(arena, bool, commit->rekey_count + 1);
    prepared->status =
        prepared->rekeys && prepared->facts && prepared->rekey_fits ? STATUS_OK : STATUS_MEMORY;
    if (prepared->status == STATUS_OK)
        prepared->status = prepare_audits(store, arena, commit, prepared);
    if (prepared->status == STATUS_OK)
        prepared->status = prepare_items(store, arena, commit, prepared);
    if (prepared->status == STATUS_OK)
        prepared->status = prepare_pieces(store, arena, commit, prepared);
    if (prepared->status == STATUS_OK)
        prepared->status = prepare_erases(store, arena, commit, prepared);
    if (prepared->status == STATUS_OK)
        prepared->status = jobs_prepare(store, arena, commit, prepared);
    if (prepared->status == STATUS_OK)
        prepared->status = prepare_writes(store, arena, commit, prepared);
    return prepared;
}

void postgres_submit(Store *base, Ctx *cx, const Access *access, StoreCommit *commit)
{
    PostgresStore *store = postgres_store(base);
    UNUSED(access);
    keys_look(store);
    Prepared *prepared = prepare_commit(store, cx->arena, commit);
    commit->prepared = prepared;
    commit->next = NULL;
    bool large = prepared && (commit->beside || prepared->bytes > LARGE_BYTES ||
                              commit->write_count + commit->rekey_count > LARGE_WRITES);
    commit->status = STATUS_UNAVAILABLE;
    if (!prepared || (prepared->status != STATUS_OK && prepared->status != STATUS_CONFLICT))
        commit->status = prepared ? prepared->status : STATUS_MEMORY;
    else if (lane_queue(&store->lanes[large ? LANE_LARGE : LANE_QUICK], commit))
        return;
    commit->done(commit);
}
