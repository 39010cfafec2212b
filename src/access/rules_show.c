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
