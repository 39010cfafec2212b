/* record/answer.h - the bundles that interactions answer with. */
#ifndef ACESO_RECORD_ANSWER_H
#define ACESO_RECORD_ANSWER_H

#include "record/internal.h"

/* {"resourceType":"Bundle","type":kind, ... */
void answer_begin(Buf *buf, const char *kind);
/* "link":[{"relation":...,"url":...}] */
void answer_link(Buf *buf, const char *relation, Str url, bool first);
/* "fullUrl":"base/Type/id" */
void answer_full_url(Buf *buf, Str base, uint16_t type, Str id);
/* "response":{"status":"201 Created","location":...,"etag":...,"lastModified":...}; version 0
 * leaves out what belongs to one. */
void answer_response(Buf *buf, unsigned http, Str location, uint32_t version, Time updated);

#endif
