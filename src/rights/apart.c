/* rights/apart.c - what is found out about a caller is found out by the program, in memory of its
 * own, which ends with the question. */
#include "rights/inner.h"

enum { COMPILE_BYTES = 256 << 20, TRIES = 3 };

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
        g->name_count = g->gist_count = g->age_count = 0;
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
