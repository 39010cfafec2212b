/* search/words.c - the words of a resource for _text and _content.
 *
 * _text sees the narrative, its markup aside; _content sees every string that people read:
 * not codes, identifiers' systems, references and binary data. SPEC R4 search.html#content */
#include "search/fold.h"
#include "search/internal.h"

enum { WORDS_MAX = 2000 };

typedef struct {
    ValueVisit visit;
    void *to;
    size_t left;
} Words;

/* Each run of letters and digits. */
static Status give_words(Words *words, Str text)
{
    char folded[FOLD_MAX];
    while (text.len && words->left) {
        size_t len = 0;
        while (len < text.len && (unsigned char)text.at[len] <= ' ')
            len++;
        text = str_from(text, len);
        for (len = 0; len < text.len && (unsigned char)text.at[len] > ' ';)
            len++;
        Str rest = str_n(folded, search_fold(str_head(text, len), folded));
        while (rest.len) {
            Value value = {.kind = FHIR_PARAM_STRING, .text = str_cut(&rest, ' ')};
            if (!value.text.len)
                continue;
            words->left--;
            TRY(words->visit(words->to, &value));
        }
        text = str_from(text, len);
    }
    return STATUS_OK;
}

/* A narrative without tags; what stands between two tags is text of its own. */
static Status give_narrative(Words *words, Str xhtml)
{
    while (xhtml.len) {
        Str text = str_head(xhtml, str_index(xhtml, '<'));
        TRY(give_words(words, text));
        xhtml = str_from(xhtml, text.len);
        size_t end = str_index(xhtml, '>');
        xhtml = end == SIZE_MAX ? STR_EMPTY : str_from(xhtml, end + 1);
    }
    return STATUS_OK;
}

/* Members that no person reads as text. */
static bool is_for_machines(Str name)
{
    static const Str names[] = {
        STR_INIT("resourceType"), STR_INIT("id"),     STR_INIT("meta"), STR_INIT("system"),
        STR_INIT("code"),         STR_INIT("status"), STR_INIT("url"),  STR_INIT("reference"),
        STR_INIT("data"),         STR_INIT("div"),    STR_INIT("use"),  STR_INIT("language"),
        STR_INIT("contentType"),  STR_INIT("type"),   STR_INIT("hash"), STR_INIT("linkId"),
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(name, names[i]))
            return true;
    }
    return false;
}

/* A date says nothing that a date parameter does not say better. */
static bool is_date(Str text)
{
    Time lo, hi;
    return text.len >= 4 && text.at[0] >= '0' && text.at[0] <= '9' &&
           fhir_date_range(text, &lo, &hi);
}

static Status give_all(Words *words, Str name, JsonValue *value)
{
    if (str_eq(name, STR("meta"))) /* the server's own words are not there yet in a write */
        return STATUS_OK;
    if (json_is(value, JSON_STRING))
        return is_for_machines(name) || is_date(json_str(value))
                   ? STATUS_OK
                   : give_words(words, json_str(value));
    JsonValue *child;
    for (JsonIter it = json_iter(value); json_next(&it, &name, &child);)
        TRY(give_all(words, name, child));
    return STATUS_OK;
}

/* Keys of the narrative's words stand under _text alone: gather.c looks there for _content too. */
Status search_words(const Subject *subject, Special special, ValueVisit visit, void *to)
{
    Words words = {visit, to, WORDS_MAX};
    JsonValue *div = json_get(json_get(subject->resource, STR("text")), STR("div"));
    bool for_keys = !subject->run;
    if (special == SPECIAL_TEXT || !for_keys)
        TRY(give_narrative(&words, json_str(div)));
    return special == SPECIAL_TEXT ? STATUS_OK : give_all(&words, STR_EMPTY, subject->resource);
}
