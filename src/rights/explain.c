/* rights/explain.c - what somebody sees of a patient, and which link, consent, block or cell of
 * the matrix decides it. It compiles as a request of his would and says what it finds on the way,
 * so that the explanation cannot say anything but what happens. */
#include "rights/inner.h"

#include "json/json.h"

typedef struct {
    RightsWhy *why;
    Ctx *cx; /* of whoever asks: the sentences live there */
} Explaining;

/* ---- sentences ----------------------------------------------------------------------------------
 */

static Str day_of(Ctx *cx, Time at)
{
    char text[TIME_INSTANT_LEN];
    if (at == FOR_EVER || at == INT64_MIN)
        return STR("ever");
    return arena_str(cx->arena, str_head(time_format_instant(at, text), 16));
}

/* By what he is let in at all. */
static Str door_of(Ctx *cx, const RightsWhy *why)
{
    if (why->self)
        return STR("it is his own record");
    if (why->proxy)
        return arena_format(cx->arena, STR_FMT " lets him act for the patient", STR_ARG(why->link));
    return arena_format(cx->arena, "link " STR_FMT " (" STR_FMT ") until " STR_FMT "%s" STR_FMT,
                        STR_ARG(why->link), STR_ARG(why->kind), STR_ARG(day_of(cx, why->until)),
                        why->consent ? ", consent " : "",
                        STR_ARG(why->consent ? why->permit : STR_EMPTY));
}

static bool is_taken(const Verdict *v, unsigned class)
{
    return v->deny && (v->without & 1u << class) != 0;
}

/* Whoever has no link has what he made himself, where his role makes such things at all. */
static Str no_link(const Verdict *v, Cell cell, unsigned class)
{
    uint32_t bit = 1u << class;
    if (((v->mask.read | v->mask.reduced) & bit) != 0)
        return STR("his role needs no link for this class");
    if (cell == CELL_BROKEN)
        return STR("no link with this patient; the class needs break-glass");
    return (v->mask.authored & bit) != 0
               ? STR("no link with this patient: only what he made himself")
               : STR("no link with this patient");
}

/* Why nothing is open, or what opens it; the first that applies. */
static Str sentence(Explaining *e, const Verdict *v, const Rules *rules, unsigned class)
{
    const RightsWhy *why = e->why;
    Arena *arena = e->cx->arena;
    Cell cell = v->role < ACCESS_ROLES ? rules->roles[v->role].cells[class] : CELL_NONE;
    if (class == D14_PSYCHOTHERAPY)
        return STR("psychotherapy notes are their author's alone, also after break-glass");
    if (cell == CELL_NONE)
        return arena_format(arena, "the matrix gives this role nothing of this class");
    if (v->blocked)
        return arena_format(arena, "the patient has blocked him: " STR_FMT, STR_ARG(why->deny));
    if (!v->self && !v->link && !v->proxy)
        return no_link(v, cell, class);
    if (is_taken(v, class))
        return arena_format(arena, "the patient has taken this class away: " STR_FMT,
                            STR_ARG(why->deny));
    if (cell == CELL_BROKEN)
        return v->broken ? arena_format(arena, "the glass is broken until " STR_FMT,
                                        STR_ARG(day_of(e->cx, why->until)))
                         : STR("only after break-glass");
    if (cell == CELL_ABOUT_SELF && !v->self && !v->proxy)
        return STR("only about himself");
    bool open = why->consent || v->broken || v->self || v->proxy;
    if (!open && (rules->without_consent & 1u << class) == 0)
        return v->refused ? arena_format(arena,
                                         "the patient refuses the network (" STR_FMT
                                         "): only what he made himself",
                                         STR_ARG(why->deny))
                          : STR("no consent to the network: only what he made himself");
    return arena_format(arena, "cell " STR_FMT "; " STR_FMT, STR_ARG(rules_cell_word(cell)),
                        STR_ARG(door_of(e->cx, why)));
}

/* The mask that decides is the one that a request has. */
static Str verdict_of(const RightsMask *mask, unsigned class)
{
    uint32_t bit = 1u << class;
    if (class == D14_PSYCHOTHERAPY)
        return (mask->own | mask->authored) & bit ? STR("own") : STR("nothing");
    if ((mask->read & bit) != 0)
        return STR("all");
    if ((mask->reduced & bit) != 0)
        return ((mask->own | mask->authored) & bit) != 0 ? STR("own, reduced") : STR("reduced");
    return ((mask->own | mask->authored) & bit) != 0 ? STR("own") : STR("nothing");
}

static Str name_or_nothing(Ctx *cx, const Gist *gist)
{
    return gist ? arena_str(cx->arena, gist->name) : STR_EMPTY;
}

static Status tell(Explaining *e, const Gathering *g, const Verdict *v)
{
    RightsWhy *why = e->why;
    const Gist *door = v->proxy ? v->proxy : v->link;
    RightsLink *link = arena_new_of(e->cx->arena, RightsLink);
    if (!link)
        return STATUS_MEMORY;
    why->linked = v->link != NULL;
    why->consent = v->permit && !v->refused;
    why->broken = v->broken;
    why->blocked = v->blocked;
    why->shut = v->shut;
    why->self = v->self;
    why->proxy = v->proxy && !v->self;
    why->link = name_or_nothing(e->cx, door);
    why->kind = v->link ? rules_link_word(v->link->link) : STR_EMPTY;
    why->permit = name_or_nothing(e->cx, v->permit);
    why->deny = name_or_nothing(e->cx, v->deny);
    why->until = door ? door->until : 0;
    *link = (RightsLink){.patient = v->patient, .mask = v->mask, .broken = v->broken};
    why->rights = (Rights){.role = g->role,
                           .self = g->self,
                           .nobody = rules_nobody_mask(g->rules, g->role),
                           .stranger = rules_stranger_mask(g->rules, g->role),
                           .links = link,
                           .link_count = 1};
    for (unsigned i = 0; i < ACCESS_CLASSES; i++) {
        Cell cell = v->role < ACCESS_ROLES ? g->rules->roles[v->role].cells[i] : CELL_NONE;
        why->classes[i] = (RightsReason){.cell = rules_cell_word(cell),
                                         .verdict = verdict_of(&v->mask, i),
                                         .writes = (v->mask.write & 1u << i) != 0,
                                         .why = sentence(e, v, g->rules, i)};
    }
    return STATUS_OK;
}

/* ---- the question -----------------------------------------------------------------------------
 */

static Status explain(Gathering *g, void *to)
{
    Explaining *e = to;
    Verdict *verdicts;
    size_t count;
    TRY(gather(g));
    TRY(compile(g, &verdicts, &count));
    uint64_t patient = search_hash_text(g->book->search, e->why->patient);
    Verdict none = {
        .patient = patient, .role = g->role, .mask = rules_stranger_mask(g->rules, g->role)};
    const Verdict *found = &none;
    for (size_t i = 0; i < count; i++)
        if (verdicts[i].patient == patient)
            found = &verdicts[i];
    return tell(e, g, found);
}

Status rights_explain(RightsBook *book, Ctx *cx, StoreReader *reader, Str role, Str reference,
                      Str patient, RightsWhy *ret_why)
{
    StoreMark mark;
    Rules rules;
    Gathering g;
    *ret_why = (RightsWhy){.role = role, .reference = reference, .patient = patient};
    Explaining e = {.why = ret_why, .cx = cx};
    rights_rules(book, &rules);
    TRY(store_mark(reader, &mark));
    gathering_begin(&g, book, cx, reader, &rules, role, reference, &mark);
    return rights_apart(book, cx, reader, &g, explain, &e);
}

Status rights_explain_row(Ctx *cx, const RightsWhy *why, uint16_t type, const Facts *facts,
                          Sight *ret_sight, Str *ret_sentence)
{
    static const char letters[] = "ULMNRV";
    const RightsMask *mask = &why->rights.links[0].mask;
    const char *label = "";
    *ret_sight = rights_see(&why->rights, type, facts);
    if (facts->class >= ACCESS_CLASSES || facts->confidentiality > CONF_V)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The row has no facts.");
    if ((facts->sensitivity & ~mask->sensitivity) != 0)
        label = "; it has a category of sensitivity that is not granted";
    else if (facts->confidentiality > mask->clearance)
        label = "; its confidentiality is above the clearance";
    else if (facts->subject_count > 1)
        label = "; it is about several people, and each of them counts";
    *ret_sentence = arena_format(
        cx->arena, "class " STR_FMT " " STR_FMT ", confidentiality %c: " STR_FMT "%s",
        STR_ARG(rules_class_word(facts->class)), STR_ARG(rules_class_name(facts->class)),
        letters[facts->confidentiality], STR_ARG(why->classes[facts->class].why), label);
    return ret_sentence->at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- as JSON ------------------------------------------------------------------------------------
 */

static void add_text(Buf *buf, const char *name, Str text)
{
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, text);
}

static void add_flag(Buf *buf, const char *name, bool flag)
{
    buf_format(buf, ",\"%s\":%s", name, flag ? "true" : "false");
}

Status rights_why_json(Ctx *cx, const RightsWhy *why, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 4096, 64 << 10);
    buf_add_lit(&buf, "{\"patient\":");
    json_write_string(&buf, why->patient);
    add_text(&buf, "role", why->role);
    add_text(&buf, "reference", why->reference);
    add_flag(&buf, "self", why->self);
    add_flag(&buf, "proxy", why->proxy);
    add_flag(&buf, "linked", why->linked);
    add_flag(&buf, "consent", why->consent);
    add_flag(&buf, "blocked", why->blocked);
    add_flag(&buf, "broken", why->broken);
    add_text(&buf, "link", why->link);
    add_text(&buf, "kind", why->kind);
    add_text(&buf, "permit", why->permit);
    add_text(&buf, "deny", why->deny);
    add_text(&buf, "until", why->until ? day_of(cx, why->until) : STR_EMPTY);
    buf_add_lit(&buf, ",\"classes\":[");
    for (unsigned i = 0; i < ACCESS_CLASSES; i++) {
        const RightsReason *reason = &why->classes[i];
        buf_format(&buf, "%s{\"class\":\"" STR_FMT "\"", i ? "," : "",
                   STR_ARG(rules_class_word(i)));
        add_text(&buf, "name", rules_class_name(i));
        add_text(&buf, "cell", reason->cell);
        add_text(&buf, "sees", reason->verdict);
        add_flag(&buf, "writes", reason->writes);
        add_text(&buf, "why", reason->why);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, "]}");
    *ret_json = buf_str(&buf);
    return buf_done(&buf);
}
