/* fuzz_dose.c - a line of a prescription. What is told of it is out of it; what is complete is read
 * as the same again from its own words, in four languages; and what is written of it is JSON. */
#include "consult/dose.h"
#include "json/json.h"

#include "fuzz.h"

static Str sentence(Arena *arena, const Dose *dose, DoseLanguage language)
{
    Buf buf;
    buf_init(&buf, arena, 256, 16384);
    dose_write(&buf, dose, language);
    assert(buf_done(&buf) == STATUS_OK);
    return buf_str(&buf);
}

static void check_inside(Str text, Str words)
{
    assert(!words.len || (words.at >= text.at && words.at + words.len <= text.at + text.len));
}

static void check_again(Arena *arena, const Dose *dose)
{
    for (int language = 0; language < DOSE_LANGUAGES; language++) {
        Dose again;
        Str line = arena_format(arena, "x, " STR_FMT,
                                STR_ARG(sentence(arena, dose, (DoseLanguage)language)));
        dose_parse(line, &again);
        /* a reason in people's own words may mean something else behind other words */
        if (!dose->needed_for.len && line.len < DOSE_TEXT_MAX)
            assert(str_eq(sentence(arena, &again, DOSE_EN), sentence(arena, dose, DOSE_EN)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Arena *arena;
    Str text = fuzz_str(data, size);
    Dose dose;
    Buf buf;
    JsonValue *root;
    if (!arena)
        arena = arena_new((size_t)4 << 20, false);
    arena_clear(arena);
    Ctx cx = {.arena = arena};
    dose_parse(text, &dose);
    for (size_t i = 0; i < dose.note_count; i++)
        check_inside(text, dose.notes[i].words);
    check_inside(text, dose.medicine);
    check_inside(text, dose.needed_for);
    if (dose_is_complete(&dose) && str_is_utf8(text))
        check_again(arena, &dose);
    buf_init(&buf, arena, 4096, 1 << 18);
    buf_add_lit(&buf, "{\"a\":1");
    dose_write_fhir(&buf, &dose, DOSE_FR);
    buf_add_char(&buf, '}');
    if (str_is_utf8(text) && buf_done(&buf) == STATUS_OK)
        assert(json_parse(&cx, buf_str(&buf), &root) == STATUS_OK);
    return 0;
}
