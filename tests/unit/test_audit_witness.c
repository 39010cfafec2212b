/* test_audit_witness.c - roots on their way to a witness over HTTPS: they arrive whole and once,
 * and what could not be sent is sent with the next. */
#include "audit/witness.h"

#include "access/grant.h"
#include "audit/audit.h"
#include "audit/verify.h"
#include "store_place.h"
#include "support/peer.h"
#include "testing.h"

enum { LINES_MAX = 8 };

typedef struct {
    char lines[LINES_MAX][600];
    unsigned count;
    unsigned says; /* the status it answers */
} Keeper;

static Str told(void *of, Arena *arena, const PeerQuestion *q)
{
    Keeper *keeper = of;
    Str rest = q->body;
    while (keeper->says == 204 && rest.len && keeper->count < LINES_MAX) {
        Str line = str_cut(&rest, '\n');
        snprintf(keeper->lines[keeper->count++], sizeof(keeper->lines[0]), STR_FMT, STR_ARG(line));
    }
    return peer_answer(arena, keeper->says, STR("text/plain"), STR_EMPTY, STR_EMPTY);
}

typedef struct {
    Ctx cx;
    char folder[64];
    Store *store;
    const Access *access;
    Keeper keeper;
    Peer *peer;
    NetSite site;
    Witness to;
} Scene;

static void scene_open(Scene *s, PeerKind kind)
{
    const char *tmp = getenv("TMPDIR");
    *s = (Scene){.cx = testing_ctx(), .keeper = {.says = 204}};
    snprintf(s->folder, sizeof s->folder, "%s/aceso-witness-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    StoreOptions options = store_place_make(&s->cx, s->cx.arena, s->folder);
    s->access = access_grant(
        s->cx.arena, &(AccessGrant){.account = STR("test"), .may_write = true, .everything = true});
    check_int(store_open(&s->cx, &options, &s->store), STATUS_OK);
    s->peer = peer_start(kind, told, &s->keeper);
    s->site = (NetSite){.ca_file = peer_ca_file(s->peer)};
    s->to = (Witness){arena_format(s->cx.arena, STR_FMT "/roots", STR_ARG(peer_origin(s->peer))),
                      &s->site, 60};
}

static void scene_close(Scene *s)
{
    char command[96];
    store_close(s->store);
    peer_stop(s->peer);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    assert_int_equal(system(command), 0);
    arena_free(s->cx.arena);
}

static void add_entry(Scene *s)
{
    Str packed;
    AuditEntry entry = {.account = STR("dr"), .interaction = STR("read"), .version = 1};
    check_int(audit_pack(&s->cx, &entry, &packed), STATUS_OK);
    StoreCommit commit = {.audits = &packed, .audit_count = 1};
    check_int(store_commit(s->store, &s->cx, s->access, &commit), STATUS_OK);
}

static void roots_arrive_over_https_whole_and_once(void **state)
{
    UNUSED(state);
    Scene s;
    scene_open(&s, PEER_TLS);
    check_int(witness_check(&s.cx, s.to.where), STATUS_OK);
    for (unsigned i = 1; i <= 3; i++) {
        AuditRoot root;
        add_entry(&s);
        check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_OK);
        check_int(s.keeper.count, i);
        check_int(root_of_line(&s.cx, str_of(s.keeper.lines[i - 1]), &root), STATUS_OK);
        check(root_is_signed(&root));
    }
    check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_OK); /* nothing new */
    check_int(s.keeper.count, 3);
    scene_close(&s);
}

static void what_was_not_taken_is_sent_again(void **state)
{
    UNUSED(state);
    Scene s;
    scene_open(&s, PEER_TLS);
    s.keeper.says = 500;
    add_entry(&s);
    check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_UNAVAILABLE);
    add_entry(&s);
    s.keeper.says = 302; /* no redirect is followed */
    check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_UNAVAILABLE);
    check_int(s.keeper.count, 0);
    s.keeper.says = 204;
    check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_OK);
    check_int(s.keeper.count, 2);
    scene_close(&s);
}

static void a_witness_with_a_wrong_certificate_hears_nothing(void **state)
{
    UNUSED(state);
    static const PeerKind kinds[] = {PEER_TLS_OTHER_NAME, PEER_TLS_EXPIRED};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        Scene s;
        scene_open(&s, kinds[i]);
        add_entry(&s);
        check_int(witness_tell(&s.cx, s.store, s.access, &s.to), STATUS_UNAVAILABLE);
        check_int(peer_requests(s.peer), 0);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_arrive_over_https_whole_and_once),
        cmocka_unit_test(what_was_not_taken_is_sent_again),
        cmocka_unit_test(a_witness_with_a_wrong_certificate_hears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
