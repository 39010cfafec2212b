/* record/metadata.h - the CapabilityStatement, made from the tables. */
#ifndef ACESO_RECORD_METADATA_H
#define ACESO_RECORD_METADATA_H

#include "record/record.h"

/* SPEC R4 http.html#capabilities */
Status metadata_write(Arena *arena, const RecordOptions *options, Str *ret_json) MUST_USE;

#endif
