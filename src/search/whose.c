/* search/whose.c - which Patient a hash is of: he is in his own compartment. */
#include "search/internal.h"

#include "search/key.h"

Status search_patient_of(const Search *search, Ctx *cx, StoreReader *reader, uint64_t hash,
                         StoreRow *ret_row)
{
    Key key;
    StoreCursor *cursor;
    Str at;
    uint16_t type = fhir_type_find(STR("Patient"));
    key_begin_member(&key, hash, search_type(search, type)->listing);
    TRY(store_cursor(reader, key_str(&key), &cursor));
    for (;;) {
        StoreRow row;
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            return STATUS_NOT_FOUND;
        Status status = store_get_rid(reader, key_rid(at), false, &row);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        if (status != STATUS_OK || row.type != type)
            continue;
        Str name = arena_format(cx->arena, "Patient/" STR_FMT, STR_ARG(row.id));
        if (!name.at)
            return STATUS_MEMORY;
        if (search_hash(search, name) == hash) {
            *ret_row = row;
            return STATUS_OK;
        }
    }
}
