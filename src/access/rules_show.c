/* access/rules_show.c - the matrix that holds, for people to look at. */
#include "access/rules.h"
#include "json/json.h"

static void write_role(Buf *buf, const RulesRole *role, Str word)
{
    buf_add_lit(buf, "{\"role\":");
    json_write_string(buf, word);
    buf_format(buf, ",\"breaksGlass\":%s,\"cells\":{", role->may_break ? "true" : "false");
    for (unsigned class = 0; class < ACCESS_CLASSES; class ++) {
        if (class)
            buf_add_char(buf, ',');
        json_write_string(buf, rules_class_word(class));
        buf_add_char(buf, ':');
        json_write_string(buf, rules_cell_word((Cell)role->cells[class]));
    }
    buf_add_lit(buf, "}}");
}

Status rules_app_members(Ctx *cx, const Rules *rules, AccessRole role, Str *ret_members)
{
    Buf buf;
    bool any = false;
    buf_init(&buf, cx->arena, 256, 4096);
    if (role != ROLE_NOBODY && rules->roles[role].may_break)
        buf_add_lit(&buf, ",\"breaksGlass\":true");
    buf_add_lit(&buf, ",\"linkMonths\":{");
    for (unsigned kind = LINK_NONE + 1; kind < LINK_KINDS; kind++) {
        if (!rules->link_months[kind])
            continue;
        buf_format(&buf, "%s\"" STR_FMT "\":%u", any ? "," : "",
                   STR_ARG(rules_link_word((LinkKind)kind)), rules->link_months[kind]);
        any = true;
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_members = buf_str(&buf);
    return STATUS_OK;
}

Status rules_matrix_json(Ctx *cx, const Rules *rules, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 8192, 64 * 1024);
    buf_add_lit(&buf, "{\"revision\":");
    json_write_string(&buf, str_of(rules->revision));
    buf_add_lit(&buf, ",\"roles\":[");
    for (unsigned role = ROLE_NOBODY + 1; role < ACCESS_ROLES; role++) {
        if (role > ROLE_NOBODY + 1)
            buf_add_char(&buf, ',');
        write_role(&buf, &rules->roles[role], access_role_word((AccessRole)role));
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}
