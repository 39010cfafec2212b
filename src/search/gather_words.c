/* search/gather_words.c - conditions on what is equal or begins so: tokens, references, URIs,
 * texts.
 */
#include "search/gather.h"

#include "search/fold.h"
#include "search/phonetic.h"

enum { LISTS_UNSEEN = 24 };

/* ---- tokens, references, URIs --------------------------------------------------------- */

static Status visit_list(Gather *g, const Test *test, const Key *branch)
{
    UNUSED(test);
    return gather_add_list(g, branch);
}

static void token_key(const Gather *g, Key *key)
{
    if (g->condition->who == WHO_NONE)
        gather_key(g, key, KEY_TOKEN);
    else
        key_begin_own(key, g->condition->who, g->condition->param->id);
}

/* Of a long list of codes most are nowhere: those are left out. */
static Status add_if_there(Gather *g, const Key *prefix)
{
    Str at;
    if (!g->peek)
        TRY(store_cursor(g->run->reader, key_str(prefix), &g->peek));
    TRY(store_cursor_again(g->peek, key_str(prefix)));
    TRY(gather_next(g, g->peek, &at));
    return at.at ? gather_add_list(g, prefix) : STATUS_OK;
}

/* system| : all codes of the parameter that are of it. */
static Status gather_system(Gather *g, const Test *test)
{
    StoreCursor *cursor;
    Key key, system = {.len = 0};
    gather_key(g, &key, KEY_TOKEN);
    key_add_system(&system, search_hash_system(g->run->search, test->system));
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        TRY(gather_next(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        if (memcmp(at.at + KEY_HEAD + KEY_HASH, system.at, KEY_SYSTEM) == 0)
            TRY(gather_add_place(g, key_place(at), &go_on));
        TRY(run_tick(g->run));
    }
    return STATUS_OK;
}

Status gather_token(Gather *g, const Test *test)
{
    bool of_type = g->condition->modifier == MODIFIER_OF_TYPE;
    Key key;
    if (!test->code.len)
        return gather_system(g, test);
    token_key(g, &key);
    key_add_hash(&key, search_hash(g->run->search, of_type ? test->text : test->code));
    if (!test->system_given)
        return gather_branches(g, &key, KEY_SYSTEM, test, visit_list);
    Key plain = key;
    key_add_system(&plain, SYSTEM_PLAIN);
    key_add_system(&key, search_hash_system(g->run->search, test->system));
    if (test->plain || !test->system.len)
        TRY(add_if_there(g, &plain));
    if (test->plain)
        return STATUS_OK;
    return g->condition->count > LISTS_UNSEEN ? add_if_there(g, &key) : gather_add_list(g, &key);
}

static Status gather_hash(Gather *g, KeyKind kind, Str text)
{
    Key key;
    gather_key(g, &key, kind);
    key_add_hash(&key, search_hash(g->run->search, text));
    return gather_add_list(g, &key);
}

static Status add_target(Gather *g, uint16_t type, Str id)
{
    Key key;
    Str text = arena_format(g->run->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)),
                            STR_ARG(id));
    if (!text.at)
        return STATUS_MEMORY;
    gather_key(g, &key, KEY_REFERENCE);
    key_add_hash(&key, search_hash(g->run->search, text));
    return add_if_there(g, &key);
}

Status gather_reference(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    if (!search_is_bare_id(test->text))
        return gather_hash(g, KEY_REFERENCE, test->text);
    for (size_t i = 0; i < param->target_count; i++)
        TRY(add_target(g, param->targets[i], test->text));
    for (uint16_t type = 1; !param->target_count && type <= fhir_type_count(); type++)
        TRY(add_target(g, type, test->text));
    return STATUS_OK;
}

Status gather_uri(Gather *g, const Test *test)
{
    return gather_hash(g, KEY_URI, test->text);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* The places of all keys that begin so. */
static Status gather_all(Gather *g, const Key *prefix)
{
    StoreCursor *cursor;
    bool all;
    TRY(store_cursor(g->run->reader, key_str(prefix), &cursor));
    TRY(list_tails(g->run, cursor, KEY_STRING, g->budget, NULL, &g->places, &all));
    g->many = !all;
    return STATUS_OK;
}

/* The words of the narrative are content too, kept once. */
static Status add_narrative(Gather *g, Str word)
{
    const SearchParam *narrative =
        search_param_find(g->run->search, g->condition->param->type, STR("_text"));
    Key key;
    if (!narrative)
        return STATUS_OK;
    key_begin(&key, KEY_STRING, narrative->id);
    key_add(&key, word.at, word.len);
    key_add(&key, "", 1);
    return gather_add_list(g, &key);
}

Status gather_string(Gather *g, const Test *test)
{
    const SearchParam *param = g->condition->param;
    char sound[PHONETIC_MAX], folded[FOLD_MAX];
    Str text = str_head(test->text, FOLD_MAX);
    Key key;
    gather_key(g, &key, KEY_STRING);
    if (param->special == SPECIAL_PHONETIC)
        text = str_n(sound, phonetic_of_word(test->text, sound));
    if (g->condition->modifier == MODIFIER_EXACT)
        text = str_n(folded, search_fold(test->text, folded));
    key_add(&key, text.at, text.len);
    if (param->special == SPECIAL_NONE || param->special == SPECIAL_PHONE)
        return gather_all(g, &key);
    key_add(&key, "", 1);
    TRY(gather_add_list(g, &key));
    return param->special == SPECIAL_CONTENT ? add_narrative(g, text) : STATUS_OK;
}

/* All texts of the parameter that have it in them, or are cut and may. */
Status gather_part(Gather *g, const Test *test)
{
    StoreCursor *cursor;
    Key key;
    gather_key(g, &key, KEY_STRING);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        TRY(gather_next(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        Str text = str_n(at.at + KEY_HEAD, at.len - KEY_HEAD - 1 - KEY_PLACE);
        if (text.len >= FOLD_MAX - 4 ||
            memmem(text.at, text.len, test->text.at, test->text.len) != NULL)
            TRY(gather_add_place(g, key_place(at), &go_on));
        TRY(run_tick(g->run));
    }
    return STATUS_OK;
}
