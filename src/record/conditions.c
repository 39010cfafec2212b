/* record/conditions.c - If-Match, If-None-Match, If-Modified-Since and Prefer.
 *
 * SPEC R4 http.html#concurrency, http.html#cread, http.html#ops */
#include "record/internal.h"

/* One entity tag of a list: W/"3" or "3". *ret_version is 0 for one that is not ours. */
static bool next_tag(Str *rest, uint64_t *ret_version, bool *ret_any)
{
    if (!rest->at)
        return false;
    Str tag = str_trim(str_cut(rest, ','));
    *ret_any = str_eq(tag, STR("*"));
    *ret_version = 0;
    if (str_has_prefix(tag, STR("W/")))
        tag = str_from(tag, 2);
    if (tag.len > 2 && tag.at[0] == '"' && tag.at[tag.len - 1] == '"')
        (void)str_to_u64(str_n(tag.at + 1, tag.len - 2), ret_version);
    return true;
}

static bool any_tag_is(Str list, uint32_t version)
{
    uint64_t tagged;
    bool any;
    while (next_tag(&list, &tagged, &any)) {
        if (any || (tagged && tagged == version))
            return true;
    }
    return false;
}

Status check_if_match(Ctx *cx, Str if_match, const StoreRow *current)
{
    if (!if_match.len)
        return STATUS_OK;
    if (current && !current->deleted && any_tag_is(if_match, current->version))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_PRECONDITION, STR_EMPTY,
                    "If-Match does not name the current version: read the resource again.");
}

Status check_if_none_match(Ctx *cx, Str if_none_match, const StoreRow *current)
{
    if (!if_none_match.len || !current || current->deleted ||
        !any_tag_is(if_none_match, current->version))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_PRECONDITION, STR_EMPTY,
                    "If-None-Match rules out the version that is there.");
}

bool client_has(const Call *call, const StoreRow *row)
{
    Time since;
    if (call->if_none_match.len)
        return any_tag_is(call->if_none_match, row->version);
    if (!call->if_modified_since.len || !time_parse_http(call->if_modified_since, &since))
        return false;
    return row->updated / TIME_SECOND <= since / TIME_SECOND;
}

/* The preferences of a Prefer header, one after the other. */
static bool next_preference(Str *rest, Str *ret_item)
{
    if (!rest->at)
        return false;
    size_t end = 0;
    while (end < rest->len && rest->at[end] != ',' && rest->at[end] != ';')
        end++;
    *ret_item = str_trim(str_head(*rest, end));
    *rest = end < rest->len ? str_n(rest->at + end + 1, rest->len - end - 1) : (Str){NULL, 0};
    return true;
}

bool prefers_lenient(Str prefer)
{
    for (Str item; next_preference(&prefer, &item);) {
        if (str_eq(item, STR("handling=lenient")))
            return true;
    }
    return false;
}

ReturnKind preferred_return(Str prefer, ReturnKind otherwise)
{
    static const struct {
        Str text;
        ReturnKind kind;
    } kinds[] = {
        {STR_INIT("return=minimal"), RETURN_MINIMAL},
        {STR_INIT("return=representation"), RETURN_REPRESENTATION},
        {STR_INIT("return=OperationOutcome"), RETURN_OUTCOME},
    };
    for (Str item; next_preference(&prefer, &item);) {
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
            if (str_eq(item, kinds[i].text))
                return kinds[i].kind;
        }
    }
    return otherwise;
}
