/* load/scan.h - walks the names and values of a JSON text without building anything.
 *
 * The measured server may be Aceso itself, so what checks its answers shares no code
 * with it. It trusts the text to be well-formed; a broken one ends the walk early. */
#ifndef LOAD_SCAN_H
#define LOAD_SCAN_H

#include "base/buf.h"
#include "base/clock.h"

typedef struct {
    Str text;
    size_t at;
    unsigned depth; /* 1 inside the outermost object */
} Scan;

typedef enum { SCAN_END, SCAN_OPEN, SCAN_CLOSE, SCAN_NAME, SCAN_STRING, SCAN_OTHER } ScanKind;

typedef struct {
    ScanKind kind;
    unsigned depth; /* of the thing itself: an OPEN has the depth that it opens */
    Str text;       /* between the quotes, escapes left alone; or the bare word */
} ScanItem;

ScanItem scan_next(Scan *scan);

/* One entry of a Bundle, as far as a measurement looks at it. */
typedef struct {
    Str status;   /* entry.response.status */
    Str location; /* entry.response.location */
    Str type, id; /* of entry.resource */
    bool has_request;
    size_t from, to; /* where the entry stands in the text, braces included */
} BundleEntry;

typedef struct {
    Scan scan;
    Str type; /* Bundle.type, when it stood before the entries or all is walked */
    Str resource_type;
    Str next_link; /* link with relation "next", as soon as it was walked over */
    Str link_relation, link_url;
    bool in_entries, in_links;
} BundleScan;

void bundle_scan_init(BundleScan *bundle, Str text);
bool bundle_scan_next(BundleScan *bundle, BundleEntry *ret_entry);

#endif
