/* consult/dose_tokens.c - a line into numbers, words and signs.
 *
 * "3x/d" is 3 x / d; "q8h" and "b12" are one word, because they begin as one; "s.o.s." is the word
 * sos; "1/2" and the signs of halves are numbers. */
#include "consult/dose.h"

typedef struct {
    Str text;
    size_t at;
    Token *to;
    size_t count;
} Lexer;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Latin letters without their accents, from U+00C0 on. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo/ouuuuypy";

/* What one character is in folded letters, and its length; 0: no letter. */
static size_t letter(Str rest, char to[2], size_t *ret_len)
{
    unsigned char c = rest.len ? (unsigned char)rest.at[0] : 0,
                  d = rest.len > 1 ? (unsigned char)rest.at[1] : 0;
    *ret_len = 1;
    to[0] = (char)c;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        to[0] = (char)(c | 0x20);
        return 1;
    }
    if (c < 0xc2 || d < 0x80)
        return 0;
    *ret_len = 2;
    to[0] = 'o';
    to[1] = 'e';
    if (c == 0xc5 && (d == 0x92 || d == 0x93))
        return 2;
    to[0] = to[1] = 's';
    if (c == 0xc3 && d == 0x9f)
        return 2;
    to[0] = 'u'; /* micro */
    if ((c == 0xc2 && d == 0xb5) || (c == 0xce && d == 0xbc))
        return 1;
    if (c == 0xc3 && d >= 0x80 && d <= 0xbf && d != 0x97 && d != 0xb7) {
        to[0] = latin[d - 0x80];
        return 1;
    }
    return 0;
}

static Token *add(Lexer *lexer, TokenKind kind, size_t from)
{
    const Token *before = lexer->count ? &lexer->to[lexer->count - 1] : NULL;
    Token *token = &lexer->to[lexer->count++];
    *token = (Token){.kind = kind};
    token->source = str_n(lexer->text.at + from, lexer->at - from);
    token->glued = before && before->source.at + before->source.len == token->source.at;
    return token;
}

static void add_letters(Token *token, const char *letters, size_t len)
{
    for (size_t i = 0; i < len && token->folded_len < sizeof(token->folded); i++)
        token->folded[token->folded_len++] = letters[i];
}

/* ---- words ------------------------------------------------------------------------------------
 */

/* "s.o.s." from its first letter on: letters by themselves, each with a point. */
static size_t initials(Str rest, Token *word)
{
    size_t at = 0, count = 0, len;
    char to[2];
    *word = (Token){.kind = TOKEN_WORD};
    while (letter(str_from(rest, at), to, &len) == 1 && at + len < rest.len &&
           rest.at[at + len] == '.') {
        add_letters(word, to, 1);
        at += len + 1;
        count++;
    }
    /* "p.o" without the last point */
    char next[2];
    size_t last, after;
    if (count && letter(str_from(rest, at), to, &last) == 1 &&
        letter(str_from(rest, at + last), next, &after) == 0 &&
        !(at + last < rest.len && is_digit(rest.at[at + last]))) {
        add_letters(word, to, 1);
        at += last;
        count++;
    }
    return count > 1 ? at : 0;
}

static void take_word(Lexer *lexer)
{
    size_t from = lexer->at, len, letters;
    char to[2];
    Token word = {.kind = TOKEN_WORD};
    bool fresh = !from || !is_digit(lexer->text.at[from - 1]);
    size_t whole = initials(str_from(lexer->text, from), &word);
    if (!whole)
        word = (Token){.kind = TOKEN_WORD};
    lexer->at += whole;
    while (!whole && lexer->at < lexer->text.len) {
        Str rest = str_from(lexer->text, lexer->at);
        if ((letters = letter(rest, to, &len)) > 0) {
            add_letters(&word, to, letters);
        } else if (fresh && is_digit(rest.at[0])) {
            add_letters(&word, rest.at, len = 1);
        } else if (fresh && rest.at[0] == '-' && letter(str_from(rest, 1), to, &len) &&
                   word.folded_len > 0) {
            add_letters(&word, "-", len = 1); /* "co-trimoxazole" */
        } else {
            break;
        }
        lexer->at += len;
    }
    Token *token = add(lexer, TOKEN_WORD, from);
    token->folded_len = word.folded_len;
    memcpy(token->folded, word.folded, sizeof(word.folded));
}

/* ---- numbers -----------------------------------------------------------------------------------
 */

static const struct {
    const char *sign;
    int digits, scale;
} signs[] = {{"\xc2\xbd", 5, 1}, {"\xc2\xbc", 25, 2}, {"\xc2\xbe", 75, 2}};

/* A part behind a number: "1½" is one and a half; "1 1/2" may be 1 mg, half a tablet. */
static void add_part(Lexer *lexer, size_t from, Decimal part)
{
    Token *before = lexer->count ? &lexer->to[lexer->count - 1] : NULL;
    bool joins = before && before->kind == TOKEN_NUMBER && before->number.scale == 0;
    Decimal whole;
    if (!joins || !decimal_add(before->number, part, &whole)) {
        add(lexer, TOKEN_NUMBER, from)->number = part;
        return;
    }
    before->unsure |= before->source.at + before->source.len != lexer->text.at + from;
    before->number = before->unsure ? (Decimal){0, 0} : whole;
    before->source.len = (size_t)(lexer->text.at + lexer->at - before->source.at);
}

static bool take_sign(Lexer *lexer)
{
    size_t from = lexer->at;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (!str_has_prefix(str_from(lexer->text, from), str_of(signs[i].sign)))
            continue;
        lexer->at += 2;
        add_part(lexer, from, (Decimal){signs[i].digits, signs[i].scale});
        return true;
    }
    return false;
}

static size_t digits_at(Str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.len && is_digit(text.at[at + n]))
        n++;
    return n;
}

/* 1/2, 1/4, 3/4 and nothing else: 500/30 are two strengths. */
static bool take_fraction(Lexer *lexer)
{
    static const struct {
        Str text;
        int digits, scale;
    } fractions[] = {{STR_INIT("1/2"), 5, 1}, {STR_INIT("1/4"), 25, 2}, {STR_INIT("3/4"), 75, 2}};
    Str rest = str_from(lexer->text, lexer->at);
    for (size_t i = 0; i < COUNT_OF(fractions); i++) {
        if (!str_has_prefix(rest, fractions[i].text) ||
            (rest.len > 3 && (is_digit(rest.at[3]) || rest.at[3] == '/')))
            continue;
        size_t from = lexer->at;
        lexer->at += 3;
        add_part(lexer, from, (Decimal){fractions[i].digits, fractions[i].scale});
        return true;
    }
    return false;
}

/* "25 000": behind a blank, three digits that begin with a zero, which no other number does. */
static size_t thousands(const Lexer *lexer, size_t at)
{
    Str rest = str_from(lexer->text, at);
    size_t blank = rest.len && rest.at[0] == ' '           ? 1
                   : str_has_prefix(rest, STR("\xc2\xa0")) ? 2
                                                           : 0;
    if (!blank || rest.len < blank + 3 || rest.at[blank] != '0' || digits_at(rest, blank) != 3)
        return 0;
    char behind = rest.len > blank + 3 ? rest.at[blank + 3] : ' ';
    return behind == '.' || behind == ',' ? 0 : blank + 3;
}

static void take_number(Lexer *lexer)
{
    enum { DIGITS_MAX = 9 };
    size_t from = lexer->at, whole = digits_at(lexer->text, from), part = 0, more = 0;
    if (take_fraction(lexer))
        return;
    if (whole <= 3 && lexer->text.at[from] != '0')
        more = thousands(lexer, from + whole);
    lexer->at += whole + more;
    Str rest = str_from(lexer->text, lexer->at);
    if (!more && rest.len > 1 && (rest.at[0] == '.' || rest.at[0] == ',') && is_digit(rest.at[1]))
        part = digits_at(lexer->text, lexer->at + 1);
    lexer->at += part ? part + 1 : 0;
    Token *token = add(lexer, TOKEN_NUMBER, from);
    /* 1.250 is one and a quarter here and a thousand there; 0.125 is not. A number that begins
     * with zeros was cut: 1 000. */
    token->unsure = (part == 3 && lexer->text.at[from] != '0') || whole > DIGITS_MAX ||
                    part > DIGITS_MAX || (whole > 1 && lexer->text.at[from] == '0');
    for (size_t i = 0; i < token->source.len && !token->unsure; i++)
        if (is_digit(token->source.at[i]))
            token->number.digits = token->number.digits * 10 + (token->source.at[i] - '0');
    token->number.scale = token->unsure ? 0 : (int)part;
    if (token->number.scale > 0)
        token->number = decimal_trim(token->number);
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static void take_symbol(Lexer *lexer)
{
    static const struct {
        Str text;
        char symbol;
    } rows[] = {{STR_INIT("\xc3\x97"), 'x'},      /* times */
                {STR_INIT("\xe2\x80\x93"), '-'},  /* dash */
                {STR_INIT("\xe2\x80\x91"), '-'},  /* hyphen that does not break */
                {STR_INIT("\xe2\x80\x99"), '\''}, /* apostrophe */
                {STR_INIT("\xc2\xb0"), 'o'},      /* degree, of n° */
                {STR_INIT("\xe2\x89\xa4"), '<'}}; /* at most */
    size_t from = lexer->at;
    Str rest = str_from(lexer->text, from);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_has_prefix(rest, rows[i].text)) {
            lexer->at += rows[i].text.len;
            add(lexer, TOKEN_SYMBOL, from)->symbol = rows[i].symbol;
            return;
        }
    lexer->at++;
    while (lexer->at < lexer->text.len && ((unsigned char)lexer->text.at[lexer->at] & 0xc0) == 0x80)
        lexer->at++;
    add(lexer, TOKEN_SYMBOL, from)->symbol = (unsigned char)rest.at[0] < 0x80 ? rest.at[0] : '?';
}

size_t dose_tokens(Str text, Token to[DOSE_TOKENS_MAX])
{
    Lexer lexer = {str_head(text, DOSE_TEXT_MAX), 0, to, 0};
    while (lexer.at < lexer.text.len) {
        char c = lexer.text.at[lexer.at], letters[2];
        size_t len;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            lexer.at++;
        } else if (str_has_prefix(str_from(lexer.text, lexer.at), STR("\xc2\xa0"))) {
            lexer.at += 2; /* a blank that does not break */
        } else if (str_has_prefix(str_from(lexer.text, lexer.at), STR("\xc2\xae"))) {
            lexer.at += 2; /* registered */
        } else if (lexer.count == DOSE_TOKENS_MAX - 1) {
            size_t from = lexer.at;
            lexer.at = lexer.text.len;
            add(&lexer, TOKEN_SYMBOL, from)->symbol = '?';
        } else if (is_digit(c)) {
            take_number(&lexer);
        } else if (letter(str_from(lexer.text, lexer.at), letters, &len)) {
            take_word(&lexer);
        } else if (!take_sign(&lexer)) {
            take_symbol(&lexer);
        }
    }
    return lexer.count;
}
