/* search/verdicts.h - what was decided about rows, kept for the caller's next searches.
 *
 * A *sheet* has two bits for each row: whether it was decided, and whether the row exists for the
 * caller. It belongs to whoever has exactly these rights, word for word, and to nobody else: a link
 * that ends, another scope, another role is another sheet. That a row may have changed since is
 * told by stamps: the rules of sight.c about facts hold for verdicts too, and verdicts.c says how.
 *
 * Any thread may call anything here. */
#ifndef ACESO_SEARCH_VERDICTS_H
#define ACESO_SEARCH_VERDICTS_H

#include "access/rights.h"
#include "base/base.h"

typedef struct Verdicts Verdicts;
typedef struct Sheet Sheet;

Status verdicts_new(Arena *forever, Verdicts **ret_verdicts) MUST_USE;
void verdicts_free(Verdicts *verdicts); /* NULL is fine */

/* The sheet of these rights in this turn (sight.c), held for as long as the arena; NULL: nothing is
 * kept of them, because their links have no name, or for want of memory. */
Sheet *verdicts_sheet(Verdicts *verdicts, Arena *arena, const Rights *rights, uint32_t turn);

/* The row has a change of this number. Before `known` of sight.c reaches it, under its lock. */
void verdicts_touch(Verdicts *verdicts, uint64_t rid, uint64_t change);

/* What was decided about the row, when that holds on the snapshot of this change. */
bool sheet_knows(const Sheet *sheet, uint64_t rid, uint64_t change, bool *ret_sees);
/* What was decided by the facts that the row has on the snapshot of this change. */
void sheet_note(Sheet *sheet, uint64_t rid, uint64_t change, bool sees);

#endif
