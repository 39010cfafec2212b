/* tests/contract/contract.h - what a store engine must do, whatever is underneath.
 *
 * The suite knows store.h alone. An engine brings contract_open(): an empty store of its
 * own, or the same one again. Every test begins with a new store. */
#ifndef ACESO_CONTRACT_H
#define ACESO_CONTRACT_H

#include "access/grant.h"
#include "store/moving.h"
#include "testing.h"

/* From the engine. */
const char *contract_skipped(void); /* why the suite cannot be asked here; NULL: it can */
void contract_fresh(void);          /* forget the old store, make an empty one */
Store *contract_open(Ctx *cx);      /* opens what contract_fresh made */
Str contract_path(void);            /* of the store; beside it backups may be put */
StoreOptions contract_options(Str path);
/* From now on contract_open opens it as who owns it, where that makes a difference. */
void contract_as_owner(bool owner);
/* An empty store beside it, made at the moment, with what opens it. */
StoreOptions contract_other(Ctx *cx);

/* A test's surroundings: an open store and a Ctx with an arena. */
typedef struct {
    Ctx cx;
    Store *store;
    const Access *access;
} Contract;

int contract_setup(void **state);
int contract_teardown(void **state);
void contract_reopen(Contract *at);

enum { TYPE_A = 7, TYPE_B = 96 };

/* A write of `version` with the keys of a list that ends in NULL; keys are C strings whose
 * first byte is a kind. */
typedef struct {
    uint16_t type;
    const char *id;
    uint32_t version;
    uint64_t rid;
    StoreMethod method;
    const char *body, *facts;
    const char *add[8], *remove[8];
    Time updated;
    bool id_is_fresh;
} Draft;
StoreWrite contract_write(Contract *at, const Draft *draft);

/* Commits one write; version 1 gets a new rid, which is returned (the row's otherwise). */
uint64_t contract_put(Contract *at, const Draft *draft);
Status contract_try(Contract *at, const Draft *draft);

StoreReader *contract_read(Contract *at);
/* The keys with this prefix, joined by spaces, the kind byte left out. */
Str contract_keys(Contract *at, StoreReader *reader, const char *prefix);

#define KIND "\x10"

#define CONTRACT_TEST(name) cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

extern const struct CMUnitTest contract_commit_tests[];
extern const size_t contract_commit_count;
extern const struct CMUnitTest contract_read_tests[];
extern const size_t contract_read_count;
extern const struct CMUnitTest contract_rekey_tests[];
extern const size_t contract_rekey_count;
extern const struct CMUnitTest contract_facts_tests[];
extern const size_t contract_facts_count;
extern const struct CMUnitTest contract_wall_tests[];
extern const size_t contract_wall_count;
extern const struct CMUnitTest contract_keys_tests[];
extern const size_t contract_keys_count;
extern const struct CMUnitTest contract_move_tests[];
extern const size_t contract_move_count;
extern const struct CMUnitTest contract_jobs_tests[];
extern const size_t contract_jobs_count;
extern const struct CMUnitTest contract_care_tests[];
extern const size_t contract_care_count;
extern const struct CMUnitTest contract_piece_tests[];
extern const size_t contract_piece_count;
extern const struct CMUnitTest contract_nodes_tests[];
extern const size_t contract_nodes_count;

#endif
