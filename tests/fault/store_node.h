/* store_node.h - a node on the test's own PostgreSQL: its key, its store, who asks. */
#ifndef ACESO_TESTS_STORE_NODE_H
#define ACESO_TESTS_STORE_NODE_H

#include <stdlib.h>
#include <unistd.h>

#include "testing.h"

#include "access/grant.h"
#include "postgres.h"
#include "store/store.h"

static char key_path[96], address[256];

typedef struct {
    Ctx cx;
    Store *store;
    const Access *access;
} Node;

static void remove_key(void)
{
    unlink(key_path);
}

static void make_key(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(key_path, sizeof(key_path), "%.60s/aceso-node-XXXXXX", tmp ? tmp : "/tmp");
    int file = mkstemp(key_path);
    check(file >= 0 && write(file, "0123456789abcdef0123456789abcdef", 32) == 32);
    close(file);
    atexit(remove_key);
}

static void node_open(Node *node)
{
    *node = (Node){.cx = testing_ctx()};
    AccessGrant grant = {
        .account = STR("test"), .role = STR("operator"), .may_write = true, .everything = true};
    node->access = access_grant(node->cx.arena, &grant);
    StoreOptions options = {.address = str_of(address), .key_file = str_of(key_path)};
    Status status = store_open(&node->cx, &options, &node->store);
    if (status != STATUS_OK)
        fail_msg("open: " STR_FMT, STR_ARG(node->cx.issues->diagnostics));
}

static void node_close(Node *node)
{
    store_close(node->store);
    arena_free(node->cx.arena);
}

#endif
