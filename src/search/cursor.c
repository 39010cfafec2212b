/* search/cursor.c - the links between pages, sealed so that only our own are followed, by whom they
 * were made for, and that nobody reads in an address what a page was ordered by.
 *
 *   form 1 | flags 1 | meaning 4 | since | total | page | start | (page, start) ...
 *
 * sealed, as base64url; numbers in seven bits a byte, a start with its length in front. `meaning`
 * stands for what the bytes of a start are made of, so that a link tells when a sort parameter has
 * been redefined since. The seal is bound to the query, to the caller and to the rules by which he
 * sees what he sees (Rights.digest), so a link is good for his own search only, and for as long as
 * the store keeps its key. The number of the last change, which every link has, tells nobody how
 * much is going on that he does not see.
 *
 * "previous" leads to the rows right before a start; where to walk towards it from is what a link
 * remembers of pages before: the starts of those near, and of some of those far. Of pages whose
 * number ends in n zero bits, those at most 4 << n pages back; as many as fit. */
#include "search/run.h"

#include "access/rights.h"
#include "crypto/crypto.h"

enum {
    MEANING_BYTES = 4,
    FORM = 3,
    FLAG_TOTAL = 1,
    FLAG_BACK = 2,
    FLAG_LATE = 4,
    STARTS_BYTES = 720, /* of remembered starts: a link must fit into a request line */
    LINK_BYTES = 4096,
};

Status search_seal(const Search *search, Ctx *cx, Str about, Str bytes, Str *ret_text)
{
    char *sealed = arena_alloc_raw(cx->arena, bytes.len + CRYPTO_SEAL_BYTES);
    if (!sealed)
        return STATUS_MEMORY;
    TRY(crypto_seal(search->link_key, about, bytes, sealed));
    *ret_text = crypto_base64url(cx->arena, str_n(sealed, bytes.len + CRYPTO_SEAL_BYTES));
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

bool search_unseal(const Search *search, Ctx *cx, Str about, Str text, Str *ret_bytes)
{
    Str sealed;
    if (!crypto_base64url_decode(cx->arena, text, &sealed) || sealed.len < CRYPTO_SEAL_BYTES)
        return false;
    char *at = arena_alloc_raw(cx->arena, sealed.len);
    *ret_bytes = str_n(at, sealed.len - CRYPTO_SEAL_BYTES);
    return at && crypto_open(search->link_key, about, sealed, at);
}

/* Whose link it is, and of which search. */
static Status about_link(const Run *run, Str *ret_about)
{
    const SearchQuery *query = run->query;
    const Rights *rights = access_rights(run->access);
    uint64_t digest = rights ? rights->digest : 0;
    Buf buf;
    buf_init(&buf, run->cx->arena, query->self.len + 128, 1 << 20);
    buf_add_lit(&buf, "page");
    buf_add(&buf, &digest, sizeof(digest));
    for (size_t i = 0; i < query->branch_count; i++)
        buf_add(&buf, &query->branches[i].type, sizeof(query->branches[i].type));
    buf_add_str(&buf, query->scope);
    buf_add_str(&buf, query->self);
    *ret_about = buf_str(&buf);
    return buf_done(&buf);
}

/* What starts are made of: places, or the values of these parameters. */
static uint32_t meaning_of(const Run *run, Status *status)
{
    const SearchQuery *query = run->query;
    Buf buf;
    buf_init(&buf, run->cx->arena, 64, 1 << 16);
    for (size_t i = 0; i < query->sort_count; i++)
        buf_format(&buf, STR_FMT " " STR_FMT "\n", STR_ARG(query->sorts[i].param->url),
                   STR_ARG(query->sorts[i].param->digest));
    *status = buf_done(&buf);
    return (uint32_t)search_hash(run->search, buf_str(&buf));
}

static Status refuse(Run *run)
{
    return ctx_fail(
        run->cx, STATUS_INVALID, STR_EMPTY,
        "The page link is not one of this search, or was made for somebody else, or what"
        " you may see has changed since: begin the search again.");
}

/* ---- reading ---------------------------------------------------------------------------- */

/* What is signed is well formed; the loop ends with the bytes all the same. */
static uint64_t take_number(Str *bytes)
{
    uint64_t number = 0;
    for (unsigned shift = 0; bytes->len && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)bytes->at[0];
        *bytes = str_from(*bytes, 1);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return number;
}

static PageStart take_start(Str *bytes)
{
    PageStart start = {.page = (uint32_t)take_number(bytes)};
    size_t len = take_number(bytes);
    start.start = str_head(*bytes, len < bytes->len ? len : bytes->len);
    *bytes = str_from(*bytes, start.start.len);
    return start;
}

static Status read_payload(Run *run, Str bytes, PageCursor *cursor)
{
    Status status;
    uint32_t meaning = meaning_of(run, &status);
    TRY(status);
    if (bytes.len < 2 + MEANING_BYTES || bytes.at[0] != FORM)
        return ctx_fail(run->cx, STATUS_INVALID, STR_EMPTY,
                        "The page link was made by another version of this program: begin the"
                        " search again.");
    if (memcmp(bytes.at + 2, &meaning, MEANING_BYTES) != 0)
        return ctx_fail(run->cx, STATUS_INVALID, STR("_sort"),
                        "A parameter that this search sorts by has been redefined since the page"
                        " link was made: begin the search again.");
    cursor->has_total = bytes.at[1] & FLAG_TOTAL;
    cursor->back = bytes.at[1] & FLAG_BACK;
    cursor->late = bytes.at[1] & FLAG_LATE;
    bytes = str_from(bytes, 2 + MEANING_BYTES);
    cursor->since = take_number(&bytes);
    cursor->total = take_number(&bytes);
    cursor->here = take_start(&bytes);
    while (bytes.len && cursor->before_count < CURSOR_STARTS)
        cursor->before[cursor->before_count++] = take_start(&bytes);
    return STATUS_OK;
}

Status cursor_read(Run *run, PageCursor *ret_cursor)
{
    Str bytes, about;
    *ret_cursor = (PageCursor){.is_given = false};
    if (!run->query->cursor.len)
        return STATUS_OK;
    TRY(about_link(run, &about));
    if (!search_unseal(run->search, run->cx, about, run->query->cursor, &bytes))
        return refuse(run);
    ret_cursor->is_given = true;
    return read_payload(run, bytes, ret_cursor);
}

Str cursor_nearest(const PageCursor *cursor)
{
    return cursor->before_count ? cursor->before[0].start : STR_EMPTY;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void add_number(Buf *buf, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(buf, (char)(number | 0x80));
    buf_add_char(buf, (char)number);
}

static void add_start(Buf *buf, const PageStart *start)
{
    assert(start->start.len <= CURSOR_MAX);
    add_number(buf, start->page);
    add_number(buf, start->start.len);
    buf_add_str(buf, start->start);
}

static Status write_cursor(Run *run, const PageCursor *cursor, Str *ret_text)
{
    Buf buf;
    Status status;
    Str about;
    uint32_t meaning = meaning_of(run, &status);
    TRY(status);
    buf_init(&buf, run->cx->arena, 256, LINK_BYTES);
    buf_add_char(&buf, FORM);
    buf_add_char(&buf,
                 (char)((cursor->has_total ? FLAG_TOTAL : 0) | (cursor->back ? FLAG_BACK : 0)));
    buf_add(&buf, &meaning, MEANING_BYTES);
    add_number(&buf, cursor->since);
    add_number(&buf, cursor->total);
    add_start(&buf, &cursor->here);
    size_t end = buf.len + STARTS_BYTES;
    for (size_t i = 0; i < cursor->before_count; i++) {
        if (buf.len + cursor->before[i].start.len + 8 > end)
            break;
        add_start(&buf, &cursor->before[i]);
    }
    TRY(buf_done(&buf));
    TRY(about_link(run, &about));
    return search_seal(run->search, run->cx, about, buf_str(&buf), ret_text);
}

/* Whether a link of page `from` remembers where page `number` starts. */
static bool is_remembered(uint32_t number, uint32_t from)
{
    unsigned zeros = number ? (unsigned)__builtin_ctz(number) : 31;
    return zeros > 20 || from - number <= (uint32_t)4 << zeros;
}

static void remember(PageCursor *cursor, const PageStart *start)
{
    if (start->start.len && cursor->before_count < CURSOR_STARTS &&
        is_remembered(start->page, cursor->here.page))
        cursor->before[cursor->before_count++] = *start;
}

static Status link_next(Run *run, const PageCursor *cursor, Str start, Str *ret_text)
{
    PageCursor next = *cursor;
    next.back = false;
    next.before_count = 0;
    next.here = (PageStart){cursor->here.page + 1, start};
    remember(&next, &cursor->here);
    for (size_t i = 0; i < cursor->before_count; i++)
        remember(&next, &cursor->before[i]);
    return write_cursor(run, &next, ret_text);
}

/* Leads to the last rows before this page. */
static Status link_previous(Run *run, const PageCursor *cursor, Str *ret_text)
{
    PageCursor previous = *cursor;
    previous.back = true;
    previous.here.page -= previous.here.page > 1;
    return write_cursor(run, &previous, ret_text);
}

/* The links of one search all keep its beginning, the one to its first page too; the search itself
 * begins anew. */
Status cursor_links(Run *run, const PageCursor *cursor, Str next, SearchPage *page)
{
    PageCursor here = *cursor;
    if (!here.here.start.len)
        here.here.page = 0;
    if (!here.is_given) {
        TRY(run_mark(run));
        here.since = run->last_change;
    }
    here.before_count = 0;
    for (size_t i = 0; i < cursor->before_count; i++) {
        if (str_cmp(cursor->before[i].start, here.here.start) < 0)
            here.before[here.before_count++] = cursor->before[i];
    }
    if (next.len)
        TRY(link_next(run, &here, next, &page->next));
    return here.here.start.len ? link_previous(run, &here, &page->previous) : STATUS_OK;
}
