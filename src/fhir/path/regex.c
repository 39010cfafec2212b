/* fhir/path/regex.c - the only home of PCRE2. */
#include "fhir/path/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_DEPTH_MAX = 1000, REGEX_HEAP_KIB_MAX = 4096, REGEX_FAULT_MAX = 128 };

struct Regex {
    pcre2_code *code;
};

/* PCRE2 takes its memory from an arena and gives nothing back. */
static void *take(PCRE2_SIZE bytes, void *arena)
{
    return arena_alloc_raw(arena, bytes);
}

static void give(void *piece, void *arena)
{
    UNUSED(piece);
    UNUSED(arena);
}

Status regex_compile(Arena *arena, Str pattern, bool whole, const Regex **ret_regex,
                     const char **ret_fault)
{
    int fault;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
    *ret_fault = "it is longer than is accepted";
    if (pattern.len > REGEX_PATTERN_MAX)
        return STATUS_INVALID;
    Regex *regex = arena_new_of(arena, Regex);
    pcre2_general_context *memory = pcre2_general_context_create(take, give, arena);
    pcre2_compile_context *how = memory ? pcre2_compile_context_create(memory) : NULL;
    char *words = arena_alloc(arena, REGEX_FAULT_MAX);
    if (!regex || !how || !words)
        return STATUS_MEMORY;
    if (whole)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    regex->code = pcre2_compile((PCRE2_SPTR)(pattern.at ? pattern.at : ""), pattern.len, options,
                                &fault, &at, how);
    if (!regex->code) {
        pcre2_get_error_message(fault, (PCRE2_UCHAR *)words, REGEX_FAULT_MAX);
        *ret_fault = words;
        return STATUS_INVALID;
    }
    *ret_regex = regex;
    return STATUS_OK;
}

typedef struct {
    pcre2_match_context *how;
    pcre2_match_data *data;
} Attempt;

static Status begin(Ctx *cx, const Regex *regex, Attempt *ret_attempt)
{
    pcre2_general_context *memory = pcre2_general_context_create(take, give, cx->arena);
    if (!memory)
        return STATUS_MEMORY;
    Attempt attempt = {pcre2_match_context_create(memory),
                       pcre2_match_data_create_from_pattern(regex->code, memory)};
    if (!attempt.how || !attempt.data)
        return STATUS_MEMORY;
    pcre2_set_match_limit(attempt.how, PATH_REGEX_STEPS_MAX);
    pcre2_set_depth_limit(attempt.how, REGEX_DEPTH_MAX);
    pcre2_set_heap_limit(attempt.how, REGEX_HEAP_KIB_MAX);
    *ret_attempt = attempt;
    return STATUS_OK;
}

static Status fail(Ctx *cx, int code)
{
    switch (code) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "A regular expression needs more than %d steps for a text.",
                        PATH_REGEX_STEPS_MAX);
    case PCRE2_ERROR_NOMEMORY:
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY,
                        "A regular expression needs more memory than one request may use.");
    default:
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "A regular expression or its substitution could not be applied.");
    }
}

Status regex_matches(Ctx *cx, const Regex *regex, Str text, bool *ret_matches)
{
    Attempt attempt;
    TRY(begin(cx, regex, &attempt));
    int found = pcre2_match(regex->code, (PCRE2_SPTR)(text.at ? text.at : ""), text.len, 0, 0,
                            attempt.data, attempt.how);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
        return fail(cx, found);
    *ret_matches = found >= 0;
    return STATUS_OK;
}

static Status substitute(Ctx *cx, const Regex *regex, Str text, Str substitution, uint32_t options,
                         Str *ret_text)
{
    Attempt attempt;
    options |=
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH;
    TRY(begin(cx, regex, &attempt));
    PCRE2_SIZE room = text.len + 64, len = room;
    for (int turn = 0; turn < 2; turn++, room = len) {
        char *to = arena_alloc_raw(cx->arena, room);
        if (!to)
            return fail(cx, PCRE2_ERROR_NOMEMORY);
        len = room;
        int code = pcre2_substitute(regex->code, (PCRE2_SPTR)(text.at ? text.at : ""), text.len, 0,
                                    options, attempt.data, attempt.how,
                                    (PCRE2_SPTR)(substitution.at ? substitution.at : ""),
                                    substitution.len, (PCRE2_UCHAR *)to, &len);
        if (code >= 0) {
            *ret_text = str_n(to, len);
            return STATUS_OK;
        }
        if (code != PCRE2_ERROR_NOMEMORY || len <= room || len > REGEX_RESULT_MAX)
            return fail(cx, code);
    }
    return fail(cx, PCRE2_ERROR_NOMEMORY);
}

Status regex_replace(Ctx *cx, const Regex *regex, Str text, Str substitution, Str *ret_text)
{
    return substitute(cx, regex, text, substitution, 0, ret_text);
}

Status regex_case(Ctx *cx, Str text, bool upper, Str *ret_text)
{
    const Regex *all;
    const char *fault;
    TRY(regex_compile(cx->arena, STR("(?s).+"), false, &all, &fault));
    return substitute(cx, all, text, upper ? STR("\\U$0") : STR("\\L$0"), PCRE2_SUBSTITUTE_EXTENDED,
                      ret_text);
}
