/* store/engine.h - what an engine is: the functions of store.h as a table.
 *
 * store.c answers store.h with it. A Store, StoreReader and StoreCursor of an engine begin
 * with the structs below and are made by it; what each function must do stands in store.h.
 * StoreOptions reach an engine with the part of the address that is its own. */
#ifndef ACESO_STORE_ENGINE_H
#define ACESO_STORE_ENGINE_H

#include "store/store.h"

typedef struct {
    Str scheme;  /* of its addresses */
    bool shared; /* between processes that write */
    Status (*create)(Ctx *cx, const StoreOptions *options);
    Status (*open)(Ctx *cx, const StoreOptions *options, Store **ret_store);
    void (*close)(Store *store);

    Status (*read_begin)(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader);
    void (*read_end)(StoreReader *reader);
    Status (*get)(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row);
    Status (*get_now)(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreRow *ret_row);
    Status (*get_rid)(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row);
    Status (*get_rids)(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                       StoreRow *ret_rows);
    Status (*get_version)(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                          StoreRow *ret_row);
    Status (*history)(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                      size_t *ret_count);

    Status (*mark)(StoreReader *reader, StoreMark *ret_mark);
    Status (*last_rid)(StoreReader *reader, uint64_t *ret_rid);

    Status (*cursor)(StoreReader *reader, Str prefix, StoreCursor **ret_cursor);
    Status (*cursor_again)(StoreCursor *cursor, Str prefix);
    Status (*cursor_seek)(StoreCursor *cursor, Str key);
    Status (*cursor_next)(StoreCursor *cursor, Str *ret_key);

    uint64_t (*new_rid)(Store *store);
    Status (*prepare)(Store *store, Arena *arena, StoreWrite *write);
    void (*submit)(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);

    Status (*item_get)(StoreReader *reader, Str space, Str key, Str *ret_value);
    Status (*item_list)(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count);
    Status (*audit_read)(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                         size_t *ret_count);

    void (*stats)(Store *store, StoreStats *ret_stats);
    Status (*settle)(Store *store, Ctx *cx);
    Status (*backup)(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to);
    Status (*restore)(Ctx *cx, Str from_path, const StoreOptions *options);
    Status (*check)(Store *store, Ctx *cx, StoreProgress progress, void *to);
} StoreEngine;

struct Store {
    const StoreEngine *engine;
};

struct StoreReader {
    const StoreEngine *engine;
    Ctx *cx; /* where what is read lives */
};

struct StoreCursor {
    const StoreEngine *engine;
};

extern const StoreEngine sqlite_engine, postgres_engine;

#endif
