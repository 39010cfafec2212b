/* search/phonetic.c - spelling to sound by one table, longest rule first. */
#include "search/phonetic.h"

typedef struct {
    const char *spelling;
    const char *sound; /* "" = silent */
    enum { ANYWHERE, AT_START, AT_END, BEFORE_EI } where;
} Rule;

/* Tried from top to bottom at each place of a word. BEFORE_EI: before e, i or y. */
static const Rule rules[] = {
    {"eaux", "", AT_END},    {"aux", "", AT_END},    {"schw", "sv", ANYWHERE},
    {"tsch", "x", ANYWHERE}, {"sch", "x", ANYWHERE}, {"tch", "x", ANYWHERE},
    {"chr", "kr", ANYWHERE}, {"ch", "x", ANYWHERE},  {"sh", "x", ANYWHERE},
    {"sj", "x", ANYWHERE},   {"ph", "f", ANYWHERE},  {"th", "t", ANYWHERE},
    {"gh", "g", ANYWHERE},   {"gn", "n", ANYWHERE},  {"ck", "k", ANYWHERE},
    {"qu", "k", ANYWHERE},   {"dt", "t", ANYWHERE},  {"nd", "nt", AT_END},
    {"rd", "r", AT_END},     {"rt", "r", AT_END},    {"tz", "s", ANYWHERE},
    {"ts", "s", ANYWHERE},   {"cs", "ks", ANYWHERE}, {"sc", "s", BEFORE_EI},
    {"gu", "g", BEFORE_EI},  {"kn", "n", AT_START},  {"wr", "r", AT_START},
    {"c", "s", BEFORE_EI},   {"g", "j", BEFORE_EI},  {"c", "k", ANYWHERE},
    {"q", "k", ANYWHERE},    {"x", "", AT_END},      {"x", "ks", ANYWHERE},
    {"s", "", AT_END},       {"z", "", AT_END},      {"z", "s", ANYWHERE},
    {"w", "v", ANYWHERE},    {"d", "t", AT_END},     {"b", "p", AT_END},
    {"h", "", ANYWHERE},
};

static bool is_one_of(char c, const char *set)
{
    for (; *set; set++) {
        if (*set == c)
            return true;
    }
    return false;
}

static bool rule_fits(const Rule *rule, Str word, size_t at)
{
    Str spelling = str_of(rule->spelling);
    if (!str_has_prefix(str_from(word, at), spelling))
        return false;
    size_t end = at + spelling.len;
    switch (rule->where) {
    case AT_START: return at == 0;
    case AT_END: return end == word.len && at > 0;
    case BEFORE_EI: return end < word.len && is_one_of(word.at[end], "eiy");
    default: return true;
    }
}

bool phonetic_next_word(Str *rest, Str *ret_word)
{
    while (rest->at) {
        *ret_word = str_cut(rest, ' ');
        if (ret_word->len)
            return true;
    }
    return false;
}

static size_t put_sound(char to[PHONETIC_MAX], size_t len, const char *sound)
{
    for (; *sound && len < PHONETIC_MAX; sound++) {
        if (!len || to[len - 1] != *sound)
            to[len++] = *sound;
    }
    return len;
}

size_t phonetic_of_word(Str word, char to[PHONETIC_MAX])
{
    size_t len = 0, at = 0;
    while (at < word.len) {
        size_t r = 0;
        while (r < COUNT_OF(rules) && !rule_fits(&rules[r], word, at))
            r++;
        if (r < COUNT_OF(rules)) {
            len = put_sound(to, len, rules[r].sound);
            at += strlen(rules[r].spelling);
        } else if (is_one_of(word.at[at], "aeiouy")) { /* any first vowel is the same vowel */
            len = at == 0 ? put_sound(to, len, "a") : len;
            at++;
        } else {
            len = put_sound(to, len, (char[]){word.at[at++], 0});
        }
    }
    if (!len && word.len) /* "eau", "y": nothing but vowels */
        len = put_sound(to, 0, "a");
    return len;
}
