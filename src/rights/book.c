/* rights/book.c - what callers are entitled to, remembered: the table of entries, the rules. */
#include "rights/entry.h"

enum { BYTES_MAX = 64 << 20, TABLE_SIZE = 1024, FILL_ROWS = 1000 };

/* ---- life ------------------------------------------------------------------------------------ */

static Time usual_clock(void)
{
    return time_now();
}

Status rights_book_new(Ctx *cx, Store *store, Search *search, const Access *program,
                       const RightsOptions *options, RightsBook **ret_book)
{
    Arena *forever = arena_new(1 << 20, false);
    RightsBook *book = forever ? arena_new_of(forever, RightsBook) : NULL;
    Entry **table = book ? arena_array_of(forever, Entry *, TABLE_SIZE) : NULL;
    if (!table)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    *book =
        (RightsBook){.forever = forever,
                     .store = store,
                     .search = search,
                     .program = program,
                     .clock = options && options->clock ? options->clock : usual_clock,
                     .table = table,
                     .bytes_max = options && options->bytes_max ? options->bytes_max : BYTES_MAX,
                     .gist_bytes_max = options ? options->gist_bytes_max : 0,
                     .fill_rows = options && options->fill_rows ? options->fill_rows : FILL_ROWS};
    Status status = STATUS_OK;
    if (options && options->rules)
        book->rules = *options->rules;
    else
        status = rules_default(cx, &book->rules);
    if (status == STATUS_OK)
        status = gists_init(&book->gists, book->gist_bytes_max, book->rules.digest);
    if (status != STATUS_OK) {
        arena_free(forever);
        return status;
    }
    pthread_mutex_init(&book->lock, NULL);
    pthread_mutex_init(&book->gists_lock, NULL);
    pthread_cond_init(&book->fill.wake, NULL);
    *ret_book = book;
    return STATUS_OK;
}

/* With the lock held. */
static void give_back(RightsBook *book, Entry *entry)
{
    if (--entry->users)
        return;
    book->bytes -= entry->bytes;
    arena_free(entry->arena);
}

static void take_out(RightsBook *book, Entry **at)
{
    Entry *entry = *at;
    *at = entry->next;
    give_back(book, entry);
}

static void take_out_all(RightsBook *book)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        while (book->table[i])
            take_out(book, &book->table[i]);
}

void rights_book_free(RightsBook *book)
{
    if (!book)
        return;
    fill_stop(book);
    take_out_all(book);
    gists_clear(&book->gists);
    pthread_cond_destroy(&book->fill.wake);
    pthread_mutex_destroy(&book->gists_lock);
    pthread_mutex_destroy(&book->lock);
    arena_free(book->forever);
}

void rights_set_rules(RightsBook *book, const Rules *rules)
{
    pthread_mutex_lock(&book->lock);
    book->rules = *rules;
    take_out_all(book);
    pthread_mutex_unlock(&book->lock);
    pthread_mutex_lock(&book->gists_lock);
    gists_forget(&book->gists); /* how long a link holds is in them */
    book->gists.rules = rules->digest;
    fill_again(book);
    pthread_mutex_unlock(&book->gists_lock);
}

void rights_rules(RightsBook *book, Rules *ret_rules)
{
    pthread_mutex_lock(&book->lock);
    *ret_rules = book->rules;
    pthread_mutex_unlock(&book->lock);
}

void rights_stats(RightsBook *book, RightsStats *ret_stats)
{
    pthread_mutex_lock(&book->lock);
    *ret_stats = book->stats;
    pthread_mutex_unlock(&book->lock);
    pthread_mutex_lock(&book->gists_lock);
    ret_stats->gist_bytes = arena_bytes(book->gists.arena);
    pthread_mutex_unlock(&book->gists_lock);
}
/* ---- the table ---------------------------------------------------------------------------------
 */

static Entry **place_of(RightsBook *book, uint64_t key, const Access *access)
{
    Entry **at = &book->table[key % TABLE_SIZE];
    while (*at && !((*at)->key == key && str_eq((*at)->account, access_account(access)) &&
                    str_eq((*at)->role, access_role(access)) &&
                    str_eq((*at)->reference, access_reference(access))))
        at = &(*at)->next;
    return at;
}

/* The one that nobody has used for longest goes, until there is room. */
static void make_room(RightsBook *book)
{
    while (book->bytes > book->bytes_max) {
        Entry **oldest = NULL;
        for (size_t i = 0; i < TABLE_SIZE; i++)
            for (Entry **at = &book->table[i]; *at; at = &(*at)->next)
                if (!oldest || (*at)->used < (*oldest)->used)
                    oldest = at;
        if (!oldest)
            return; /* what is left is in use and goes with its users */
        size_t before = book->bytes;
        take_out(book, oldest);
        if (book->bytes == before)
            return;
    }
}

/* In place of an older one of the same caller. */
static void put_in(RightsBook *book, const Access *access, Entry *entry)
{
    Entry **at = place_of(book, entry->key, access);
    book->bytes += entry->bytes;
    entry->used = ++book->uses;
    if (entry->rules != book->rules.digest || (*at && (*at)->change > entry->change))
        return;
    entry->users++;
    if (*at)
        take_out(book, at);
    entry->next = book->table[entry->key % TABLE_SIZE];
    book->table[entry->key % TABLE_SIZE] = entry;
    make_room(book);
}

void book_put(RightsBook *book, const Access *access, Entry *entry)
{
    pthread_mutex_lock(&book->lock);
    put_in(book, access, entry);
    book->stats.compiled++;
    pthread_mutex_unlock(&book->lock);
}

Entry *book_find(RightsBook *book, const Access *access)
{
    uint64_t key = entry_key(access);
    pthread_mutex_lock(&book->lock);
    Entry *entry = *place_of(book, key, access);
    if (entry) {
        entry->users++;
        entry->used = ++book->uses;
    }
    pthread_mutex_unlock(&book->lock);
    return entry;
}

void book_let_go(RightsBook *book, Entry *entry)
{
    if (!entry)
        return;
    pthread_mutex_lock(&book->lock);
    give_back(book, entry);
    pthread_mutex_unlock(&book->lock);
}
