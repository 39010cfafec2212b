/* Sign-in over the real store: what is durable comes back, and the file shows nothing. */
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "store_place.h"
#include "testing.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "crypto/crypto.h"

static const Str password = STR_INIT("trois chats sur un mur");
static const Str wrong = STR_INIT("quatre chiens sur un toit");

typedef struct {
    Ctx cx;
    char folder[64];
    StoreOptions options;
    Store *store;
    Auth *auth;
    const Access *operator;
} Scene;

static void open_all(Scene *s)
{
    AuthOptions options = {.background = true};
    assert_int_equal(store_open(&s->cx, &s->options, &s->store), STATUS_OK);
    assert_int_equal(auth_new(&s->cx, s->store, &options, &s->auth), STATUS_OK);
}

static void close_all(Scene *s)
{
    auth_free(s->auth);
    store_close(s->store);
}

static void scene_begin(Scene *s)
{
    const char *tmp = getenv("TMPDIR");
    *s = (Scene){.cx = testing_ctx()};
    snprintf(s->folder, sizeof s->folder, "%s/aceso-auth-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    s->options = store_place_make(&s->cx, s->cx.arena, s->folder);
    s->operator= auth_operator(s->cx.arena);
    open_all(s);
}

static void scene_end(Scene *s)
{
    char command[96];
    close_all(s);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    assert_int_equal(system(command), 0);
    arena_free(s->cx.arena);
}

static Status try(Scene *s, Str with, Str *ret_cookie)
{
    AuthAttempt attempt = {.user = STR("dr.dupont"), .password = with, .address = STR("192.0.2.1")};
    AuthWelcome welcome;
    Status status = auth_sign_in(s->auth, &s->cx, &attempt, &welcome);
    *ret_cookie = welcome.cookie;
    return status;
}

static void add_account(Scene *s)
{
    AuthAccount account = {
        .user = STR("dr.dupont"), .role = STR("gp"), .display = STR("Docteur Canari")};
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_OK);
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_CONFLICT);
}

static void all_of_it_survives_a_restart(void **state)
{
    UNUSED(state);
    Scene s;
    Str kept, ended, none, token, revoked;
    AuthToken wanted = {.label = STR("laboratory bridge"), .may_write = true}, *tokens;
    size_t count;
    const Access *access;
    scene_begin(&s);
    add_account(&s);
    assert_int_equal(try(&s, password, &kept), STATUS_OK);
    assert_int_equal(try(&s, password, &ended), STATUS_OK);
    assert_int_equal(auth_sign_out(s.auth, &s.cx, ended, STR_EMPTY), STATUS_OK);
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & wanted, 30, &revoked),
                     STATUS_OK);
    assert_int_equal(auth_token_list(s.auth, &s.cx, &tokens, &count), STATUS_OK);
    assert_int_equal(auth_token_revoke(s.auth, &s.cx, s.operator, tokens[0].id), STATUS_OK);
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & wanted, 30, &token), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(try(&s, wrong, &none), STATUS_UNAUTHORIZED);
    close_all(&s);
    open_all(&s);
    assert_int_equal(auth_ping(s.auth, &s.cx), STATUS_OK);
    assert_int_equal(auth_session(s.auth, &s.cx, kept, &access, NULL), STATUS_OK);
    check_str(access_role(access), STR("gp"));
    assert_int_equal(auth_session(s.auth, &s.cx, ended, &access, NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_bearer(s.auth, &s.cx, token, &access), STATUS_OK);
    assert_int_equal(auth_bearer(s.auth, &s.cx, revoked, &access), STATUS_UNAUTHORIZED);
    assert_int_equal(try(&s, password, &none), STATUS_LOCKED_OUT);
    scene_end(&s);
}

static bool file_contains(const char *path, Str text)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char bytes[8 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(len < sizeof bytes);
    return memmem(bytes, len, text.at, text.len) != NULL;
}

static void the_files_show_nothing(void **state)
{
    UNUSED(state);
    Scene s;
    scene_begin(&s);
    add_account(&s);
    Str cookie;
    assert_int_equal(try(&s, password, &cookie), STATUS_OK);
    const Str canaries[] = {password, cookie, STR("dr.dupont"), STR("Docteur Canari"),
                            STR("argon2id")};
    DIR *folder = opendir(s.folder);
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[400];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", s.folder, entry->d_name);
        for (size_t i = 0; i < COUNT_OF(canaries); i++)
            assert_false(file_contains(path, canaries[i]));
        files++;
    }
    closedir(folder);
    assert_true(files >= (store_place_is_database() ? 1 : 2)); /* the store and its key at least */
    scene_end(&s);
}

typedef struct {
    Scene *scene;
    pthread_t thread;
    unsigned good;
} Person;

static void *sign_in_often(void *of)
{
    Person *person = of;
    for (int i = 0; i < 6; i++) {
        Ctx cx = {.arena = arena_new(1 << 20, true)};
        AuthAttempt attempt = {.user = STR("dr.dupont"), .password = password};
        AuthWelcome welcome;
        const Access *access;
        if (auth_sign_in(person->scene->auth, &cx, &attempt, &welcome) == STATUS_OK &&
            auth_session(person->scene->auth, &cx, welcome.cookie, &access, NULL) == STATUS_OK &&
            auth_sign_out(person->scene->auth, &cx, welcome.cookie, STR_EMPTY) == STATUS_OK &&
            auth_session(person->scene->auth, &cx, welcome.cookie, &access, NULL) ==
                STATUS_UNAUTHORIZED)
            person->good++;
        arena_free(cx.arena);
    }
    return NULL;
}

static void four_at_once_come_and_go(void **state)
{
    UNUSED(state);
    Scene s;
    Person people[4];
    scene_begin(&s);
    add_account(&s);
    for (size_t i = 0; i < 4; i++) {
        people[i] = (Person){.scene = &s};
        assert_int_equal(pthread_create(&people[i].thread, NULL, sign_in_often, &people[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(people[i].thread, NULL);
        assert_int_equal(people[i].good, 6);
    }
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_survives_a_restart),
        cmocka_unit_test(the_files_show_nothing),
        cmocka_unit_test(four_at_once_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
