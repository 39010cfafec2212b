/* tests/people_scene.h - a practice with staff and patients, and operations asked by each of them.
 */
#ifndef ACESO_PEOPLE_SCENE_H
#define ACESO_PEOPLE_SCENE_H

#include "people/people.h"
#include "rights_scene.h"

static Scene s;
static Str last; /* the body of the last answer */

static inline void practitioner(const char *id, const char *code)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "Practitioner/%s", id);
    snprintf(text, sizeof text, "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}", id);
    scene_put(&s, path, text);
    snprintf(path, sizeof path, "PractitionerRole/%s-role", id);
    snprintf(text, sizeof text,
             "{\"resourceType\":\"PractitionerRole\",\"id\":\"%s-role\",\"active\":true,"
             "\"practitioner\":{\"reference\":\"Practitioner/%s\"},\"organization\":{"
             "\"reference\":\"Organization/%s\"}}",
             id, id, code);
    scene_put(&s, path, text);
}

/* A patient who agrees, with a link to all of one organisation. */
static inline void linked(const char *patient, const char *organisation)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "CareTeam/%s-%s", patient, organisation);
    snprintf(text, sizeof text,
             "{\"resourceType\":\"CareTeam\",\"id\":\"%s-%s\",\"status\":\"active\",\"category\":[{"
             "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"contact\"}]}],\"subject\":{"
             "\"reference\":\"Patient/%s\"},\"period\":{\"start\":\"2026-01-01\",\"end\":"
             "\"2099-01-01\"},\"participant\":[{\"member\":{\"reference\":\"Organization/%s\"}}]}",
             patient, organisation, patient, organisation);
    scene_put(&s, path, text);
    snprintf(path, sizeof path, "Consent/%s", patient);
    snprintf(text, sizeof text,
             "{\"resourceType\":\"Consent\",\"id\":\"%s\",\"status\":\"active\",\"scope\":{"
             "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
             "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
             "\"urn:aceso:consent\",\"code\":\"network\"}]}],\"patient\":{\"reference\":"
             "\"Patient/%s\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":\"permit\"}}",
             patient, patient);
    scene_put(&s, path, text);
}

static inline const OperationKind *kind_of(const char *type, const char *name)
{
    for (size_t i = 0; i < PEOPLE_OPERATIONS; i++)
        if (str_eq(people_operations[i].name, str_of(name)) &&
            str_eq(people_operations[i].type, str_of(type)))
            return &people_operations[i];
    fail_msg("no operation %s", name);
    return NULL;
}

/* "Task/1/$claim" or "$inbox"; body: Parameters or NULL. The HTTP status. */
static inline unsigned asks(const char *role, const char *who, const char *path, const char *body)
{
    Status status;
    Str id = STR_EMPTY, rest = str_of(path), type = STR_EMPTY, name = rest;
    if (path[0] != '$') {
        type = str_cut(&rest, '/');
        name = rest;
        if (name.at[0] != '$') {
            id = str_cut(&rest, '/');
            name = rest;
        }
    }
    char type_text[64];
    snprintf(type_text, sizeof type_text, "%.*s", (int)type.len, type.at);
    do {
        fixture_clear(&s.f);
        Call call = fixture_call(&s.f);
        OperationAsked asked = {.kind = kind_of(type_text, name.at), .id = id};
        if (body)
            asked.body = fixture_body(&s.f, str_of(body));
        if (role)
            call.access = scene_person(&s, role, who);
        (void)record_operation(s.f.record, &s.f.cx, &call, &asked, &s.f.reply);
        status = fixture_finish(&s.f, &call);
    } while (status == STATUS_CONFLICT && s.f.reply.retry);
    last = status == STATUS_OK ? s.f.reply.body : STR_EMPTY;
    if (status == STATUS_OK)
        return s.f.reply.http;
    if (getenv("SAY"))
        for (const Issue *issue = s.f.cx.issues; issue; issue = issue->next)
            print_message("# %s: " STR_FMT "\n", path, STR_ARG(issue->diagnostics));
    return status_http(status);
}

static inline bool says(const char *text)
{
    return last.len && memmem(last.at, last.len, text, strlen(text)) != NULL;
}

#endif
