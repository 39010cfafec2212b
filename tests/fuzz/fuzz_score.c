/* fuzz_score.c - two Patients, a line each: the same whoever stands first, never more alike than a
 * person with himself where nothing speaks against it, and always a number. */
#include "people/score.h"

#include <math.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str rest = fuzz_str(data, size), first = str_cut(&rest, '\n');
    Ctx cx = fuzz_ctx();
    JsonValue *a, *b;
    PersonKey *one, *other;
    if (json_parse(&cx, first, &a) != STATUS_OK || json_parse(&cx, rest, &b) != STATUS_OK)
        return 0;
    if (person_key(&cx, STR("32"), a, &one) != STATUS_OK ||
        person_key(&cx, STR("32"), b, &other) != STATUS_OK)
        return 0;
    Score there = score_pair(one, other), back = score_pair(other, one);
    assert(isfinite(there.weight) && there.score >= 0 && there.score <= 1);
    assert(fabs(there.weight - back.weight) < 1e-9 && there.grade == back.grade);
    for (size_t i = 0; i < SCORE_FIELDS; i++)
        assert(there.parts[i].how || there.parts[i].weight == 0);
    return 0;
}
