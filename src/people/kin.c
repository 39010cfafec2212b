/* people/kin.c - of whom somebody is a relative.
 *
 * Whoever has an account as a RelatedPerson may act for that patient (docs/guide/access.md). Whose
 * he is, is said once: else who keeps the files of two families gives one the record of the other,
 * with no administrator asked. */
#include "people/people.h"

static Str patient_of(const JsonValue *relative)
{
    return json_get_str(json_get(relative, STR("patient")), STR("reference"));
}

Status people_guard_kin(Ctx *cx, const Access *writer, const JsonValue *before,
                        const JsonValue *after)
{
    UNUSED(writer);
    if (!after)
        return STATUS_OK;
    /* Under a name that was somebody's and was deleted. */
    bool again = !before && json_get(after, STR("id")) != NULL;
    if (!again && (!before || str_eq(patient_of(before), patient_of(after))))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("RelatedPerson.patient"),
                    "Somebody stays the relative of the same patient: write a new RelatedPerson, "
                    "without an id, for another.");
}
