/* search/cursor.c - the links between pages, signed so that only our own are followed.
 *
 *   mac 8 | for this page and the ones before, nearest first: length 1, bytes ...
 *
 * as base64url. The MAC covers the query, so a link is good for its own search only, and for as
 * long as the store keeps its key. */
#include "search/run.h"

#include "crypto/crypto.h"

enum { MAC_BYTES = 8, STARTS_MAX = CURSOR_PAGES + 1 };

static uint64_t mac_of(const Run *run, Str payload, Status *status)
{
    const SearchQuery *query = run->query;
    Buf buf;
    buf_init(&buf, run->cx->arena, payload.len + query->self.len + 64, 1 << 20);
    buf_add_lit(&buf, "page");
    for (size_t i = 0; i < query->branch_count; i++)
        buf_add(&buf, &query->branches[i].type, sizeof(query->branches[i].type));
    buf_add_str(&buf, query->scope);
    buf_add_str(&buf, query->self);
    buf_add_char(&buf, 0);
    buf_add_str(&buf, payload);
    *status = buf_done(&buf);
    return search_hash(run->search, buf_str(&buf));
}

static Status refuse(Run *run)
{
    return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY, "The page link is not one of this search.");
}

Status cursor_read(Run *run, PageCursor *ret_cursor)
{
    Str bytes, all[STARTS_MAX];
    size_t count = 0;
    Status status;
    *ret_cursor = (PageCursor){.start = STR_EMPTY};
    if (!run->query->cursor.len)
        return STATUS_OK;
    if (!crypto_base64url_decode(run->cx->arena, run->query->cursor, &bytes) ||
        bytes.len < MAC_BYTES)
        return refuse(run);
    uint64_t mac = mac_of(run, str_from(bytes, MAC_BYTES), &status);
    TRY(status);
    if (!crypto_equal(str_n((const char *)&mac, sizeof(mac)), str_head(bytes, MAC_BYTES)))
        return refuse(run);
    bool forgotten = bytes.at[MAC_BYTES];
    for (Str rest = str_from(bytes, MAC_BYTES + 1); rest.len && count < STARTS_MAX; count++) {
        size_t len = (unsigned char)rest.at[0];
        all[count] = str_head(str_from(rest, 1), len);
        rest = str_from(rest, 1 + len);
    }
    ret_cursor->start = count ? all[0] : STR_EMPTY;
    ret_cursor->forgotten = forgotten;
    ret_cursor->before_count = count ? count - 1 : 0;
    for (size_t i = 1; i < count; i++)
        ret_cursor->before[i - 1] = all[i];
    return STATUS_OK;
}

static Status write_cursor(Run *run, const Str *starts, size_t count, bool forgotten, Str *ret_text)
{
    Buf buf;
    Status status;
    uint64_t mac = 0;
    buf_init(&buf, run->cx->arena, 256, STARTS_MAX * (CURSOR_MAX + 1) + MAC_BYTES + 1);
    buf_add(&buf, &mac, MAC_BYTES);
    buf_add_char(&buf, (char)forgotten);
    for (size_t i = 0; i < count; i++) {
        assert(starts[i].len < CURSOR_MAX);
        buf_add_char(&buf, (char)starts[i].len);
        buf_add_str(&buf, starts[i]);
    }
    TRY(buf_done(&buf));
    mac = mac_of(run, str_from(buf_str(&buf), MAC_BYTES), &status);
    TRY(status);
    memcpy(buf.at, &mac, MAC_BYTES);
    *ret_text = crypto_base64url(run->cx->arena, buf_str(&buf));
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

/* "previous" is a link as long as the chain of starts reaches back; the one to the first page is
 * the search itself. */
Status cursor_links(Run *run, const PageCursor *cursor, Str next, SearchPage *page)
{
    Str starts[STARTS_MAX];
    page->is_first = !run->query->cursor.len;
    if (next.len) {
        size_t count = 0;
        starts[count++] = next;
        if (!page->is_first)
            starts[count++] = cursor->start;
        for (size_t i = 0; i < cursor->before_count && count < STARTS_MAX; i++)
            starts[count++] = cursor->before[i];
        bool forgotten = cursor->forgotten || (!page->is_first && cursor->before_count + 2 > count);
        TRY(write_cursor(run, starts, count, forgotten, &page->next));
    }
    if (page->is_first)
        return STATUS_OK;
    page->previous_is_first = !cursor->before_count && !cursor->forgotten;
    if (!cursor->before_count)
        return STATUS_OK;
    return write_cursor(run, cursor->before, cursor->before_count, cursor->forgotten,
                        &page->previous);
}
