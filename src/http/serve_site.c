/* http/serve_site.c - the browser app, /healthz and /metrics: what needs no chart. */
#include "http/gzip.h"
#include "http/negotiate.h"
#include "http/request.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "http/site.h"
#include "http/target.h"

/* Mantine sets positions of pop-ups through the CSSOM, which 'self' allows; nothing inline. */
#define APP_POLICY                                                                                 \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "        \
    "connect-src 'self'; font-src 'self'; frame-src blob:; base-uri 'none'; form-action 'self'; "  \
    "frame-ancestors 'none'"

static const char not_built[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Aceso</title>"
    "<h1>Aceso is running, without its screens</h1>"
    "<p>This program was built before the browser app. Build the app (npm ci and npm run build "
    "in the folder web), then the program again; <code>make</code> does both.</p>"
    "<p>The FHIR interface is at <a href=\"/fhir/metadata\">/fhir/metadata</a>.</p></html>";

enum { FILE_BYTES_MAX = 64 << 20, JOBS_LATE_S = 900 };

static const SiteFile *site_find(Str path)
{
    size_t low = 0, high = site_file_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(path, str_of(site_files[middle].path));
        if (order == 0)
            return &site_files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* "/p/123" is a screen of the app; "/assets/gone.js" and "/favicon.png" are files. */
static bool is_screen(Str path)
{
    size_t dot = str_index(path, '.');
    return dot == SIZE_MAX && !str_has_prefix(path, STR("/assets/"));
}

static Status answer_file(Request *rq, const SiteFile *file)
{
    Str asked = rq->given[HEADER_IF_NONE_MATCH];
    rq->public_answer = true;
    rq->content_type = file->content_type;
    request_header(rq, "ETag", file->etag);
    request_header(rq, "Cache-Control",
                   file->hashed ? "public, max-age=31536000, immutable" : "no-cache");
    request_header(rq, "Content-Security-Policy", APP_POLICY);
    request_header(rq, "Cross-Origin-Opener-Policy", "same-origin");
    rq->reply.http = 200;
    if (asked.len && str_eq(asked, str_of(file->etag))) {
        rq->reply.http = 304;
    } else if (file->gzip_len && negotiate_accepts_gzip(rq->given[HEADER_ACCEPT_ENCODING])) {
        rq->reply.body = str_n(file->gzip_at, file->gzip_len);
        rq->gzipped = true;
    } else if (file->plain_at) {
        rq->reply.body = str_n(file->plain_at, file->plain_len);
    } else {
        rq->reply.body =
            gzip_expand(rq->cx.arena, str_n(file->gzip_at, file->gzip_len), FILE_BYTES_MAX);
        if (!rq->reply.body.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

static Status answer_not_built(Request *rq)
{
    rq->public_answer = true;
    rq->content_type = "text/html; charset=utf-8";
    request_header(rq, "Cache-Control", "no-store");
    request_header(rq, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    rq->reply.http = 200;
    rq->reply.body = str_n(not_built, sizeof(not_built) - 1);
    return STATUS_OK;
}

Status serve_app(Request *rq)
{
    const SiteFile *file = site_find(STR("/index.html"));
    if (!file)
        return answer_not_built(rq);
    rq->given[HEADER_IF_NONE_MATCH] = STR_EMPTY; /* of another address */
    return answer_file(rq, file);
}

Status serve_site(Request *rq)
{
    Str path;
    if (!target_decode(rq->home, rq->path, false, &path))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "The path has a bad percent-encoding, a NUL, or is not UTF-8.");
    const SiteFile *file = site_find(path);
    if (!file && is_screen(path))
        file = site_find(STR("/index.html"));
    if (file)
        return answer_file(rq, file);
    if (site_file_count == 0 && is_screen(path))
        return answer_not_built(rq);
    return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
}

/* Jobs that are late or dead want people, not another node: they change no status. Nor does
 * Redis: without it the server is slower, and as ready as with it. */
static Str health_body(Request *rq)
{
    static const Str redis[] = {[CACHE_NONE] = STR_INIT(""),
                                [CACHE_DOWN] = STR_INIT(",\"redis\":\"down\""),
                                [CACHE_UP] = STR_INIT(",\"redis\":\"up\"")};
    Jobs *jobs = rq->http->options.jobs;
    StoreJobStats stats = jobs ? jobs_store_stats(jobs) : (StoreJobStats){0};
    bool late = stats.oldest && time_now() - stats.oldest > JOBS_LATE_S * TIME_SECOND;
    const char *work = !jobs        ? ""
                       : stats.dead ? ",\"jobs\":\"dead\""
                       : late       ? ",\"jobs\":\"late\""
                                    : ",\"jobs\":\"ok\"";
    return arena_format(rq->cx.arena, "{\"status\":\"ok\"%s" STR_FMT "}", work,
                        STR_ARG(redis[cache_state(rq->http->options.cache)]));
}

/* 200 only when the store answers; the deadline of the request bounds the question. A server
 * that is about to end still serves, and asks load balancers here to go elsewhere. */
Status serve_health(Request *rq)
{
    if (atomic_load(&rq->http->stopping))
        return ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY, "The server is about to end.");
    Status status = auth_ping(rq->http->auth, &rq->cx);
    if (status != STATUS_OK)
        return ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store does not answer.");
    rq->content_type = "application/json; charset=utf-8";
    rq->reply.http = 200;
    rq->reply.body = health_body(rq);
    if (!rq->reply.body.at)
        return STATUS_MEMORY;
    return STATUS_OK;
}

Status serve_metrics(Request *rq)
{
    MetricsRow names[METRICS_ROWS_MAX];
    StoreStats stats = {0};
    Buf out;
    for (size_t i = 0; i < route_count; i++)
        names[i] = (MetricsRow){str_of(routes[i].method), str_of(routes[i].pattern)};
    names[route_count] = (MetricsRow){STR("other"), STR("none")};
    buf_init(&out, rq->cx.arena, 16384, 1 << 20);
    metrics_write(&rq->http->metrics, names, route_count + 1, &out);
    buf_format(&out,
               "# HELP aceso_requests_in_flight Requests not yet answered.\n"
               "# TYPE aceso_requests_in_flight gauge\naceso_requests_in_flight %u\n",
               atomic_load(&rq->http->in_flight));
    buf_format(&out,
               "# HELP aceso_unaudited_refusals_total Strangers refused without an audit entry, "
               "because there were too many.\n# TYPE aceso_unaudited_refusals_total counter\n"
               "aceso_unaudited_refusals_total %llu\n",
               (unsigned long long)atomic_load(&rq->http->refusals.left_out));
    metrics_write_cache(rq->http->options.cache, &out);
    metrics_write_limits(rq->http->options.account_limits, rq->http->options.address_limits, &out);
    store_stats(rq->http->store, &stats);
    metrics_write_store(&stats, &out);
    if (rq->http->options.jobs)
        metrics_write_jobs(rq->http->options.jobs, &out);
    TRY(buf_done(&out));
    rq->content_type = "text/plain; version=0.0.4; charset=utf-8";
    rq->reply.http = 200;
    rq->reply.body = buf_str(&out);
    return STATUS_OK;
}
