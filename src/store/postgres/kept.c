/* store/postgres/kept.c - see kept.h. */
#include "store/postgres/kept.h"

#include "store/engine.h"

/* Others write: what is taken unasked would often be taken twice. Longer when it happens often. */
enum { PAUSE_LEAST_MS = 10, PAUSE_MOST_MS = 2000, OFTEN = 4 };

bool kept_init(Kept *kept, size_t bytes_max)
{
    pthread_mutex_init(&kept->lock, NULL);
    kept->blank = true;
    kept->rows = rowcache_new(bytes_max);
    return idcache_init(&kept->ids) && kept->rows;
}

void kept_clear(Kept *kept)
{
    rowcache_free(kept->rows);
    idcache_clear(&kept->ids);
    pthread_mutex_destroy(&kept->lock);
}

void kept_forget(Kept *kept)
{
    pthread_mutex_lock(&kept->lock);
    kept->blank = true;
    atomic_fetch_add(&kept->turn, 1);
    pthread_mutex_unlock(&kept->lock);
}

uint64_t kept_seen(const Kept *kept)
{
    return atomic_load(&kept->seen);
}

/* Under the lock: nothing of before is known any more. */
static void begin_turn(Kept *kept, uint64_t change)
{
    atomic_fetch_add(&kept->turn, 1);
    kept->floor = change;
    atomic_store(&kept->known, change);
}

RowSnapshot kept_begin(Kept *kept, uint64_t seen_before, const StoreMark *mark)
{
    uint64_t epoch = mark->epochs[STORE_EPOCH_ACCESS];
    RowSnapshot at = {.seq = mark->change};
    pthread_mutex_lock(&kept->lock);
    if (mark->change < seen_before)
        store_die("the database has lost commits that were read here before (a standby that was"
                  " behind took over?): nothing in memory can be trusted");
    if (kept->blank || epoch > kept->epoch) {
        uint64_t known = atomic_load(&kept->known);
        bool on = !kept->blank && known > mark->change;
        begin_turn(kept, on ? known : mark->change);
        kept->epoch = epoch;
        kept->blank = false;
    }
    if (mark->change > atomic_load(&kept->seen))
        atomic_store(&kept->seen, mark->change);
    if (mark->change >= kept->floor && epoch == kept->epoch)
        at.turn = atomic_load(&kept->turn);
    pthread_mutex_unlock(&kept->lock);
    return at;
}

/* In this order: begin_turn changes the turn first. */
KeptUse kept_use(const Kept *kept, RowSnapshot at, uint64_t *ret_known)
{
    *ret_known = atomic_load(&kept->known);
    return !at.turn || atomic_load(&kept->turn) != at.turn ? KEPT_NEVER
           : *ret_known >= at.seq                          ? KEPT_NOW
                                                           : KEPT_LATER;
}

void kept_note(Kept *kept, RowSnapshot *at, uint64_t since, const StoreTouch *touches, size_t count)
{
    pthread_mutex_lock(&kept->lock);
    uint64_t known = atomic_load(&kept->known);
    bool ours = at->turn == atomic_load(&kept->turn) && at->seq > known && since <= known;
    if (ours && count == KEPT_CHANGES_MAX) {
        begin_turn(kept, at->seq);
        at->turn = atomic_load(&kept->turn);
    } else if (ours) {
        for (size_t i = 0; i < count && touches[i].change > known; i++)
            rowcache_drop(kept->rows, touches[i].rid, touches[i].change);
        atomic_store(&kept->known, at->seq);
    }
    pthread_mutex_unlock(&kept->lock);
}

void kept_wrote(Kept *kept, uint64_t first, const uint64_t *rids, size_t count)
{
    pthread_mutex_lock(&kept->lock);
    if (!kept->blank && atomic_load(&kept->known) == first) {
        for (size_t i = 0; i < count; i++)
            rowcache_drop(kept->rows, rids[i], first + i + 1);
        atomic_store(&kept->known, first + count);
    }
    pthread_mutex_unlock(&kept->lock);
}

RowSnapshot kept_now(Kept *kept)
{
    RowSnapshot at = {.turn = 0};
    Time asking = atomic_load_explicit(&kept->asking, memory_order_relaxed);
    if (asking && time_monotonic() < asking)
        return at;
    pthread_mutex_lock(&kept->lock);
    if (!kept->blank)
        at = (RowSnapshot){atomic_load(&kept->turn), atomic_load(&kept->known)};
    pthread_mutex_unlock(&kept->lock);
    return at;
}

bool kept_expects(Kept *kept, uint64_t *ret_change, uint64_t *ret_epoch)
{
    pthread_mutex_lock(&kept->lock);
    bool known = !kept->blank;
    *ret_change = atomic_load(&kept->known);
    *ret_epoch = kept->epoch;
    pthread_mutex_unlock(&kept->lock);
    return known;
}

void kept_surprised(Kept *kept)
{
    Time now = time_monotonic();
    pthread_mutex_lock(&kept->lock);
    bool often = now < atomic_load(&kept->asking) + OFTEN * kept->pause;
    kept->pause = often ? 2 * kept->pause : PAUSE_LEAST_MS * TIME_MS;
    if (kept->pause > PAUSE_MOST_MS * TIME_MS)
        kept->pause = PAUSE_MOST_MS * TIME_MS;
    atomic_store(&kept->asking, now + kept->pause);
    pthread_mutex_unlock(&kept->lock);
}
