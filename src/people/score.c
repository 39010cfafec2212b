/* people/score.c - two Patients side by side, field by field. */
#include "people/score.h"

#include <math.h>

#include "base/national.h"
#include "search/fold.h"
#include "search/phone.h"
#include "search/phonetic.h"

enum { WORDS_MAX = 12, NUMBERS_MAX = 8, CONTACTS_MAX = 8, PLACES_MAX = 4 };

typedef struct {
    Str text;  /* folded */
    Str sound; /* of its first word */
} Name;

typedef struct {
    Str system, value;
    bool checked, valid; /* has check digits, and they are right */
} Number;

struct PersonKey {
    Name families[WORDS_MAX], givens[WORDS_MAX];
    Number numbers[NUMBERS_MAX];
    Str phones[CONTACTS_MAX], mails[CONTACTS_MAX];
    struct {
        Str line, postal;
    } places[PLACES_MAX];
    size_t family_count, given_count, number_count, phone_count, mail_count, place_count;
    Str birth, sex;
};

/* ---- weights ---------------------------------------------------------------------------------
 *
 * m and u are estimates, not measurements of a country: u of names by how many there are of them in
 * the demo network (the commonest family name there has 1 %, the median 0.1 %), of birth dates by
 * 25,000 days, of numbers by their digits; m by what reception desks get wrong: 2 to 5 % of each
 * field. Families share addresses and telephones, so these weigh less than chance would have them.
 */
typedef enum {
    FAMILY_EXACT,
    FAMILY_SOUND,
    FAMILY_TYPO,
    FAMILY_SWAPPED,
    FAMILY_OTHER,
    GIVEN_EXACT,
    GIVEN_SHORT,
    GIVEN_SOUND,
    GIVEN_TYPO,
    GIVEN_OTHER,
    BIRTH_EXACT,
    BIRTH_SWAPPED,
    BIRTH_DIGIT,
    BIRTH_YEAR,
    BIRTH_OTHER,
    SEX_SAME,
    SEX_OTHER,
    NUMBER_SAME,
    NUMBER_UNCHECKED,
    NUMBER_DIGIT,
    NUMBER_OTHER,
    PHONE_SAME,
    PHONE_OTHER,
    MAIL_SAME,
    MAIL_OTHER,
    ADDRESS_SAME,
    ADDRESS_POSTAL,
    ADDRESS_OTHER,
    HOWS
} How;

static const struct {
    const char *word;
    double m, u;
} hows[HOWS] = {
    [FAMILY_EXACT] = {"exact", 0.92, 0.002},
    [FAMILY_SOUND] = {"sounds-alike", 0.03, 0.003},
    [FAMILY_TYPO] = {"one-letter", 0.03, 0.002},
    [FAMILY_SWAPPED] = {"swapped-with-given", 0.005, 0.0001},
    [FAMILY_OTHER] = {"differs", 0.02, 0.99},
    [GIVEN_EXACT] = {"exact", 0.88, 0.01},
    [GIVEN_SHORT] = {"short-form", 0.04, 0.01},
    [GIVEN_SOUND] = {"sounds-alike", 0.03, 0.01},
    [GIVEN_TYPO] = {"one-letter", 0.03, 0.01},
    [GIVEN_OTHER] = {"differs", 0.02, 0.96},
    [BIRTH_EXACT] = {"exact", 0.95, 0.00004},
    [BIRTH_SWAPPED] = {"day-month-swapped", 0.01, 0.00004},
    [BIRTH_DIGIT] = {"one-digit", 0.02, 0.001},
    [BIRTH_YEAR] = {"same-year", 0.01, 0.012},
    [BIRTH_OTHER] = {"differs", 0.01, 0.98},
    [SEX_SAME] = {"exact", 0.99, 0.5},
    [SEX_OTHER] = {"differs", 0.01, 0.5},
    [NUMBER_SAME] = {"exact", 0.98, 0.0000005},
    [NUMBER_UNCHECKED] = {"exact-without-check", 0.9, 0.0001},
    [NUMBER_DIGIT] = {"one-digit", 0.02, 0.00001},
    [NUMBER_OTHER] = {"differs", 0.005, 1},
    [PHONE_SAME] = {"exact", 0.6, 0.002},
    [PHONE_OTHER] = {"differs", 0.4, 0.998},
    [MAIL_SAME] = {"exact", 0.6, 0.0005},
    [MAIL_OTHER] = {"differs", 0.4, 1},
    [ADDRESS_SAME] = {"exact", 0.6, 0.01},
    [ADDRESS_POSTAL] = {"same-postal-code", 0.2, 0.08},
    [ADDRESS_OTHER] = {"differs", 0.2, 0.91},
};

static ScorePart part(How how)
{
    return (ScorePart){hows[how].word, log2(hows[how].m / hows[how].u)};
}

/* ---- what is compared --------------------------------------------------------------------------
 */

bool number_is_valid(Str value)
{
    uint64_t digits = 0;
    size_t count = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            continue;
        digits = digits * 10 + (uint64_t)(value.at[i] - '0');
        if (++count > NATIONAL_DIGITS)
            return false;
    }
    return count == NATIONAL_DIGITS && national_is_checked(digits);
}

static bool has_check(Str system)
{
    char text[64];
    size_t len = search_fold(str_head(system, 256), text);
    Str folded = str_n(text, len);
    return str_has_suffix(system, STR("/ssin")) || str_has_suffix(folded, STR("ssin"));
}

static Str keep(Ctx *cx, const char *text, size_t len)
{
    Str kept = arena_str(cx->arena, str_n(text, len));
    return kept.at ? kept : STR_EMPTY;
}

static void add_name(Ctx *cx, Name *names, size_t *count, Str text)
{
    char folded[FOLD_MAX], sound[PHONETIC_MAX];
    size_t len = search_fold(text, folded);
    if (!len || *count == WORDS_MAX)
        return;
    Name name = {.text = keep(cx, folded, len)};
    Str rest = name.text, word;
    name.sound = phonetic_next_word(&rest, &word) ? keep(cx, sound, phonetic_of_word(word, sound))
                                                  : STR_EMPTY;
    names[(*count)++] = name;
}

static void read_names(Ctx *cx, const JsonValue *patient, PersonKey *key)
{
    JsonValue *name, *given;
    for (JsonIter it = json_iter(json_get(patient, STR("name"))); json_next(&it, NULL, &name);) {
        add_name(cx, key->families, &key->family_count, json_get_str(name, STR("family")));
        for (JsonIter of = json_iter(json_get(name, STR("given"))); json_next(&of, NULL, &given);)
            add_name(cx, key->givens, &key->given_count, json_str(given));
    }
}

/* Points and dashes are for eyes. */
static Str digits_of(Ctx *cx, Str text)
{
    char *at = arena_alloc(cx->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; at && i < text.len; i++)
        if (text.at[i] >= '0' && text.at[i] <= '9')
            at[len++] = text.at[i];
    return at ? str_n(at, len) : text;
}

static void read_numbers(Ctx *cx, const JsonValue *patient, PersonKey *key)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(patient, STR("identifier")));
         key->number_count < NUMBERS_MAX && json_next(&it, NULL, &item);) {
        Number number = {json_get_str(item, STR("system")), json_get_str(item, STR("value")), false,
                         false};
        if (!number.value.len)
            continue;
        number.checked = has_check(number.system);
        number.valid = number.checked && number_is_valid(number.value);
        if (number.checked)
            number.value = digits_of(cx, number.value);
        key->numbers[key->number_count++] = number;
    }
}

static void read_contacts(Ctx *cx, Str country, const JsonValue *patient, PersonKey *key)
{
    JsonValue *item;
    char text[FOLD_MAX], number[PHONE_MAX];
    for (JsonIter it = json_iter(json_get(patient, STR("telecom"))); json_next(&it, NULL, &item);) {
        Str system = json_get_str(item, STR("system")), value = json_get_str(item, STR("value"));
        if (str_eq(system, STR("email")) && key->mail_count < CONTACTS_MAX) {
            size_t len = search_fold(value, text);
            if (len)
                key->mails[key->mail_count++] = keep(cx, text, len);
        } else if (str_eq(system, STR("phone")) && key->phone_count < CONTACTS_MAX) {
            Str digits = phone_digits(country, value, number);
            if (digits.len)
                key->phones[key->phone_count++] = keep(cx, digits.at, digits.len);
        }
    }
}

static void read_places(Ctx *cx, const JsonValue *patient, PersonKey *key)
{
    JsonValue *item;
    char text[FOLD_MAX];
    for (JsonIter it = json_iter(json_get(patient, STR("address")));
         key->place_count < PLACES_MAX && json_next(&it, NULL, &item);) {
        Str line = json_str(json_item(json_get(item, STR("line")), 0));
        key->places[key->place_count].line = keep(cx, text, search_fold(line, text));
        key->places[key->place_count].postal = json_get_str(item, STR("postalCode"));
        key->place_count++;
    }
}

Status person_key(Ctx *cx, Str country, const JsonValue *patient, PersonKey **ret_key)
{
    PersonKey *key = arena_new_of(cx->arena, PersonKey);
    if (!key)
        return STATUS_MEMORY;
    read_names(cx, patient, key);
    read_numbers(cx, patient, key);
    read_contacts(cx, country, patient, key);
    read_places(cx, patient, key);
    key->birth = json_get_str(patient, STR("birthDate"));
    key->sex = json_get_str(patient, STR("gender"));
    *ret_key = key;
    return STATUS_OK;
}

/* ---- comparing
 * -----------------------------------------------------------------------------------
 */

/* One letter more, less, another, or two side by side changed places. */
static bool one_letter_apart(Str a, Str b)
{
    size_t head = 0, tail = 0;
    if (a.len > b.len) {
        Str swap = a;
        a = b;
        b = swap;
    }
    if (a.len < 4 || b.len - a.len > 1)
        return false;
    while (head < a.len && a.at[head] == b.at[head])
        head++;
    while (tail < a.len - head && a.at[a.len - 1 - tail] == b.at[b.len - 1 - tail])
        tail++;
    if (a.len - head - tail == 2 && a.len == b.len)
        return a.at[head] == b.at[head + 1] && a.at[head + 1] == b.at[head];
    return a.len - head - tail <= 1 && b.len - head - tail <= 1;
}

/* "Jo" of Joseph, "J" of it: a beginning. */
static bool is_short_form(Str a, Str b)
{
    if (a.len > b.len)
        return is_short_form(b, a);
    return a.len && a.len < b.len && str_has_prefix(b, a);
}

/* The best of all pairs. */
static ScorePart names(const Name *a, size_t a_count, const Name *b, size_t b_count, How exact,
                       How shorter, How sound, How typo, How other)
{
    ScorePart best = part(other);
    if (!a_count || !b_count)
        return (ScorePart){NULL, 0};
    for (size_t i = 0; i < a_count; i++)
        for (size_t k = 0; k < b_count; k++) {
            How how = str_eq(a[i].text, b[k].text)                              ? exact
                      : one_letter_apart(a[i].text, b[k].text)                  ? typo
                      : a[i].sound.len > 1 && str_eq(a[i].sound, b[k].sound)    ? sound
                      : shorter != other && is_short_form(a[i].text, b[k].text) ? shorter
                                                                                : other;
            ScorePart now = part(how);
            if (now.weight > best.weight)
                best = now;
        }
    return best;
}

static bool has_name(const Name *names, size_t count, Str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(names[i].text, text))
            return true;
    return false;
}

static bool are_swapped(const PersonKey *a, const PersonKey *b)
{
    return a->family_count && b->family_count && a->given_count && b->given_count &&
           has_name(b->givens, b->given_count, a->families[0].text) &&
           has_name(b->families, b->family_count, a->givens[0].text);
}

static ScorePart births(Str a, Str b)
{
    size_t wrong = 0;
    if (a.len < 4 || b.len < 4)
        return (ScorePart){NULL, 0};
    if (a.len != 10 || b.len != 10)
        return part(str_eq(str_head(a, 4), str_head(b, 4)) ? BIRTH_YEAR : BIRTH_OTHER);
    if (str_eq(a, b))
        return part(BIRTH_EXACT);
    bool year = memcmp(a.at, b.at, 4) == 0;
    if (year && memcmp(a.at + 5, b.at + 8, 2) == 0 && memcmp(a.at + 8, b.at + 5, 2) == 0)
        return part(BIRTH_SWAPPED);
    for (size_t i = 0; i < 10; i++)
        wrong += a.at[i] != b.at[i];
    return part(wrong == 1 ? BIRTH_DIGIT : year ? BIRTH_YEAR : BIRTH_OTHER);
}

static size_t digits_apart(Str a, Str b)
{
    size_t wrong = 0;
    if (a.len != b.len)
        return SIZE_MAX;
    for (size_t i = 0; i < a.len; i++)
        wrong += a.at[i] != b.at[i];
    return wrong;
}

static ScorePart numbers(const PersonKey *a, const PersonKey *b)
{
    ScorePart best = {NULL, 0};
    for (size_t i = 0; i < a->number_count; i++)
        for (size_t k = 0; k < b->number_count; k++) {
            const Number *x = &a->numbers[i], *y = &b->numbers[k];
            if (!str_eq(x->system, y->system))
                continue;
            ScorePart now = part(NUMBER_OTHER);
            if (str_eq(x->value, y->value))
                now = part(x->valid || !x->checked ? NUMBER_SAME : NUMBER_UNCHECKED);
            else if (digits_apart(x->value, y->value) == 1 && !(x->valid && y->valid))
                now = part(NUMBER_DIGIT);
            if (!best.how || now.weight > best.weight)
                best = now;
        }
    return best;
}

static ScorePart contacts(const Str *a, size_t a_count, const Str *b, size_t b_count, How same,
                          How other)
{
    if (!a_count || !b_count)
        return (ScorePart){NULL, 0};
    for (size_t i = 0; i < a_count; i++)
        for (size_t k = 0; k < b_count; k++)
            if (str_eq(a[i], b[k]))
                return part(same);
    return part(other);
}

static ScorePart places(const PersonKey *a, const PersonKey *b)
{
    ScorePart best = part(ADDRESS_OTHER);
    if (!a->place_count || !b->place_count)
        return (ScorePart){NULL, 0};
    for (size_t i = 0; i < a->place_count; i++)
        for (size_t k = 0; k < b->place_count; k++) {
            bool postal =
                a->places[i].postal.len && str_eq(a->places[i].postal, b->places[k].postal);
            bool line = a->places[i].line.len && str_eq(a->places[i].line, b->places[k].line);
            ScorePart now = part(postal && line ? ADDRESS_SAME
                                 : postal       ? ADDRESS_POSTAL
                                                : ADDRESS_OTHER);
            if (now.weight > best.weight)
                best = now;
        }
    return best;
}

static ScorePart sexes(Str a, Str b)
{
    bool known = a.len && b.len && !str_eq(a, STR("unknown")) && !str_eq(b, STR("unknown"));
    return known ? part(str_eq(a, b) ? SEX_SAME : SEX_OTHER) : (ScorePart){NULL, 0};
}

/* Candidates share something, so of some thousand pairs one is a double: the odds before anything
 * is compared. At 200,000 patients some of the same name are born on one day, and twins share all
 * but a given name: only more than that is certain. */
static const double odds_before = 16, certain_from = 34, possible_most = 0.79;

static bool is(const ScorePart *p, How how)
{
    return p->how == hows[how].word && p->weight == part(how).weight;
}

static ScoreGrade grade(const Score *s)
{
    bool number = is(&s->parts[SCORE_NUMBER], NUMBER_SAME);
    bool against = is(&s->parts[SCORE_GIVEN], GIVEN_OTHER) ||
                   is(&s->parts[SCORE_BIRTH], BIRTH_OTHER) ||
                   is(&s->parts[SCORE_NUMBER], NUMBER_OTHER);
    if (s->score < 0.05)
        return GRADE_NOT;
    if (against && !number)
        return GRADE_POSSIBLE;
    if (s->weight >= certain_from && !against)
        return GRADE_CERTAIN;
    return s->score >= 0.8 ? GRADE_PROBABLE : GRADE_POSSIBLE;
}

Score score_pair(const PersonKey *a, const PersonKey *b)
{
    Score s = {.weight = 0};
    s.parts[SCORE_FAMILY] =
        names(a->families, a->family_count, b->families, b->family_count, FAMILY_EXACT,
              FAMILY_OTHER, FAMILY_SOUND, FAMILY_TYPO, FAMILY_OTHER);
    s.parts[SCORE_GIVEN] = names(a->givens, a->given_count, b->givens, b->given_count, GIVEN_EXACT,
                                 GIVEN_SHORT, GIVEN_SOUND, GIVEN_TYPO, GIVEN_OTHER);
    if (is(&s.parts[SCORE_FAMILY], FAMILY_OTHER) && are_swapped(a, b)) {
        s.parts[SCORE_FAMILY] = part(FAMILY_SWAPPED);
        s.parts[SCORE_GIVEN] = (ScorePart){hows[FAMILY_SWAPPED].word, 0}; /* one event */
    }
    s.parts[SCORE_BIRTH] = births(a->birth, b->birth);
    s.parts[SCORE_SEX] = sexes(a->sex, b->sex);
    s.parts[SCORE_NUMBER] = numbers(a, b);
    s.parts[SCORE_PHONE] =
        contacts(a->phones, a->phone_count, b->phones, b->phone_count, PHONE_SAME, PHONE_OTHER);
    s.parts[SCORE_MAIL] =
        contacts(a->mails, a->mail_count, b->mails, b->mail_count, MAIL_SAME, MAIL_OTHER);
    s.parts[SCORE_ADDRESS] = places(a, b);
    for (size_t i = 0; i < SCORE_FIELDS; i++)
        s.weight += s.parts[i].weight;
    s.score = 1 / (1 + exp2(odds_before - s.weight));
    s.grade = grade(&s);
    if (s.grade == GRADE_POSSIBLE && s.score > possible_most)
        s.score = possible_most; /* something speaks against it */
    return s;
}

const char *score_field_word(ScoreField field)
{
    static const char *const words[SCORE_FIELDS] = {"family",     "given", "birthDate", "gender",
                                                    "identifier", "phone", "email",     "address"};
    return words[field];
}

const char *score_grade_word(ScoreGrade grade)
{
    static const char *const words[] = {"certainly-not", "possible", "probable", "certain"};
    return words[grade];
}
