/* Value sets and code systems that the store brings, sound and malformed.
 * SPEC R4 codesystem.html. SPEC R4 codesystem-concept-properties.html */
#include "testing.h"

#include "terms/terms.h"

#define GENDER      "http://hl7.org/fhir/administrative-gender"
#define SNOMED      "http://snomed.info/sct"
#define ADMIN       "http://hl7.org/fhir/ValueSet/administrative-gender"
#define SET(rest)   "{'resourceType':'ValueSet','status':'active'," rest "}"
#define OF(include) SET("'compose':{'include':[" include "]}")
#define CODES(rest) "{'resourceType':'CodeSystem','status':'active'," rest "}"

/* SPEC R4 valueset-codesystem-content-mode.html, and
 * SPEC R4 valueset-codesystem-hierarchy-meaning.html.
 * What is stored. Single quotes stand for double ones. */
static const struct {
    const char *type, *url, *json;
} resources[] = {
    /* Colours: a tree with a second parent on both sides, properties, a retired code. */
    {"CodeSystem", "urn:colours",
     CODES("'content':'complete','property':[{'code':'warmth','type':'integer'},"
           "{'code':'unused','type':'string'}],'concept':["
           "{'code':'warm','property':[{'code':'notSelectable','valueBoolean':true}],'concept':["
           "{'code':'red','display':'Red','property':[{'code':'warmth','valueInteger':5}]},"
           "{'code':'orange','property':[{'code':'warmth','valueInteger':4},"
           "{'code':'like','valueCoding':{'code':'red'}}]}]},"
           "{'code':'cold','property':[{'code':'child','valueCode':'violet'}],'concept':["
           "{'code':'blue'},{'code':'teal','property':[{'code':'status','valueCode':'retired'}]}]},"
           "{'code':'violet','property':[{'code':'subsumedBy','valueCode':'warm'},"
           "{'code':'parent','valueCode':'nothing'}]}]")},
    {"CodeSystem", "urn:insensitive",
     CODES("'content':'complete','caseSensitive':false,'concept':[{'code':'Aa'},{'code':'b'}]")},
    {"CodeSystem", "urn:parts",
     CODES("'content':'complete','hierarchyMeaning':'part-of','concept':[{'code':'hand',"
           "'concept':[{'code':'thumb'}]}]")},
    {"CodeSystem", "urn:long",
     CODES("'content':'complete','concept':[{'code':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}]")},
    {"CodeSystem", "urn:circle",
     CODES("'content':'complete','concept':[{'code':'a','property':[{'code':'parent',"
           "'valueCode':'c'}]},{'code':'b','property':[{'code':'parent','valueCode':'a'}]},"
           "{'code':'c','property':[{'code':'parent','valueCode':'b'}]},{'code':'d'}]")},
    {"CodeSystem", "urn:repeated",
     CODES("'content':'complete','concept':[{'code':'top','concept':[{'code':'left','concept':["
           "{'code':'leaf'}]},{'code':'right','concept':[{'code':'left','concept':[{'code':"
           "'other'}],'property':[{'code':'inactive','valueBoolean':true}]}]}]},"
           "{'code':'a','concept':[{'display':'no code','concept':[{'code':'under a'}]}]},"
           "{'code':'b','concept':[{'display':'no code','concept':[{'code':'under b'}]}]}]")},
    {"CodeSystem", "urn:fragment", CODES("'content':'fragment','concept':[{'code':'x'}]")},
    {"CodeSystem", "urn:malformed", CODES("'concept':[{'code':'x'}]")},
    {"CodeSystem", "urn:empty", CODES("'content':'complete'")},
    /* Replaces a built-in system; names another without bringing its codes. */
    {"CodeSystem", "http://hl7.org/fhir/observation-status",
     CODES("'content':'complete','concept':[{'code':'final'},{'code':'own'}]")},
    {"CodeSystem", GENDER, CODES("'content':'not-present'")},

    {"ValueSet", "urn:all", OF("{'system':'urn:colours'}")},
    {"ValueSet", "urn:list",
     OF("{'system':'urn:colours','concept':[{'code':'red','display':'Rouge'},{'code':'blue'}]}")},
    {"ValueSet", "urn:foreign", OF("{'system':'" SNOMED "','concept':[{'code':'73211009'}]}")},
    {"ValueSet", "urn:import", OF("{'valueSet':['urn:list']},{'valueSet':['urn:foreign']}")},
    {"ValueSet", "urn:both", OF("{'valueSet':['urn:all','urn:list']}")},
    {"ValueSet", "urn:within", OF("{'system':'urn:colours','valueSet':['urn:list']}")},
    {"ValueSet", "urn:except",
     SET("'compose':{'include':[{'system':'urn:colours'}],'exclude':[{'valueSet':['urn:list']},"
         "{'system':'urn:colours','filter':[{'property':'concept','op':'is-a','value':'cold'}]}]"
         "}")},
    {"ValueSet", "urn:active",
     SET("'compose':{'inactive':false,'include':[{'system':"
         "'urn:colours'}]}")},
    {"ValueSet", "urn:active-list",
     SET("'compose':{'inactive':false,'include':[{'system':'urn:colours','concept':"
         "[{'code':'teal'},{'code':'blue'}]}]}")},
    {"ValueSet", "urn:folded", OF("{'system':'urn:insensitive'}")},
    {"ValueSet", "urn:expanded",
     SET("'expansion':{'timestamp':'2020','total':2,'contains':[{'abstract':true,'display':'G',"
         "'contains':[{'system':'urn:a','code':'1'}]},{'system':'urn:b','code':'1'}]}")},
    {"ValueSet", "urn:page",
     SET("'expansion':{'total':9,'contains':[{'system':'urn:a','code':'1'}]}")},
    {"ValueSet", "urn:later-page",
     SET("'expansion':{'offset':1,'contains':[{'system':'urn:a','code':'1'}]}")},
    {"ValueSet", "urn:fallback",
     SET("'compose':{'include':[{'system':'" SNOMED "','filter':[{'property':'concept','op':"
         "'is-a','value':'1'}]}]},'expansion':{'contains':[{'system':'" SNOMED "','code':'2'}]}")},
    {"ValueSet", "urn:compose-first",
     SET("'compose':{'include':[{'system':'urn:colours','concept':[{'code':'red'}]}]},"
         "'expansion':{'contains':[{'system':'urn:colours','code':'blue'}]}")},
    {"ValueSet", "urn:unsure-out",
     SET("'compose':{'include':[{'system':'urn:colours'}],'exclude':[{'system':'urn:colours',"
         "'version':'9','filter':[{'property':'concept','op':'is-a','value':'red'}]}]}")},
    {"ValueSet", "urn:mixed",
     OF("{'system':'" SNOMED "'},{'system':'urn:colours','concept':[{'code':'red'}]}")},
    {"ValueSet", "urn:filtered",
     OF("{'system':'urn:colours','filter':[{'property':'concept','op':"
        "'is-a','value':'cold'}]}")},
    {"ValueSet", "urn:fragments", OF("{'system':'urn:fragment'}")},
    {"ValueSet", "urn:twice",
     OF("{'system':'urn:colours'},{'system':'urn:insensitive'},"
        "{'system':'urn:x','concept':[{'code':'red'},{'code':'one'}]}")},
    {"ValueSet", "urn:lost", OF("{'valueSet':['urn:nowhere']}")},
    {"ValueSet", "urn:self", OF("{'valueSet':['urn:self']}")},
    {"ValueSet", "urn:circle-1",
     OF("{'system':'urn:colours','concept':[{'code':'red'}]},"
        "{'valueSet':['urn:circle-2']}")},
    {"ValueSet", "urn:endless",
     OF("{'system':'urn:long','filter':[{'property':'code','op':'regex','value':'(?:a|aa)+[bc]'}]"
        "}")},
    {"ValueSet", "urn:circle-2", OF("{'valueSet':['urn:circle-1']}")},
    {"ValueSet", "urn:bad-system", OF("{'system':'urn:malformed'}")},
    {"ValueSet", "urn:nothing", OF("{'system':'urn:empty'}")},
    {"ValueSet", ADMIN, OF("{'system':'urn:colours'}")},
    {"ValueSet", "urn:gender", OF("{'system':'" GENDER "'}")},
    {"ValueSet", "urn:status", OF("{'system':'http://hl7.org/fhir/observation-status'}")},
};

static JsonValue *parse(Ctx *cx, const char *text)
{
    JsonValue *root = NULL;
    Str json = arena_str(cx->arena, str_of(text));
    for (size_t i = 0; i < json.len; i++)
        ((char *)json.at)[i] = json.at[i] == '\'' ? '"' : json.at[i];
    check_int(json_parse(cx, json, &root), STATUS_OK);
    return root;
}

static int lookups;

/* `to` may be a Ctx to parse with. */
static Status lookup(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    lookups++;
    FOR_CASES(resources, r)
    {
        if (!version.len && str_eq(type, str_of(r->type)) && str_eq(url, str_of(r->url)))
            *ret_resource = parse(to ? to : cx, r->json);
    }
    return STATUS_OK;
}

static Terms *fresh(Ctx *cx)
{
    static const TermsSource source = {lookup, NULL};
    Terms *terms = NULL;
    *cx = testing_ctx();
    check_int(terms_new(cx, &source, &terms), STATUS_OK);
    return terms;
}

static Str joined(Ctx *cx, const TermsCodes *codes)
{
    Buf buf;
    buf_init(&buf, cx->arena, 64, 1 << 20);
    for (size_t i = 0; i < codes->count; i++) {
        const TermsCode *item = &codes->items[i];
        buf_add_str(&buf, i ? STR(" ") : STR_EMPTY);
        buf_add_str(&buf, item->code);
        buf_add_str(&buf, item->abstract ? STR("(group)") : STR_EMPTY);
        buf_add_str(&buf, item->inactive ? STR("(inactive)") : STR_EMPTY);
    }
    return buf_str(&buf);
}

/* SPEC R4 valueset-operation-validate-code.html: a system is inferred where it is unambiguous */
static void tells_members(void **state)
{
    UNUSED(state);
    enum { BAD = STATUS_INVALID, UNSURE = STATUS_UNSUPPORTED };
    static const struct {
        const char *why, *set, *system, *code;
        int status;
        bool has;
    } cases[] = {
        {"a code of the system", "urn:all", "urn:colours", "teal", 0, true},
        {"no code of the system", "urn:all", "urn:colours", "green", 0, false},
        {"listed", "urn:list", "urn:colours", "red", 0, true},
        {"not listed", "urn:list", "urn:colours", "orange", 0, false},
        {"through an import", "urn:import", SNOMED, "73211009", 0, true},
        {"in one of two imports", "urn:both", "urn:colours", "orange", 0, false},
        {"in both imports", "urn:both", "urn:colours", "red", 0, true},
        {"in the system, not in the import", "urn:within", "urn:colours", "orange", 0, false},
        {"excluded by an import", "urn:except", "urn:colours", "red", 0, false},
        {"excluded by a filter", "urn:except", "urn:colours", "violet", 0, false},
        {"not excluded", "urn:except", "urn:colours", "orange", 0, true},
        {"retired where only active ones are in", "urn:active", "urn:colours", "teal", 0, false},
        {"active there", "urn:active", "urn:colours", "blue", 0, true},
        {"retired although listed", "urn:active-list", "urn:colours", "teal", 0, false},
        {"without case", "urn:folded", "urn:insensitive", "aA", 0, true},
        {"without case, longer", "urn:folded", "urn:insensitive", "aab", 0, false},
        {"in an expansion", "urn:expanded", "urn:a", "1", 0, true},
        {"not in an expansion", "urn:expanded", "urn:a", "2", 0, false},
        {"in a page of an expansion", "urn:page", "urn:a", "1", 0, true},
        {"not in that page", "urn:page", "urn:a", "2", UNSURE, false},
        {"not in a later page", "urn:later-page", "urn:a", "2", UNSURE, false},
        {"the expansion helps where compose cannot", "urn:fallback", SNOMED, "2", 0, true},
        {"and has not this one", "urn:fallback", SNOMED, "3", 0, false},
        {"and alone counts then", "urn:fallback", SNOMED, "1", 0, false},
        {"compose comes before an expansion", "urn:compose-first", "urn:colours", "blue", 0, false},
        {"excluded, perhaps", "urn:unsure-out", "urn:colours", "orange", UNSURE, false},
        {"excluded for sure", "urn:unsure-out", "urn:colours", "red", 0, false},
        {"not even included", "urn:unsure-out", "urn:colours", "green", 0, false},
        {"listed beside what is unsure", "urn:mixed", "urn:colours", "red", 0, true},
        {"not listed beside what is unsure", "urn:mixed", "urn:colours", "blue", 0, false},
        {"what is unsure", "urn:mixed", SNOMED, "1", UNSURE, false},
        {"the part of a system that is here", "urn:fragments", "urn:fragment", "x", 0, true},
        {"the part that is not", "urn:fragments", "urn:fragment", "y", UNSURE, false},
        {"one system has it", "urn:twice", "", "one", 0, true},
        {"two systems have it", "urn:twice", "", "red", BAD, false},
        {"none has it", "urn:twice", "", "green", 0, false},
        {"none that is known has it", "urn:lost", "", "x", UNSURE, false},
        {"an import that is not here", "urn:lost", "urn:x", "x", UNSURE, false},
        {"a set that includes itself", "urn:self", "urn:x", "x", BAD, false},
        {"likewise, no system", "urn:self", "", "x", BAD, false},
        {"decided before the circle", "urn:circle-1", "urn:colours", "red", 0, true},
        {"a circle of two", "urn:circle-1", "urn:colours", "blue", BAD, false},
        {"a malformed system", "urn:bad-system", "urn:malformed", "x", BAD, false},
        {"a system without codes", "urn:nothing", "urn:empty", "x", 0, false},
        {"the store's set comes first", ADMIN, "urn:colours", "red", 0, true},
        {"a version only the built-in one has", ADMIN "|4.0.1", GENDER, "male", 0, true},
        {"a system named by the store without codes", "urn:gender", GENDER, "male", 0, true},
        {"the store's system comes first", "urn:status", "http://hl7.org/fhir/observation-status",
         "own", 0, true},
        {"and replaces the built-in one", "urn:status", "http://hl7.org/fhir/observation-status",
         "amended", 0, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        bool has = false;
        check_int(
            terms_member_of(terms, &cx, str_of(c->set), str_of(c->system), str_of(c->code), &has),
            c->status);
        check_int(has, c->has);
        check_int(cx.issue_count, c->status ? 1 : 0);
        arena_free(cx.arena);
    }
}

static void lists_codes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *set, *codes; /* NULL: cannot be listed */
    } cases[] = {
        {"a system, with its groups", "urn:all",
         "warm(group) red orange cold blue teal(inactive) violet"},
        {"a list", "urn:list", "red blue"},
        {"imports", "urn:import", "red blue 73211009"},
        {"what two have", "urn:both", "red blue"},
        {"what a system and a set have", "urn:within", "red blue"},
        {"what is left", "urn:except", "warm(group) orange"},
        {"active ones", "urn:active", "warm(group) red orange cold blue violet"},
        {"active ones of a list", "urn:active-list", "blue"},
        {"an expansion", "urn:expanded", "1 1"},
        {"a page of an expansion", "urn:page", NULL},
        {"the expansion instead of compose", "urn:fallback", "2"},
        {"nothing", "urn:nothing", ""},
        {"a part that is unsure", "urn:mixed", NULL},
        {"an exclude that is unsure", "urn:unsure-out", NULL},
        {"a circle", "urn:circle-1", NULL},
        {"a regular expression without end", "urn:endless", NULL},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        const TermsSet *set = NULL;
        TermsCodes codes = {0};
        check_int(terms_set(terms, &cx, str_of(c->set), &set), STATUS_OK);
        check_int(terms_expand(terms, &cx, set, 100, &codes) == STATUS_OK, c->codes != NULL);
        check_str(joined(&cx, &codes), str_of(c->codes ? c->codes : ""));
        arena_free(cx.arena);
    }
}

/* Each filter over the colours. SPEC R4 valueset-filter-operator.html */
static void filters(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *property, *op, *value, *codes; /* NULL: cannot be listed */
    } cases[] = {
        {"is-a", "concept", "is-a", "warm", "warm(group) red orange violet"},
        {"a further parent, said by the parent", "code", "is-a", "cold",
         "cold blue teal(inactive) violet"},
        {"descendent-of", "concept", "descendent-of", "warm", "red orange violet"},
        {"is-not-a", "concept", "is-not-a", "warm", "cold blue teal(inactive)"},
        {"generalizes", "concept", "generalizes", "violet", "warm(group) cold violet"},
        {"a code", "code", "=", "red", "red"},
        {"codes", "concept", "in", "red, blue", "red blue"},
        {"other codes", "concept", "not-in", "red,blue,warm,cold", "orange teal(inactive) violet"},
        {"a number", "warmth", "=", "5", "red"},
        {"numbers", "warmth", "in", "4,5", "red orange"},
        {"another number or none", "warmth", "not-in", "5",
         "warm(group) orange cold blue teal(inactive) violet"},
        {"a coding", "like", "=", "red", "orange"},
        {"a display", "display", "=", "Red", "red"},
        {"has a property", "warmth", "exists", "true", "red orange"},
        {"has none", "warmth", "exists", "false", "warm(group) cold blue teal(inactive) violet"},
        {"a parent", "parent", "=", "cold", "blue teal(inactive) violet"},
        {"a child", "child", "=", "violet", "warm(group) cold"},
        {"is a leaf", "child", "exists", "false", "red orange blue teal(inactive) violet"},
        {"a declared property that none has", "unused", "exists", "true", ""},
        {"a property that nobody knows", "taste", "=", "sweet", NULL},
        {"a code that is none", "concept", "is-a", "green", NULL},
        {"is-a on a property", "warmth", "is-a", "5", NULL},
        {"a regular expression", "code", "regex", "r.*", "red"},
        {"is of the whole code", "code", "regex", "[a-z]{4}",
         "warm(group) cold blue teal(inactive)"},
        {"either of two", "concept", "regex", "red|blue", "red blue"},
        {"of a display", "display", "regex", "R.d", "red"},
        {"of a property", "warmth", "regex", "[45]", "red orange"},
        {"of a parent", "parent", "regex", "co.+", "blue teal(inactive) violet"},
        {"that is none", "code", "regex", "(", NULL},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        const TermsSet *set = NULL;
        TermsCodes codes = {0};
        Str json = arena_format(cx.arena,
                                OF("{'system':'urn:colours','filter':[{'property':'%s','op':'%s',"
                                   "'value':'%s'}]}"),
                                c->property, c->op, c->value);
        check_int(terms_set_of(terms, &cx, parse(&cx, json.at), &set), STATUS_OK);
        check_int(terms_expand(terms, &cx, set, 100, &codes),
                  c->codes ? STATUS_OK : STATUS_UNSUPPORTED);
        check_str(joined(&cx, &codes), str_of(c->codes ? c->codes : ""));
        arena_free(cx.arena);
    }
}

static void knows_hierarchies(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *system, *code, *below; /* NULL: not to be known */
    } cases[] = {
        {"two parents", "urn:colours", "warm", "warm(group) red orange violet"},
        {"a code that is nested twice", "urn:repeated", "right", "left(inactive) leaf right other"},
        {"above both", "urn:repeated", "top", "top left(inactive) leaf right other"},
        {"below a group without a code", "urn:repeated", "a", "a under a"},
        {"a circle ends", "urn:circle", "b", "a b c"},
        {"beside the circle", "urn:circle", "d", "d"},
        {"a part is no kind", "urn:parts", "hand", NULL},
        {"without case", "urn:insensitive", "AA", "Aa"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        TermsCodes codes = {0};
        check_int(terms_below(terms, &cx, str_of(c->system), str_of(c->code), 100, &codes),
                  c->below ? STATUS_OK : STATUS_UNSUPPORTED);
        check_str(joined(&cx, &codes), str_of(c->below ? c->below : ""));
        arena_free(cx.arena);
    }
}

/* SPEC R4 valueset.html#invs */
static void refuses_malformed_sets(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *json;
    } cases[] = {
        {"another resource", "{'resourceType':'Patient','compose':{}}"},
        {"no object", "[]"},
        {"no content", SET("'url':'urn:x'")},
        {"nothing included", OF("")},
        {"compose is no object", SET("'compose':7")},
        {"include is no array", SET("'compose':{'include':'x'}")},
        {"neither system nor set", OF("{}")},
        {"a part is no object", OF("1")},
        {"codes without a system", OF("{'valueSet':['urn:list'],'concept':[{'code':'a'}]}")},
        {"filters without a system", OF("{'valueSet':['urn:list'],'filter':[{'property':'a','op':"
                                        "'=','value':'b'}]}")},
        {"codes and filters", OF("{'system':'urn:colours','concept':[{'code':'a'}],'filter':"
                                 "[{'property':'a','op':'=','value':'b'}]}")},
        {"a concept without a code", OF("{'system':'urn:colours','concept':[{'display':'a'}]}")},
        {"a code that is an object", OF("{'system':'urn:colours','concept':[{'code':{}}]}")},
        {"a filter without a property", OF("{'system':'urn:colours','filter':[{'op':'=','value':"
                                           "'b'}]}")},
        {"a filter without a value", OF("{'system':'urn:colours','filter':[{'property':'a','op':"
                                        "'='}]}")},
        {"no operator of FHIR", OF("{'system':'urn:colours','filter':[{'property':'a','op':'like',"
                                   "'value':'b'}]}")},
        {"an import without a url", OF("{'valueSet':[{}]}")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        const TermsSet *set = NULL;
        int status = terms_set_of(terms, &cx, parse(&cx, c->json), &set);
        check_int(status, STATUS_INVALID);
        check(set == NULL);
        check_int(cx.issue_count, 1);
        arena_free(cx.arena);
    }
}

/* Sets that include the next one twice: 2^n questions without a limit. */
static Status doubling(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    UNUSED(version);
    uint64_t number = 0;
    if (!str_eq(type, STR("ValueSet")) || !str_to_u64(str_from(url, 4), &number))
        return STATUS_OK;
    int deepest = *(int *)to;
    Str json = arena_format(cx->arena,
                            (int)number < deepest ? OF("{'valueSet':['urn:%d']},{'valueSet':"
                                                       "['urn:%d'],'system':'urn:x'}")
                                                  : OF("{'system':'urn:x','concept':[{'code':"
                                                       "'%d'},{'code':'%d'}]}"),
                            (int)number + 1, (int)number + 1);
    *ret_resource = parse(cx, json.at);
    return STATUS_OK;
}

static void limits_depth_and_work(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int deepest, status;
    } cases[] = {
        {"as deep as allowed", TERMS_DEPTH_MAX - 1, STATUS_OK},
        {"one more", TERMS_DEPTH_MAX, STATUS_UNSUPPORTED},
        {"much more", 100000, STATUS_UNSUPPORTED},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        int deepest = c->deepest;
        TermsSource source = {doubling, &deepest};
        Terms *terms = NULL;
        bool has = true;
        check_int(terms_new(&cx, &source, &terms), STATUS_OK);
        check_int(terms_member_of(terms, &cx, STR("urn:0"), STR("urn:x"), STR("none"), &has),
                  c->status);
        arena_free(cx.arena);
    }
}

/* A flat system whose hierarchy is told backwards makes every pass find one concept. */
static Status backwards(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    UNUSED(url);
    UNUSED(version);
    int count = *(int *)to;
    Buf buf;
    if (!str_eq(type, STR("CodeSystem")))
        return STATUS_OK;
    buf_init(&buf, cx->arena, 1 << 16, 1 << 24);
    buf_add_lit(&buf, "{'resourceType':'CodeSystem','content':'complete','concept':[");
    for (int i = 0; i < count; i++)
        buf_format(&buf, "%s{'code':'%d','property':[{'code':'subsumedBy','valueCode':'%d'}]}",
                   i ? "," : "", i, i + 1);
    buf_add_lit(&buf, "]}");
    buf_add_char(&buf, 0);
    *ret_resource = parse(cx, buf.at);
    return STATUS_OK;
}

static void limits_passes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int count;
        Status status;
    } cases[] = {
        {"a thousand", 1000, STATUS_OK},
        {"twenty thousand", 20000, STATUS_UNSUPPORTED},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        int count = c->count;
        TermsSource source = {backwards, &count};
        Terms *terms = NULL;
        TermsCodes codes = {0};
        Str last = arena_format(cx.arena, "%d", count - 1);
        check_int(terms_new(&cx, &source, &terms), STATUS_OK);
        check_int(terms_below(terms, &cx, STR("urn:x"), last, 5000, &codes), c->status);
        check_int(codes.count, c->status ? 0 : count);
        arena_free(cx.arena);
    }
}

static Status broken(void *to, Ctx *cx, Str type, Str url, Str version, JsonValue **ret_resource)
{
    UNUSED(to);
    UNUSED(type);
    UNUSED(url);
    UNUSED(version);
    UNUSED(ret_resource);
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store cannot be read.");
}

static void passes_on_what_the_store_says(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    TermsSource source = {broken, NULL};
    Terms *terms = NULL;
    bool has = true;
    check_int(terms_new(&cx, &source, &terms), STATUS_OK);
    check_int(terms_member_of(terms, &cx, STR(ADMIN), STR(GENDER), STR("male"), &has),
              STATUS_UNAVAILABLE);
    arena_free(cx.arena);
}

/* Whatever the limit of the request's memory: an answer or STATUS_MEMORY. The store's resources
 * are parsed elsewhere. */
static void survives_every_memory_limit(void **state)
{
    UNUSED(state);
    static const char *const sets[] = {"urn:except", "urn:twice", "urn:expanded", "urn:folded",
                                       "urn:filtered"};
    Ctx others = testing_ctx();
    TermsSource source = {lookup, &others};
    size_t refused = 0, answered = 0;
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        for (size_t bytes = 4096; bytes < 65536; bytes += 512) {
            CASE(sets[i]);
            Ctx cx = {.arena = arena_new(bytes, false)};
            Terms *terms = NULL;
            const TermsSet *set = NULL;
            TermsCodes codes = {0};
            bool has;
            Status status = terms_new(&cx, &source, &terms);
            for (int again = 0; again < 2 && status == STATUS_OK; again++) {
                status = terms_set(terms, &cx, str_of(sets[i]), &set);
                if (status == STATUS_OK)
                    status = terms_has(terms, &cx, set, STR_EMPTY, STR("blue"), &has);
                if (status == STATUS_OK)
                    status = terms_expand(terms, &cx, set, 5000, &codes);
            }
            check(status == STATUS_OK || status == STATUS_MEMORY);
            refused += status == STATUS_MEMORY;
            answered += status == STATUS_OK;
            arena_free(cx.arena);
        }
    }
    check(refused > 10 && answered > 10);
    arena_free(others.arena);
}

/* Each resource is asked for once, found or not, also after a question that failed. */
static void remembers_what_it_looked_up(void **state)
{
    UNUSED(state);
    Ctx cx;
    Terms *terms = fresh(&cx);
    bool has;
    int first = 0;
    for (int i = 0; i < 3; i++) {
        lookups = 0;
        check_int(
            terms_member_of(terms, &cx, STR("urn:import"), STR("urn:colours"), STR("blue"), &has),
            STATUS_OK);
        check_int(terms_member_of(terms, &cx, STR("urn:lost"), STR("urn:x"), STR("x"), &has),
                  STATUS_UNSUPPORTED);
        check_int(terms_member_of(terms, &cx, STR("urn:self"), STR("urn:x"), STR("x"), &has),
                  STATUS_INVALID);
        first = i ? first : lookups;
        check_int(i ? lookups : 0, 0);
    }
    check_int(first, 5); /* import, list, lost, nowhere, self */
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_members),
        cmocka_unit_test(lists_codes),
        cmocka_unit_test(filters),
        cmocka_unit_test(knows_hierarchies),
        cmocka_unit_test(refuses_malformed_sets),
        cmocka_unit_test(limits_depth_and_work),
        cmocka_unit_test(limits_passes),
        cmocka_unit_test(passes_on_what_the_store_says),
        cmocka_unit_test(survives_every_memory_limit),
        cmocka_unit_test(remembers_what_it_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
