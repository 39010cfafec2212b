/* Cases of FHIRPath as one row: an expression, a resource, and what comes out as one text:
 * "string Ann, string Eve", or "! " and a part of the sentence that says what is wrong. */
#ifndef ACESO_TESTS_PATH_CASE_H
#define ACESO_TESTS_PATH_CASE_H

#include "testing.h"

#include "fhir/path/path.h"

typedef struct {
    const char *why, *expression, *expected;
} PathCase;

static inline JsonValue *path_case_json(Ctx *cx, const char *text)
{
    JsonValue *json = NULL;
    if (text && json_parse(cx, str_of(text), &json) != STATUS_OK)
        fail_msg("a resource of a test is no JSON");
    return json;
}

static inline Str path_case_text(Ctx *cx, const PathItems *items)
{
    Buf buf;
    buf_init(&buf, cx->arena, 256, 1 << 20);
    for (size_t i = 0; i < items->count; i++)
        buf_format(&buf, "%s%.*s %.*s", i ? ", " : "", STR_ARG(path_type_name(&items->items[i])),
                   STR_ARG(path_item_text(cx->arena, &items->items[i])));
    return buf_str(&buf);
}

/* Evaluates and compares. */
static inline void path_case_run(const PathCase *c, const PathCompile *how, PathEnv *env)
{
    Ctx cx = testing_ctx();
    const PathProgram *program;
    PathItems items = {NULL, 0};
    CASE(c->why);
    Status status = path_compile(&cx, cx.arena, str_of(c->expression), how, &program);
    if (status == STATUS_OK)
        status = path_evaluate(program, &cx, env, &items);
    if (c->expected[0] == '!') {
        if (status == STATUS_OK || !cx.issues)
            fail_msg("%s: %s must fail with a sentence", c->why, c->expression);
        Str said = arena_str(cx.arena, cx.issues->diagnostics);
        if (!strstr(said.at, c->expected + 2))
            fail_msg("%s: %s says \"%s\"", c->why, c->expression, said.at);
    } else {
        if (status != STATUS_OK)
            fail_msg("%s: %s fails: " STR_FMT, c->why, c->expression,
                     STR_ARG(cx.issues ? cx.issues->diagnostics : STR("no sentence")));
        check_str(path_case_text(&cx, &items), str_of(c->expected));
    }
    arena_free(cx.arena);
}

#endif
