/* rights/ask.c - what somebody is entitled to on a snapshot: remembered, confirmed or compiled.
 *
 * An entry is good for a snapshot of its own epoch. In a later one somebody's links, consents or
 * functions have changed: the changes between both are looked at, and when none of them is about
 * this caller, the entry is good for the later one too. Otherwise it is compiled anew. What depends
 * on somebody's birth date is looked at in each new state of the store. */
#include "rights/entry.h"

#include "access/scope.h"

/* ---- the question ------------------------------------------------------------------------------
 */

typedef struct {
    RightsBook *book;
    Entry *entry;
} Holding;

static void let_go(void *thing)
{
    Holding *holding = thing;
    book_let_go(holding->book, holding->entry);
}

/* Whether it holds in the snapshot; it may have to be looked at what has changed since. */
static Status is_good(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                      Entry *entry, const Access *access, bool *ret_good)
{
    uint64_t epoch = mark->epochs[STORE_EPOCH_ACCESS];
    Rules rules;
    pthread_mutex_lock(&book->lock);
    uint64_t known = entry->epoch, change = entry->change;
    bool holds =
        book->clock() < entry->rights.until && epoch >= known && entry->rules == book->rules.digest;
    *ret_good = holds && epoch == known && (!entry->age_count || mark->change == change);
    book->stats.remembered += *ret_good;
    pthread_mutex_unlock(&book->lock);
    if (!holds || *ret_good || mark->change < change)
        return STATUS_OK;
    rights_rules(book, &rules);
    TRY(entry_confirm(book, cx, reader, mark, &rules, access, entry, change, ret_good));
    if (!*ret_good)
        return STATUS_OK;
    pthread_mutex_lock(&book->lock);
    if (entry->change < mark->change) {
        entry->epoch = epoch;
        entry->change = mark->change;
    }
    book->stats.confirmed++;
    pthread_mutex_unlock(&book->lock);
    return STATUS_OK;
}

static Status find_or_make(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                           const Access *access, Entry **ret_entry)
{
    Rules rules;
    bool good = false;
    Entry *entry = book_find(book, access);
    Status status = entry ? is_good(book, cx, reader, mark, entry, access, &good) : STATUS_OK;
    if (status != STATUS_OK || !good) {
        book_let_go(book, entry);
        TRY(status);
        rights_rules(book, &rules);
        TRY(entry_make(book, cx, reader, mark, &rules, access, &entry));
        book_put(book, access, entry);
    }
    *ret_entry = entry;
    return STATUS_OK;
}

/* A token of a program has its person's rights as far as its scopes go. */
static Status limit_by_token(RightsBook *book, Ctx *cx, const Access *access, Rights *rights)
{
    Str patient = access_patient(access);
    if (access_is_service(access))
        rights_of_service(rights);
    return rights_limit(cx, access, patient.len ? search_hash_text(book->search, patient) : 0,
                        rights);
}

/* What an answer holds on to. */
typedef struct {
    void **hook;
    Holding *holding;
    Rights *rights;
    const Access *with;
} Answer;

static Status begin_answer(Ctx *cx, const Access *access, Answer *ret_answer)
{
    Arena *arena = cx->arena;
    Answer answer = {.hook = arena_defer(arena, let_go, NULL),
                     .holding = arena_new_of(arena, Holding),
                     .rights = arena_new_of(arena, Rights)};
    if (!answer.hook || !answer.holding || !answer.rights)
        return STATUS_MEMORY;
    answer.with = access_with_rights(arena, access, answer.rights);
    *ret_answer = answer;
    return answer.with ? STATUS_OK : STATUS_MEMORY;
}

static Status end_answer(RightsBook *book, Ctx *cx, const Answer *answer, Entry *entry,
                         uint64_t epoch, const Access **access)
{
    *answer->holding = (Holding){book, entry};
    *answer->hook = answer->holding;
    *answer->rights = entry->rights;
    answer->rights->epoch = epoch;
    TRY(limit_by_token(book, cx, *access, answer->rights));
    *access = answer->with;
    return STATUS_OK;
}

Status rights_on(RightsBook *book, Ctx *cx, StoreReader *reader, const Access **access)
{
    StoreMark mark;
    Entry *entry;
    Answer answer;
    if (!access_is_system(*access)) {
        TRY(begin_answer(cx, *access, &answer));
        TRY(store_mark(reader, &mark));
        TRY(find_or_make(book, cx, reader, &mark, *access, &entry));
        TRY(end_answer(book, cx, &answer, entry, mark.epochs[STORE_EPOCH_ACCESS], access));
    }
    (void)store_read_as(reader, *access);
    return STATUS_OK;
}

Status rights_recall(RightsBook *book, Ctx *cx, uint64_t epoch, const Access **access,
                     bool *ret_known)
{
    Answer answer;
    *ret_known = access_is_system(*access);
    Entry *entry = *ret_known || !*access ? NULL : book_find(book, *access);
    if (!entry)
        return STATUS_OK;
    pthread_mutex_lock(&book->lock);
    *ret_known = entry->epoch == epoch && !entry->age_count &&
                 book->clock() < entry->rights.until && entry->rules == book->rules.digest;
    book->stats.remembered += *ret_known;
    pthread_mutex_unlock(&book->lock);
    Status status = *ret_known ? begin_answer(cx, *access, &answer) : STATUS_OK;
    if (!*ret_known || status != STATUS_OK) {
        book_let_go(book, entry);
        return status;
    }
    return end_answer(book, cx, &answer, entry, epoch, access);
}
