/* bench/fhir_bench.c - what one resource costs to parse, to validate, to write and to label.
 *
 *   fhir_bench BUNDLE.json...     CPU microseconds a resource, of the best of ten rounds */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "access/label.h"
#include "crypto/crypto.h"
#include "fhir/fhir.h"

enum { RESOURCES_MAX = 100000, ROUNDS = 10 };

typedef struct {
    Str *texts;
    size_t count, bytes;
} Load;

static double cpu_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void die(const char *what)
{
    fprintf(stderr, "fhir_bench: %s\n", what);
    exit(1);
}

static void load_bundle(Ctx *cx, const char *path, Load *load)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die("a file cannot be read");
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = arena_alloc_raw(cx->arena, size + JSON_PADDING);
    JsonValue *root, *entry;
    if (!text || fread(text, 1, size, file) != size ||
        json_parse_in_place(cx, text, size, &root) != STATUS_OK)
        die("a file is not JSON");
    fclose(file);
    for (JsonIter it = json_iter(json_get(root, STR("entry")));
         json_next(&it, NULL, &entry) && load->count < RESOURCES_MAX;) {
        Buf buf;
        buf_init(&buf, cx->arena, 2048, (size_t)16 << 20);
        json_write(&buf, json_get(entry, STR("resource")), false);
        load->texts[load->count++] = buf_str(&buf);
        load->bytes += buf.len;
    }
}

typedef struct {
    double parse, validate, write, view, label;
} Cost;

static uint64_t hash_text(const void *of, Str text)
{
    return crypto_hash64(of, text);
}

static Str bare(const void *of, Str reference)
{
    (void)of;
    return reference;
}

static void measure(const Load *load, const Labels *labels, Arena *arena, Cost *best)
{
    static const uint8_t key[16];
    Labeller labeller = {labels, key, hash_text, bare, NULL};
    Cost cost = {0};
    static const FhirView summary = {.kind = FHIR_VIEW_TRUE};
    for (size_t i = 0; i < load->count; i++) {
        arena_clear(arena);
        Ctx cx = {.arena = arena};
        JsonValue *root;
        FhirChecked checked;
        Buf out, part;
        char *text = arena_alloc_raw(arena, load->texts[i].len + JSON_PADDING);
        memcpy(text, load->texts[i].at, load->texts[i].len);
        buf_init(&out, arena, load->texts[i].len + 256, (size_t)16 << 20);
        buf_init(&part, arena, load->texts[i].len + 256, (size_t)16 << 20);
        double t0 = cpu_us();
        if (json_parse_in_place(&cx, text, load->texts[i].len, &root) != STATUS_OK)
            die("a resource does not parse");
        double t1 = cpu_us();
        if (fhir_validate(&cx, root, NULL, &checked) != STATUS_OK)
            die("a resource is not valid");
        double t2 = cpu_us();
        fhir_write(&out, root, checked.id, 1, 0);
        double t3 = cpu_us();
        if (fhir_view(&cx, &summary, buf_str(&out), &part) != STATUS_OK)
            die("a view fails");
        double t4 = cpu_us();
        Facts facts;
        LabelSource source = {.type = checked.type,
                              .id = checked.id,
                              .resource = root,
                              .writer = STR("Practitioner/1"),
                              .role = ROLE_GP};
        label_resource(&labeller, &source, &facts);
        double t5 = cpu_us();
        cost.label += t5 - t4;
        cost.parse += t1 - t0;
        cost.validate += t2 - t1;
        cost.write += t3 - t2;
        cost.view += t4 - t3;
    }
    if (best->parse == 0 || cost.validate < best->validate)
        *best = cost;
}

/* Reading the clock costs a fair part of what is measured. */
static double clock_cost(void)
{
    double from = cpu_us();
    for (int i = 0; i < 100000; i++)
        (void)cpu_us();
    return (cpu_us() - from) / 100000;
}

int main(int argc, char **argv)
{
    Ctx cx = {.arena = arena_new((size_t)2 << 30, false)};
    Arena *arena = arena_new((size_t)64 << 20, false);
    Load load = {.texts = arena_array_of(cx.arena, Str, RESOURCES_MAX)};
    Cost best = {0};
    Labels *labels;
    if (labels_new(&cx, STR_EMPTY, &labels) != STATUS_OK)
        die("the label rules are not sound");
    for (int i = 1; i < argc; i++)
        load_bundle(&cx, argv[i], &load);
    if (!load.count)
        die("no resources; name bundles");
    for (int round = 0; round < ROUNDS; round++)
        measure(&load, labels, arena, &best);
    double n = (double)load.count, tick = clock_cost();
    printf("%zu resources of %.0f bytes; CPU us each: parse %.2f, validate %.2f, write %.2f, "
           "summary %.2f, label %.2f\n",
           load.count, (double)load.bytes / n, best.parse / n - tick, best.validate / n - tick,
           best.write / n - tick, best.view / n - tick, best.label / n - tick);
    labels_free(labels);
    arena_free(arena);
    arena_free(cx.arena);
    return 0;
}
