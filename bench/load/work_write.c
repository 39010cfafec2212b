/* load/work_write.c - create, update, delete of single resources, and the mix of all.
 *
 * A pool holds what this run has made. Nothing in it is ever referred to by another
 * resource, so that servers that guard references allow every delete; patients,
 * practitioners and organizations that are referred to are made beforehand and stay,
 * or with --about they are there already: somebody who may not make them writes.
 * A resource with a request under way is not chosen for an update or a delete.
 * SPEC R4 http.html#create #update #delete */
#include "load/bench.h"

#include "base/base.h"

enum { ANCHORS = 200, PREPARE_CONNECTIONS = 32, TRIES = 50 };

typedef struct {
    Str id;
    TemplateKind kind;
    unsigned under_way;
    bool going; /* a delete is under way */
} Made;

typedef enum { DO_CREATE, DO_READ, DO_UPDATE, DO_DELETE } Doing;

typedef struct {
    Work work;
    Bench *bench;
    unsigned percent[4]; /* by Doing */
    bool mixed;          /* any of the nine types, else `kind` */
    TemplateKind kind;
    Ids patients, practitioners, organizations;
    Made *pool;
    size_t count, room;
    size_t to_make; /* creates left, while preparing; 0 = no limit */
    bool limited;
} Writing;

/* A tag tells what was asked of which pool entry. */
static uint64_t tag_of(Doing doing, uint64_t what)
{
    return what << 2 | (uint64_t)doing;
}

static Str one_of(const Ids *ids, Rng *rng)
{
    return ids->count ? ids->at[rng_below(rng, ids->count)] : STR_EMPTY;
}

static void send_resource(Writing *writing, Conn *conn, TemplateKind kind, Str id)
{
    Rng *rng = &writing->bench->rng;
    Fill fill = {.rng = rng,
                 .id = id,
                 .patient = one_of(&writing->patients, rng),
                 .practitioner = one_of(&writing->practitioners, rng),
                 .organization = one_of(&writing->organizations, rng)};
    template_fill(kind, &fill, request_body(conn));
    request_send(conn, id.len ? "PUT" : "POST", template_type(kind), id);
}

/* An entry of the pool that nobody has in hand; NULL when luck fails. */
static Made *choose(Writing *writing, bool alone)
{
    for (unsigned i = 0; i < TRIES && writing->count; i++) {
        Made *made = &writing->pool[rng_below(&writing->bench->rng, writing->count)];
        if (made->id.len && !made->going && !(alone && made->under_way))
            return made;
    }
    return NULL;
}

static Doing choose_doing(const Writing *writing)
{
    uint64_t roll = rng_below(&writing->bench->rng, 100);
    for (unsigned doing = DO_CREATE; doing < DO_DELETE; doing++) {
        if (roll < writing->percent[doing])
            return (Doing)doing;
        roll -= writing->percent[doing];
    }
    return DO_DELETE;
}

static bool send_create(Writing *writing, Conn *conn)
{
    if (writing->limited && writing->to_make == 0)
        return false;
    writing->to_make -= writing->limited;
    TemplateKind kind = writing->mixed
                            ? (TemplateKind)rng_below(&writing->bench->rng, TEMPLATE_MIXED_COUNT)
                            : writing->kind;
    conn->tag = tag_of(DO_CREATE, kind);
    send_resource(writing, conn, kind, STR_EMPTY);
    return true;
}

static bool write_next(Work *work, Conn *conn)
{
    Writing *writing = (Writing *)work;
    Doing doing = choose_doing(writing);
    if (doing == DO_CREATE)
        return send_create(writing, conn);
    Made *made = choose(writing, doing != DO_READ);
    if (!made)
        return false;
    made->under_way++;
    made->going = doing == DO_DELETE;
    conn->tag = tag_of(doing, (uint64_t)(made - writing->pool));
    if (doing == DO_UPDATE)
        send_resource(writing, conn, made->kind, made->id);
    else
        request_send(conn, doing == DO_READ ? "GET" : "DELETE", template_type(made->kind),
                     made->id);
    return true;
}

static void pool_add(Writing *writing, TemplateKind kind, Str id)
{
    if (writing->count == writing->room)
        return; /* full: what comes after it is created, but not touched again */
    writing->pool[writing->count++] =
        (Made){.id = arena_str(writing->bench->arena, id), .kind = kind};
}

static const char *check_create(Writing *writing, const Conn *conn, const Answer *answer)
{
    Str type, id;
    if (answer->status != 201)
        return "a create was not answered with 201";
    if (!ids_split_location(answer->location, &type, &id))
        return "a create was answered without a Location that holds type and id";
    pool_add(writing, (TemplateKind)(conn->tag >> 2), id);
    return NULL;
}

static const char *write_check(Work *work, Conn *conn, const Answer *answer)
{
    Writing *writing = (Writing *)work;
    Doing doing = (Doing)(conn->tag & 3);
    work->meter.resources++;
    if (doing == DO_CREATE)
        return check_create(writing, conn, answer);
    Made *made = &writing->pool[conn->tag >> 2];
    made->under_way--;
    if (doing == DO_DELETE) {
        made->id = STR_EMPTY;
        return answer->status == 200 || answer->status == 204
                   ? NULL
                   : "a delete was not answered with 200 or 204";
    }
    if (answer->status != 200)
        return doing == DO_READ ? "a read was not answered with 200"
                                : "an update was not answered with 200";
    return NULL;
}

static void prepare(Writing *writing, size_t count)
{
    unsigned percent[4];
    memcpy(percent, writing->percent, sizeof percent);
    memcpy(writing->percent, (unsigned[4]){100, 0, 0, 0}, sizeof percent);
    writing->limited = true;
    writing->to_make = count;
    bench_prepare(writing->bench, &writing->work, PREPARE_CONNECTIONS);
    writing->limited = false;
    memcpy(writing->percent, percent, sizeof percent);
}

/* Makes what others refer to; it leaves the pool empty again. */
static void make_anchors(Writing *writing, TemplateKind kind, Ids *ids)
{
    bool mixed = writing->mixed;
    TemplateKind own_kind = writing->kind;
    writing->mixed = false;
    writing->kind = kind;
    prepare(writing, ANCHORS);
    ids_init(ids, writing->bench->arena);
    for (size_t i = 0; i < writing->count; i++)
        ids_add(ids, template_type(kind), writing->pool[i].id);
    writing->count = 0;
    writing->mixed = mixed;
    writing->kind = own_kind;
}

static TemplateKind kind_named(const char *type)
{
    for (unsigned kind = 0; kind < TEMPLATE_COUNT; kind++)
        if (str_eq(template_type((TemplateKind)kind), str_of(type)))
            return (TemplateKind)kind;
    load_fail("--type %s: there is no template for it", type);
}

/* Patients, and the practitioners who write about them. */
static void read_anchors(Writing *writing, const char *path)
{
    Ids all;
    ids_read_file(&all, writing->bench->arena, path);
    ids_init(&writing->patients, writing->bench->arena);
    ids_init(&writing->practitioners, writing->bench->arena);
    for (size_t i = 0; i < all.count; i++) {
        Str id = all.at[i], type = str_cut(&id, '/');
        bool patient = str_eq(type, template_type(TEMPLATE_PATIENT));
        ids_add(patient ? &writing->patients : &writing->practitioners, type, id);
    }
}

static void run(Bench *bench, const char *label, const unsigned percent[4], bool mixed, size_t pool)
{
    static Writing writing;
    writing = (Writing){.work = {write_next, write_check, {0}},
                        .bench = bench,
                        .mixed = mixed,
                        .kind = kind_named(bench->options.type)};
    writing.room = pool + 1000000;
    writing.pool = arena_array_of(bench->arena, Made, writing.room);
    if (bench->options.about) {
        read_anchors(&writing, bench->options.about);
    } else {
        make_anchors(&writing, TEMPLATE_ORGANIZATION, &writing.organizations);
        make_anchors(&writing, TEMPLATE_PRACTITIONER, &writing.practitioners);
        make_anchors(&writing, TEMPLATE_PATIENT, &writing.patients);
    }
    memcpy(writing.percent, percent, sizeof writing.percent);
    for (unsigned i = 0; i < bench->options.connection_counts; i++) {
        if (pool && (i == 0 || percent[DO_DELETE] == 100)) {
            writing.count = 0;
            prepare(&writing, pool);
        }
        bench_timed(bench, label, &writing.work, bench->options.connections[i]);
    }
}

void work_create(Bench *bench)
{
    run(bench, "create", (unsigned[4]){[DO_CREATE] = 100}, false, 0);
}

void work_update(Bench *bench)
{
    run(bench, "update", (unsigned[4]){[DO_UPDATE] = 100}, false, bench->options.pool);
}

void work_delete(Bench *bench)
{
    bench->options.warmup = 0; /* every resource can be deleted only once */
    run(bench, "delete", (unsigned[4]){[DO_DELETE] = 100}, false, bench->options.pool);
}

void work_mix(Bench *bench)
{
    run(bench, "mix",
        (unsigned[4]){[DO_CREATE] = 10, [DO_READ] = 60, [DO_UPDATE] = 25, [DO_DELETE] = 5}, true,
        bench->options.pool);
}
