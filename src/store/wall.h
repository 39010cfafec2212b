/* store/wall.h - the second wall, for store.c. */
#ifndef ACESO_STORE_WALL_H
#define ACESO_STORE_WALL_H

#include "store/engine.h"

/* What an engine has answered, as the caller may have it: STATUS_NOT_FOUND and an empty row. */
Status wall_row(const Access *access, Status status, StoreRow *row) MUST_USE;
/* The same for some version of a row, by its own facts and by those of the current one. */
Status wall_version(StoreReader *reader, Status status, StoreRow *row) MUST_USE;
/* Of many: those that he may not see have version 0. */
void wall_rows(const Access *access, StoreRow *rows, size_t count);
/* A history without what he may not see: as long as `limit` says, if there is so much. */
Status wall_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                    size_t *ret_count) MUST_USE;

#endif
