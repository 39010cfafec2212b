/* record/explain.c - why somebody sees what he sees of a patient. docs/guide/access.md */
#include "record/internal.h"

static Status explain(Scene *scene, Str role, Str reference, Str patient)
{
    StoreReader *reader;
    RightsWhy why;
    Str id = patient;
    Ctx *cx = scene->cx;
    (void)str_cut(&id, '/');
    TRY(access_need_read(cx, scene->call->access));
    TRY(scene_target(scene, STR("Patient"), id));
    TRY(scene_read(scene, &reader));
    Status status =
        rights_explain(scene->record->rights, cx, reader, role, reference, patient, &why);
    store_read_end(reader);
    TRY(status);
    return rights_why_json(cx, &why, &scene->reply->body);
}

Status record_explain(Record *record, Ctx *cx, const Call *call, Str role, Str reference,
                      Str patient, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("explain-access"));
    return scene_end(&scene, explain(&scene, role, reference, patient));
}

void record_rules(Record *record, Rules *ret_rules)
{
    rights_rules(record->rights, ret_rules);
}

/* ?user=...&patient=Patient/1 */
Status record_explain_asked(Ctx *cx, Str query, Str *ret_user, Str *ret_patient)
{
    *ret_user = *ret_patient = STR_EMPTY;
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        Str *to = str_eq(name, STR("user"))      ? ret_user
                  : str_eq(name, STR("patient")) ? ret_patient
                                                 : NULL;
        if (!to)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The parameters are \"user\" and \"patient\".");
        TRY(search_decode(cx, value, to));
    }
    Str id = *ret_patient;
    if (!ret_user->len || !str_eq(str_cut(&id, '/'), STR("Patient")) || !id.at || !fhir_id_is(id))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Ask with user=NAME and patient=Patient/ID.");
    return STATUS_OK;
}
