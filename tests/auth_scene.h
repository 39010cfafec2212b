/* tests/auth_scene.h - auth over a store in memory, with a clock that a test moves. */
#ifndef ACESO_AUTH_SCENE_H
#define ACESO_AUTH_SCENE_H

#include "testing.h"

#include "fake_store.h"

#include "audit/audit.h"
#include "auth/auth.h"
#include "base/clock.h"

static const Str password = STR_INIT("trois chats sur un mur");

static Time today;
static inline Time test_clock(void)
{
    return today;
}

typedef struct {
    Ctx cx;
    Store *store;
    Auth *auth;
    const Access *operator;
    AuthOptions options;
} Scene;

/* As at the start of a server; what was there before is the caller's to free. */
static inline void open_auth(Scene *s)
{
    assert_int_equal(auth_new(&s->cx, s->store, &s->options, &s->auth), STATUS_OK);
}

static inline Scene scene_begin(void)
{
    Scene s = {.cx = testing_ctx(), .store = fake_store_new(), .options = {.clock = test_clock}};
    today = (Time)1790000000 * TIME_SECOND;
    open_auth(&s);
    s.operator= auth_operator(s.cx.arena);
    return s;
}

static inline void scene_end(Scene *s)
{
    auth_free(s->auth);
    fake_store_free(s->store);
    arena_free(s->cx.arena);
}

#endif
