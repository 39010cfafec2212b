/* Commands while a server has the store: through the real binary and a real server.
 *
 * usage: test_cli_control ACESO */
#include "testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

enum { OUTPUT_BYTES_MAX = 1 << 20 };
#define PATIENT   "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Zyxcanarius\"}]}"
#define FHIR_JSON "Content-Type: application/fhir+json\r\n"

static const char *program;
static Arena *forever;
static Served served;

/* ---- helpers ----------------------------------------------------------------------------- */

static int start(void **state)
{
    UNUSED(state);
    forever = arena_new((size_t)512 << 20, false);
    return forever && served_start(&served, forever, program, NULL) ? 0 : -1;
}

static int stop(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

/* What a command line says on both outputs; the exit code into *ret_code. $A is aceso, $S the
 * store, and the current folder is another one than the server's. */
static Str say(const char *line, int *ret_code)
{
    char *said = arena_alloc(forever, OUTPUT_BYTES_MAX);
    Str command = arena_format(forever, "A='%s' S='%s'; cd '%s' || exit 99; (%s) 2>&1", program,
                               served.store.at, served.folder.at, line);
    FILE *out = popen(command.at, "r");
    assert_non_null(out);
    size_t len = fread(said, 1, OUTPUT_BYTES_MAX - 1, out);
    int status = pclose(out);
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return str_n(said, len);
}

static bool says(Str said, const char *what)
{
    return memmem(said.at, said.len, what, strlen(what)) != NULL;
}

static void check_says(Str said, const char *what)
{
    if (!says(said, what))
        fail_msg("%s: said \"" STR_FMT "\", expected \"%s\"", testing_case ? testing_case : "-",
                 STR_ARG(str_head(said, 2000)), what);
}

static Answer ask(Str token, const char *method, const char *target, Str type, Str body)
{
    Client client;
    if (!client_open(&client, forever, served.port))
        fail_msg("the server does not accept");
    Str headers = token.len ? arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n" STR_FMT,
                                           STR_ARG(token), STR_ARG(type))
                            : type;
    Answer answer = client_ask(&client, str_of(method), str_of(target), headers, body);
    client_close(&client);
    return answer;
}

static unsigned sign_in(const char *user, const char *password)
{
    Str body = arena_format(forever, "{\"user\":\"%s\",\"password\":\"%s\"}", user, password);
    return ask(STR_EMPTY, "POST", "/auth/sign-in",
               STR("Content-Type: application/json\r\nOrigin: http://localhost\r\n"), body)
        .status;
}

static Str last_line(Str said)
{
    Str line = STR_EMPTY;
    for (Str rest = str_trim(said); rest.len;)
        line = str_trim(str_cut(&rest, '\n'));
    return line;
}

static uint64_t number_before(Str said, const char *word)
{
    const char *at = memmem(said.at, said.len, word, strlen(word));
    if (!at)
        fail_msg("no \"%s\" in \"" STR_FMT "\"", word, STR_ARG(said));
    while (at > said.at && at[-1] >= '0' && at[-1] <= '9')
        at--;
    return strtoull(at, NULL, 10);
}

static Str socket_of_store(void)
{
    return arena_format(forever, STR_FMT ".sock", STR_ARG(served.store));
}

/* ---- tokens and people --------------------------------------------------------------------- */

static void token_lives_and_dies(void **state)
{
    UNUSED(state);
    int code;
    Client client;
    CASE("a token that is made while the server runs is good for the next request");
    Str said = say("$A token create bridge --write --store $S", &code);
    check_int(code, 0);
    check_says(said, "said this one time");
    Str token = arena_str(forever, last_line(said));
    check(str_has_prefix(token, STR("aceso_")));
    Str header = arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(token));
    check(client_open(&client, forever, served.port));
    check_int(
        client_ask(&client, STR("GET"), STR("/fhir/Patient?_count=1"), header, STR_EMPTY).status,
        200);

    CASE("the list knows it, and its use");
    said = say("$A token list --store $S | grep bridge", &code);
    check_int(code, 0);
    check_says(said, "write");

    CASE("revoked: the very next request on the same connection is refused");
    Str id = str_head(said, 12);
    said =
        say(arena_format(forever, "$A token revoke " STR_FMT " --store $S", STR_ARG(id)).at, &code);
    check_int(code, 0);
    check_says(said, "The token is revoked.");
    check_int(
        client_ask(&client, STR("GET"), STR("/fhir/Patient?_count=1"), header, STR_EMPTY).status,
        401);
    client_close(&client);

    CASE("twice is an error, with its exit code");
    said =
        say(arena_format(forever, "$A token revoke " STR_FMT " --store $S", STR_ARG(id)).at, &code);
    check_int(code, 1);
    check_says(said, "There is no token with that id.");
}

static void accounts_change_at_once(void **state)
{
    UNUSED(state);
    int code;
    CASE("an account made now signs in now; its password came from the caller's input");
    Str said = say("echo 'trois chats sur un mur' | $A account create ann.b --role gp --name "
                   "'Dr Ann B' --store $S",
                   &code);
    check_int(code, 0);
    check_says(said, "The account ann.b is there.");
    check_int(sign_in("ann.b", "trois chats sur un mur"), 200);

    CASE("a password file is read by the caller, in the caller's folder");
    say("echo 'quatre chats sur un mur' >pw; $A account password ann.b --password-file pw "
        "--store $S",
        &code);
    check_int(code, 0);
    check_int(sign_in("ann.b", "quatre chats sur un mur"), 200);
    check_int(sign_in("ann.b", "trois chats sur un mur"), 401);

    CASE("a weak one is refused with the sentence of auth");
    said = say("echo short | $A account password ann.b --store $S", &code);
    check_int(code, 1);
    check_says(said, "at least 12 characters");

    CASE("blocked now");
    say("$A account block ann.b --store $S", &code);
    check_int(code, 0);
    check_int(sign_in("ann.b", "quatre chats sur un mur"), 401);
    said = say("$A account list --store $S", &code);
    check_says(said, "blocked");
}

static void all_is_audited(void **state)
{
    UNUSED(state);
    int code;
    Str said = say("$A audit list --count 100000 --store $S", &code);
    check_int(code, 0);
    CASE("as the person at the machine, as without a server");
    check_says(said, " operator operator token-create/");
    check_says(said, " operator operator token-revoke/");
    check_says(said, " operator operator account-create/ann.b");
    check_says(said, " operator operator account-block/ann.b");
    CASE("nothing of a password or token is on the server's log");
    said = say("cat log", &code);
    check_int(code, 0);
    check(said.len > 0);
    check(!says(said, "chats") && !says(said, "aceso_"));
}

/* ---- backup, check, export ------------------------------------------------------------------ */

static atomic_bool writing;
static atomic_uint written;

static void *write_loop(void *arena)
{
    Client client;
    Str header = arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n" FHIR_JSON,
                              STR_ARG(served.writer));
    if (!client_open(&client, arena, served.port))
        return NULL;
    while (atomic_load(&writing) &&
           client_ask(&client, STR("POST"), STR("/fhir/Patient"), header, STR(PATIENT)).status ==
               201)
        atomic_fetch_add(&written, 1);
    client_close(&client);
    return NULL;
}

static void wait_written(unsigned count)
{
    for (unsigned i = 0; i < 6000 && atomic_load(&written) < count; i++)
        usleep(10000);
    check(atomic_load(&written) >= count);
}

static void backup_is_online(void **state)
{
    UNUSED(state);
    int code;
    pthread_t thread;
    Arena *arena = arena_new((size_t)1 << 30, false);
    atomic_store(&writing, true);
    check_int(pthread_create(&thread, NULL, write_loop, arena), 0);
    wait_written(200);

    CASE("a backup while others write, under a name that the caller's folder gives a meaning");
    unsigned before = atomic_load(&written);
    Str said = say("$A backup copy.store --store $S", &code);
    check_int(code, 0);
    check_says(said, "The backup is ");
    unsigned after = atomic_load(&written);
    check(access(arena_format(forever, "%s/copy.store", served.folder.at).at, F_OK) == 0);

    CASE("a check while others write finds no fault");
    said = say("$A check --store $S", &code);
    check_says(said, "No fault:");
    check_int(code, 0);

    wait_written(after + 50);
    atomic_store(&writing, false);
    pthread_join(thread, NULL);
    arena_free(arena);

    CASE("restored elsewhere it is whole, and holds what was acknowledged before it began");
    say("$A restore copy.store --store new.store --key-file $S.secret", &code);
    check_int(code, 0);
    said = say("$A check --store new.store --key-file $S.secret", &code);
    check_int(code, 0);
    uint64_t restored = number_before(said, " resources");
    check(restored >= before && restored <= (uint64_t)after + 1);

    CASE("the living store counts every acknowledged write");
    said = say("$A check --store $S", &code);
    check_int(number_before(said, " resources"), atomic_load(&written));

    CASE("with nobody writing, the counts of a backup and of the store agree");
    say("$A backup still.store --store $S && $A restore still.store --store same.store "
        "--key-file $S.secret",
        &code);
    check_int(code, 0);
    said = say("$A check --store same.store --key-file $S.secret", &code);
    check_int(number_before(said, " resources"), atomic_load(&written));

    CASE("a backup does not write over another");
    said = say("$A backup copy.store --store $S", &code);
    check_int(code, 1);
    check_says(said, "is there already");
}

static void export_is_online(void **state)
{
    UNUSED(state);
    int code;
    CASE("the folder is the caller's");
    Str said = say("$A export out --store $S", &code);
    check_int(code, 0);
    check_int(number_before(said, " resources in "), atomic_load(&written));
    said = say("wc -l <out/Patient.ndjson", &code);
    check_int(strtoull(arena_str(forever, str_trim(said)).at, NULL, 10), atomic_load(&written));
}

/* ---- the socket ----------------------------------------------------------------------------- */

static void others_say_that_it_is_in_use(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *line, *says;
    } cases[] = {
        {"a second server", "$A serve --store $S --port 0 --tls off", "One server at a time"},
        {"import needs the store alone", "echo '{}' >x.json; $A import x.json --store $S",
         "send Bundles over HTTP"},
    };
    FOR_CASES(cases, c)
    {
        int code;
        CASE(c->why);
        Str said = say(c->line, &code);
        check_int(code, 4);
        check_says(said, "is open in another process");
        check_says(said, c->says);
    }
    int code;
    CASE("and the first server goes on");
    say("$A token list --store $S", &code);
    check_int(code, 0);
}

static int open_socket(void)
{
    Str path = socket_of_store();
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 20};
    memcpy(to.sun_path, path.at, path.len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

static Str read_all(int fd)
{
    char *all = arena_alloc(forever, 4096);
    size_t len = 0;
    ssize_t got;
    while (len < 4096 && (got = recv(fd, all + len, 4096 - len, 0)) > 0)
        len += (size_t)got;
    return str_n(all, len);
}

/* "V5hello" becomes a frame. */
static void send_frame(int fd, char kind, Str payload)
{
    char head[5] = {kind, 0, (char)(payload.len >> 16), (char)(payload.len >> 8),
                    (char)payload.len};
    send(fd, head, sizeof(head), MSG_NOSIGNAL);
    send(fd, payload.at, payload.len, MSG_NOSIGNAL);
}

static void strange_talk_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str version;
        struct {
            char kind;
            Str payload;
        } frames[4];
        const char *says;
    } cases[] = {
        {"a client of another version",
         STR_INIT("0.0.0"),
         {{'G', STR_INIT("")}},
         "use the same program"},
        {"no command", STR_INIT(ACESO_VERSION), {{'G', STR_INIT("")}}, "does not do this command"},
        {"a command that nobody knows",
         STR_INIT(ACESO_VERSION),
         {{'C', STR_INIT("format")}, {'G', STR_INIT("")}},
         "does not do this command"},
        {"a command that is not for servers",
         STR_INIT(ACESO_VERSION),
         {{'C', STR_INIT("restore")}, {'A', STR_INIT("/x")}, {'G', STR_INIT("")}},
         "does not do this command"},
        {"an option that the command has not",
         STR_INIT(ACESO_VERSION),
         {{'C', STR_INIT("check")}, {'O', STR_INIT("--fast")}},
         "does not know"},
        {"a value without its option",
         STR_INIT(ACESO_VERSION),
         {{'C', STR_INIT("token")}, {'=', STR_INIT("1")}},
         "does not understand"},
        {"another kind of frame",
         STR_INIT(ACESO_VERSION),
         {{'?', STR_INIT("1")}},
         "does not understand"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        int fd = open_socket();
        check(fd >= 0);
        send_frame(fd, 'V', c->version);
        for (size_t i = 0; i < COUNT_OF(c->frames) && c->frames[i].kind; i++)
            send_frame(fd, c->frames[i].kind, c->frames[i].payload);
        Str said = read_all(fd);
        close(fd);
        check_says(said, "H");
        check_says(said, c->says);
    }
}

static void limits_hold(void **state)
{
    UNUSED(state);
    char *much = arena_alloc(forever, 60000);
    memset(much, 'x', 60000);
    CASE("a command of more than 64 KB");
    int fd = open_socket();
    send_frame(fd, 'V', STR(ACESO_VERSION));
    send_frame(fd, 'C', STR("token"));
    send_frame(fd, 'A', str_n(much, 60000));
    send_frame(fd, 'A', str_n(much, 60000));
    check_says(read_all(fd), "at most 65536 bytes");
    close(fd);

    CASE("a frame that says it is of 16 MB");
    fd = open_socket();
    check(send(fd, "V\0\377\377\377", 5, MSG_NOSIGNAL) == 5);
    check_says(read_all(fd), "no whole command");
    close(fd);

    CASE("the fifth at the same time is told to come again");
    Str said = STR_EMPTY;
    for (unsigned tries = 0; tries < 5 && !says(said, "try again"); tries++) {
        int fds[5]; /* one of before, of whom the server has not done yet, is among the four */
        for (size_t i = 0; i < COUNT_OF(fds); i++)
            fds[i] = open_socket();
        said = read_all(fds[4]);
        for (size_t i = 0; i < COUNT_OF(fds); i++)
            close(fds[i]);
    }
    check_says(said, "try again");

    CASE("those who left make room");
    int code = 1;
    for (unsigned tries = 0; code && tries < 200; tries++) {
        usleep(100000);
        say("$A token list --store $S", &code);
    }
    check_int(code, 0);
}

/* With the doors of the file system open it is still only for us and root. */
static void other_users_are_refused(void **state)
{
    UNUSED(state);
    if (geteuid() != 0) {
        print_message("# skipped: other users of the control socket (needs root)\n");
        return;
    }
    struct stat before;
    int status;
    check_int(stat(socket_of_store().at, &before), 0);
    chmod(served.folder.at, 0711);
    chmod(socket_of_store().at, 0666);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(setuid(65534) || open_socket() < 0 ? 9 : 0);
    }
    waitpid(pid, &status, 0);
    CASE("the test itself: another user gets as far as the socket");
    check_int(WEXITSTATUS(status), 0);
    pid = fork();
    if (pid == 0) {
        char byte;
        if (setuid(65534))
            _exit(9);
        _exit(recv(open_socket(), &byte, 1, 0) == 1 ? 8 : 0);
    }
    waitpid(pid, &status, 0);
    chmod(socket_of_store().at, before.st_mode & 07777);
    chmod(served.folder.at, 0700);
    CASE("another user hears not even the hello");
    check_int(WEXITSTATUS(status), 0);
}

static void socket_comes_and_goes(void **state)
{
    UNUSED(state);
    struct stat st;
    int code;
    Str path = socket_of_store();
    CASE("beside the store, for its owner alone");
    check_int(lstat(path.at, &st), 0);
    check(S_ISSOCK(st.st_mode));
    check_int(st.st_mode & 07777, 0600);

    CASE("gone after a stop; commands then open the store themselves");
    check_int(served_end(&served, SIGTERM), 0);
    check(lstat(path.at, &st) != 0);
    say("$A token list --store $S", &code);
    check_int(code, 0);

    CASE("a stale one is no obstacle to a command, and the next server replaces it");
    check(served_again(&served, NULL));
    served_end(&served, SIGKILL);
    check_int(lstat(path.at, &st), 0);
    say("$A token list --store $S", &code);
    check_int(code, 0);
    check(served_again(&served, NULL));
    say("$A token list --store $S", &code);
    check_int(code, 0);

    CASE("a server stops at once although a client sits there and says nothing");
    Time begun = time_monotonic();
    int fd = open_socket();
    usleep(100000);
    check_int(served_end(&served, SIGTERM), 0);
    check(time_monotonic() - begun < 9 * TIME_SECOND); /* a client has 10 s to speak */
    close(fd);
    check(served_again(&served, NULL));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_lives_and_dies),    cmocka_unit_test(accounts_change_at_once),
        cmocka_unit_test(all_is_audited),          cmocka_unit_test(backup_is_online),
        cmocka_unit_test(export_is_online),        cmocka_unit_test(others_say_that_it_is_in_use),
        cmocka_unit_test(strange_talk_is_refused), cmocka_unit_test(limits_hold),
        cmocka_unit_test(other_users_are_refused), cmocka_unit_test(socket_comes_and_goes),
    };
    program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!program) {
        fprintf(stderr, "usage: test_cli_control ACESO\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
