/* people/addressed.c - what is addressed to you, you may read: see addressed.h. */
#include "people/addressed.h"

#include "fhir/fhir.h"

/* A message of our own that names no patient, nor anything that could be about one. */
static bool is_about_nobody(const JsonValue *resource)
{
    static const Str hints[] = {STR_INIT("subject"), STR_INIT("about"), STR_INIT("basedOn"),
                                STR_INIT("encounter"), STR_INIT("reasonReference")};
    for (size_t i = 0; i < COUNT_OF(hints); i++)
        if (json_get(resource, hints[i]))
            return false;
    return str_eq(json_get_str(resource, STR("resourceType")), STR("Communication"));
}

bool addressed_may(const Access *access, Str packed, const JsonValue *resource)
{
    Facts facts;
    bool known = facts_unpack(packed, &facts), nobody = is_about_nobody(resource);
    if (access_is_system(access))
        return true;
    if (!known && !nobody)
        return false;
    if (!known)
        facts = (Facts){.confidentiality = CONF_N};
    if (nobody)
        facts.subject_count = 0;
    facts.class = facts.subject_count ? D1_DEMOGRAPHICS : D0_DIRECTORY;
    return access_sees(access, fhir_type_find(STR("Patient")), &facts) != SIGHT_NONE;
}

static bool names(const Team *team, const JsonValue *reference)
{
    return team_has(team, json_get_str(reference, STR("reference")));
}

bool addressed_to(const Team *team, const JsonValue *resource)
{
    JsonValue *recipient;
    if (names(team, json_get(resource, STR("owner"))))
        return true;
    for (JsonIter it = json_iter(json_get(resource, STR("recipient")));
         json_next(&it, NULL, &recipient);)
        if (names(team, recipient))
            return true;
    return false;
}

bool addressed_by(const Team *team, const JsonValue *resource)
{
    Team himself = *team;
    himself.count = himself.own;
    return names(&himself, json_get(resource, STR("requester"))) ||
           names(&himself, json_get(resource, STR("sender")));
}

bool addressed_is_his(const Access *access, const Team *team, const OperationRow *row)
{
    return (addressed_to(team, row->resource) || addressed_by(team, row->resource)) &&
           addressed_may(access, row->row.facts, row->resource);
}
