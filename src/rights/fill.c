/* rights/fill.c - after a start everything that gives or takes rights is read once, beside all
 * other work, so that the first to sign in does not wait for his thousands of links: docs/adr/0175.
 *
 * It is read into memory of its own, page by page, each from a snapshot of its own, and follows
 * what changes meanwhile; then it takes the place of what was remembered. A store that has more
 * than fits is left as it was: people's links are read when they ask. */
#include "rights/inner.h"

#include <time.h>

enum { PAGE_BYTES = 64 << 20, AGAIN_S = 30, CURSOR_MAX = 4096, CHUNK = 250 };

typedef struct {
    RightsBook *book;
    Rules rules;
    Gists gists;
    const char *type, *query;
    bool consents, begun;
    char cursor[CURSOR_MAX]; /* of the next page; empty: none */
} Filling;

static bool is_stopping(const void *of)
{
    RightsBook *book = (RightsBook *)of;
    pthread_mutex_lock(&book->lock);
    bool stopping = book->fill.stopping;
    pthread_mutex_unlock(&book->lock);
    return stopping;
}

/* ---- a page ---------------------------------------------------------------------------------- */

static Status keep_rows(Gathering *g, Filling *f, const uint64_t *rids, size_t count)
{
    Gist **gists = arena_array_of(g->cx->arena, Gist *, count + 1);
    if (!gists)
        return STATUS_MEMORY;
    TRY(gists_read(g, g->cx, rids, count, gists));
    for (size_t i = 0; i < count; i++) {
        if (!gists_put(&f->gists, rids[i], gists[i]) ||
            (f->consents && !gists_add_consent(&f->gists, gists[i], true)))
            return STATUS_MEMORY;
        if (f->consents)
            gists_note_refusal(&f->gists, gists[i]);
    }
    return STATUS_OK;
}

/* The first snapshot is where it begins: all that is read is whole until something is doubted. */
static Status follow(Gathering *g, Filling *f)
{
    bool same;
    if (f->begun)
        return gists_follow(g, &f->gists, &same);
    f->begun = f->gists.whole = f->gists.refused = true;
    f->gists.change = g->change;
    return STATUS_OK;
}

static Status read_page(Gathering *g, void *to)
{
    Filling *f = to;
    const SearchQuery *parsed;
    SearchPage page;
    SearchScope where = {.access = g->book->program, .type = fhir_type_find(str_of(f->type))};
    Str query = arena_format(g->cx->arena, "%s_count=%u%s%s", f->query, g->book->fill_rows,
                             f->cursor[0] ? "&_cursor=" : "", f->cursor);
    if (!query.at)
        return STATUS_MEMORY;
    TRY(follow(g, f));
    TRY(search_parse(g->book->search, g->cx, &where, query, &parsed));
    TRY(search_run(g->book->search, g->cx, g->reader, parsed, &page));
    for (size_t from = 0; from < page.count; from += CHUNK)
        TRY(keep_rows(g, f, page.rids + from,
                      page.count - from < CHUNK ? page.count - from : CHUNK));
    if (page.next.len >= CURSOR_MAX)
        return STATUS_MEMORY;
    memcpy(f->cursor, page.next.len ? page.next.at : "", page.next.len);
    f->cursor[page.next.len] = '\0';
    return STATUS_OK;
}

static Status fill_page(Filling *f)
{
    RightsBook *book = f->book;
    Ctx cx = {.arena = arena_new(PAGE_BYTES, true), .gone = is_stopping, .who = book};
    StoreReader *reader;
    StoreMark mark;
    Gathering g;
    if (!cx.arena)
        return STATUS_MEMORY;
    Status status = ctx_check_deadline(&cx);
    if (status == STATUS_OK)
        status = store_read_begin(book->store, &cx, book->program, &reader);
    if (status == STATUS_OK)
        status = store_mark(reader, &mark);
    if (status == STATUS_OK) {
        gathering_begin(&g, book, &cx, reader, &f->rules, STR_EMPTY, STR_EMPTY, &mark);
        status = rights_apart(book, &cx, reader, &g, read_page, f);
    }
    arena_free(cx.arena);
    return status;
}

/* As much time as it works it lets others work. */
static void rest(Time worked)
{
    struct timespec pause = {worked / TIME_SECOND,
                             worked % TIME_SECOND * (1000000000 / TIME_SECOND)};
    nanosleep(&pause, NULL);
}

static Status fill_type(Filling *f, const char *type, const char *query, bool consents, bool hurry)
{
    f->type = type;
    f->query = query;
    f->consents = consents;
    f->cursor[0] = '\0';
    do {
        Time begin = time_monotonic();
        TRY(fill_page(f));
        if (!hurry)
            rest(time_monotonic() - begin);
    } while (f->cursor[0]);
    return STATUS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Where others have other rules by now it was in vain. */
static bool take_place(Filling *f)
{
    RightsBook *book = f->book;
    Gists old = f->gists;
    pthread_mutex_lock(&book->gists_lock);
    bool same = book->gists.rules == f->gists.rules;
    if (same) {
        old = book->gists;
        book->gists = f->gists;
    }
    pthread_mutex_unlock(&book->gists_lock);
    gists_clear(&old);
    return same;
}

static Status fill(RightsBook *book, bool hurry)
{
    Filling f = {.book = book};
    rights_rules(book, &f.rules);
    TRY(gists_init(&f.gists, book->gist_bytes_max, f.rules.digest));
    Status status = fill_type(&f, "Consent", "status=active&", true, hurry);
    if (status == STATUS_OK)
        status = fill_type(&f, "CareTeam", "", false, hurry);
    if (status == STATUS_OK && !f.gists.whole)
        status = STATUS_CONFLICT; /* so much has changed meanwhile that it is to be read again */
    if (status != STATUS_OK) {
        gists_clear(&f.gists);
        return status;
    }
    return take_place(&f) ? STATUS_OK : STATUS_CONFLICT;
}

Status rights_fill(RightsBook *book)
{
    return fill(book, true);
}

/* ---- in the background ----------------------------------------------------------------------- */

/* With the lock held. */
static void wait_until_asked(RightsBook *book)
{
    while (!book->fill.wanted && !book->fill.stopping)
        pthread_cond_wait(&book->fill.wake, &book->lock);
    book->fill.wanted = false;
}

/* The same. While thousands of links are written it would be read in vain again and again. */
static void wait_a_while(RightsBook *book)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += AGAIN_S;
    while (!book->fill.stopping &&
           pthread_cond_timedwait(&book->fill.wake, &book->lock, &until) == 0)
        ;
}

static void *fill_main(void *of)
{
    RightsBook *book = of;
    pthread_mutex_lock(&book->lock);
    for (;;) {
        wait_until_asked(book);
        if (book->fill.stopping)
            break;
        pthread_mutex_unlock(&book->lock);
        Status status = fill(book, false);
        pthread_mutex_lock(&book->lock);
        book->stats.filled += status == STATUS_OK;
        book->fill.wanted |= status != STATUS_OK && status != STATUS_MEMORY;
        wait_a_while(book);
    }
    pthread_mutex_unlock(&book->lock);
    return NULL;
}

Status rights_book_start(RightsBook *book, Ctx *cx)
{
    assert(!book->fill.started);
    book->fill.wanted = true;
    book->fill.started = pthread_create(&book->fill.thread, NULL, fill_main, book) == 0;
    if (!book->fill.started)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The reader of links could not start.");
    (void)pthread_setname_np(book->fill.thread, "rights");
    return STATUS_OK;
}

void fill_again(RightsBook *book)
{
    pthread_mutex_lock(&book->lock);
    book->fill.wanted = true;
    pthread_cond_signal(&book->fill.wake);
    pthread_mutex_unlock(&book->lock);
}

void fill_stop(RightsBook *book)
{
    if (!book->fill.started)
        return;
    pthread_mutex_lock(&book->lock);
    book->fill.stopping = true;
    pthread_cond_signal(&book->fill.wake);
    pthread_mutex_unlock(&book->lock);
    pthread_join(book->fill.thread, NULL);
    book->fill.started = false;
}
