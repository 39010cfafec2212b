/* Settings: what a file may say, and that the sample, the manual and the program agree. */
#include "cli/cli.h"
#include "cli/files.h"
#include "testing.h"

static void a_line_is_read_or_named(void **state)
{
    static const struct {
        const char *why;
        Str text;
        SettingName name;
        uint64_t number; /* when issue is empty */
        Str issue;
    } cases[] = {
        {"a number", STR_INIT("port = 9000"), SETTING_PORT, 9000, STR_INIT("")},
        {"blanks do not matter", STR_INIT("  port=9000  "), SETTING_PORT, 9000, STR_INIT("")},
        {"a comment above", STR_INIT("# port = 1\nport = 2"), SETTING_PORT, 2, STR_INIT("")},
        {"a size", STR_INIT("cache = 2MB"), SETTING_CACHE, 2 << 20, STR_INIT("")},
        {"a size in words of its own", STR_INIT("cache = 1 gb"), SETTING_CACHE, 1 << 30,
         STR_INIT("")},
        {"a time", STR_INIT("idle_time = 2min"), SETTING_IDLE_TIME, 120, STR_INIT("")},
        {"a flag", STR_INIT("tls = off"), SETTING_TLS, 0, STR_INIT("")},
        {"Windows line ends", STR_INIT("tls = off\r\nport = 5\r\n"), SETTING_PORT, 5, STR_INIT("")},
        {"not a number", STR_INIT("\nport = many"), SETTING_PORT, 0,
         STR_INIT("f:2: port must be a whole number.")},
        {"beyond its range", STR_INIT("port = 65536"), SETTING_PORT, 0,
         STR_INIT("f:1: port must be between 0 and 65535.")},
        {"not a flag", STR_INIT("tls = maybe"), SETTING_TLS, 0,
         STR_INIT("f:1: tls must be on or off.")},
        {"not a size", STR_INIT("cache = 5 parsecs"), SETTING_CACHE, 0,
         STR_INIT("f:1: cache must be a size like 64MB (bytes, KB, MB or GB).")},
        {"a size beyond 64 bits", STR_INIT("cache = 99999999999999GB"), SETTING_CACHE, 0,
         STR_INIT("f:1: cache must be a size like 64MB (bytes, KB, MB or GB).")},
        {"misspelt", STR_INIT("prot = 1"), SETTING_PORT, 0,
         STR_INIT("f:1: there is no setting \"prot\".")},
        {"no equals sign", STR_INIT("port 1"), SETTING_PORT, 0,
         STR_INIT("f:1: a line must be: name = value.")},
        {"twice", STR_INIT("port = 1\nport = 2"), SETTING_PORT, 0,
         STR_INIT("f:2: port was set above already.")},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        Settings settings;
        settings_preset(&cx, &settings);
        Status status = settings_read_text(&cx, c->text, STR("f"), &settings);
        check_int(status, c->issue.len ? STATUS_INVALID : STATUS_OK);
        if (c->issue.len)
            check_str(cx.issues->diagnostics, c->issue);
        else
            check_int(settings_number(&settings, c->name), c->number);
        arena_free(cx.arena);
    }
}

static void every_fault_of_a_file_is_named(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Settings settings;
    settings_preset(&cx, &settings);
    check_int(settings_read_text(&cx, STR("port = x\n\ntls = x\nport = 7\n"), STR("f"), &settings),
              STATUS_INVALID);
    check_int(cx.issue_count, 3);
    arena_free(cx.arena);
}

/* The sample, with its comment signs taken away, sets every setting to its default. */
static void the_sample_shows_every_setting_and_its_default(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Str text;
    size_t found = 0;
    check_int(cli_file_read(&cx, STR("deploy/aceso.conf"), 1 << 20, &text), STATUS_OK);
    while (text.len) {
        Str line = str_cut(&text, '\n');
        if (!str_has_prefix(line, STR("#")) || str_has_prefix(line, STR("# ")) || line.len < 2)
            continue;
        Str value = str_from(line, 1);
        Str name = str_trim(str_cut(&value, '='));
        check(found < SETTING_COUNT);
        check_str(name, str_of(setting_rows[found].name));
        check_str(str_trim(value), str_of(setting_rows[found].preset));
        found++;
    }
    check_int(found, SETTING_COUNT);
    arena_free(cx.arena);
}

static void every_command_has_its_page_with_all_its_options(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].hidden)
            continue;
        Ctx cx = testing_ctx();
        Str page;
        CASE(commands[i].name);
        Str path = arena_format(cx.arena, "docs/man/aceso-%s.1", commands[i].name);
        check_int(cli_file_read(&cx, path, 1 << 20, &page), STATUS_OK);
        for (size_t k = 0; k < CLI_OPTIONS_MAX && commands[i].options[k].name; k++) {
            Buf spelt; /* in a manual page a hyphen is \- */
            buf_init(&spelt, cx.arena, 64, 256);
            for (const char *c = commands[i].options[k].name; *c; c++)
                *c == '-' ? buf_add_lit(&spelt, "\\-") : buf_add_char(&spelt, *c);
            CASE(commands[i].options[k].name);
            check(memmem(page.at, page.len, spelt.at, spelt.len) != NULL);
        }
        arena_free(cx.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_or_named),
        cmocka_unit_test(every_fault_of_a_file_is_named),
        cmocka_unit_test(the_sample_shows_every_setting_and_its_default),
        cmocka_unit_test(every_command_has_its_page_with_all_its_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
