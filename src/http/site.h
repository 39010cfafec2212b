/* http/site.h - the browser app: files of web/dist, embedded by tools/embed.c. */
#ifndef ACESO_HTTP_SITE_H
#define ACESO_HTTP_SITE_H

#include "base/base.h"

typedef struct {
    const char *path; /* "/assets/index-3f2a.js" */
    const char *content_type;
    const char *etag;    /* quoted, from the content */
    bool hashed;         /* its name changes with its content: may be kept for ever */
    const char *gzip_at; /* compressed; plain when gzip_len is 0 */
    size_t gzip_len;
    const char *plain_at; /* NULL when only the compressed form is there */
    size_t plain_len;
} SiteFile;

/* Sorted by path; none when the app was not built. */
extern const SiteFile site_files[];
extern const size_t site_file_count;

#endif
