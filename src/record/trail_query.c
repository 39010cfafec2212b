/* record/trail_query.c - what may be asked of the audit log, and which entries answer. */
#include "record/trail.h"

#include "fhir/fhir.h"
#include "store/moving.h"

enum {
    COUNT_DEFAULT = 50,
    COUNT_MAX = 1000,
    CURSORS_MAX = 16,
    LOOKS_MAX = 20000, /* entries that one page looks at without an index */
    BATCH_ROWS = 256,
};
static const Time clock_skew = 5 * 60 * TIME_SECOND; /* of nodes: numbers and times run together */

/* ---- parsing ---------------------------------------------------------------------------- */

static Status bad(Ctx *cx, Str name, const char *what)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The parameter " STR_FMT " must be %s.",
                    STR_ARG(name), what);
}

static Status parse_date(Scene *s, TrailQuery *q, Str name, Str value)
{
    static const struct {
        Str prefix;
        bool from_hi, from_lo, until_lo, until_hi;
    } kinds[] = {{STR_INIT("ge"), .from_lo = true},
                 {STR_INIT("gt"), .from_hi = true},
                 {STR_INIT("sa"), .from_hi = true},
                 {STR_INIT("lt"), .until_lo = true},
                 {STR_INIT("eb"), .until_lo = true},
                 {STR_INIT("le"), .until_hi = true},
                 {STR_INIT("eq"), .from_lo = true, .until_hi = true},
                 {STR_INIT(""), .from_lo = true, .until_hi = true}};
    Time lo, hi;
    size_t i = 0;
    while (!str_has_prefix(value, kinds[i].prefix))
        i++;
    if (!fhir_date_range(str_from(value, kinds[i].prefix.len), &lo, &hi))
        return bad(s->cx, name, "a date with ge, gt, sa, lt, eb, le or eq before it, or none");
    if (kinds[i].from_lo || kinds[i].from_hi) {
        Time from = kinds[i].from_lo ? lo : hi;
        q->from = from > q->from ? from : q->from;
    }
    if (kinds[i].until_lo || kinds[i].until_hi) {
        Time until = kinds[i].until_lo ? lo : hi;
        q->until = until < q->until ? until : q->until;
    }
    return STATUS_OK;
}

static Str bare(Scene *s, Str reference, Str type)
{
    Str base = s->call->base;
    if (base.len && str_has_prefix(reference, base) && reference.len > base.len)
        reference = str_from(reference, base.len + 1);
    return str_index(reference, '/') == SIZE_MAX && type.len
               ? arena_format(s->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(reference))
               : reference;
}

static Status parse_patient(Scene *s, TrailQuery *q, Str name, Str value)
{
    Str reference = bare(s, value, STR("Patient"));
    if (!str_has_prefix(reference, STR("Patient/")) || !fhir_id_is(str_from(reference, 8)))
        return bad(s->cx, name, "one Patient");
    q->patient = search_hash_text(s->record->search, reference);
    return STATUS_OK;
}

static Status parse_entity(Scene *s, TrailQuery *q, Str name, Str value)
{
    q->entity = bare(s, value, STR_EMPTY);
    return str_index(q->entity, '/') == SIZE_MAX ? bad(s->cx, name, "Type/id") : STATUS_OK;
}

static Status parse_agent(Scene *s, TrailQuery *q, Str name, Str value)
{
    for (Str rest = value; rest.len;) {
        Str one = bare(s, str_cut(&rest, ','), STR_EMPTY);
        if (q->agent_count == COUNT_OF(q->agents) || str_index(one, '/') == SIZE_MAX)
            return bad(s->cx, name, "up to eight references like Practitioner/x");
        q->agents[q->agent_count++] = one;
    }
    return STATUS_OK;
}

/* A token: its system is one of ours alone, so the code says it all. */
static Str code_of(Str token)
{
    size_t bar = str_index(token, '|');
    return bar == SIZE_MAX ? token : str_from(token, bar + 1);
}

static Status parse_altid(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(s);
    UNUSED(name);
    q->altid = code_of(value);
    return STATUS_OK;
}
static Status parse_action(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(s);
    UNUSED(name);
    q->action = value;
    return STATUS_OK;
}
static Status parse_type(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(s);
    UNUSED(name);
    q->types = value;
    return STATUS_OK;
}
static Status parse_outcome(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(s);
    UNUSED(name);
    q->outcomes = value;
    return STATUS_OK;
}
static Status parse_count(Scene *s, TrailQuery *q, Str name, Str value)
{
    uint64_t count;
    if (!str_to_u64(value, &count) || !count)
        return bad(s->cx, name, "a whole number from 1 on");
    q->count = count < COUNT_MAX ? (size_t)count : COUNT_MAX;
    return STATUS_OK;
}
static Status parse_before(Scene *s, TrailQuery *q, Str name, Str value)
{
    return str_to_u64(value, &q->before) ? STATUS_OK : bad(s->cx, name, "the one of a link");
}
static Status parse_sort(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(q);
    return str_eq(value, STR("-date")) ? STATUS_OK : bad(s->cx, name, "-date: the newest first");
}
static Status parse_format(Scene *s, TrailQuery *q, Str name, Str value)
{
    UNUSED(s);
    UNUSED(q);
    UNUSED(name);
    UNUSED(value); /* http has looked at it */
    return STATUS_OK;
}

static const struct {
    Str name;
    Status (*parse)(Scene *s, TrailQuery *q, Str name, Str value);
    bool once;
} params[] = {
    {STR_INIT("date"), parse_date, false},     {STR_INIT("patient"), parse_patient, true},
    {STR_INIT("agent"), parse_agent, true},    {STR_INIT("altid"), parse_altid, true},
    {STR_INIT("entity"), parse_entity, true},  {STR_INIT("action"), parse_action, true},
    {STR_INIT("type"), parse_type, true},      {STR_INIT("outcome"), parse_outcome, true},
    {STR_INIT("_count"), parse_count, true},   {STR_INIT("_before"), parse_before, true},
    {STR_INIT("_sort"), parse_sort, true},     {STR_INIT("_format"), parse_format, true},
    {STR_INIT("_pretty"), parse_format, true},
};

static Status parse_pair(Scene *s, TrailQuery *q, Str name, Str value, unsigned *seen)
{
    for (size_t i = 0; i < COUNT_OF(params); i++) {
        if (!str_eq(name, params[i].name))
            continue;
        if (params[i].once && *seen >> i & 1)
            return bad(s->cx, name, "given once");
        *seen |= 1u << i;
        if (!value.len)
            return bad(s->cx, name, "given a value");
        return params[i].parse(s, q, name, value);
    }
    return ctx_fail(s->cx, STATUS_INVALID, STR_EMPTY,
                    "The audit log cannot be searched by " STR_FMT ".", STR_ARG(name));
}

Status trail_parse(Scene *s, Str query, TrailQuery *ret_query)
{
    TrailQuery q = {
        .from = INT64_MIN, .until = INT64_MAX, .before = UINT64_MAX, .count = COUNT_DEFAULT};
    Str name, value, rest = query;
    unsigned seen = 0;
    Buf names, kept;
    buf_init(&names, s->cx->arena, 64, 4096);
    buf_init(&kept, s->cx->arena, 128, 65536);
    while (search_next_pair(&rest, &name, &value)) {
        Str clear_name, clear_value;
        TRY(search_decode(s->cx, name, &clear_name));
        TRY(search_decode(s->cx, value, &clear_value));
        TRY(parse_pair(s, &q, clear_name, clear_value, &seen));
        if (names.len)
            buf_add_lit(&names, "&");
        buf_add_str(&names, clear_name);
        if (str_eq(clear_name, STR("_before")))
            continue;
        if (kept.len)
            buf_add_lit(&kept, "&");
        buf_add_str(&kept, name);
        buf_add_lit(&kept, "=");
        buf_add_str(&kept, value);
    }
    TRY(buf_done(&names));
    TRY(buf_done(&kept));
    s->audit.query = buf_str(&names);
    q.kept = buf_str(&kept);
    *ret_query = q;
    return STATUS_OK;
}

/* ---- matching --------------------------------------------------------------------------- */

static bool listed(Str list, Str code)
{
    while (list.len) {
        if (str_eq(code_of(str_cut(&list, ',')), code))
            return true;
    }
    return false;
}

static bool names_entity(const TrailRow *row, Str entity)
{
    const AuditEntry *e = &row->entry;
    Str rest = entity, type = str_cut(&rest, '/');
    if (e->id.len && str_eq(e->id, rest) && str_eq(e->type, type))
        return true;
    for (size_t i = 0; i < e->resource_count; i++) {
        if (str_eq(e->resources[i], entity))
            return true;
    }
    for (size_t i = 0; i < e->part_count; i++) {
        const AuditAbout *about = &row->about[i];
        if (!about->patient)
            continue;
        if (about->id.len && str_eq(about->id, rest) && str_eq(e->type, type))
            return true;
        for (size_t j = 0; j < about->resource_count; j++) {
            if (str_eq(about->resources[j], entity))
                return true;
        }
    }
    return false;
}

static bool is_about(const TrailRow *row, uint64_t patient)
{
    for (size_t i = 0; i < row->entry.part_count; i++) {
        if (row->about[i].patient == patient)
            return true;
    }
    return false;
}

static bool is_agent(const TrailQuery *q, const AuditEntry *entry)
{
    for (size_t i = 0; i < q->agent_count; i++) {
        if (str_eq(q->agents[i], entry->who))
            return true;
    }
    return false;
}

static bool trail_matches(const TrailQuery *q, const TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    char action[] = {trail_action(e->interaction)};
    return row->at >= q->from && row->at < q->until && (!q->patient || is_about(row, q->patient)) &&
           (!q->agent_count || is_agent(q, e)) && (!q->altid.len || str_eq(q->altid, e->account)) &&
           (!q->entity.len || names_entity(row, q->entity)) &&
           (!q->action.len || listed(q->action, str_n(action, 1))) &&
           (!q->types.len || listed(q->types, str_of(trail_type(e->interaction)))) &&
           (!q->outcomes.len || listed(q->outcomes, str_of(trail_outcome(e->outcome))));
}

/* ---- looking ---------------------------------------------------------------------------- */

typedef struct {
    Scene *scene;
    StoreReader *reader;
    const TrailQuery *query;
    StoreCursor *cursors[CURSORS_MAX];
    uint64_t heads[CURSORS_MAX]; /* the next number of each; 0: at its end */
    size_t cursor_count;
    bool by_index;
    uint64_t indexed, at; /* numbers from `at` on have been looked at */
    StoreAuditRow *rows;  /* a batch, read backwards */
    size_t row_count;
    TrailRow *found;
    size_t count, looks;
} Looking;

static uint64_t key_number(Str key)
{
    uint64_t number = 0;
    for (size_t i = TRAIL_PREFIX; i < TRAIL_KEY; i++)
        number = number << 8 | (uint8_t)key.at[i];
    return number;
}

static Status step_back(Looking *l, size_t i)
{
    Str key;
    TRY(store_cursor_prev(l->cursors[i], &key));
    l->heads[i] = key.at && key.len == TRAIL_KEY ? key_number(key) : 0;
    return STATUS_OK;
}

/* A cursor over the numbers of one list below `below`. */
static Status add_cursor(Looking *l, char what, uint64_t hash, uint64_t below)
{
    char prefix[TRAIL_KEY];
    if (l->cursor_count == CURSORS_MAX)
        return ctx_fail(l->scene->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "This question of the audit log is too large.");
    trail_prefix(prefix, what, hash);
    for (size_t i = 0; i < 8; i++)
        prefix[TRAIL_PREFIX + i] = (char)(below >> (56 - 8 * i));
    StoreCursor **cursor = &l->cursors[l->cursor_count];
    TRY(store_cursor(l->reader, str_n(prefix, TRAIL_PREFIX), cursor));
    TRY(store_cursor_seek(*cursor, str_n(prefix, TRAIL_KEY)));
    return step_back(l, l->cursor_count++);
}

static Status add_patient(Looking *l, uint64_t patient, uint64_t below)
{
    AuditKey *keys;
    size_t count;
    TRY(audit_keys_of(l->scene->cx, l->reader, patient, &keys, &count));
    for (size_t i = 0; i < count; i++)
        TRY(add_cursor(l, TRAIL_PATIENT, trail_tag(keys[i].tag), below));
    return STATUS_OK;
}

/* An entity about a patient is in his list; one about nobody in its own. */
static Status add_entity(Looking *l, uint64_t below)
{
    Scene *s = l->scene;
    Str rest = l->query->entity, type = str_cut(&rest, '/');
    uint16_t number = fhir_type_find(type);
    StoreRow row;
    Facts facts;
    Status status = number ? store_get(l->reader, number, rest, false, &row) : STATUS_NOT_FOUND;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool known = status == STATUS_OK && facts_unpack(row.facts, &facts);
    for (size_t i = 0; known && i < facts.subject_count; i++)
        TRY(add_patient(l, facts.subjects[i], below));
    return add_cursor(l, TRAIL_ENTITY, search_hash_text(s->record->search, l->query->entity),
                      below);
}

/* The list that leaves least: of the entity, the patient, the people. */
static Status open_lists(Looking *l)
{
    const TrailQuery *q = l->query;
    const Search *search = l->scene->record->search;
    uint64_t below = l->indexed + 1 < q->before ? l->indexed + 1 : q->before;
    l->by_index = q->entity.len || q->patient || q->agent_count || q->altid.len;
    for (size_t i = 0; q->patient && i < l->scene->merged_count; i++)
        TRY(add_patient(l, l->scene->merged[i], below));
    if (q->patient)
        return add_patient(l, q->patient, below);
    if (q->entity.len)
        return add_entity(l, below);
    for (size_t i = 0; i < q->agent_count; i++)
        TRY(add_cursor(l, TRAIL_AGENT, search_hash_text(search, q->agents[i]), below));
    if (!q->agent_count && q->altid.len)
        TRY(add_cursor(l, TRAIL_AGENT, search_hash_text(search, q->altid), below));
    return STATUS_OK;
}

/* The largest number that the lists have next; 0: no more. */
static Status next_listed(Looking *l, uint64_t *ret_number)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < l->cursor_count; i++)
        largest = l->heads[i] > largest ? l->heads[i] : largest;
    for (size_t i = 0; largest && i < l->cursor_count; i++) {
        if (l->heads[i] == largest)
            TRY(step_back(l, i));
    }
    *ret_number = largest;
    return STATUS_OK;
}

/* The entry below `at`; 0: none is left. */
static Status next_row(Looking *l, const StoreAuditRow **ret_row)
{
    *ret_row = NULL;
    if (l->by_index && l->at <= l->indexed + 1) {
        uint64_t number;
        StoreAuditRow *rows;
        size_t count;
        TRY(next_listed(l, &number));
        l->at = number;
        if (!number)
            return STATUS_OK;
        TRY(store_audit_read(l->reader, number, 1, &rows, &count));
        *ret_row = count ? rows : NULL;
        return STATUS_OK;
    }
    if (!l->row_count) {
        uint64_t low = l->by_index ? l->indexed + 1 : 1;
        uint64_t from = l->at > low + BATCH_ROWS ? l->at - BATCH_ROWS : low;
        if (l->at <= from)
            return STATUS_OK;
        TRY(store_audit_read(l->reader, from, (size_t)(l->at - from), &l->rows, &l->row_count));
        if (!l->row_count)
            return STATUS_OK;
    }
    *ret_row = &l->rows[--l->row_count];
    l->at = (*ret_row)->number;
    return STATUS_OK;
}

static Status look_at(Looking *l, const StoreAuditRow *row)
{
    bool seen;
    TrailRow *to = &l->found[l->count];
    const TrailQuery *q = l->query;
    l->looks++;
    if (root_is(row->entry) || row->at < q->from || row->at >= q->until)
        return STATUS_OK;
    TRY(trail_row(l->scene, l->reader, row, to, &seen));
    l->count += seen && trail_matches(q, to);
    return STATUS_OK;
}

static Status look(Looking *l)
{
    const TrailQuery *q = l->query;
    while (l->count <= q->count && l->looks < LOOKS_MAX) {
        const StoreAuditRow *row;
        TRY(ctx_check_deadline(l->scene->cx));
        TRY(next_row(l, &row));
        if (!row && l->by_index && l->at > l->indexed) {
            l->at = l->indexed + 1; /* what no key is made of yet is done: now the lists */
            continue;
        }
        if (!row || row->at < q->from - (q->from > INT64_MIN + clock_skew ? clock_skew : 0)) {
            l->at = 0;
            return STATUS_OK;
        }
        TRY(look_at(l, row));
    }
    return STATUS_OK;
}

Status trail_find(Scene *s, StoreReader *reader, const TrailQuery *query, TrailRow **ret_rows,
                  size_t *ret_count, uint64_t *ret_before)
{
    StoreTip tip;
    Str text;
    Looking l = {.scene = s, .reader = reader, .query = query};
    TRY(store_tip(reader, &tip));
    TRY(trail_indexed(s->cx, reader, &text, &l.indexed));
    l.found = arena_array_of(s->cx->arena, TrailRow, query->count + 2);
    if (!l.found)
        return STATUS_MEMORY;
    l.at = tip.audit + 1 < query->before ? tip.audit + 1 : query->before;
    TRY(open_lists(&l));
    TRY(look(&l));
    bool more = l.count > query->count;
    *ret_before = more ? l.found[query->count - 1].number : l.at > 1 ? l.at : 0;
    *ret_rows = l.found;
    *ret_count = more ? query->count : l.count;
    return STATUS_OK;
}

/* His, and those that were merged into them before. */
static Status add_merged(Scene *s, StoreReader *reader, Str id, unsigned depth)
{
    StoreRow row;
    JsonValue *patient, *link;
    Status status = store_get(reader, fhir_type_find(STR("Patient")), id, true, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted) || depth > 4)
        return STATUS_OK;
    TRY(status);
    TRY(json_parse(s->cx, row.body, &patient));
    for (JsonIter it = json_iter(json_get(patient, STR("link"))); json_next(&it, NULL, &link);) {
        Str other = json_get_str(json_get(link, STR("other")), STR("reference"));
        if (!str_eq(json_get_str(link, STR("type")), STR("replaces")) ||
            !str_has_prefix(other, STR("Patient/")) || s->merged_count == COUNT_OF(s->merged))
            continue;
        s->merged[s->merged_count++] = search_hash_text(s->record->search, other);
        TRY(add_merged(s, reader, str_from(other, 8), depth + 1));
    }
    return STATUS_OK;
}

Status trail_follow_merged(Scene *s, StoreReader *reader, Str id, uint64_t hash)
{
    s->merged_into = hash;
    return add_merged(s, reader, id, 0);
}
