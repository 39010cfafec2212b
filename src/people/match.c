/* people/match.c - Patient/$match and Patient/ID/$duplicates: who may be the same person.
 *
 * Candidates come from a few searches of the index (blocks), as the caller makes them: whom he does
 * not see is no candidate, and changes no score. So the answer is the one of a store without the
 * hidden rows. What only decides is not shown, and not named in the audit entry; what is shown is.
 * Whoever registers somebody unknown to him goes by $link, which wants an exact identity and leaves
 * its trace: docs/adr/0142.
 *
 * SPEC R4 patient-operation-match.html */
#include "people/inner.h"

#include <stdlib.h>

#include "people/score.h"

enum { COUNT_DEFAULT = 10, COUNT_MAX = 50, CANDIDATES_MAX = 600, BLOCK_MAX = 200 };

typedef struct {
    OperationRow row;
    Score score;
} Candidate;

typedef struct {
    Operation *op;
    const JsonValue *patient;
    Str self; /* id of the patient himself, or empty */
    PersonKey *key;
    Candidate *found;
    size_t count;
} Match;

/* ---- blocks ---------------------------------------------------------------------------------- */

static bool has(const Match *m, Str id)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(m->found[i].row.id, id))
            return true;
    return false;
}

static Status take(Match *m, const OperationRow *row)
{
    PersonKey *key;
    if (str_eq(row->id, m->self) || has(m, row->id) || m->count == CANDIDATES_MAX)
        return STATUS_OK;
    TRY(person_key(m->op->cx, operation_country(m->op), row->resource, &key));
    m->found[m->count] = (Candidate){*row, score_pair(m->key, key)};
    m->count += m->found[m->count].score.grade > GRADE_NOT;
    return STATUS_OK;
}

/* A block whose parameter looks at what the caller does not see is left out: so is that field. */
static Status look(Match *m, Str query)
{
    OperationRows rows;
    Ctx *cx = m->op->cx, before = *cx;
    if (!query.len)
        return STATUS_OK;
    Status status = operation_find(m->op, STR("Patient"), query, BLOCK_MAX, &rows);
    if (status == STATUS_INVALID || status == STATUS_UNSUPPORTED || status == STATUS_FORBIDDEN) {
        ctx_forget_since(cx, &before);
        return STATUS_OK;
    }
    TRY(status);
    for (size_t i = 0; i < rows.count; i++)
        TRY(take(m, &rows.rows[i]));
    return STATUS_OK;
}

/* ",", "$", "|" and "\" mean something in a value, the rest in a query. SPEC R4
 * search.html#escaping */
static void add_value(Buf *buf, Str value, bool escape)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (escape && strchr(",$|\\", c) && c)
            buf_add_lit(buf, "%5C");
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.';
        if (plain) {
            buf_add_char(buf, (char)c);
            continue;
        }
        buf_add_char(buf, '%');
        buf_add_char(buf, digits[c >> 4]);
        buf_add_char(buf, digits[c & 15]);
    }
}

typedef struct {
    const char *name;
    Str value;
} Pair;

/* Nothing when a value is missing. */
static Status block(Match *m, const Pair *pairs, size_t count)
{
    Buf buf;
    buf_init(&buf, m->op->cx->arena, 256, 8192);
    for (size_t i = 0; i < count; i++) {
        if (!pairs[i].value.len)
            return STATUS_OK;
        buf_format(&buf, "%s%s=", i ? "&" : "", pairs[i].name);
        add_value(&buf, pairs[i].value, true);
    }
    TRY(buf_done(&buf));
    return look(m, buf_str(&buf));
}

static Status block_numbers(Match *m)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(m->patient, STR("identifier")));
         json_next(&it, NULL, &item);) {
        Buf buf;
        Str value = json_get_str(item, STR("value"));
        if (!value.len)
            continue;
        buf_init(&buf, m->op->cx->arena, 256, 8192);
        buf_add_lit(&buf, "identifier=");
        add_value(&buf, json_get_str(item, STR("system")), true);
        buf_add_lit(&buf, "%7C");
        add_value(&buf, value, true);
        TRY(buf_done(&buf));
        TRY(look(m, buf_str(&buf)));
    }
    return STATUS_OK;
}

static Status block_contacts(Match *m)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(m->patient, STR("telecom")));
         json_next(&it, NULL, &item);) {
        Str system = json_get_str(item, STR("system"));
        Pair pair = {str_eq(system, STR("email")) ? "email" : "phone",
                     json_get_str(item, STR("value"))};
        if (str_eq(system, STR("email")) || str_eq(system, STR("phone")))
            TRY(block(m, &pair, 1));
    }
    return STATUS_OK;
}

/* Day and month changed places, where that is a date. */
static Str swapped(Ctx *cx, Str birth)
{
    if (birth.len != 10 || str_cmp(str_n(birth.at + 8, 2), STR("12")) > 0)
        return STR_EMPTY;
    Str text = arena_format(cx->arena, "%.4s-%.2s-%.2s", birth.at, birth.at + 8, birth.at + 5);
    return text.at ? text : STR_EMPTY;
}

static Status block_names(Match *m, const JsonValue *name)
{
    Ctx *cx = m->op->cx;
    Str birth = json_get_str(m->patient, STR("birthDate")), year = str_head(birth, 4),
        family = json_get_str(name, STR("family")),
        given = json_str(json_item(json_get(name, STR("given")), 0));
    const Pair sounds[] = {{"phonetic", family}, {"phonetic", given}};
    const Pair exact[] = {{"family", family}, {"given", given}};
    const Pair in_year[] = {{"family", family}, {"birthdate", year}};
    const Pair given_swapped[] = {{"given", given}, {"birthdate", swapped(cx, birth)}};
    TRY(block(m, sounds, 2));
    TRY(block(m, exact, 2));
    TRY(block(m, in_year, 2));
    return block(m, given_swapped, 2);
}

static Status find_candidates(Match *m)
{
    JsonValue *name;
    Str birth = json_get_str(m->patient, STR("birthDate"));
    const Pair born = {"birthdate", birth.len == 10 ? birth : STR_EMPTY};
    TRY(block_numbers(m));
    TRY(block(m, &born, 1));
    for (JsonIter it = json_iter(json_get(m->patient, STR("name"))); json_next(&it, NULL, &name);)
        TRY(block_names(m, name));
    return block_contacts(m);
}

/* ---- answering ----------------------------------------------------------------------------------
 */

static int best_first(const void *a, const void *b)
{
    const Candidate *left = a, *right = b;
    if (left->score.grade != right->score.grade)
        return left->score.grade > right->score.grade ? -1 : 1;
    if (left->score.weight != right->score.weight)
        return left->score.weight > right->score.weight ? -1 : 1;
    return str_cmp(left->row.id, right->row.id);
}

/* Which field gave what. */
static void write_why(Buf *buf, const Score *score)
{
    for (size_t i = 0; i < SCORE_FIELDS; i++) {
        const ScorePart *p = &score->parts[i];
        if (!p->how)
            continue;
        buf_format(buf,
                   ",{\"url\":\"urn:aceso:match-field\",\"extension\":[{\"url\":\"field\","
                   "\"valueCode\":\"%s\"},{\"url\":\"agreement\",\"valueCode\":\"%s\"},{\"url\":"
                   "\"weight\",\"valueDecimal\":%.1f}]}",
                   score_field_word((ScoreField)i), p->how, p->weight);
    }
}

static Status write_matches(Match *m, size_t count, Str *ret_json)
{
    Operation *op = m->op;
    Buf buf;
    buf_init(&buf, op->cx->arena, 16 << 10, INBOX_BYTES_MAX);
    buf_format(&buf,
               "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":%zu,\"entry\":[",
               count);
    for (size_t i = 0; i < count; i++) {
        const Candidate *c = &m->found[i];
        buf_format(&buf, "%s{\"fullUrl\":\"" STR_FMT "/" STR_FMT "\",\"resource\":", i ? "," : "",
                   STR_ARG(op->call->base), STR_ARG(c->row.name));
        json_write(&buf, c->row.resource, false);
        buf_format(&buf,
                   ",\"search\":{\"extension\":[{\"url\":"
                   "\"http://hl7.org/fhir/StructureDefinition/match-grade\",\"valueCode\":\"%s\"}",
                   score_grade_word(c->score.grade));
        write_why(&buf, &c->score);
        buf_format(&buf, "],\"mode\":\"match\",\"score\":%.4f}}", c->score.score);
        TRY(operation_shows(op, &c->row));
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* SPEC R4 patient-operation-match.html: several certain ones are none. */
static size_t only_certain(const Match *m)
{
    size_t certain = 0;
    while (certain < m->count && m->found[certain].score.grade == GRADE_CERTAIN)
        certain++;
    return certain == 1;
}

static Status match(Match *m, size_t count, bool certain)
{
    Operation *op = m->op;
    Str body;
    m->found = arena_array_of(op->cx->arena, Candidate, CANDIDATES_MAX + 1);
    if (!m->found)
        return STATUS_MEMORY;
    TRY(person_key(op->cx, operation_country(op), m->patient, &m->key));
    bool before = operation_peek(op, true);
    Status status = find_candidates(m);
    operation_peek(op, before);
    TRY(status);
    qsort(m->found, m->count, sizeof(Candidate), best_first);
    size_t shown = certain ? only_certain(m) : m->count < count ? m->count : count;
    TRY(write_matches(m, shown, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}

static Status need_staff(Operation *op)
{
    AccessRole role = operation_role(op);
    if (role != ROLE_PATIENT && role != ROLE_PROXY)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "Looking for doubles is for staff.");
}

Status run_match(Operation *op)
{
    Match m = {.op = op, .patient = operation_value(op, STR("resource"), 0)};
    uint64_t count = COUNT_DEFAULT;
    Str text = operation_text(op, STR("count"), 0);
    TRY(need_staff(op));
    if (!str_eq(json_get_str(m.patient, STR("resourceType")), STR("Patient")))
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "The parameter \"resource\" is a Patient.");
    if (text.len && (!str_to_u64(text, &count) || count < 1))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "count is a number from 1 on.");
    bool certain = str_eq(operation_text(op, STR("onlyCertainMatches"), 0), STR("true"));
    return match(&m, count < COUNT_MAX ? (size_t)count : COUNT_MAX, certain);
}

Status run_duplicates(Operation *op)
{
    OperationRow row;
    Match m = {.op = op, .self = op->asked.id};
    TRY(need_staff(op));
    TRY(operation_get(op, STR("Patient"), op->asked.id, &row));
    m.patient = row.resource;
    return match(&m, COUNT_DEFAULT, false);
}
