/* people/addressed.c - what is addressed to you, you may read: see addressed.h. */
#include "people/addressed.h"

#include "fhir/fhir.h"

bool addressed_may(const Access *access, const Facts *facts, bool about_somebody)
{
    Facts as;
    if (access_is_system(access))
        return true;
    if (!facts && about_somebody)
        return false;
    as = facts ? *facts : (Facts){.confidentiality = CONF_N};
    as.class = as.subject_count ? D1_DEMOGRAPHICS : D0_DIRECTORY;
    return access_sees(access, fhir_type_find(STR("Patient")), &as) != SIGHT_NONE;
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
    Facts facts;
    bool known = facts_unpack(row->row.facts, &facts);
    bool about = json_get(row->resource, STR("subject")) || json_get(row->resource, STR("for"));
    return (addressed_to(team, row->resource) || addressed_by(team, row->resource)) &&
           addressed_may(access, known ? &facts : NULL, about);
}
