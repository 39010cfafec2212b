/* net/header.c - what the head of an answer says. SPEC RFC 9110 5, RFC 9111 5.2 */
#include "net/net.h"

Str net_header(const NetResponse *response, Str name)
{
    Str rest = response->head;
    while (rest.at && rest.len) {
        Str line = str_cut(&rest, '\n');
        Str label = str_cut(&line, ':');
        if (line.at && str_eq_nocase(label, name))
            return str_trim(line);
    }
    return STR_EMPTY;
}

/* "max-age=60", also as "max-age=\"60\"". */
static bool read_seconds(Str value, uint64_t *ret_seconds)
{
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
        value = str_n(value.at + 1, value.len - 2);
    return str_to_u64(value, ret_seconds);
}

unsigned net_fresh_s(const NetResponse *response, unsigned otherwise)
{
    enum { MOST_S = 366 * 86400 };
    uint64_t seconds = otherwise, age = 0, said;
    Str rest = net_header(response, STR("Cache-Control"));
    while (rest.at && rest.len) {
        Str value = str_trim(str_cut(&rest, ','));
        Str word = str_trim(str_cut(&value, '='));
        if (str_eq_nocase(word, STR("no-store")) || str_eq_nocase(word, STR("no-cache")))
            return 0;
        if (str_eq_nocase(word, STR("max-age")) && value.at && read_seconds(str_trim(value), &said))
            seconds = said;
    }
    if (!str_to_u64(net_header(response, STR("Age")), &age))
        age = 0;
    seconds = seconds > age ? seconds - age : 0;
    return (unsigned)(seconds < MOST_S ? seconds : MOST_S);
}
