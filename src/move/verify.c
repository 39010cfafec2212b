/* move/verify.c - source and target are the same: what was copied is read again on both sides.
 *
 * Versions and audit entries never change, so those up to a number are compared once, while
 * writers write on; only what came since is left for the end. Keys do change: they are compared
 * at one place of both, and at the end those that the log has since. */
#include "move/inner.h"

#include <pthread.h>
#include <time.h>

#include "fhir/fhir.h"

enum { LOOK_MS = 20 };

/* ---- sums of both, at the same time --------------------------------------------------------- */

static void *digest_thread(void *of)
{
    digest_run(of);
    return NULL;
}

static void wait_for(Mover *m, Digesting both[2])
{
    struct timespec pause = {0, LOOK_MS * 1000000L};
    while (!both[0].ended || !both[1].ended) {
        nanosleep(&pause, NULL);
        bool failed = (both[0].ended && both[0].status != STATUS_OK) ||
                      (both[1].ended && both[1].status != STATUS_OK);
        if (failed || tell(m, MOVE_VERIFY, both[0].done) != STATUS_OK)
            both[0].stop = both[1].stop = true;
    }
}

/* A thread for each side. */
static Status digest_both(Mover *m, Digesting both[2])
{
    pthread_t threads[2];
    unsigned started = 0;
    while (started < 2 &&
           pthread_create(&threads[started], NULL, digest_thread, &both[started]) == 0)
        started++;
    for (unsigned i = started; i < 2; i++) {
        both[i].status = ctx_fail(m->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                  "No thread could be started for the verification.");
        both[i].ended = true;
    }
    wait_for(m, both);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    bool first = both[0].status != STATUS_OK && both[0].status != STATUS_TIMEOUT;
    return first || both[1].status == STATUS_OK ? both[0].status : both[1].status;
}

static void add_sums(MoveReport *to, const MoveReport *more)
{
    for (size_t i = 0; i < MOVE_TYPES_MAX; i++)
        digest_add(&to->types[i], &more->types[i]);
    digest_add(&to->facts, &more->facts);
    digest_add(&to->audit, &more->audit);
}

static Status differ_by_type(Mover *m, const MoveReport *from, const MoveReport *to)
{
    bool same = true;
    for (uint16_t i = 0; i < MOVE_TYPES_MAX; i++) {
        const MoveDigest *a = &from->types[i], *b = &to->types[i];
        if (digest_same(a, b))
            continue;
        same = false;
        (void)ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                       STR_FMT ": %llu versions in the source, %llu in the target, and not the "
                               "same.",
                       STR_ARG(fhir_type_name(i)), (unsigned long long)a->count,
                       (unsigned long long)b->count);
    }
    return same ? STATUS_OK : STATUS_CONFLICT;
}

static Status compare_sums(Mover *m, const MoveReport *from, const MoveReport *to)
{
    Status changes = differ_by_type(m, from, to), audits = STATUS_OK;
    if (changes != STATUS_OK)
        TRY(find_differences(m->cx, m->options, false));
    if (!digest_same(&from->audit, &to->audit)) {
        audits =
            ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                     "The audit log: %llu entries in the source, %llu in the target, and not "
                     "the same.",
                     (unsigned long long)from->audit.count, (unsigned long long)to->audit.count);
        TRY(find_differences(m->cx, m->options, true));
    }
    return changes != STATUS_OK ? changes : audits;
}

/* Changes and audit entries above `before`, up to `tip`; whether their facts are the same too. */
static Status compare_streams(Mover *m, const Verified *before, const StoreTip *tip,
                              bool *ret_same_facts)
{
    const MoveOptions *options = m->options;
    Digesting *both = arena_array_of(m->arena, Digesting, 2);
    if (!both)
        return STATUS_MEMORY;
    for (unsigned i = 0; i < 2; i++) {
        both[i].store = i ? options->to : options->from;
        both[i].access = options->access;
        both[i].after_change = before->change;
        both[i].until_change = tip->change;
        both[i].after_audit = before->audit;
        both[i].until_audit = tip->audit;
        both[i].cx.arena = arena_new(1 << 20, false);
    }
    bool room = both[0].cx.arena && both[1].cx.arena;
    Status status = room ? digest_both(m, both) : STATUS_MEMORY;
    for (unsigned i = 0; i < 2; i++) {
        (void)ctx_copy_issues(m->cx, &both[i].cx, STATUS_OK);
        arena_free(both[i].cx.arena);
    }
    if (status == STATUS_OK)
        status = compare_sums(m, &both[0].sums, &both[1].sums);
    if (status == STATUS_OK)
        *ret_same_facts = digest_same(&both[0].sums.facts, &both[1].sums.facts);
    if (status == STATUS_OK && *ret_same_facts)
        add_sums(m->report, &both[0].sums);
    return status;
}

static Status differ_by_facts(Mover *m)
{
    (void)ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                   "What says who may see a resource is not the same in both.");
    TRY(find_differences(m->cx, m->options, false));
    return STATUS_CONFLICT;
}

/* The facts differ. In a snapshot of its own: were some replaced since `after`? */
static Status are_replaced(Mover *m, uint64_t after, bool *ret_are)
{
    Ctx cx = {.arena = arena_new((size_t)1 << 24, false)};
    StoreReader *reader;
    if (!cx.arena)
        return STATUS_MEMORY;
    Status status = store_read_begin(m->options->from, &cx, m->options->access, &reader);
    if (status == STATUS_OK)
        status = facts_are_logged(m, reader, after, ret_are);
    status = batch_end(m, &cx, status);
    arena_free(cx.arena);
    return status;
}

/* ---- the whole, and the rest ---------------------------------------------------------------- */

static Status differ_by_keys(Mover *m, uint64_t missing, uint64_t extra)
{
    return missing || extra
               ? ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                          "Index keys: %llu of the source are not in the target, %llu of the "
                          "target not in the source.",
                          (unsigned long long)missing, (unsigned long long)extra)
               : STATUS_OK;
}

static Status with_target(Mover *m, Ctx *cx, StoreReader **ret_target)
{
    cx->arena = arena_new((size_t)1 << 28, true);
    return cx->arena ? store_read_begin(m->options->to, cx, m->options->access, ret_target)
                     : STATUS_MEMORY;
}

static Status no_more_than(Mover *m, StoreReader *target, const StoreTip *tip)
{
    StoreTip theirs;
    TRY(store_tip(target, &theirs));
    if (theirs.change <= tip->change && theirs.audit <= tip->audit)
        return STATUS_OK;
    return ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                    "The target goes on behind the end of the source: to change %llu and audit "
                    "entry %llu instead of %llu and %llu. It was written by others.",
                    (unsigned long long)theirs.change, (unsigned long long)theirs.audit,
                    (unsigned long long)tip->change, (unsigned long long)tip->audit);
}

Status verify_all(Mover *m, StoreReader *reader, Verified *ret_verified, bool *ret_again)
{
    bool same_facts = true;
    Ctx cx = {0};
    StoreReader *target;
    StoreTip tip;
    uint64_t missing = 0, extra = 0;
    TRY(store_tip(reader, &tip));
    Status status = with_target(m, &cx, &target);
    if (status == STATUS_OK)
        status = no_more_than(m, target, &tip);
    if (status == STATUS_OK)
        status = compare_keys(m, reader, target, &missing, &extra);
    if (status == STATUS_OK)
        status = compare_pieces(m, reader, target, true);
    status = batch_end(m, &cx, status);
    arena_free(cx.arena);
    TRY(status);
    TRY(tell(m, MOVE_VERIFY, 0));
    Status keys = differ_by_keys(m, missing, extra);
    TRY(compare_streams(m, &(Verified){0}, &tip, &same_facts));
    TRY(keys);
    *ret_again = false;
    if (!same_facts)
        TRY(are_replaced(m, tip.keys, ret_again));
    if (!same_facts && !*ret_again)
        return differ_by_facts(m);
    *ret_verified = (Verified){tip.change, tip.audit, tip.keys};
    return STATUS_OK;
}

typedef Status (*DigestAll)(StoreReader *reader, Ctx *cx, MoveDigest *ret_digest);

/* What changes all the time, and is compared while nothing does. */
static Status compare_all(Mover *m, StoreReader *from, StoreReader *to, DigestAll digest,
                          MoveDigest *ret_ours, const char *what)
{
    MoveDigest theirs = {0};
    Ctx batch = batch_begin(m);
    Ctx *before = store_read_into(from, &batch);
    Status status = digest(from, &batch, ret_ours);
    store_read_into(from, before);
    if (status == STATUS_OK) {
        before = store_read_into(to, &batch);
        status = digest(to, &batch, &theirs);
        store_read_into(to, before);
    }
    TRY(batch_end(m, &batch, status));
    if (digest_same(ret_ours, &theirs))
        return STATUS_OK;
    return ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                    "%s: %llu in the source, %llu in the target, and not the same.", what,
                    (unsigned long long)ret_ours->count, (unsigned long long)theirs.count);
}

Status verify_rest(Mover *m, StoreReader *reader, const Verified *before)
{
    Ctx cx = {0};
    StoreReader *target;
    StoreTip tip;
    uint64_t wrong = 0;
    TRY(store_tip(reader, &tip));
    Status status = with_target(m, &cx, &target);
    if (status == STATUS_OK)
        status = compare_all(m, reader, target, digest_items, &m->report->items,
                             "Accounts, sessions and settings");
    if (status == STATUS_OK)
        status = compare_pieces(m, reader, target, false);
    if (status == STATUS_OK)
        status = compare_all(m, reader, target, digest_jobs, &m->report->jobs, "Jobs");
    if (status == STATUS_OK && before->keys)
        status = compare_logged_keys(m, reader, target, before->keys, &wrong);
    status = batch_end(m, &cx, status);
    arena_free(cx.arena);
    TRY(status);
    if (wrong)
        return ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                        "Index keys: %llu that changed of late are not as in the source.",
                        (unsigned long long)wrong);
    bool same_facts = true;
    TRY(compare_streams(m, before, &tip, &same_facts));
    return same_facts ? STATUS_OK : differ_by_facts(m);
}
