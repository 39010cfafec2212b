/* consult/form_codes.c - answerValueSet: whether a code is one of those that a question takes.
 * SPEC R4 questionnaire-definitions.html#Questionnaire.item.answerValueSet */
#include "consult/forms.h"
#include "terms/terms.h"

struct FormCodes {
    Operation *op;
    const JsonValue *form;
    Terms *terms;
};

/* Definitions are about nobody; a patient sees no less of them here than the form asks. */
static Status lookup(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    FormCodes *codes = to;
    OperationRows rows;
    Buf query;
    buf_init(&query, cx->arena, 256, 8192);
    buf_add_lit(&query, "url=");
    for (size_t i = 0; i < url.len; i++)
        buf_format(&query, "%%%02X", (unsigned char)url.at[i]);
    TRY(buf_done(&query));
    bool before = operation_own(codes->op, true);
    Status status = operation_find(codes->op, type, buf_str(&query), 20, &rows);
    operation_own(codes->op, before);
    TRY(status);
    for (size_t i = 0; i < rows.count; i++)
        if (!version.len || str_eq(json_get_str(rows.rows[i].resource, STR("version")), version)) {
            *ret_resource = rows.rows[i].resource;
            break;
        }
    return STATUS_OK;
}

Status form_codes_new(Operation *op, const JsonValue *form, FormCodes **ret_codes)
{
    FormCodes *codes = arena_new_of(op->cx->arena, FormCodes);
    TermsSource source = {lookup, codes};
    if (!codes)
        return STATUS_MEMORY;
    *codes = (FormCodes){.op = op, .form = form};
    TRY(terms_new(op->cx, &source, &codes->terms));
    *ret_codes = codes;
    return STATUS_OK;
}

static Status find_set(FormCodes *codes, Str name, const TermsSet **ret_set)
{
    JsonValue *one;
    Ctx *cx = codes->op->cx;
    if (!str_has_prefix(name, STR("#")))
        return terms_set(codes->terms, cx, name, ret_set);
    for (JsonIter it = json_iter(json_get(codes->form, STR("contained")));
         json_next(&it, NULL, &one);)
        if (str_eq(json_get_str(one, STR("id")), str_from(name, 1)))
            return terms_set_of(codes->terms, cx, one, ret_set);
    return STATUS_INVALID;
}

Status form_codes_has(FormCodes *codes, Str set_name, const JsonValue *coding, FormHas *ret_has)
{
    Ctx *cx = codes->op->cx;
    const TermsSet *set;
    bool has = false;
    Ctx before = *cx; /* what is asked by the way leaves no issues behind */
    Status status = find_set(codes, set_name, &set);
    if (status == STATUS_OK) {
        status = terms_has(codes->terms, cx, set, json_get_str(coding, STR("system")),
                           json_get_str(coding, STR("code")), &has);
        *ret_has = status == STATUS_UNSUPPORTED ? FORM_NOT_KNOWN : has ? FORM_HAS : FORM_HAS_NOT;
    } else {
        *ret_has = FORM_NO_SET;
    }
    ctx_forget_since(cx, &before);
    return status == STATUS_UNSUPPORTED || status == STATUS_INVALID ? STATUS_OK : status;
}
