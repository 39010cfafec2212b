/* rights/book.c - what callers are entitled to, remembered for as long as it holds.
 *
 * An entry is good for a snapshot of its own epoch. In a later one somebody's links, consents or
 * functions have changed: the changes between both are looked at, and when none of them is about
 * this caller, the entry is good for the later one too. Otherwise it is compiled anew. */
#include "rights/inner.h"

#include "access/scope.h"

enum {
    BYTES_MAX = 64 << 20,
    TABLE_SIZE = 1024,
    COMPILE_BYTES = 256 << 20,
    ENTRY_BYTES_MAX = 8 << 20,
    ENTRY_BYTES_MIN = 17 << 10, /* what the smallest arena takes */
    TRIES = 3,
};

typedef struct Entry Entry;
struct Entry {
    Entry *next;
    Arena *arena;
    uint64_t key; /* of the strings, for the table */
    Str account, role, reference;
    Rights rights;
    uint64_t *rids; /* of all that was looked at, ascending */
    size_t rid_count;
    const uint64_t *names; /* hashes: himself, his functions, his organisations */
    size_t name_count;
    uint64_t epoch, change; /* up to which it is known to hold; behind the lock */
    uint64_t rules;
    size_t bytes;
    unsigned users; /* who hold it; the table is one of them */
    uint64_t used;
};

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
                     .bytes_max = options && options->bytes_max ? options->bytes_max : BYTES_MAX};
    Status status = STATUS_OK;
    if (options && options->rules)
        book->rules = *options->rules;
    else
        status = rules_default(cx, &book->rules);
    if (status == STATUS_OK)
        status = gists_init(&book->gists);
    if (status != STATUS_OK) {
        arena_free(forever);
        return status;
    }
    pthread_mutex_init(&book->lock, NULL);
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
    take_out_all(book);
    gists_clear(&book->gists);
    pthread_mutex_destroy(&book->lock);
    arena_free(book->forever);
}

void rights_set_rules(RightsBook *book, const Rules *rules)
{
    pthread_mutex_lock(&book->lock);
    book->rules = *rules;
    take_out_all(book);
    pthread_mutex_unlock(&book->lock);
    gists_forget(&book->gists); /* how long a link holds is in them */
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
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t hash, Str s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return (hash ^ 0xFF) * 0x100000001b3u;
}

static uint64_t key_of(const Access *access)
{
    uint64_t hash = mix(0xcbf29ce484222325u, access_account(access));
    return mix(mix(hash, access_role(access)), access_reference(access));
}

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

/* ---- an entry ----------------------------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool copy_links(Entry *entry, const Verdict *verdicts, size_t count)
{
    RightsLink *links = arena_array_of(entry->arena, RightsLink, count + 1);
    if (!links)
        return false;
    for (size_t i = 0; i < count; i++)
        links[i] = (RightsLink){verdicts[i].patient, verdicts[i].mask, verdicts[i].broken};
    entry->rights.links = links;
    entry->rights.link_count = count;
    return true;
}

static bool copy_sources(Entry *entry, const Gathering *g)
{
    uint64_t *names = arena_array_of(entry->arena, uint64_t, g->name_count + 1);
    entry->rids = arena_array_of(entry->arena, uint64_t, g->gist_count + 1);
    if (!names || !entry->rids)
        return false;
    for (size_t i = 0; i < g->gist_count; i++)
        entry->rids[i] = g->gists[i]->rid;
    qsort(entry->rids, g->gist_count, sizeof(uint64_t), by_number);
    entry->rid_count = g->gist_count;
    memcpy(names, g->hashes, g->name_count * sizeof(uint64_t));
    entry->names = names;
    entry->name_count = g->name_count;
    return true;
}

/* Binds page links and keys of caches to who asks, and by which rules. */
static uint64_t digest_of(const Gathering *g, const Access *access)
{
    Str text =
        arena_format(g->cx->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n%llx",
                     STR_ARG(access_account(access)), STR_ARG(access_role(access)),
                     STR_ARG(access_reference(access)), (unsigned long long)g->rules->digest);
    return text.at ? search_hash_text(g->book->search, text) : 0;
}

static Status make_entry(const Gathering *g, const Access *access, uint64_t epoch,
                         const Verdict *verdicts, size_t count, Entry **ret_entry)
{
    Arena *arena = arena_new(ENTRY_BYTES_MAX, true);
    Entry *entry = arena ? arena_new_of(arena, Entry) : NULL;
    if (!entry) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    *entry = (Entry){.arena = arena,
                     .key = key_of(access),
                     .account = arena_str(arena, access_account(access)),
                     .role = arena_str(arena, access_role(access)),
                     .reference = arena_str(arena, access_reference(access)),
                     .epoch = epoch,
                     .change = g->change,
                     .rules = g->rules->digest,
                     .users = 1,
                     .rights = {.role = g->role,
                                .self = g->self,
                                .nobody = rules_nobody_mask(g->rules, g->role),
                                .stranger = rules_stranger_mask(g->rules, g->role),
                                .until = g->until,
                                .digest = digest_of(g, access)}};
    if (!entry->account.at || !entry->role.at || !entry->reference.at ||
        !copy_links(entry, verdicts, count) || !copy_sources(entry, g)) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    UNUSED(search_name_links(g->book->search, g->cx->arena, &entry->rights));
    size_t bytes = arena_bytes(arena);
    entry->bytes = bytes < ENTRY_BYTES_MIN ? ENTRY_BYTES_MIN : bytes;
    *ret_entry = entry;
    return STATUS_OK;
}

/* ---- compiling ---------------------------------------------------------------------------------
 */

/* Who is a patient is one by his own record, and a proxy by his own: an account that says so of a
 * practitioner would have his links with the rights of a patient. It is nobody's. */
static AccessRole role_of(Str word, Str reference)
{
    AccessRole role = access_role_of(word);
    bool patient = str_has_prefix(reference, STR("Patient/"));
    bool related = str_has_prefix(reference, STR("RelatedPerson/"));
    bool wrong = (role == ROLE_PATIENT && !patient) || (role == ROLE_PROXY && !patient && !related);
    return wrong ? ROLE_NOBODY : role;
}

void gathering_begin(Gathering *g, RightsBook *book, Ctx *scratch, StoreReader *reader,
                     const Rules *rules, Str role, Str reference, const StoreMark *mark)
{
    *g = (Gathering){.book = book,
                     .cx = scratch,
                     .reader = reader,
                     .rules = rules,
                     .role = role_of(role, reference),
                     .reference = reference,
                     .now = book->clock(),
                     .change = mark->change,
                     .self = reference.len ? search_hash_text(book->search, reference) : 0,
                     .until = FOR_EVER};
}

/* As the program, in memory of its own, with the parameters held. Again when they have changed. */
static Status with_search(Gathering *g, Status (*work)(Gathering *g, void *to), void *to)
{
    Search *search = g->book->search;
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < TRIES; tries++) {
        unsigned hold = search_hold(search);
        g->name_count = g->gist_count = 0;
        status = work(g, to);
        search_let_go(search, hold);
        if (status == STATUS_CONFLICT)
            TRY(search_refresh(search, g->cx));
    }
    return status;
}

Status rights_apart(RightsBook *book, Ctx *cx, StoreReader *reader, Gathering *g,
                    Status (*work)(Gathering *g, void *to), void *to)
{
    Ctx scratch = {.arena = arena_new(COMPILE_BYTES, true),
                   .deadline = cx->deadline,
                   .gone = cx->gone,
                   .who = cx->who};
    if (!scratch.arena)
        return STATUS_MEMORY;
    g->cx = &scratch;
    Ctx *before = store_read_into(reader, &scratch);
    const Access *caller = store_read_as(reader, book->program);
    Status status = with_search(g, work, to);
    (void)store_read_as(reader, caller);
    (void)store_read_into(reader, before);
    for (const Issue *issue = scratch.issues; status != STATUS_OK && issue; issue = issue->next)
        (void)ctx_fail(cx, issue->status, STR_EMPTY, STR_FMT, STR_ARG(issue->diagnostics));
    arena_free(scratch.arena);
    return status;
}

typedef struct {
    const Access *access;
    uint64_t epoch;
    Entry *entry;
} Making;

static Status make(Gathering *g, void *to)
{
    Making *making = to;
    Verdict *verdicts;
    size_t count;
    TRY(gather(g));
    TRY(compile(g, &verdicts, &count));
    return make_entry(g, making->access, making->epoch, verdicts, count, &making->entry);
}

/* ---- still good? -------------------------------------------------------------------------------
 */

typedef struct {
    const Entry *entry;
    bool same; /* nothing of what has changed is about him */
} Confirming;

static bool names_entry(const Entry *entry, const Gist *gist)
{
    for (size_t i = 0; i < gist->who_count; i++)
        for (size_t k = 0; k < entry->name_count; k++)
            if (gist->who[i].hash == entry->names[k])
                return true;
    return false;
}

static bool concerns(const Gathering *g, const Entry *entry, const Gist *gist)
{
    for (; gist; gist = gist->next) {
        if (names_entry(entry, gist) || (gist->professions & 1u << g->role) != 0)
            return true;
        bool consent = gist->kind == GIST_DENY || gist->kind == GIST_PERMIT;
        if (consent && rights_find(&entry->rights, gist->patient))
            return true;
    }
    return false;
}

static Status confirm_type(Gathering *g, Confirming *c, uint16_t type)
{
    StoreTouch *touches;
    size_t count;
    Gist *gists[CHANGES_MAX];
    uint64_t rids[CHANGES_MAX];
    TRY(store_changes(g->reader, type, c->entry->change, CHANGES_MAX, &touches, &count));
    c->same = c->same && count < CHANGES_MAX;
    for (size_t i = 0; c->same && i < count; i++) {
        rids[i] = touches[i].rid;
        c->same =
            !bsearch(&rids[i], c->entry->rids, c->entry->rid_count, sizeof(uint64_t), by_number);
    }
    if (!c->same || !count)
        return STATUS_OK;
    TRY(gists_of(g, rids, count, gists));
    for (size_t i = 0; c->same && i < count; i++)
        c->same = !concerns(g, c->entry, gists[i]);
    return STATUS_OK;
}

static Status confirm(Gathering *g, void *to)
{
    Confirming *c = to;
    c->same = true;
    for (uint16_t type = 1; c->same && type <= fhir_type_count(); type++)
        if (rights_depend_on(type))
            TRY(confirm_type(g, c, type));
    return STATUS_OK;
}

/* ---- the question ------------------------------------------------------------------------------
 */

typedef struct {
    RightsBook *book;
    Entry *entry;
} Holding;

static void let_go(void *thing)
{
    Holding *holding = thing;
    pthread_mutex_lock(&holding->book->lock);
    give_back(holding->book, holding->entry);
    pthread_mutex_unlock(&holding->book->lock);
}

/* What is remembered of the caller, held; NULL: nothing. */
static Entry *find(RightsBook *book, const Access *access, Rules *ret_rules)
{
    uint64_t key = key_of(access);
    pthread_mutex_lock(&book->lock);
    Entry *entry = *place_of(book, key, access);
    if (entry) {
        entry->users++;
        entry->used = ++book->uses;
    } else {
        *ret_rules = book->rules;
    }
    pthread_mutex_unlock(&book->lock);
    return entry;
}

static void drop(RightsBook *book, Entry *entry)
{
    if (!entry)
        return;
    pthread_mutex_lock(&book->lock);
    give_back(book, entry);
    pthread_mutex_unlock(&book->lock);
}

/* Whether it holds in the snapshot; it may have to be looked at what has changed since. */
static Status is_good(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                      Entry *entry, const Access *access, bool *ret_good)
{
    uint64_t epoch = mark->epochs[STORE_EPOCH_ACCESS];
    Confirming confirming = {.entry = entry};
    Gathering g;
    Rules rules;
    pthread_mutex_lock(&book->lock);
    Time until = entry->rights.until;
    uint64_t known = entry->epoch, change = entry->change;
    rules = book->rules;
    pthread_mutex_unlock(&book->lock);
    *ret_good = false;
    if (book->clock() >= until || epoch < known || entry->rules != rules.digest)
        return STATUS_OK;
    *ret_good = epoch == known;
    if (*ret_good) {
        book->stats.remembered++;
    }
    if (*ret_good || mark->change < change)
        return STATUS_OK;
    gathering_begin(&g, book, cx, reader, &rules, access_role(access), access_reference(access),
                    mark);
    TRY(rights_apart(book, cx, reader, &g, confirm, &confirming));
    *ret_good = confirming.same;
    if (!confirming.same)
        return STATUS_OK;
    pthread_mutex_lock(&book->lock);
    if (entry->epoch < epoch) {
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
    Gathering g;
    bool good = false;
    Entry *entry = find(book, access, &rules);
    if (entry) {
        Status status = is_good(book, cx, reader, mark, entry, access, &good);
        if (good && status == STATUS_OK) {
            *ret_entry = entry;
            return STATUS_OK;
        }
        drop(book, entry);
        TRY(status);
        rights_rules(book, &rules);
    }
    Making making = {.access = access, .epoch = mark->epochs[STORE_EPOCH_ACCESS]};
    gathering_begin(&g, book, cx, reader, &rules, access_role(access), access_reference(access),
                    mark);
    TRY(rights_apart(book, cx, reader, &g, make, &making));
    pthread_mutex_lock(&book->lock);
    put_in(book, access, making.entry);
    book->stats.compiled++;
    pthread_mutex_unlock(&book->lock);
    *ret_entry = making.entry;
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
    Rules rules;
    *ret_known = access_is_system(*access);
    Entry *entry = *ret_known || !*access ? NULL : find(book, *access, &rules);
    if (!entry)
        return STATUS_OK;
    pthread_mutex_lock(&book->lock);
    *ret_known = entry->epoch == epoch && book->clock() < entry->rights.until &&
                 entry->rules == book->rules.digest;
    book->stats.remembered += *ret_known;
    pthread_mutex_unlock(&book->lock);
    Status status = *ret_known ? begin_answer(cx, *access, &answer) : STATUS_OK;
    if (!*ret_known || status != STATUS_OK) {
        drop(book, entry);
        return status;
    }
    return end_answer(book, cx, &answer, entry, epoch, access);
}
