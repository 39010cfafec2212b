/* search/lists.c - a list of the index as a stream, and what is read of one at a time. */
#include "search/sight.h"
#include "search/stream_inner.h"

enum { TAILS_AT_ONCE = 256 };

/* ---- lists ---------------------------------------------------------------------- */

static Status list_take(Run *run, Stream *list)
{
    Str key;
    TRY(store_cursor_next(list->cursor, &key));
    run->keys_seen++;
    list->stands = true;
    list->ended = !key.at;
    if (!key.at)
        return STATUS_OK;
    memcpy(list->now.at, key_place(key).at, KEY_PLACE);
    list->ended = place_order(&list->now, &list->last) > 0;
    return STATUS_OK;
}

Status list_jump(Run *run, Stream *list, const Place *to)
{
    Key target = {.len = 0};
    key_add(&target, list->prefix.at, list->prefix.len);
    key_add(&target, to->at, KEY_PLACE);
    if (list->shared)
        TRY(store_cursor_again(list->cursor, list->prefix));
    TRY(store_cursor_seek(list->cursor, key_str(&target)));
    return list_take(run, list);
}

Status list_step(Run *run, Stream *list)
{
    if (!list->shared)
        return list_take(run, list);
    Place next = list->now;
    list->ended = !place_after(&next);
    return list->ended ? STATUS_OK : list_jump(run, list, &next);
}

/* The next key is often the one: a step is cheaper than a jump, unless it is asked for far away. */
static Status list_reach(Run *run, Stream *list, const Place *from)
{
    if (!list->stands || place_order(from, &list->asked) < 0) {
        TRY(list_jump(run, list, from));
    } else if (!list->ended && place_order(&list->now, from) < 0) {
        if (!run->far)
            TRY(list_step(run, list));
        if (!list->ended && place_order(&list->now, from) < 0)
            TRY(list_jump(run, list, from));
    } else {
        return STATUS_OK;
    }
    list->asked = *from;
    bool holds = !list->check;
    while (!list->ended && !holds) {
        TRY(stream_sees(run, list, &list->now, &holds));
        if (holds)
            TRY(list->check(run, list->what, &list->now, &holds));
        if (!holds)
            TRY(list_step(run, list));
    }
    return STATUS_OK;
}

Status list_seek(Run *run, Stream *list, const Place *from, Place *ret_place, bool *ret_found)
{
    TRY(list_reach(run, list, place_order(from, &list->first) < 0 ? &list->first : from));
    *ret_found = !list->ended;
    *ret_place = list->now;
    return STATUS_OK;
}

Status list_new(Run *run, Str prefix, StoreCursor *shared, Stream **ret_stream)
{
    Stream *list;
    TRY(stream_new(run, STREAM_LIST, &list));
    list->prefix = arena_str(run->cx->arena, prefix);
    if (!list->prefix.at)
        return STATUS_MEMORY;
    memset(list->last.at, 0xff, KEY_PLACE);
    list->bare = true;
    list->cursor = shared;
    list->shared = shared != NULL;
    *ret_stream = list;
    return shared ? STATUS_OK : store_cursor(run->reader, list->prefix, &list->cursor);
}

Status stream_of_list(Run *run, Str prefix, Stream **ret_stream)
{
    return list_new(run, prefix, NULL, ret_stream);
}

static void set_bound(Place *place, uint64_t ms, unsigned char fill)
{
    Key key = {.len = 0};
    key_add_time_falling(&key, ms);
    memset(place->at, fill, KEY_PLACE);
    memcpy(place->at, key.at, KEY_TIME);
}

Status stream_of_stretch(Run *run, Str prefix, uint64_t first_ms, uint64_t last_ms,
                         StreamCheck check, const void *what, Stream **ret_stream)
{
    Stream *list;
    TRY(list_new(run, prefix, NULL, &list));
    set_bound(&list->first, last_ms, 0);
    set_bound(&list->last, first_ms, 0xff);
    list->check = check;
    list->what = what;
    *ret_stream = list;
    return STATUS_OK;
}

/* At most *room, which becomes how many were asked for. */
Status list_places(Run *run, StoreCursor *cursor, unsigned char kind, size_t *room, Place *places,
                   size_t *ret_count)
{
    char tails[TAILS_AT_ONCE * (KEY_PLACE + KEY_WHO)];
    size_t tail = key_tail(kind);
    if (tail == KEY_PLACE) {
        TRY(store_cursor_tails(cursor, KEY_PLACE, *room, places, ret_count));
    } else {
        *room = *room < TAILS_AT_ONCE ? *room : TAILS_AT_ONCE;
        TRY(store_cursor_tails(cursor, tail, *room, tails, ret_count));
        for (size_t i = 0; i < *ret_count; i++)
            memcpy(places[i].at, tails + i * tail, KEY_PLACE);
    }
    run->keys_seen += *ret_count;
    return STATUS_OK;
}

Status list_tails(Run *run, StoreCursor *cursor, unsigned char kind, size_t max, const Place *last,
                  Places *places, bool *ret_all)
{
    for (*ret_all = false; places->count < max;) {
        size_t room, count;
        TRY(run_tick(run));
        TRY(places_room(run, places, 1));
        room = places->room < max ? places->room - places->count : max - places->count;
        TRY(list_places(run, cursor, kind, &room, &places->at[places->count], &count));
        places->count += count;
        *ret_all = count < room ||
                   (last && count && place_order(&places->at[places->count - 1], last) > 0);
        if (*ret_all)
            return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- taking ------------------------------------------------------------------------------- */

/* Its cursor at its first key, for whoever walks it without the list. */
static Status list_begin(Stream *list)
{
    Key from = {.len = 0};
    key_add(&from, list->prefix.at, list->prefix.len);
    key_add(&from, list->first.at, KEY_PLACE);
    TRY(store_cursor_again(list->cursor, list->prefix));
    list->stands = false;
    return store_cursor_seek(list->cursor, key_str(&from));
}

Status stream_begin(Stream *stream)
{
    assert(stream_is_plain(stream));
    return list_begin(stream);
}

Status stream_some(Run *run, Stream *stream, size_t max, Place *places, size_t *ret_count,
                   bool *ret_more)
{
    size_t asked = max;
    TRY(run_tick(run));
    TRY(list_places(run, stream->cursor, (unsigned char)stream->prefix.at[0], &asked, places,
                    ret_count));
    *ret_more = *ret_count == asked;
    while (*ret_count && place_order(&places[*ret_count - 1], &stream->last) > 0) {
        --*ret_count;
        *ret_more = false;
    }
    return STATUS_OK;
}

Status list_take_some(Run *run, Stream *list, size_t max, Places *places, bool *ret_all)
{
    size_t before = places->count;
    max = max < PLACES_MAX ? max : PLACES_MAX;
    TRY(list_begin(list));
    TRY(list_tails(run, list->cursor, (unsigned char)list->prefix.at[0], before + max + 1,
                   &list->last, places, ret_all));
    *ret_all = places->count <= before + max;
    while (places->count > before && place_order(&places->at[places->count - 1], &list->last) > 0) {
        places->count--;
        *ret_all = true;
    }
    if (!*ret_all)
        places->count--;
    return STATUS_OK;
}

/* ---- whom tokens are about ------------------------------------------------------------------- */

static Status visit_whos(Run *run, const char *tails, size_t tail, size_t count, WhoVisit visit,
                         void *to)
{
    Place places[TAILS_AT_ONCE];
    uint64_t rids[TAILS_AT_ONCE];
    bool sees[TAILS_AT_ONCE];
    for (size_t i = 0; i < count; i++) {
        memcpy(places[i].at, tails + i * tail, KEY_PLACE);
        rids[i] = key_rid(place_str(&places[i]));
    }
    TRY(run_sees_all(run, rids, count, sees));
    for (size_t i = 0; i < count; i++) {
        if (sees[i])
            TRY(visit(to, &places[i], key_who(str_n(tails + i * tail, tail))));
    }
    return STATUS_OK;
}

static Status each_who_of_list(Run *run, Stream *list, size_t max, WhoVisit visit, void *to,
                               bool *ret_all)
{
    char tails[TAILS_AT_ONCE * (KEY_PLACE + KEY_WHO)];
    size_t tail = KEY_PLACE + KEY_WHO, count = TAILS_AT_ONCE;
    TRY(list_begin(list));
    for (size_t seen = 0; count == TAILS_AT_ONCE && seen < max; seen += count) {
        TRY(run_tick(run));
        TRY(store_cursor_tails(list->cursor, tail, TAILS_AT_ONCE, tails, &count));
        run->keys_seen += count;
        TRY(visit_whos(run, tails, tail, count, visit, to));
    }
    *ret_all = count < TAILS_AT_ONCE;
    return STATUS_OK;
}

static bool is_token_list(const Stream *stream)
{
    return stream->kind == STREAM_LIST && !stream->check &&
           (unsigned char)stream->prefix.at[0] == KEY_TOKEN;
}

Status stream_each_who(Run *run, Stream *stream, size_t max, WhoVisit visit, void *to,
                       bool *ret_can, bool *ret_all)
{
    bool is_union = stream->kind == STREAM_UNION;
    Stream **lists = is_union ? stream->streams : &stream;
    size_t count = is_union ? stream->count : 1;
    *ret_can = *ret_all = true;
    for (size_t i = 0; i < count; i++)
        *ret_can &= is_token_list(lists[i]);
    for (size_t i = 0; i < count && *ret_can && *ret_all; i++)
        TRY(each_who_of_list(run, lists[i], max / count, visit, to, ret_all));
    return STATUS_OK;
}

/* ---- counting ---- */

/* Each place of a list is one key. */
Status list_count(Run *run, const Stream *list, uint64_t *ret_count)
{
    Key first = {.len = 0}, last;
    key_add(&first, list->prefix.at, list->prefix.len);
    last = first;
    key_add(&first, list->first.at, KEY_PLACE);
    key_add(&last, list->last.at, KEY_PLACE);
    for (size_t i = key_tail(last.at[0]); i > KEY_PLACE; i--)
        key_add(&last, "\xff", 1);
    *ret_count = 0;
    if (place_order(&list->first, &list->last) > 0)
        return STATUS_OK;
    TRY(store_count_keys(run->reader, key_str(&first), key_str(&last), ret_count));
    run->keys_seen += *ret_count;
    return STATUS_OK;
}
