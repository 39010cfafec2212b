/* tests/rights_scene.h - a record with people, links and consents, and what one of them sees. */
#ifndef ACESO_RIGHTS_SCENE_H
#define ACESO_RIGHTS_SCENE_H

#include "record_fixture.h"
#include "rights/rights.h"

static Time scene_now;
static inline Time scene_clock(void)
{
    return scene_now;
}

/* 2026-06-15T12:00:00Z, whatever the machine's clock says. */
#define SCENE_NOW (1781524800 * TIME_SECOND)

typedef struct {
    Fixture f;
    RightsBook *book;
} Scene;

static inline void scene_open(Scene *s)
{
    static const RightsOptions options = {.clock = scene_clock};
    scene_now = SCENE_NOW;
    fixture_open(&s->f, true);
    assert_int_equal(rights_book_new(&s->f.cx, s->f.store, record_index(s->f.record), s->f.access,
                                     &options, &s->book),
                     STATUS_OK);
}

static inline void scene_close(Scene *s)
{
    fixture_clear(&s->f);
    rights_book_free(s->book);
    fixture_close(&s->f);
}

/* Written as it stands, by the program. path: "CareTeam/1" */
static inline void scene_put(Scene *s, const char *path, const char *json)
{
    Str id = str_of(path), type = str_cut(&id, '/');
    fixture_clear(&s->f);
    Status status = fixture_put(&s->f, type, id, str_of(json), STR_EMPTY);
    for (const Issue *issue = s->f.cx.issues; status != STATUS_OK && issue; issue = issue->next)
        print_message("# " STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
                      STR_ARG(issue->diagnostics));
    assert_int_equal(status, STATUS_OK);
}

static inline void scene_remove(Scene *s, const char *path)
{
    Str id = str_of(path), type = str_cut(&id, '/');
    fixture_clear(&s->f);
    assert_int_equal(fixture_delete(&s->f, type, id), STATUS_OK);
}

static inline const Access *scene_person(Scene *s, const char *role, const char *reference)
{
    AccessGrant grant = {.account = str_of(reference),
                         .role = str_of(role),
                         .reference = str_of(reference),
                         .may_write = true};
    return access_grant(s->f.cx.arena, &grant);
}

/* With his rights as of now; a new request. */
static inline const Access *scene_ask(Scene *s, const char *role, const char *reference)
{
    StoreReader *reader;
    fixture_clear(&s->f);
    const Access *access = scene_person(s, role, reference);
    assert_int_equal(store_read_begin(s->f.store, &s->f.cx, s->f.access, &reader), STATUS_OK);
    Status status = rights_on(s->book, &s->f.cx, reader, &access);
    for (const Issue *issue = s->f.cx.issues; status != STATUS_OK && issue; issue = issue->next)
        print_message("# " STR_FMT "\n", STR_ARG(issue->diagnostics));
    assert_int_equal(status, STATUS_OK);
    store_read_end(reader);
    return access;
}

static inline uint64_t scene_hash(const Scene *s, const char *name)
{
    return search_hash_text(record_index(s->f.record), str_of(name));
}

/* What he sees of a row of this class about the patient, made by another profession. */
static inline Sight scene_sees(Scene *s, const char *role, const char *reference, AccessClass class,
                               const char *patient)
{
    Facts facts = {.class = (uint8_t) class,
                   .author = 1,
                   .subject_count = 1,
                   .subjects = {scene_hash(s, patient)}};
    return access_sees(scene_ask(s, role, reference), 1, &facts);
}

#endif
