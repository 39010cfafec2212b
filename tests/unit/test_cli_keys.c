/* Where the key of a store comes from, through the real binary: a credential, a command (also with
 * a PKCS#11 token behind it), a key file, a passphrase; from each to each; and commands that fail,
 * hang or talk. Nothing is ever half open.
 *
 * usage: test_cli_keys ACESO */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres.h"
#include "support/http_client.h"
#include "support/served.h"

enum { OUTPUT_BYTES_MAX = 1 << 20 };

static const char *program;
static Arena *arena;
static Served served; /* of each test: only its folder is made */

/* ---- a folder, and commands in it --------------------------------------------------------- */

static void write_file(const char *name, const char *text, size_t len, mode_t mode)
{
    Str path = arena_format(arena, STR_FMT "/%s", STR_ARG(served.folder), name);
    FILE *file = fopen(path.at, "w");
    check(file && fwrite(text, 1, len, file) == len && fclose(file) == 0);
    check(chmod(path.at, mode) == 0);
}

static void write_script(const char *name, const char *text)
{
    Str all = arena_format(arena, "#!/bin/sh\n%s\n", text);
    write_file(name, all.at, all.len, 0700);
}

static int begin(void **state)
{
    UNUSED(state);
    const char *base = getenv("TMPDIR");
    arena = arena_new((size_t)256 << 20, false);
    served = (Served){.program = program, .arena = arena, .pid = -1, .out = -1, .listener = -1};
    served.folder = arena_format(arena, "%s/aceso-keys-XXXXXX", base && *base ? base : "/tmp");
    check(mkdtemp((char *)(uintptr_t)served.folder.at) != NULL);
    served.store = arena_format(arena, STR_FMT "/s", STR_ARG(served.folder));
    write_file("one", "0123456789abcdef0123456789abcdef", 32, 0600);
    write_file("two", "fedcba9876543210fedcba9876543210", 32, 0600);
    write_file("words", "a passphrase of a test\n", 23, 0600);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    served_end(&served, SIGKILL);
    served_remove(served.folder);
    arena_free(arena);
    unsetenv("CREDENTIALS_DIRECTORY");
    return 0;
}

/* What a line says on both outputs. $A is aceso, $S the store; in the folder. */
static Str say(const char *line, int *ret_code)
{
    char *said = arena_alloc(arena, OUTPUT_BYTES_MAX);
    Str command = arena_format(arena, "A='%s' S='%s' D='%s'; cd '%s' || exit 99; (%s) 2>&1",
                               program, served.store.at, served.folder.at, served.folder.at, line);
    FILE *out = popen(command.at, "r");
    check(out != NULL);
    size_t len = fread(said, 1, OUTPUT_BYTES_MAX - 1, out);
    int status = pclose(out);
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return str_n(said, len);
}

static void says(const char *line, int code, const char *words)
{
    int was;
    Str said = say(line, &was);
    if (was != code || (words && !memmem(said.at, said.len, words, strlen(words))))
        fail_msg("%s: %s ended with %d, not %d, and said \"" STR_FMT "\", expected \"%s\"",
                 testing_case ? testing_case : "-", line, was, code, STR_ARG(str_head(said, 2000)),
                 words ? words : "");
}

static bool is_there(const char *name)
{
    return access(arena_format(arena, STR_FMT "/%s", STR_ARG(served.folder), name).at, F_OK) == 0;
}

static void serves(void)
{
    Client client;
    check(client_open(&client, arena, served.port));
    check_int(client_ask(&client, STR("GET"), STR("/healthz"), STR_EMPTY, STR_EMPTY).status, 200);
    client_close(&client);
}

/* ---- a command ---------------------------------------------------------------------------- */

static void a_command_opens_the_store(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *key;
    } cases[] = {
        {"the bytes", "--key-command \"/bin/cat $D/one\""},
        {"the bytes in base64", "--key-command \"/usr/bin/base64 $D/one\""},
        {"in hex", "--key-command $D/hex"},
        {"what it is handed, opened", "--key-command \"/usr/bin/base64 -d\" "
                                      "--key-command-input $D/wrapped"},
        {"it wins over a key file", "--key-command \"/bin/cat $D/one\" --key-file $D/two"},
    };
    int code;
    write_script("hex", "od -An -v -tx1 \"$(dirname \"$0\")/one\" | tr -d ' \\n'; echo");
    say("base64 one >wrapped", &code);
    says("$A init --store $S --key-command \"/bin/cat $D/one\"", 0, "is ready");
    check(!is_there("s.secret")); /* no key lies beside it */
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        says(arena_format(arena, "$A check --store $S %s", c->key).at, 0, "No fault");
    }
    CASE("the key file that it was, alone");
    says("$A check --store $S --key-file $D/one", 0, "No fault");
    says("$A check --store $S --key-file $D/two", 4, "is not the one of this store");
    says("$A check --store $S --key-command \"/bin/cat $D/two\"", 4, "key is not the one");
    CASE("the settings are good without running it");
    write_script("never", "touch \"$(dirname \"$0\")/was-run\"");
    says("$A serve --check --store $S --key-command $D/never --tls off", 0, "key_command");
    check(!is_there("was-run"));
}

static void a_command_that_fails_opens_nothing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *script, *words;
    } cases[] = {
        {"it fails", "exit 7", "failed with code 7"},
        {"it fails behind a key", "cat \"$D/one\"; exit 1", "failed with code 1"},
        {"it is killed", "kill -9 $$", "was ended by signal 9"},
        {"it hangs", "echo $$ >\"$D/pid\"; sleep 600", "took longer than 1 seconds"},
        {"it has given a key and hangs", "cat \"$D/one\"; exec >&-; sleep 600",
         "took longer than 1 seconds"},
        {"what it has started keeps the output", "sleep 600 & cat \"$D/one\"",
         "took longer than 1 seconds"},
        {"it talks without end", "yes", "says more than a key"},
        {"it talks a little", "echo here it is; cat \"$D/one\"", "gave no key"},
        {"it says nothing", "true", "gave no key"},
        {"a byte is missing", "head -c 31 \"$D/one\"", "gave no key"},
        {"a byte too many", "cat \"$D/one\"; echo x", "gave no key"},
        {"half of base64", "base64 \"$D/one\" | head -c 20", "gave no key"},
    };
    int code;
    says("$A init --store $S --key-file $D/one", 0, "is ready");
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        write_script(
            "command",
            arena_format(arena, "D='" STR_FMT "'\n%s", STR_ARG(served.folder), c->script).at);
        says("$A check --store $S --key-command $D/command --key-command-time 1s", 3, c->words);
        CASE("nor does it make one");
        says("$A init --store $D/other --key-command $D/command --key-command-time 1s", 1,
             c->words);
        check(!is_there("other") && !is_there("other.key") && !is_there("other.secret"));
    }
    CASE("who hung is gone");
    says("kill -0 $(cat pid)", 1, NULL);
    CASE("what is no command");
    say("rm -f command; echo x >command; chmod 600 command", &code);
    says("$A check --store $S --key-command $D/command", 3, "cannot be started");
    says("$A check --store $S --key-command /nowhere/at-all", 3, "cannot be started");
    says("$A check --store $S --key-command \"cat one\"", 3, "path from the root");
    says("$A check --store $S --key-command /bin/cat --key-command-input /nowhere", 3,
         "there is no file");
    says("$A serve --check --store $S --tls off --key-command /nowhere/at-all", 3,
         "cannot be started");
    CASE("no shell looks at it");
    says("$A check --store $S --key-command '/bin/cat one;touch was-run'", 3, NULL);
    check(!is_there("was-run;") && !is_there("was-run"));
    CASE("the store is as it was");
    says("$A check --store $S --key-file $D/one", 0, "No fault");
}

/* Hardened, it can start no program: the successor is handed the key. */
static void a_server_asks_once(void **state)
{
    UNUSED(state);
    write_script("command", "cd \"$(dirname \"$0\")\"; echo run >>runs; cat one");
    Str command = arena_format(arena, STR_FMT "/command", STR_ARG(served.folder));
    const char *const settings[] = {"--key-command", command.at, "--hardening", "on", NULL};
    says("$A init --store $S --key-command $D/command", 0, "is ready");
    says("rm runs", 0, NULL);
    check(served_again(&served, settings));
    serves();
    for (int i = 0; i < 3; i++) {
        CASE("as its own successor");
        check(kill(served.pid, SIGUSR2) == 0);
        check(served_said(&served));
        serves();
    }
    says("wc -l <runs", 0, "1");
    CASE("commands find it");
    says("$A backup $D/b --store $S --key-command $D/command", 0, "The backup is");
    says("$A restore $D/b --store $D/again --key-command $D/command", 0, "restored");
    says("$A check --store $D/again --key-command $D/command", 0, "No fault");
    CASE("another key while it serves, and its successor has that");
    says("$A rekey --new-key-command \"/bin/cat $D/two\" --store $S", 0,
         "opens the store from now");
    check(kill(served.pid, SIGUSR2) == 0);
    check(served_said(&served));
    serves();
    check_int(served_end(&served, SIGTERM), 0);
    says("$A check --store $S --key-file $D/one", 4, "is not the one");
    says("$A check --store $S --key-file $D/two", 0, "No fault");
}

/* ---- a PKCS#11 token ------------------------------------------------------------------------ */

/* The key lies beside the store, encrypted for a private key that never leaves its token. */
static void a_token_opens_the_store(void **state)
{
    UNUSED(state);
    static const char *const made[] = {
        "mkdir tok && echo \"directories.tokendir = $D/tok\" >hsm.conf",
        "softhsm2-util --init-token --free --label t --pin 1234 --so-pin 5678",
        "$T --login --pin 1234 --keypairgen --key-type rsa:2048 --id 01 --label k",
        "$T --read-object --type pubkey --id 01 -o pub.der",
        "openssl pkeyutl -encrypt -pubin -keyform DER -inkey pub.der -in one -out wrapped $O",
    };
    const char *unwrap = "--key-command \"$(command -v pkcs11-tool) --module $M --login --pin %s"
                         " --decrypt --mechanism RSA-PKCS-OAEP --hash-algorithm SHA-1"
                         " --mgf MGF1-SHA1 --id 01\" --key-command-input $D/wrapped";
    const char *line = "M=/usr/lib/softhsm/libsofthsm2.so; T=\"pkcs11-tool --module $M\";"
                       " O='-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1'; %s";
    int code;
    say("command -v softhsm2-util && command -v pkcs11-tool && test -e "
        "/usr/lib/softhsm/libsofthsm2.so",
        &code);
    if (code) {
        print_message("# skipped: a PKCS#11 token (softhsm2 and opensc are not installed)\n");
        return;
    }
    setenv("SOFTHSM2_CONF", arena_format(arena, STR_FMT "/hsm.conf", STR_ARG(served.folder)).at, 1);
    FOR_CASES(made, step)
    {
        CASE(*step);
        says(arena_format(arena, line, *step).at, 0, NULL);
    }
    CASE("with the right PIN");
    Str right = arena_format(arena, unwrap, "1234"), wrong = arena_format(arena, unwrap, "4321");
    Str init = arena_format(arena, "$A init --store $S " STR_FMT, STR_ARG(right));
    Str check_it = arena_format(arena, "$A check --store $S " STR_FMT, STR_ARG(right));
    says(arena_format(arena, line, init.at).at, 0, "is ready");
    says(arena_format(arena, line, check_it.at).at, 0, "No fault");
    check(!is_there("s.secret"));
    CASE("with a wrong one");
    check_it = arena_format(arena, "$A check --store $S " STR_FMT, STR_ARG(wrong));
    says(arena_format(arena, line, check_it.at).at, 3, "failed with code");
    unsetenv("SOFTHSM2_CONF");
}

/* ---- a credential ------------------------------------------------------------------------- */

static void a_credential_comes_first(void **state)
{
    UNUSED(state);
    says("mkdir c && cp one c/aceso.key", 0, NULL);
    setenv("CREDENTIALS_DIRECTORY", arena_format(arena, STR_FMT "/c", STR_ARG(served.folder)).at,
           1);
    says("$A init --store $S", 0, "is ready");
    check(!is_there("s.secret"));
    says("$A check --store $S --key-file $D/two", 0, "No fault");
    says("$A check --store $S --key-command /bin/false", 0, "No fault");
    says("$A serve --check --store $S --tls off", 0, "the credential aceso.key");
    const char *const settings[] = {"--hardening", "on", NULL};
    check(served_again(&served, settings));
    serves();
    check(kill(served.pid, SIGUSR2) == 0);
    check(served_said(&served));
    serves();
    check_int(served_end(&served, SIGTERM), 0);
    CASE("in base64");
    says("base64 one >c/aceso.key; $A check --store $S", 0, "No fault");
    CASE("what is no key");
    says("echo nothing >c/aceso.key; $A check --store $S", 3, "aceso.key is no key");
    CASE("another one");
    says("cp two c/aceso.key; $A check --store $S", 4, "is not the one of this store");
}

/* ---- from each to each -------------------------------------------------------------------- */

static void each_becomes_each(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *to, *with;
    } ways[] = {
        {"a key file", "--new-key-file $D/one", "--key-file $D/one"},
        {"a passphrase", "--new-passphrase-file $D/words", "--passphrase-file $D/words"},
        {"a command", "--new-key-command \"/bin/cat $D/two\"", "--key-command \"/bin/cat $D/two\""},
        {"a credential", "--new-key-command \"/bin/cat $D/c/aceso.key\"", ""},
    };
    says("mkdir c && cp one c/aceso.key && printf '%s' 00112233445566778899aabbccddeeff "
         ">c/aceso.key",
         0, NULL);
    says("$A init --store $S --key-file $D/one", 0, "is ready");
    const char *now = "--key-file $D/one";
    for (size_t from = 0; from < COUNT_OF(ways); from++) {
        for (size_t to = 0; to < COUNT_OF(ways); to++) {
            CASE(arena_format(arena, "%s to %s", ways[from].why, ways[to].why).at);
            const char *env = "CREDENTIALS_DIRECTORY=$D/c";
            const size_t turns[] = {from, to};
            for (size_t i = 0; i < COUNT_OF(turns); i++) {
                const char *with = ways[turns[i]].with;
                says(arena_format(arena, "%s $A rekey %s --store $S %s", *now ? "" : env,
                                  ways[turns[i]].to, now)
                         .at,
                     0, "opens the store from now on");
                now = with;
                says(arena_format(arena, "%s $A check --store $S %s", *now ? "" : env, now).at, 0,
                     "No fault");
            }
        }
    }
}

/* ---- the recovery code -------------------------------------------------------------------- */

/* Into the file `code`. */
static void keep_code(const char *line)
{
    says(arena_format(arena, "%s | grep -E '^    [0-9A-Z-]{39}$' | tr -d ' ' >code; wc -c <code",
                      line)
             .at,
         0, "40");
}

static void a_recovery_code_opens_what_has_lost_its_key(void **state)
{
    UNUSED(state);
    says("$A init --store $S --key-file $D/one", 0, "is ready");
    says("$A backup $D/early --store $S --key-file $D/one", 0, "The backup is");
    keep_code("$A rekey --new-recovery-code --store $S --key-file $D/one");
    CASE("a backup, on a machine without the key");
    says("$A backup $D/b --store $S --key-file $D/one", 0, "The backup is");
    says("$A restore $D/b --store $D/r --recovery-file $D/code", 0, "restored");
    check(is_there("r.secret")); /* a key of its own */
    says("$A check --store $D/r", 0, "No fault");
    says("$A check --store $D/r --key-file $D/one", 4, "is not the one");
    CASE("in the restored one the code goes on");
    says("mv r.secret gone; $A rekey --store $D/r --recovery-file $D/code --new-key-file $D/two", 0,
         "opens the store from now on");
    says("$A check --store $D/r --key-file $D/two", 0, "No fault");
    CASE("as people type it");
    says("tr 'A-Z01-' 'a-zol ' <code >typed; $A restore $D/b --store $D/t --recovery-file $D/typed",
         0, "restored");
    CASE("what opens nothing");
    says("echo 0000-0000-0000-0000-0000-0000-0000-0000 >wrong; $A restore $D/b --store $D/w "
         "--recovery-file $D/wrong",
         1, "recovery code is not the one");
    says("echo nonsense >wrong; $A restore $D/b --store $D/w --recovery-file $D/wrong", 1,
         "32 letters and digits");
    check(!is_there("w"));
    says("$A restore $D/early --store $D/w --recovery-file $D/code", 1,
         "No recovery code was ever");
    CASE("another secret leaves the code");
    says("$A rekey --new-passphrase-file $D/words --store $S --key-file $D/one", 0, "from now on");
    says("$A rekey --recovery-file $D/code --new-key-file $D/one --store $S", 0, "from now on");
    CASE("another code ends the first");
    says("cp code old; true", 0, NULL);
    keep_code("$A rekey --new-recovery-code --store $S --key-file $D/one");
    says("$A rekey --recovery-file $D/old --new-key-file $D/two --store $S", 4, "is not the one");
    CASE("and none is none");
    says("$A rekey --no-recovery-code --store $S --key-file $D/one", 0, "No recovery code opens");
    says("$A rekey --recovery-file $D/code --new-key-file $D/two --store $S", 4,
         "No recovery code was ever");
    CASE("made with the store");
    keep_code("$A init --store $D/i --recovery-code");
    says("rm i.secret; $A rekey --recovery-file $D/code --new-key-file $D/two --store $D/i", 0,
         "from now on");
}

/* ---- a new key for the data ----------------------------------------------------------------- */

static void nobody_can_end_it_half_way(void **state)
{
    UNUSED(state);
    static const char *const steps[] = {"true", "mv s s.old", "mv s.key s.old.key",
                                        "mv s.rekeyed.key s.key", "mv s.rekeyed s"};
    const char *open = "$A rekey --no-recovery-code --store $S --key-file $D/one";
    says("$A init --store $S --key-file $D/one && cp s.key first", 0, "is ready");
    says("echo correct horse battery | $A account create marie --role gp --name M --reference "
         "Practitioner/m --store $S --key-file $D/one",
         0, NULL);
    says("$A rekey --data --store $S --key-file $D/one", 0, "new key");
    says("test -e s.old -a -e s.old.key -a ! -e s.rekeyed", 0, NULL);
    says("cmp first s.key", 1, NULL);
    says("cmp first s.old.key", 0, NULL);
    says("$A account list --store $S --key-file $D/one", 0, "marie");
    says("$A rekey --data --store $S --key-file $D/one", 1, "s.old is there");
    CASE("ended between any two renames");
    says("mkdir at && cp s at/s.rekeyed && cp s.key at/s.rekeyed.key && cp s.old at/s && cp "
         "s.old.key"
         " at/s.key",
         0, NULL);
    for (size_t done = 0; done < COUNT_OF(steps); done++) {
        Str line = STR("rm -f s s.* ; cp at/* .");
        for (size_t i = 0; i <= done; i++)
            line = arena_format(arena, STR_FMT "; %s", STR_ARG(line), steps[i]);
        says(line.at, 0, NULL);
        says(open, 0, NULL);
        says("test -e s -a -e s.old -a -e s.old.key -a ! -e s.rekeyed -a ! -e s.rekeyed.key", 0,
             NULL);
        says("cmp first s.key", 1, NULL);
        says("$A account list --store $S --key-file $D/one", 0, "marie");
        says("$A check --store $S --key-file $D/one", 0, "No fault");
    }
    CASE("a new file that is empty takes no place");
    says("rm -f s.old*; $A init --store $D/e --key-file $D/one && mv e s.rekeyed && mv e.key "
         "s.rekeyed.key",
         0, NULL);
    says(open, 0, NULL);
    says("$A account list --store $S --key-file $D/one && test ! -e s.old", 0, "marie");
    CASE("nor does one beside a store that was moved elsewhere");
    says("$A move --store $S --key-file $D/one --to $D/elsewhere --to-key-file $D/one", 0,
         "complete");
    says(open, 4, "was moved to");
    check(is_there("s.rekeyed") && !is_there("s.old"));
}

/* Root may do it while no server runs; the server's user must be able to open what comes of it. */
static void files_stay_with_their_owner(void **state)
{
    UNUSED(state);
    if (geteuid() != 0) {
        print_message("# skipped: files of another owner (only root can give them away)\n");
        return;
    }
    says("$A init --store $S --key-file $D/one && chown 65534 s s.key", 0, "is ready");
    says("$A rekey --new-key-file $D/two --store $S --key-file $D/one", 0, "from now on");
    says("stat -c %u s.key", 0, "65534");
    says("$A rekey --data --store $S --key-file $D/two", 0, "new key");
    says("stat -c %u s s.key s.old | sort -u | tr -d '\\n'", 0, "65534");
    says("test $(stat -c %u s s.key s.old | sort -u | wc -l) = 1", 0, NULL);
    says("stat -c %a s s.key | sort -u", 0, "600");
}

/* ---- a database --------------------------------------------------------------------------- */

typedef struct {
    uint16_t port;
    Str token;
    atomic_bool stop;
    atomic_uint written, refused;
} Writer;

static void *write_on(void *of)
{
    Writer *client = of;
    while (!client->stop) {
        Arena *room = arena_new(4 << 20, false);
        Client http;
        unsigned status = 0;
        if (client_open(&http, room, client->port)) {
            Str headers = arena_format(room,
                                       "Authorization: Bearer " STR_FMT
                                       "\r\nContent-Type: application/fhir+json\r\n",
                                       STR_ARG(client->token));
            status = client_ask(&http, STR("POST"), STR("/fhir/Patient"), headers,
                                STR("{\"resourceType\":\"Patient\",\"name\":[{\"family\":"
                                    "\"Zyxcanarius\"}]}"))
                         .status;
            client_close(&http);
        }
        atomic_fetch_add(status == 201 ? &client->written : &client->refused, 1);
        arena_free(room);
    }
    return NULL;
}

static unsigned total_of(uint16_t port)
{
    Client client;
    Str headers =
        arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(served.reader));
    check(client_open(&client, arena, port));
    Answer answer =
        client_ask(&client, STR("GET"), STR("/fhir/Patient?family=zyxcanarius&_summary=count"),
                   headers, STR_EMPTY);
    client_close(&client);
    check_int(answer.status, 200);
    const char *at = memmem(answer.body.at, answer.body.len, "\"total\":", 8);
    return at ? (unsigned)strtoul(at + 8, NULL, 10) : 0;
}

/* Two nodes that are written to, while everything is sealed anew, by a command that is killed, and
 * another key opens it; the key lost at last. */
static void two_nodes_take_new_keys_while_they_serve(void **state)
{
    UNUSED(state);
    const TestPostgres *postgres;
    SKIP_WITHOUT_POSTGRES(postgres, "new keys in a database");
    check(test_postgres_clean(postgres));
    const char *const settings[] = {"--second-factor", "off", NULL};
    Str owner = arena_format(arena, "--store \"postgres:%s\" --key-file $D/one", postgres->owner);
    Str app = arena_format(arena, "postgres:%s", postgres->app);
    says(arena_format(arena, "$A init --role %s --reader %s " STR_FMT, postgres->app_role,
                      postgres->reader_role, STR_ARG(owner))
             .at,
         0, "is ready");
    served.store = app;
    served.key_file = arena_format(arena, STR_FMT "/one", STR_ARG(served.folder));
    check(served_fill(&served));
    Served nodes[2] = {served, served};
    Writer clients[2];
    pthread_t threads[2];
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        check(served_again(&nodes[i], settings));
        clients[i] = (Writer){.port = nodes[i].port, .token = served.writer};
        check_int(pthread_create(&threads[i], NULL, write_on, &clients[i]), 0);
    }
    CASE("the command is killed, at any time");
    for (int i = 1; i <= 4; i++) {
        Str line = arena_format(arena, "timeout -s KILL 0.%d $A rekey --data " STR_FMT "; true", i,
                                STR_ARG(owner));
        says(line.at, 0, NULL);
    }
    CASE("and goes on to its end");
    says(arena_format(arena, "$A rekey --data " STR_FMT, STR_ARG(owner)).at, 0,
         "the old one is gone");
    CASE("another key while they serve, and a recovery code");
    keep_code(arena_format(arena, "$A rekey --new-recovery-code " STR_FMT, STR_ARG(owner)).at);
    says(arena_format(arena, "$A rekey --new-key-file $D/two " STR_FMT, STR_ARG(owner)).at, 0,
         "opens the store from now on");
    unsigned before = clients[0].written + clients[1].written;
    for (unsigned i = 0; i < 6000 && clients[0].written + clients[1].written < before + 20; i++)
        usleep(10000);
    check(clients[0].written + clients[1].written >= before + 20);
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        clients[i].stop = true;
        pthread_join(threads[i], NULL);
    }
    unsigned written = clients[0].written + clients[1].written;
    check(total_of(nodes[0].port) >= written && total_of(nodes[1].port) >= written);
    print_message("# %u writes, %u refused\n", written, clients[0].refused + clients[1].refused);
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        check_int(served_end(&nodes[i], SIGTERM), 0);
    CASE("the old key opens nothing, the new one all of it");
    says(arena_format(arena, "$A check " STR_FMT, STR_ARG(owner)).at, 4, "is not the one");
    Str line =
        arena_format(arena, "$A check --store \"" STR_FMT "\" --key-file $D/two", STR_ARG(app));
    says(line.at, 0, "No fault");
    CASE("lost: the code is for the owner");
    line = arena_format(
        arena, "$A rekey --recovery-file $D/code --new-key-file $D/one --store \"" STR_FMT "\"",
        STR_ARG(app));
    says(line.at, 4, "Only the role that owns");
    line = arena_format(arena,
                        "$A rekey --recovery-file $D/code --new-key-file $D/one --store "
                        "\"postgres:%s\"",
                        postgres->owner);
    says(line.at, 0, "opens the store from now on");
    says(arena_format(arena, "$A check " STR_FMT, STR_ARG(owner)).at, 0, "No fault");
}

/* ---- moving ------------------------------------------------------------------------------- */

static void a_move_keeps_the_command(void **state)
{
    UNUSED(state);
    says("$A init --store $S --key-command \"/bin/cat $D/one\"", 0, "is ready");
    says("$A move --store $S --key-command \"/bin/cat $D/one\" --to $D/new", 0, "complete");
    check(!is_there("new.secret"));
    says("$A check --store $D/new --key-command \"/bin/cat $D/one\"", 0, "No fault");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_opens_the_store, begin, end),
        cmocka_unit_test_setup_teardown(a_command_that_fails_opens_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_server_asks_once, begin, end),
        cmocka_unit_test_setup_teardown(a_token_opens_the_store, begin, end),
        cmocka_unit_test_setup_teardown(a_credential_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(each_becomes_each, begin, end),
        cmocka_unit_test_setup_teardown(a_recovery_code_opens_what_has_lost_its_key, begin, end),
        cmocka_unit_test_setup_teardown(nobody_can_end_it_half_way, begin, end),
        cmocka_unit_test_setup_teardown(files_stay_with_their_owner, begin, end),
        cmocka_unit_test_setup_teardown(two_nodes_take_new_keys_while_they_serve, begin, end),
        cmocka_unit_test_setup_teardown(a_move_keeps_the_command, begin, end),
    };
    program = argc > 1 ? realpath(argv[1], NULL) : "aceso";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
