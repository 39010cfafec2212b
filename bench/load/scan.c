/* load/scan.c - a walk over JSON, and the entries of a Bundle on top of it. */
#include "load/scan.h"

#include "base/base.h"

/* The end of a string whose first byte (behind the quote) is at `from`. */
static size_t string_end(Str text, size_t from)
{
    for (size_t at = from; at < text.len;) {
        const char *quote = memchr(text.at + at, '"', text.len - at);
        if (!quote)
            return SIZE_MAX;
        size_t end = (size_t)(quote - text.at);
        size_t slashes = 0;
        while (end - slashes > from && text.at[end - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return end;
        at = end + 1;
    }
    return SIZE_MAX;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static ScanItem take_string(Scan *scan)
{
    size_t from = scan->at + 1;
    size_t end = string_end(scan->text, from);
    if (end == SIZE_MAX)
        return (ScanItem){.kind = SCAN_END};
    scan->at = end + 1;
    while (scan->at < scan->text.len && is_blank(scan->text.at[scan->at]))
        scan->at++;
    bool is_name = scan->at < scan->text.len && scan->text.at[scan->at] == ':';
    return (ScanItem){is_name ? SCAN_NAME : SCAN_STRING, scan->depth,
                      str_n(scan->text.at + from, end - from)};
}

static ScanItem take_word(Scan *scan)
{
    size_t from = scan->at;
    while (scan->at < scan->text.len && !strchr(",]} \n\r\t", scan->text.at[scan->at]))
        scan->at++;
    return (ScanItem){SCAN_OTHER, scan->depth, str_n(scan->text.at + from, scan->at - from)};
}

ScanItem scan_next(Scan *scan)
{
    for (; scan->at < scan->text.len; scan->at++) {
        char c = scan->text.at[scan->at];
        if (is_blank(c) || c == ',' || c == ':')
            continue;
        if (c == '"')
            return take_string(scan);
        Str self = str_n(scan->text.at + scan->at, 1);
        if (c == '{' || c == '[') {
            scan->at++;
            return (ScanItem){SCAN_OPEN, ++scan->depth, self};
        }
        if (c == '}' || c == ']') {
            scan->at++;
            unsigned depth = scan->depth;
            scan->depth -= scan->depth > 0;
            return (ScanItem){SCAN_CLOSE, depth, self};
        }
        return take_word(scan);
    }
    return (ScanItem){.kind = SCAN_END};
}

void bundle_scan_init(BundleScan *bundle, Str text)
{
    *bundle = (BundleScan){.scan = {.text = text}};
}

/* Takes the value of a name as text; an object or array is left to be walked. */
static Str value_text(Scan *scan)
{
    Scan ahead = *scan;
    ScanItem value = scan_next(&ahead);
    if (value.kind != SCAN_STRING && value.kind != SCAN_OTHER)
        return STR_EMPTY;
    *scan = ahead;
    return value.text;
}

/* Names at depth 4 stand inside entry[i].resource, .response or .request. */
static void take_entry_name(Scan *scan, Str part, Str name, BundleEntry *entry)
{
    Str *into = NULL;
    if (str_eq(part, STR("response")))
        into = str_eq(name, STR("status"))     ? &entry->status
               : str_eq(name, STR("location")) ? &entry->location
                                               : NULL;
    else if (str_eq(part, STR("resource")))
        into = str_eq(name, STR("resourceType")) ? &entry->type
               : str_eq(name, STR("id"))         ? &entry->id
                                                 : NULL;
    if (into)
        *into = value_text(scan);
}

/* From behind the entry's opening brace to its closing one. */
static void walk_entry(Scan *scan, BundleEntry *ret_entry)
{
    BundleEntry entry = {.from = scan->at - 1};
    Str part = STR_EMPTY;
    for (;;) {
        ScanItem item = scan_next(scan);
        if (item.kind == SCAN_END || (item.kind == SCAN_CLOSE && item.depth == 3))
            break;
        if (item.kind != SCAN_NAME)
            continue;
        if (item.depth == 3) {
            part = item.text;
            entry.has_request |= str_eq(part, STR("request"));
        } else if (item.depth == 4) {
            take_entry_name(scan, part, item.text, &entry);
        }
    }
    entry.to = scan->at;
    *ret_entry = entry;
}

static void take_bundle_name(BundleScan *bundle, const ScanItem *item)
{
    if (item->depth == 1) {
        bundle->in_entries = str_eq(item->text, STR("entry"));
        bundle->in_links = str_eq(item->text, STR("link"));
        if (str_eq(item->text, STR("type")))
            bundle->type = value_text(&bundle->scan);
        else if (str_eq(item->text, STR("resourceType")))
            bundle->resource_type = value_text(&bundle->scan);
    } else if (item->depth == 3 && bundle->in_links) {
        if (str_eq(item->text, STR("relation")))
            bundle->link_relation = value_text(&bundle->scan);
        else if (str_eq(item->text, STR("url")))
            bundle->link_url = value_text(&bundle->scan);
    }
}

bool bundle_scan_next(BundleScan *bundle, BundleEntry *ret_entry)
{
    for (;;) {
        ScanItem item = scan_next(&bundle->scan);
        if (item.kind == SCAN_END)
            return false;
        if (item.kind == SCAN_OPEN && item.depth == 3 && bundle->in_entries) {
            walk_entry(&bundle->scan, ret_entry);
            return true;
        }
        if (item.kind == SCAN_NAME)
            take_bundle_name(bundle, &item);
        if (item.kind == SCAN_CLOSE && item.depth == 3 && bundle->in_links) {
            if (str_eq(bundle->link_relation, STR("next")))
                bundle->next_link = bundle->link_url;
            bundle->link_relation = bundle->link_url = STR_EMPTY;
        }
    }
}
