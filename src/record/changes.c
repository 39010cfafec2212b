/* record/changes.c - what was written since a moment: see changes.h. */
#include "record/changes.h"

#include "record/internal.h"

#include <stdlib.h>

static bool is_wanted(const RecordSince *since, uint16_t type)
{
    for (size_t i = 0; i < since->type_count; i++)
        if (since->types[i] == type)
            return true;
    return false;
}

typedef struct {
    uint64_t rid, last; /* the newest change */
    uint32_t first;     /* version of the oldest */
} Touched;

static int by_rid(const void *a, const void *b)
{
    const Touched *left = a, *right = b;
    if (left->rid != right->rid)
        return left->rid < right->rid ? -1 : 1;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* Each resource once, with its oldest version and its newest change. */
static size_t make_distinct(Touched *touched, size_t count)
{
    size_t kept = 0;
    qsort(touched, count, sizeof(*touched), by_rid);
    for (size_t i = 0; i < count; i++)
        if (!kept || touched[kept - 1].rid != touched[i].rid)
            touched[kept++] = touched[i];
        else
            touched[kept - 1].last = touched[i].last;
    return kept;
}

static Status read_bodies(RecordChanges *to, const Touched *touched, const StoreRow *row,
                          RecordChange *change)
{
    StoreRow now, before;
    if (!row->deleted) {
        TRY(store_get_rid(to->reader, row->rid, true, &now));
        change->body = now.body;
    }
    if (touched->first < 2)
        return STATUS_OK;
    Status status = store_get_rid_version(to->reader, row->rid, touched->first - 1, &before);
    if (status == STATUS_OK)
        change->before = before.body;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status read_rows(RecordChanges *to, const RecordSince *since, const Touched *touched,
                        size_t count)
{
    Arena *arena = to->cx->arena;
    uint64_t *rids = arena_array_of(arena, uint64_t, count + 1);
    StoreRow *rows = arena_array_of(arena, StoreRow, count + 1);
    to->changes = arena_array_of(arena, RecordChange, count + 1);
    if (!rids || !rows || !to->changes)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        rids[i] = touched[i].rid;
    TRY(store_get_rids(to->reader, rids, count, false, rows));
    for (size_t i = 0; i < count; i++) {
        RecordChange *change = &to->changes[to->count];
        if (!rows[i].version)
            continue;
        *change = (RecordChange){.change = touched[i].last, .type = rows[i].type, .id = rows[i].id};
        change->packed = rows[i].facts;
        change->known = facts_unpack(change->packed, &change->facts);
        if (is_wanted(since, rows[i].type))
            TRY(read_bodies(to, &touched[i], &rows[i], change));
        to->count++;
    }
    return STATUS_OK;
}

static Status look(RecordChanges *to, const RecordSince *since)
{
    StoreTouch *touches = NULL;
    StoreMark mark;
    size_t count = 0;
    TRY(store_mark(to->reader, &mark));
    to->last = mark.change;
    to->auth_epoch = mark.epochs[STORE_EPOCH_AUTH];
    to->all = true;
    if (mark.change <= since->after)
        return STATUS_OK;
    TRY(store_changes(to->reader, 0, since->after, since->limit + 1, &touches, &count));
    to->all = count <= since->limit;
    Touched *touched = arena_array_of(to->cx->arena, Touched, count + 1);
    if (!touched)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        touched[i] = (Touched){touches[i].rid, touches[i].change, touches[i].version};
    return read_rows(to, since, touched, make_distinct(touched, count));
}

Status record_changes(Record *record, Ctx *cx, const RecordSince *since, RecordChanges *ret_changes)
{
    RecordChanges to = {.record = record, .cx = cx};
    if (search_refresh(record->search, cx) != STATUS_OK)
        search_outdated(record->search);
    to.hold = search_hold(record->search);
    Status status = store_read_begin(record->store, cx, record->self, &to.reader);
    if (status == STATUS_OK)
        status = look(&to, since);
    if (status == STATUS_OK)
        *ret_changes = to;
    else
        record_changes_end(&to);
    return status;
}

void record_changes_end(RecordChanges *changes)
{
    if (changes->reader)
        store_read_end(changes->reader);
    changes->reader = NULL;
    if (changes->hold)
        search_let_go(changes->record->search, changes->hold);
    changes->hold = 0;
}

Status record_changes_for(RecordChanges *changes, const Access **access)
{
    Status status = rights_on(changes->record->rights, changes->cx, changes->reader, access);
    if (status == STATUS_CONFLICT)
        search_outdated(changes->record->search);
    return status;
}

Status record_last_change(Record *record, Ctx *cx, uint64_t *ret_change)
{
    StoreReader *reader;
    StoreMark mark;
    TRY(store_read_begin(record->store, cx, record->self, &reader));
    Status status = store_mark(reader, &mark);
    store_read_end(reader);
    if (status == STATUS_OK)
        *ret_change = mark.change;
    return status;
}

void record_listen(Record *record, void (*wrote)(void *owner), void *owner)
{
    pthread_rwlock_wrlock(&record->listening);
    record->wrote = wrote;
    record->listener = owner;
    pthread_rwlock_unlock(&record->listening);
}

void changes_tell(Record *record)
{
    pthread_rwlock_rdlock(&record->listening);
    if (record->wrote)
        record->wrote(record->listener);
    pthread_rwlock_unlock(&record->listening);
}
