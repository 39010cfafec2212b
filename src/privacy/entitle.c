/* privacy/entitle.c - operations on who may see a patient: their table, who asks, and about whom.
 * docs/guide/access.md */
#include "privacy/entitle.h"

#include "search/fold.h"

enum { NEED_BYTES_MAX = 1000, TEXT_BYTES_MAX = 64 << 10 };

/* ---- texts ---------------------------------------------------------------------------------- */

void entitle_text(const Operation *op, Buf *ret_buf)
{
    buf_init(ret_buf, op->cx->arena, 1024, TEXT_BYTES_MAX);
}

void entitle_string(Buf *buf, const char *before, Str text)
{
    buf_format(buf, "%s", before);
    json_write_string(buf, text);
}

void entitle_instant(Buf *buf, const char *before, Time at)
{
    char text[TIME_INSTANT_LEN];
    buf_format(buf, "%s\"" STR_FMT "\"", before, STR_ARG(time_format_instant(at, text)));
}

static void add_encoded(Buf *buf, Str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_format(buf, "%%%02X", (unsigned char)text.at[i]);
}

/* "a\,b" SPEC R4 search.html#escaping */
void entitle_value(Buf *buf, Str text, bool keep_bar)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ',' || c == '$' || c == '\\' || (c == '|' && !keep_bar))
            add_encoded(buf, STR("\\"));
        add_encoded(buf, str_n(&text.at[i], 1));
    }
}

Status entitle_need(const Operation *op, Str name, Str *ret_text)
{
    *ret_text = operation_text(op, name, 0);
    if (ret_text->len && ret_text->len <= NEED_BYTES_MAX)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                    "The parameter \"" STR_FMT "\" is missing, or longer than %d bytes.",
                    STR_ARG(name), NEED_BYTES_MAX);
}

/* ---- which patient -------------------------------------------------------------------------- */

Status entitle_refuse(const Operation *op, const char *why)
{
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "%s", why);
}

Status entitle_nobody(const Operation *op)
{
    return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY,
                    "This does not name one patient: there is none, or there are several.");
}

static Status query_of(const Operation *op, Str *ret_query)
{
    static const struct {
        Str parameter;
        const char *search;
    } parts[] = {{STR_INIT("family"), "family="},
                 {STR_INIT("given"), "&given="},
                 {STR_INIT("birthdate"), "&birthdate="},
                 {STR_INIT("gender"), "&gender="}};
    Buf buf;
    Str value, identifier = operation_text(op, STR("identifier"), 0);
    entitle_text(op, &buf);
    if (identifier.len) {
        buf_add_lit(&buf, "identifier=");
        entitle_value(&buf, identifier, true);
    }
    for (size_t i = 0; !identifier.len && i < COUNT_OF(parts); i++) {
        TRY(entitle_need(op, parts[i].parameter, &value));
        buf_format(&buf, "%s", parts[i].search);
        entitle_value(&buf, value, false);
    }
    *ret_query = buf_str(&buf);
    return buf_done(&buf);
}

/* The same words, whatever case and accents: nobody has time for them in an emergency. */
static bool are_same(const Operation *op, Str a, Str b)
{
    Str x = search_fold_all(op->cx, a), y = search_fold_all(op->cx, b);
    return x.len && str_eq(x, y);
}

/* The search finds beginnings of names and parts of dates; here all of it is compared. */
static bool is_named(const Operation *op, const JsonValue *patient)
{
    JsonValue *name, *given;
    Str asked = operation_text(op, STR("given"), 0);
    if (!str_eq(json_get_str(patient, STR("birthDate")), operation_text(op, STR("birthdate"), 0)) ||
        !str_eq(json_get_str(patient, STR("gender")), operation_text(op, STR("gender"), 0)))
        return false;
    for (JsonIter it = json_iter(json_get(patient, STR("name"))); json_next(&it, NULL, &name);) {
        if (!are_same(op, json_get_str(name, STR("family")), operation_text(op, STR("family"), 0)))
            continue;
        for (JsonIter of = json_iter(json_get(name, STR("given"))); json_next(&of, NULL, &given);)
            if (are_same(op, json_str(given), asked))
                return true;
    }
    return false;
}

/* As whoever reads now. Of more than can be looked at, nobody knows that one alone is meant. */
static Status find_by_words(Operation *op, OperationRow *ret_patient)
{
    OperationRows rows;
    Str query;
    size_t count = 0;
    bool by_number = operation_text(op, STR("identifier"), 0).len > 0;
    TRY(query_of(op, &query));
    TRY(operation_find(op, STR("Patient"), query, OPERATION_FIND_MAX, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        if (!by_number && !is_named(op, rows.rows[i].resource))
            continue;
        *ret_patient = rows.rows[i];
        count++;
    }
    return count == 1 && rows.count < OPERATION_FIND_MAX ? STATUS_OK : entitle_nobody(op);
}

Status entitle_who(Operation *op, Entitling *ret_entitling)
{
    const Access *access;
    *ret_entitling = (Entitling){.op = op};
    TRY(operation_access(op, &access));
    ret_entitling->rights = access_rights(access);
    if (!ret_entitling->rights)
        return entitle_refuse(op, "Programs write links and consents as resources.");
    record_rules(op->record, &ret_entitling->rules);
    return STATUS_OK;
}

Status entitle_patient(Entitling *e, EntitleWhom whom)
{
    Operation *op = e->op;
    Facts facts;
    operation_own(op, op->asked.id.len ? whom == ENTITLE_ANY : whom != ENTITLE_SEEN);
    TRY(op->asked.id.len ? operation_get(op, STR("Patient"), op->asked.id, &e->patient)
                         : find_by_words(op, &e->patient));
    operation_own(op, true);
    operation_about(op, &e->patient);
    if (facts_unpack(e->patient.row.facts, &facts) && facts.subject_count)
        e->link = rights_find(e->rights, facts.subjects[0]);
    return STATUS_OK;
}

Status entitle_begin(Operation *op, Entitling *ret_entitling)
{
    TRY(entitle_who(op, ret_entitling));
    return entitle_patient(ret_entitling, ENTITLE_SEEN);
}

/* ---- who asks ------------------------------------------------------------------------------- */

Status entitle_need_practitioner(const Entitling *e)
{
    AccessRole role = e->rights->role;
    bool cares = role >= ROLE_GP && role <= ROLE_LAB;
    if (cares && str_has_prefix(operation_who(e->op), STR("Practitioner/")))
        return STATUS_OK;
    return entitle_refuse(e->op,
                          "Only somebody who takes part in care can have a link with a patient.");
}

bool entitle_acts_for_patient(const Entitling *e)
{
    bool person = e->rights->role == ROLE_PATIENT || e->rights->role == ROLE_PROXY;
    return person && e->link && (e->link->mask.read & 1u << D1_DEMOGRAPHICS) != 0;
}

/* Somebody who keeps this patient's file, and writes down what the patient has decided. */
static bool keeps_file(const Entitling *e)
{
    return e->link && (e->link->mask.write & 1u << D1_DEMOGRAPHICS) != 0;
}

Status entitle_need_patients_will(const Entitling *e)
{
    Str evidence;
    if (entitle_acts_for_patient(e))
        return STATUS_OK;
    if (!keeps_file(e))
        return entitle_refuse(
            e->op, "Only the patient, who acts for him, or who keeps his file may do this.");
    return entitle_need(e->op, STR("evidence"), &evidence);
}

/* ---- writing -------------------------------------------------------------------------------- */

Status entitle_create(Operation *op, const char *type, const Buf *text)
{
    JsonValue *resource;
    Str body;
    size_t i = operation_write_count(op);
    TRY(buf_done(text));
    TRY(json_parse(op->cx, buf_str(text), &resource));
    TRY(operation_create(op, str_of(type), resource, NULL));
    TRY(operation_made(op, i, &body));
    operation_answer(op, 201, body);
    return STATUS_OK;
}

static bool has_code(const JsonValue *resource, Str system, Str code)
{
    JsonValue *concept, *coding;
    for (JsonIter it = json_iter(json_get(resource, STR("category")));
         json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);)
            if (str_eq(json_get_str(coding, STR("system")), system) &&
                (!code.len || str_eq(json_get_str(coding, STR("code")), code)))
                return true;
    return false;
}

/* Numbers of what is to end. */
typedef struct {
    Arena *home; /* of what outlives a page */
    Str system, code;
    uint64_t *rids;
    size_t count, room;
} Ending;

static Status note_ending(void *of, const OperationRow *row)
{
    Ending *ending = of;
    if (!has_code(row->resource, ending->system, ending->code))
        return STATUS_OK;
    ending->rids =
        arena_grow(ending->home, ending->rids, sizeof(uint64_t), ending->count, &ending->room, 16);
    if (!ending->rids)
        return STATUS_MEMORY;
    ending->rids[ending->count++] = row->row.rid;
    return STATUS_OK;
}

static Status end_one(Operation *op, uint64_t rid)
{
    OperationRow row;
    TRY(operation_row(op, rid, &row));
    return operation_set_status(op, &row, "inactive");
}

Status entitle_end(Operation *op, const char *type, Str query, Str system, Str code,
                   size_t *ret_count)
{
    Ending ending = {.home = op->cx->arena, .system = system, .code = code};
    Str body;
    TRY(operation_each(op, str_of(type), query, note_ending, &ending));
    *ret_count = ending.count;
    if (!ending.count)
        return STATUS_OK;
    TRY(end_one(op, ending.rids[0]));
    TRY(operation_made(op, operation_write_count(op) - 1, &body));
    operation_answer(op, 200, body);
    for (size_t i = 1; i < ending.count; i++) {
        TRY(operation_apart(op));
        TRY(end_one(op, ending.rids[i]));
        operation_together(op);
    }
    return STATUS_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

enum { HIM = OPERATION_ON_INSTANCE, HIM_OR_NAMED = OPERATION_ON_INSTANCE | OPERATION_ON_TYPE };

const OperationKind entitle_kinds[ENTITLE_KINDS] = {
    {STR_INIT("Patient"), STR_INIT("$link"), HIM_OR_NAMED, false, entitle_run_link},
    {STR_INIT("Patient"), STR_INIT("$unlink"), HIM_OR_NAMED, false, entitle_run_unlink},
    {STR_INIT("Patient"), STR_INIT("$consent"), HIM_OR_NAMED, false, entitle_run_consent},
    {STR_INIT("Patient"), STR_INIT("$block"), HIM_OR_NAMED, false, entitle_run_block},
    {STR_INIT("Patient"), STR_INIT("$unblock"), HIM_OR_NAMED, false, entitle_run_unblock},
    {STR_INIT("Patient"), STR_INIT("$break-glass"), HIM_OR_NAMED, false, entitle_run_break},
    {STR_INIT("Task"), STR_INIT("$review"), HIM, false, entitle_run_review},
};
