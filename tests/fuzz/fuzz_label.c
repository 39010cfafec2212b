/* fuzz_label.c - any JSON as a resource to be labelled, and as rules to label with: facts that are
 * sound, labels that are JSON, a part that is a resource; or rules that are refused with a
 * sentence.
 *
 * SPEC R4 security-labels.html */
#include "access/label.h"
#include "access/reduced.h"
#include "fhir/fhir.h"

#include "fuzz.h"

static uint64_t hash_text(const void *of, Str text)
{
    uint64_t hash = 0xCBF29CE484222325u;
    UNUSED(of);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001B3u;
    return hash | 1;
}

static Str bare(const void *of, Str reference)
{
    UNUSED(of);
    return str_has_prefix(reference, STR("u:")) ? str_from(reference, 2) : reference;
}

static bool facts_of(const void *of, uint16_t type, Str id, Facts *ret_facts)
{
    UNUSED(of);
    *ret_facts = (Facts){.class = (uint8_t)(type % ACCESS_CLASSES), .confidentiality = CONF_R};
    return id.len % 2;
}

static const Labels *usual(void)
{
    static Labels *labels;
    if (!labels) {
        Ctx cx = fuzz_ctx();
        assert(labels_new(&cx, STR_EMPTY, &labels) == STATUS_OK);
    }
    return labels;
}

static void check_part(Ctx *cx, uint16_t type, Str body)
{
    Reduced lack = {.classes = 1, .facets = UINT32_MAX};
    JsonValue *part;
    Buf out;
    buf_init(&out, cx->arena, body.len + 256, body.len * 8 + 4096);
    assert(reduced_write(cx, type, lack, body, &out) == STATUS_OK);
    assert(json_parse(cx, buf_str(&out), &part) == STATUS_OK);
    assert(reduced_is_part(part) && !json_get(part, STR("contained")));
    assert(fhir_type_find(json_get_str(part, STR("resourceType"))) == type);
}

static void check_label(Ctx *cx, const Labels *labels, JsonValue *resource, uint16_t type, Str body)
{
    unsigned char packed[FACTS_BYTES_MAX];
    Labeller labeller = {labels, NULL, hash_text, bare, facts_of, NULL};
    LabelSource source = {.type = type,
                          .id = json_get_str(resource, STR("id")),
                          .resource = resource,
                          .writer = STR("Practitioner/1")};
    Facts facts, again;
    JsonValue *array;
    Str security;
    label_resource(&labeller, &source, &facts);
    assert(facts_unpack(str_n((char *)packed, facts_pack(&facts, packed)), &again));
    assert(facts.class < ACCESS_CLASSES);
    source.before = &facts;
    label_resource(&labeller, &source, &again); /* by the same writer: the same */
    assert(again.class == facts.class && again.sensitivity == facts.sensitivity);
    assert(label_security(cx, json_get(resource, STR("meta")), &facts, &security) == STATUS_OK);
    if (security.len)
        assert(json_parse(cx, security, &array) == STATUS_OK);
    check_part(cx, type, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const Labels *labels = usual();
    Ctx cx = fuzz_ctx();
    JsonValue *root;
    Str text = fuzz_str(data, size);
    Labels *own;
    if (json_parse(&cx, text, &root) != STATUS_OK)
        return 0;
    uint16_t type = fhir_type_find(json_get_str(root, STR("resourceType")));
    if (type) {
        check_label(&cx, labels, root, type, text);
        return 0;
    }
    ctx_forget(&cx);
    if (labels_new(&cx, text, &own) == STATUS_OK)
        labels_free(own);
    else
        assert(cx.issue_count > 0);
    return 0;
}
