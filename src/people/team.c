/* people/team.c - by which names somebody is meant: see team.h. */
#include "people/team.h"

static void add(Team *team, Str name)
{
    if (!name.len || team_has(team, name))
        return;
    team->cut |= team->count == TEAM_NAMES_MAX;
    if (!team->cut)
        team->names[team->count++] = name;
}

bool team_has(const Team *team, Str name)
{
    for (size_t i = 0; i < team->count; i++)
        if (str_eq(team->names[i], name))
            return true;
    return false;
}

static bool holds(const OperationRow *row)
{
    const JsonValue *active = json_get(row->resource, STR("active"));
    Str status = json_get_str(row->resource, STR("status"));
    return !(json_is(active, JSON_BOOL) && !json_bool(active)) &&
           (!status.len || str_eq(status, STR("active")));
}

/* What of the directory says that he is a part of it; nobody needs a right to know it of himself.
 */
static Status find(Operation *op, const char *type, const char *query, Str name,
                   OperationRows *ret_rows)
{
    Str asked = arena_format(op->cx->arena, query, STR_ARG(name));
    return asked.at ? operation_find(op, str_of(type), asked, TEAM_NAMES_MAX, ret_rows)
                    : STATUS_MEMORY;
}

static Status add_functions(Operation *op, Str who, Team *team)
{
    OperationRows rows;
    Str places[TEAM_NAMES_MAX] = {{0}};
    TRY(find(op, "PractitionerRole",
             str_has_prefix(who, STR("PractitionerRole/")) ? "_id=%.*s" : "practitioner=%.*s",
             str_has_prefix(who, STR("PractitionerRole/")) ? str_from(who, 17) : who, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        if (!holds(&rows.rows[i]))
            continue;
        add(team, rows.rows[i].name);
        add(team,
            json_get_str(json_get(rows.rows[i].resource, STR("practitioner")), STR("reference")));
        places[i] =
            json_get_str(json_get(rows.rows[i].resource, STR("organization")), STR("reference"));
    }
    team->own = team->count;
    for (size_t i = 0; i < rows.count; i++)
        add(team, places[i].at ? places[i] : STR_EMPTY);
    return STATUS_OK;
}

static Status add_teams(Operation *op, Str who, Team *team)
{
    OperationRows rows;
    TRY(find(op, "CareTeam", "participant=%.*s&subject:missing=true&status=active", who, &rows));
    for (size_t i = 0; i < rows.count; i++)
        if (holds(&rows.rows[i]))
            add(team, rows.rows[i].name);
    return STATUS_OK;
}

/* For whom a patient, or who acts for somebody, acts: exactly the patients whom he sees. */
static Status add_wards(Operation *op, Team *team)
{
    OperationRows rows;
    bool before = operation_peek(op, true);
    Status status =
        operation_find(op, STR("Patient"), STR("_lastUpdated=ge1900"), TEAM_NAMES_MAX, &rows);
    operation_peek(op, before);
    TRY(status);
    for (size_t i = 0; i < rows.count; i++)
        add(team, rows.rows[i].name);
    return STATUS_OK;
}

static Status find_names(Operation *op, Str who, Team *team)
{
    if (operation_role(op) == ROLE_PATIENT || operation_role(op) == ROLE_PROXY)
        return who.len ? add_wards(op, team) : STATUS_OK;
    if (!str_has_prefix(who, STR("Practitioner")))
        return STATUS_OK;
    bool before = operation_own(op, true);
    Status status = add_functions(op, who, team);
    if (status == STATUS_OK)
        status = add_teams(op, who, team);
    operation_own(op, before);
    return status;
}

Status team_of(Operation *op, Team *ret_team)
{
    Str who = operation_who(op);
    *ret_team = (Team){.count = 0};
    add(ret_team, who);
    ret_team->own = ret_team->count;
    TRY(find_names(op, who, ret_team));
    if (!ret_team->cut)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                    "One acts for at most %d persons, functions, places and teams.",
                    TEAM_NAMES_MAX);
}
