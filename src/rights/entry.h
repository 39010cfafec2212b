/* rights/entry.h - what one caller is entitled to, as it is remembered: book.c keeps entries,
 * entry.c makes them, ask.c answers with them. */
#ifndef ACESO_RIGHTS_ENTRY_H
#define ACESO_RIGHTS_ENTRY_H

#include "rights/inner.h"

typedef struct Entry Entry;
struct Entry {
    Entry *next;
    Arena *arena;
    uint64_t key; /* of the strings, for the table */
    Str account, role, reference;
    Rights rights;
    uint64_t *rids; /* of all that was looked at, ascending */
    size_t rid_count;
    uint64_t *ages; /* of the patients whose birth date counts, ascending */
    size_t age_count;
    const uint64_t *names; /* hashes: himself, his functions, his organisations */
    size_t name_count;
    uint64_t epoch, change; /* up to which it is known to hold; behind the lock */
    uint64_t rules;
    size_t bytes;
    unsigned users; /* who hold it; the table is one of them */
    uint64_t used;
};

/* ---- entry.c -----------------------------------------------------------------------------------
 */

uint64_t entry_key(const Access *access);
/* As of the snapshot, in memory of its own; one user. */
Status entry_make(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                  const Rules *rules, const Access *access, Entry **ret_entry) MUST_USE;
/* Whether nothing of what has changed since this change number is about him. */
Status entry_confirm(RightsBook *book, Ctx *cx, StoreReader *reader, const StoreMark *mark,
                     const Rules *rules, const Access *access, const Entry *entry, uint64_t since,
                     bool *ret_same) MUST_USE;

/* ---- book.c ------------------------------------------------------------------------------------
 */

/* What is remembered of the caller, held; NULL: nothing. */
Entry *book_find(RightsBook *book, const Access *access);
/* In place of an older one of the same caller; whoever made it goes on holding it. */
void book_put(RightsBook *book, const Access *access, Entry *entry);
void book_let_go(RightsBook *book, Entry *entry);

#endif
