/* How much of the index is kept in memory: as much as it may be and not more, whatever the size of
 * its stretches. That it is right is tested on a database: tests/fault/test_store_memory.c. */
#include "testing.h"

#include "store/postgres/shelf.h"

enum { SHELF = 4 << 20, TIMES = 4, EPOCH = 1 }; /* so many times as much as it may hold */

/* A stretch of about so many bytes; its list is its number. */
static Chunk *make(unsigned number, size_t bytes, bool put, Shelf *shelf, ShelfView view)
{
    static char from[300 << 10];
    char list[11] = {0x11, 0, 1};
    memcpy(list + 7, &number, sizeof(number));
    ChunkOf of = {.kind = CHUNK_NUMBER, .list = str_n(list, 11), .from = str_n(from, bytes)};
    if (!put)
        return shelf_take(shelf, view, of.kind, of.list, of.from);
    Chunk *chunk = chunk_new(&of);
    check(chunk != NULL);
    shelf_put(shelf, view, chunk);
    return chunk;
}

static bool is_there(Shelf *shelf, ShelfView view, unsigned number, size_t bytes)
{
    Chunk *chunk = make(number, bytes, false, shelf, view);
    chunk_drop(chunk);
    return chunk != NULL;
}

static void what_is_kept_has_room(void **state)
{
    static const struct {
        const char *why;
        size_t bytes;
        bool kept;
    } cases[] = {
        {"a page of a short list", 1 << 10, true},
        {"the longest that a cursor asks for", 180 << 10, true},
        {"longer than any cursor asks for", 290 << 10, false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Shelf *shelf = shelf_new(SHELF);
        check(shelf != NULL);
        ShelfView view = shelf_begin(shelf, 1, EPOCH);
        size_t there = 0, count = TIMES * SHELF / c->bytes;
        for (unsigned i = 0; i < count; i++) {
            chunk_drop(make(i, c->bytes, true, shelf, view));
            check_int(is_there(shelf, view, i, c->bytes), c->kept); /* the last one always */
        }
        for (unsigned i = 0; i < count; i++)
            there += is_there(shelf, view, i, c->bytes);
        check(there * c->bytes <= SHELF);
        check(!c->kept || there * c->bytes > SHELF / 2);
        shelf_free(shelf);
    }
}

/* Long ones in between drive out short ones, and the shelf holds no more for it. */
static void long_stretches_take_the_room_of_short_ones(void **state)
{
    enum { SHORT = 900, LONG = 200 << 10, EACH = 50, STRETCHES = 6000 };
    UNUSED(state);
    Shelf *shelf = shelf_new(SHELF);
    check(shelf != NULL);
    ShelfView view = shelf_begin(shelf, 1, EPOCH);
    size_t bytes = 0;
    for (unsigned i = 0; i < STRETCHES; i++)
        chunk_drop(make(i, i % EACH ? SHORT : LONG, true, shelf, view));
    for (unsigned i = 0; i < STRETCHES; i++) {
        size_t size = i % EACH ? SHORT : LONG;
        bytes += is_there(shelf, view, i, size) ? size : 0;
    }
    check(bytes <= SHELF);
    check(is_there(shelf, view, STRETCHES - 1, SHORT));
    shelf_free(shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_has_room),
        cmocka_unit_test(long_stretches_take_the_room_of_short_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
