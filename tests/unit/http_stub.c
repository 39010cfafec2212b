/* tests/unit/http_stub.c - the smallest record, store and auth that a server can stand on. */
#include "store/moving.h"
#include "unit/http_stub.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "access/grant.h"
#include "access/rules.h"
#include "auth/factors.h"
#include "live/live.h"
#include "search/search.h"

atomic_int stub_conflicts;
_Atomic Status stub_commit_status;
atomic_uint stub_prepared, stub_commits;
atomic_int stub_commit_delay_ms;
atomic_uint stub_wishes;
atomic_bool stub_wishes_wait;
char stub_last_body[256];

/* ---- store: a queue and a thread ---------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static StoreCommit *first, *last;
static bool stopping;
static pthread_t writer;

static StoreCommit *take(void)
{
    pthread_mutex_lock(&lock);
    while (!first && !stopping)
        pthread_cond_wait(&wake, &lock);
    StoreCommit *all = first;
    first = last = NULL;
    pthread_mutex_unlock(&lock);
    return all;
}

static void finish(StoreCommit *commit)
{
    atomic_fetch_add(&stub_commits, 1);
    commit->status = atomic_load(&stub_commit_status);
    if (commit->write_count && atomic_fetch_sub(&stub_conflicts, 1) > 0)
        commit->status = STATUS_CONFLICT;
    commit->done(commit);
}

static void *write_loop(void *unused)
{
    UNUSED(unused);
    for (StoreCommit *all = take(); all; all = take()) {
        int ms = atomic_load(&stub_commit_delay_ms);
        struct timespec nap = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
        if (ms)
            nanosleep(&nap, NULL);
        while (all) {
            StoreCommit *commit = all;
            all = commit->next;
            finish(commit);
        }
    }
    return NULL;
}

void stub_start(void)
{
    stopping = false;
    int failed = pthread_create(&writer, NULL, write_loop, NULL);
    assert(!failed);
}

void stub_stop(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    pthread_join(writer, NULL);
}

void store_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    UNUSED(store);
    UNUSED(cx);
    UNUSED(access);
    commit->next = NULL;
    pthread_mutex_lock(&lock);
    if (last)
        last->next = commit;
    else
        first = commit;
    last = commit;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

Status store_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    UNUSED(store);
    UNUSED(cx);
    UNUSED(access);
    *ret_reader = NULL;
    return STATUS_OK;
}

void store_read_end(StoreReader *reader)
{
    UNUSED(reader);
}

Status store_item_get(StoreReader *reader, Str space, Str key, Str *ret_value)
{
    UNUSED(reader);
    UNUSED(space);
    UNUSED(key);
    *ret_value = STR_EMPTY;
    return STATUS_NOT_FOUND;
}

Status store_item_list(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count)
{
    UNUSED(reader);
    UNUSED(space);
    *ret_items = NULL;
    *ret_count = 0;
    return STATUS_OK;
}

Status store_audit_read(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                        size_t *ret_count)
{
    UNUSED(reader);
    UNUSED(from);
    UNUSED(limit);
    *ret_rows = NULL;
    *ret_count = 0;
    return STATUS_OK;
}

Status store_tip(StoreReader *reader, StoreTip *ret_tip)
{
    UNUSED(reader);
    *ret_tip = (StoreTip){0};
    return STATUS_OK;
}

Status store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    UNUSED(store);
    UNUSED(cx);
    UNUSED(access);
    UNUSED(commit);
    return STATUS_UNAVAILABLE;
}

void store_stats(Store *store, StoreStats *ret_stats)
{
    UNUSED(store);
    *ret_stats = (StoreStats){.resources = 1};
}

/* ---- record ------------------------------------------------------------------------- */

Record *stub_record(void)
{
    static char something;
    return (Record *)&something;
}

Store *record_store(Record *record)
{
    return (Store *)record;
}

static Status answer(Ctx *cx, Reply *reply, Status status, Str body)
{
    static const Str audits[] = {STR_INIT("audit")};
    static StoreWrite writes[1];
    UNUSED(cx);
    atomic_fetch_add(&stub_prepared, 1);
    reply->status = status;
    reply->http = 200;
    reply->body = body;
    reply->version = 7;
    reply->updated = 784111777 * TIME_SECOND;
    reply->commit.audits = audits;
    reply->commit.audit_count = 1;
    reply->commit.writes = writes;
    return status;
}

/* Patient/lacked is not in memory; the store's thread takes its time, and says that it is not
 * there. */
bool record_lacks(Record *r, Str type, Str id, StoreWish *ret_wish)
{
    UNUSED(r);
    UNUSED(type);
    *ret_wish = (StoreWish){.id = id};
    return str_eq(id, STR("lacked"));
}

static void *grant_wish(void *thing)
{
    StoreWish *wish = thing;
    atomic_fetch_add(&stub_wishes, 1);
    while (atomic_load(&stub_wishes_wait))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    wish->absent = true;
    wish->done(wish);
    return NULL;
}

void store_wish(Store *store, StoreWish *wish)
{
    pthread_t thread;
    UNUSED(store);
    int failed = pthread_create(&thread, NULL, grant_wish, wish);
    assert(!failed && pthread_detach(thread) == 0);
}

Status record_read(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    UNUSED(r);
    if (call->absent && str_eq(id, STR("lacked")))
        return answer(cx, reply, ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "It was wished for."),
                      STR_EMPTY);
    if (!str_eq(type, STR("Patient")) || !str_eq(id, STR("1")))
        return answer(cx, reply, ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is none."),
                      STR_EMPTY);
    return answer(cx, reply, STATUS_OK, STR("{\"resourceType\":\"Patient\",\"id\":\"1\"}"));
}

Status record_create(Record *r, Ctx *cx, const Call *call, Str type, Body body, Reply *reply)
{
    UNUSED(r);
    UNUSED(call);
    UNUSED(type);
    snprintf(stub_last_body, sizeof(stub_last_body), STR_FMT,
             STR_ARG(str_head(str_n(body.at, body.len), 200)));
    memset(body.at, '#', body.len + JSON_PADDING); /* it may be overwritten */
    Status status = answer(cx, reply, STATUS_OK, STR("{\"resourceType\":\"Patient\"}"));
    reply->http = 201;
    reply->retry = true;
    reply->location = STR("http://localhost/fhir/Patient/2/_history/1");
    reply->commit.write_count = 1;
    return status;
}

Status record_search(Record *r, Ctx *cx, const Call *call, const RecordScope *scope, Reply *reply)
{
    UNUSED(r);
    UNUSED(scope);
    Buf out;
    buf_init(&out, cx->arena, 0, 1 << 20);
    buf_add_lit(&out, "{\"query\":");
    json_write_string(&out, call->query);
    buf_add_lit(&out, ",\"fill\":[");
    for (int i = 0; i < 1000; i++)
        buf_add_lit(&out, "1234567,");
    buf_add_lit(&out, "1]}");
    TRY(buf_done(&out));
    return answer(cx, reply, STATUS_OK, buf_str(&out));
}

void record_settled(Reply *reply)
{
    UNUSED(reply);
}

void record_rules(Record *record, Rules *ret_rules)
{
    UNUSED(record);
    *ret_rules = (Rules){0};
}

Status record_metadata(Record *r, Ctx *cx, const Call *call, Reply *reply)
{
    UNUSED(r);
    UNUSED(cx);
    UNUSED(call);
    *reply = (Reply){.http = 200, .body = STR("{\"resourceType\":\"CapabilityStatement\"}")};
    return STATUS_OK;
}

Status record_vread(Record *r, Ctx *cx, const Call *call, Str type, Str id, Str version,
                    Reply *reply)
{
    UNUSED(version);
    return record_read(r, cx, call, type, id, reply);
}

Status record_update(Record *r, Ctx *cx, const Call *call, Str type, Str id, Body body,
                     Reply *reply)
{
    UNUSED(id);
    return record_create(r, cx, call, type, body, reply);
}

Status record_patch(Record *r, Ctx *cx, const Call *call, Str type, Str id, Body body, Reply *reply)
{
    UNUSED(id);
    return record_create(r, cx, call, type, body, reply);
}

Status record_delete(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    UNUSED(r);
    UNUSED(call);
    UNUSED(type);
    UNUSED(id);
    Status status = answer(cx, reply, STATUS_OK, STR_EMPTY);
    reply->http = 204;
    return status;
}

Status record_history(Record *r, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    UNUSED(id);
    return record_search(r, cx, call, &(RecordScope){.type = type}, reply);
}

Status record_who_looked(Record *r, Ctx *cx, const Call *call, Str id, Reply *reply)
{
    return record_history(r, cx, call, STR("Patient"), id, reply);
}

Status record_operation(Record *r, Ctx *cx, const Call *call, const OperationAsked *asked,
                        Reply *reply)
{
    return record_history(r, cx, call, asked->kind->type, asked->id, reply);
}

Status record_operation_open(Record *r, Ctx *cx, const Call *call, const OperationAsked *asked,
                             Reply *reply)
{
    return record_operation(r, cx, call, asked, reply);
}

Status record_explain_asked(Ctx *cx, Str query, Str *ret_user, Str *ret_patient)
{
    *ret_user = *ret_patient = query;
    return ctx_check_deadline(cx);
}

Status record_explain(Record *r, Ctx *cx, const Call *call, Str role, Str reference, Str patient,
                      Reply *reply)
{
    UNUSED(role);
    UNUSED(reference);
    return record_history(r, cx, call, STR("Patient"), patient, reply);
}

Status record_bundle(Record *r, Ctx *cx, const Call *call, Body body, Reply *reply)
{
    return record_create(r, cx, call, STR_EMPTY, body, reply);
}

/* ---- auth --------------------------------------------------------------------------- */

static const Access *grant(Ctx *cx, bool may_write)
{
    return access_grant(cx->arena, &(AccessGrant){.account = STR("a"),
                                                  .role = STR("gp"),
                                                  .may_write = may_write,
                                                  .everything = true});
}

Status auth_bearer(Auth *auth, Ctx *cx, Str token, const Access **ret_access)
{
    UNUSED(auth);
    bool writer_token = str_eq(token, STR(STUB_TOKEN));
    if (!writer_token && !str_eq(token, STR(STUB_READER)))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "No such token.");
    *ret_access = grant(cx, writer_token);
    return STATUS_OK;
}

Status auth_session(Auth *auth, Ctx *cx, Str cookie, const Access **ret_access,
                    AuthSession *ret_session)
{
    UNUSED(auth);
    if (!str_eq(cookie, STR(STUB_COOKIE)))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "No such session.");
    *ret_access = grant(cx, true);
    *ret_session = (AuthSession){.user = STR("a")};
    return STATUS_OK;
}

Status auth_session_json(Ctx *cx, const AuthSession *session, Str more, Str *ret_json)
{
    UNUSED(cx);
    UNUSED(session);
    UNUSED(more);
    *ret_json = STR("{\"user\":\"a\"}");
    return STATUS_OK;
}

Status auth_sign_in(Auth *auth, Ctx *cx, const AuthAttempt *attempt, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    if (str_eq(attempt->user, STR("locked"))) {
        ret_welcome->retry_after_s = 30;
        return ctx_fail(cx, STATUS_LOCKED_OUT, STR_EMPTY, "Too many attempts.");
    }
    if (!str_eq(attempt->password, STR("right")))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Wrong name or password.");
    *ret_welcome = (AuthWelcome){.cookie = STR(STUB_COOKIE)};
    return STATUS_OK;
}

Status auth_sign_out(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(cookie);
    UNUSED(address);
    return STATUS_OK;
}

unsigned auth_idle_s(const Auth *auth)
{
    UNUSED(auth);
    return 900;
}

Status auth_ping(Auth *auth, Ctx *cx)
{
    UNUSED(auth);
    UNUSED(cx);
    return STATUS_OK;
}

const Access *auth_operator(Arena *arena)
{
    return access_grant(arena, &(AccessGrant){.account = STR("operator"), .everything = true});
}

/* ---- jobs: none --------------------------------------------------------------------- */

size_t jobs_kind_count(const Jobs *jobs)
{
    UNUSED(jobs);
    return 0;
}

JobsFigures jobs_figures(const Jobs *jobs, size_t kind)
{
    UNUSED(jobs);
    UNUSED(kind);
    return (JobsFigures){.kind = "none"};
}

StoreJobStats jobs_store_stats(Jobs *jobs)
{
    UNUSED(jobs);
    return (StoreJobStats){.waiting = 0};
}

/* ---- programs that people let in: none ---------------------------------------------- */

#define STUB_OAUTH(name)                                                                           \
    Status name(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)                 \
    {                                                                                              \
        UNUSED(oauth);                                                                             \
        UNUSED(cx);                                                                                \
        UNUSED(call);                                                                              \
        *answer = (OauthAnswer){.http = 204};                                                      \
        return STATUS_OK;                                                                          \
    }
STUB_OAUTH(oauth_smart_configuration)
STUB_OAUTH(oauth_openid_configuration)
STUB_OAUTH(oauth_keys)
STUB_OAUTH(oauth_authorize)
STUB_OAUTH(oauth_token)
STUB_OAUTH(oauth_introspect)
STUB_OAUTH(oauth_revoke)
STUB_OAUTH(oauth_userinfo)
STUB_OAUTH(oauth_register)
STUB_OAUTH(oauth_request)
STUB_OAUTH(oauth_decide)
STUB_OAUTH(oauth_apps)
STUB_OAUTH(oauth_apps_end)
STUB_OAUTH(oauth_launchers)
STUB_OAUTH(oauth_launch)

bool oauth_knows_origin(Oauth *oauth, Str origin)
{
    UNUSED(oauth);
    UNUSED(origin);
    return false;
}

/* ---- factors, links, locks: other tests have the real ones ------------------------------ */

Status auth_passkey_ask(Auth *auth, Ctx *cx, Str origin, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_welcome_json(Ctx *cx, const AuthWelcome *welcome, Str *ret_json)
{
    UNUSED(cx);
    UNUSED(welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_need_step_up(const Auth *auth, Ctx *cx, const AuthSession *session)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    return STATUS_UNSUPPORTED;
}

bool auth_is_locked(Auth *auth, Str cookie)
{
    UNUSED(auth);
    UNUSED(cookie);
    return false;
}

Status auth_step_up_ask(Auth *auth, Ctx *cx, Str cookie, Str origin, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(cookie);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_lock(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(cookie);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_own_sessions_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_own_session_end(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(id);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_factors_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_set(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                     AuthWelcome *ret_welcome, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(proof);
    UNUSED(ret_welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_totp_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str origin,
                          Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(origin);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_add(Auth *auth, Ctx *cx, const AuthSession *session,
                        const AuthRegistration *made, AuthWelcome *ret_welcome, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(made);
    UNUSED(ret_welcome);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_passkey_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(id);
    UNUSED(address);
    return STATUS_UNSUPPORTED;
}

Status auth_recovery_renew(Auth *auth, Ctx *cx, const AuthSession *session, Str address,
                           Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(session);
    UNUSED(address);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_reset_ask(Auth *auth, Ctx *cx, Str user, Str address, unsigned *ret_wait_s)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(user);
    UNUSED(address);
    UNUSED(ret_wait_s);
    return STATUS_UNSUPPORTED;
}

Status auth_link_json(Auth *auth, Ctx *cx, Str link, Str *ret_json)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(link);
    UNUSED(ret_json);
    return STATUS_UNSUPPORTED;
}

Status auth_link_use(Auth *auth, Ctx *cx, Str link, Str password, const AuthProof *proof,
                     AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(link);
    UNUSED(password);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_sign_in_factor(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_sign_in_passkey(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_unlock(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

Status auth_step_up(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    UNUSED(auth);
    UNUSED(cx);
    UNUSED(proof);
    UNUSED(ret_welcome);
    return STATUS_UNSUPPORTED;
}

/* ---- who sees what ------------------------------------------------------------------- */

bool auth_is_stepped_up(const Auth *auth, const AuthSession *session)
{
    UNUSED(auth);
    UNUSED(session);
    return false;
}

Status auth_account_list(Auth *auth, Ctx *cx, AuthAccount **ret_accounts, size_t *ret_count)
{
    UNUSED(auth);
    UNUSED(cx);
    *ret_accounts = NULL;
    *ret_count = 0;
    return STATUS_OK;
}

bool search_next_pair(Str *rest, Str *ret_name, Str *ret_value)
{
    UNUSED(rest);
    UNUSED(ret_name);
    UNUSED(ret_value);
    return false;
}

Status search_decode(Ctx *cx, Str text, Str *ret_text)
{
    UNUSED(cx);
    *ret_text = text;
    return STATUS_OK;
}

/* ---- live: nobody listens -------------------------------------------------------------- */

Status live_new(Ctx *cx, const LiveOptions *options, Live **ret_live)
{
    UNUSED(cx);
    UNUSED(options);
    *ret_live = NULL;
    return STATUS_OK;
}

void live_stop(Live *live)
{
    UNUSED(live);
}

void live_free(Live *live)
{
    UNUSED(live);
}

Status live_open(Live *live, Ctx *cx, const LiveAsked *asked, Reply *reply, LiveStream **ret_stream)
{
    UNUSED(live);
    UNUSED(asked);
    UNUSED(reply);
    UNUSED(ret_stream);
    return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY, "Nobody listens here.");
}

long live_read(LiveStream *stream, char *at, size_t max)
{
    UNUSED(stream);
    UNUSED(at);
    UNUSED(max);
    return -1;
}

void live_detach(LiveStream *stream)
{
    UNUSED(stream);
}

void live_close(LiveStream *stream)
{
    UNUSED(stream);
}

AuthWatch auth_watch(Str cookie, Str token)
{
    UNUSED(cookie);
    UNUSED(token);
    return (AuthWatch){.is_token = true};
}
