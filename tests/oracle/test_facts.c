/* The oracle itself, held to facts that the specification states or that follow from its words
 * for a few resources made by hand. */
#include "oracle.h"
#include "testing.h"

static const char *definitions = "build/definitions";

/* ---- a small world ---- */

static const char *const world[] = {
    /* names: search.html#string */
    "{'resourceType':'Patient','id':'eve','name':[{'family':'Dupont','given':['Eve']}],"
    "'gender':'female','birthDate':'2013-01-14','active':true,"
    "'managingOrganization':{'reference':'Organization/hospital'},"
    "'generalPractitioner':[{'reference':'Practitioner/joe'},{'reference':'Practitioner/jane'}],"
    "'identifier':[{'system':'http://acme.org/patient','value':'2345','type':{'coding':[{"
    "'system':'http://terminology.hl7.org/CodeSystem/v2-0203','code':'MR'}],"
    "'text':'Medical record'}}],"
    "'telecom':[{'system':'phone','value':'5551234'},{'system':'email','value':'eve@acme.org'}],"
    "'meta':{'lastUpdated':'2020-05-06T07:08:09.123Z','source':'http://acme.org/lab/1',"
    "'tag':[{'system':'http://acme.org/codes','code':'needs-review'}]}}",
    "{'resourceType':'Patient','id':'evelyn','name':[{'family':'Carre\u00f1o Qui\u00f1ones',"
    "'given':['Evelyn']}],'gender':'male','birthDate':'2013-01',"
    "'identifier':[{'value':'2345'}],'active':false,"
    "'generalPractitioner':[{'reference':'#gp'}],'contained':[{'resourceType':'Practitioner',"
    "'id':'gp','name':[{'family':'Inside'}]}],"
    "'meta':{'lastUpdated':'2021-05-06T07:08:09.123Z','source':'http://acme.org/lab'}}",
    "{'resourceType':'Patient','id':'severine','name':[{'given':['S\u00e9verine']}],"
    "'_birthDate':{'extension':[{'url':'http://acme.org/x','valueString':'unknown'}]},"
    "'deceasedDateTime':'2020-01-01','meta':{'lastUpdated':'2022-05-06T07:08:09.123Z'}}",
    "{'resourceType':'Practitioner','id':'joe','name':[{'family':'Joe'}],"
    "'address':[{'state':'CA','city':'LA'}]}",
    "{'resourceType':'Practitioner','id':'jane','name':[{'family':'Jane'}],"
    "'address':[{'state':'MN'}]}",
    "{'resourceType':'Organization','id':'hospital','name':'Hospital',"
    "'partOf':{'reference':'Organization/group'}}",
    "{'resourceType':'Organization','id':'group','name':'Group'}",
    /* dates: search.html#date */
    "{'resourceType':'Procedure','id':'at10','status':'completed','subject':{'reference':"
    "'Patient/eve'},'performedDateTime':'2013-01-14T10:00:00Z','location':{'reference':"
    "'Location/room'}}",
    "{'resourceType':'Procedure','id':'midnight','status':'completed','subject':{'reference':"
    "'Patient/eve'},'performedDateTime':'2013-01-15T00:00:00Z','location':{'reference':"
    "'Location/house'}}",
    "{'resourceType':'Procedure','id':'day','status':'completed','subject':{'reference':"
    "'Patient/eve'},'performedDateTime':'2013-01-14'}",
    "{'resourceType':'Procedure','id':'onwards','status':'completed','subject':{'reference':"
    "'http://test/fhir/Patient/evelyn'},'performedPeriod':{'start':'2013-01-21'}}",
    "{'resourceType':'Procedure','id':'from15','status':'completed','subject':{'reference':"
    "'Patient/evelyn/_history/3'},'performedPeriod':{'start':'2013-03-15'}}",
    "{'resourceType':'Procedure','id':'until','status':'completed','subject':{'reference':"
    "'http://other.org/fhir/Patient/evelyn'},'performedPeriod':{'end':'2013-01-21'}}",
    "{'resourceType':'Procedure','id':'undated','status':'completed','subject':{'identifier':{"
    "'system':'http://acme.org/patient','value':'2345'}}}",
    "{'resourceType':'ServiceRequest','id':'timing','status':'active','intent':'order','subject':{"
    "'reference':'Patient/eve'},'occurrenceTiming':{'event':['2013-01-31','2013-03-24']},"
    "'instantiatesCanonical':['http://acme.com/some-profile|1.1']}",
    "{'resourceType':'ServiceRequest','id':'plain','status':'active','intent':'order','subject':{"
    "'reference':'Patient/eve'},'instantiatesCanonical':['http://acme.com/some-profile|2.0']}",
    "{'resourceType':'Location','id':'room','name':'Room','partOf':{'reference':'Location/house'},"
    "'position':{'latitude':50.85,'longitude':4.35}}",
    "{'resourceType':'Location','id':'house','name':'House',"
    "'position':{'latitude':50.63,'longitude':5.57}}",
    /* numbers: search.html#number */
    "{'resourceType':'RiskAssessment','id':'n99','status':'final','subject':{'reference':"
    "'Patient/eve'},'prediction':[{'probabilityDecimal':99.5}]}",
    "{'resourceType':'RiskAssessment','id':'n100','status':'final','subject':{'reference':"
    "'Patient/eve'},'prediction':[{'probabilityDecimal':100}]}",
    "{'resourceType':'RiskAssessment','id':'n1005','status':'final','subject':{'reference':"
    "'Patient/eve'},'prediction':[{'probabilityDecimal':100.5}]}",
    "{'resourceType':'RiskAssessment','id':'nrange','status':'final','subject':{'reference':"
    "'Patient/eve'},'prediction':[{'probabilityRange':{'low':{'value':90},'high':{'value':101}}}]}",
    /* quantities: search.html#quantity */
    "{'resourceType':'Observation','id':'mg','status':'final','code':{'text':'Potassium','coding':["
    "{"
    "'system':'http://loinc.org','code':'2823-3','display':'K level'}]},"
    "'subject':{'reference':'Patient/eve'},'valueQuantity':{'value':5.40,'unit':'mg/dL',"
    "'system':'http://unitsofmeasure.org','code':'mg/dL'}}",
    "{'resourceType':'Observation','id':'g','status':'final','code':{'coding':[{"
    "'system':'http://loinc.org','code':'2823-3'}]},'subject':{'reference':'Patient/evelyn'},"
    "'valueQuantity':{'value':0.054,'unit':'g/L','system':'http://unitsofmeasure.org',"
    "'code':'g/L'}}",
    "{'resourceType':'Observation','id':'unit','status':'amended','code':{'coding':[{"
    "'system':'http://loinc.org','code':'8480-6'}]},'valueQuantity':{'value':5.4,'unit':'mg/dL'},"
    "'performer':[{'reference':'Organization/hospital'}]}",
    "{'resourceType':'Observation','id':'below','status':'final','code':{'coding':[{"
    "'system':'http://loinc.org','code':'8480-6'}]},'valueQuantity':{'value':5,'comparator':'<',"
    "'unit':'mg/dL','system':'http://unitsofmeasure.org','code':'mg/dL'}}",
    "{'resourceType':'Observation','id':'pressure','status':'final','code':{'text':'Pressure'},"
    "'component':[{'code':{'coding':[{'system':'http://loinc.org','code':'8480-6'}]},"
    "'valueQuantity':{'value':50,'unit':'mmHg'}},{'code':{'coding':[{'system':'http://loinc.org',"
    "'code':'8462-4'}]},'valueQuantity':{'value':70,'unit':'mmHg'}}]}",
    "{'resourceType':'Group','id':'mixed','type':'person','actual':true,'characteristic':[{"
    "'code':{'coding':[{'code':'gender'}]},'valueCodeableConcept':{'coding':[{'code':'mixed'}]},"
    "'exclude':false},{'code':{'coding':[{'code':'owner'}]},'valueCodeableConcept':{'coding':[{"
    "'code':'Eve'}]},'exclude':false}],'member':[{'entity':{'reference':'Patient/eve'}}]}",
    "{'resourceType':'List','id':'some','status':'current','mode':'working','entry':[{'item':{"
    "'reference':'Patient/eve'}},{'item':{'reference':'Observation/g'}}]}",
    "{'resourceType':'DocumentReference','id':'xml','status':'current','content':[{'attachment':{"
    "'contentType':'text/xml; charset=UTF-8'}}]}",
    "{'resourceType':'ValueSet','id':'one','url':'http://acme.org/fhir/ValueSet/123',"
    "'status':'active','compose':{'include':[{'system':'http://acme.org/tree','filter':[{"
    "'property':'concept','op':'is-a','value':'heart'}]}]}}",
    "{'resourceType':'ValueSet','id':'two','url':'urn:oid:1.2.3.4.5','status':'active'}",
    "{'resourceType':'CodeSystem','id':'tree','url':'http://acme.org/tree','status':'active',"
    "'content':'complete','concept':[{'code':'heart','concept':[{'code':'valve'}]},"
    "{'code':'lung'}]}",
    "{'resourceType':'Condition','id':'valve','code':{'coding':[{'system':'http://acme.org/tree',"
    "'code':'valve'}]},'subject':{'reference':'Patient/eve'}}",
    "{'resourceType':'Condition','id':'lung','code':{'text':'Headache','coding':[{"
    "'system':'http://acme.org/tree','code':'lung'}]},'subject':{'reference':'Patient/evelyn'}}",
    "{'resourceType':'Condition','id':'comma','code':{'coding':[{'system':'http://acme.org/a',"
    "'code':'a,b'}]},'subject':{'reference':'Patient/evelyn'}}",
};

typedef struct {
    const char *why, *type, *query, *ids;
} Case;

static Oracle *oracle;
static Arena *arena;

static int build(void **state)
{
    UNUSED(state);
    oracle = oracle_new(definitions, STR("http://test/fhir"));
    arena = arena_new(64 << 20, false);
    for (size_t i = 0; i < COUNT_OF(world); i++) {
        Str text = arena_str(arena, str_of(world[i]));
        for (size_t k = 0; k < text.len; k++) {
            if (text.at[k] == '\'')
                ((char *)text.at)[k] = '"';
        }
        oracle_put(oracle, text);
    }
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    oracle_free(oracle);
    arena_free(arena);
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return str_cmp((*(OracleDoc *const *)a)->id, (*(OracleDoc *const *)b)->id);
}

static Str ids_of(OracleAnswer answer, bool ordered)
{
    Buf buf;
    buf_init(&buf, arena, 64, 4096);
    if (!ordered)
        qsort(answer.docs, answer.count, sizeof(OracleDoc *), compare_ids);
    for (size_t i = 0; i < answer.count; i++)
        buf_format(&buf, "%s" STR_FMT, i ? " " : "", STR_ARG(answer.docs[i]->id));
    return buf_str(&buf);
}

static void check_cases(const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Case *c = &cases[i];
        CASE(arena_format(arena, "%s (%s?%s)", c->why, c->type, c->query).at);
        OracleAnswer answer =
            oracle_matches(oracle, arena, str_of(c->type), STR_EMPTY, str_of(c->query));
        check_str(ids_of(answer, strstr(c->query, "_sort=") != NULL), str_of(c->ids));
    }
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const Case cases[] = {__VA_ARGS__};                                                 \
        check_cases(cases, COUNT_OF(cases));                                                       \
    } while (0)

/* SPEC R4 search.html#string */
static void strings(void **state)
{
    UNUSED(state);
    CHECK({"at the start of the name", "Patient", "given=eve", "eve evelyn"},
          {"at any position, accents do not count", "Patient", "given:contains=eve",
           "eve evelyn severine"},
          {"exactly", "Patient", "given:exact=Eve", "eve"},
          {"exactly: case counts", "Patient", "given:exact=eve", ""},
          {"every part of a name", "Patient", "name=dup", "eve"},
          {"combining marks in the search", "Patient", "family=CARRE%C3%91O", "evelyn"},
          {"either", "Patient", "family=carreno,dupont", "eve evelyn"},
          {"both", "Patient", "name=eve&name=dup", "eve"});
}

/* SPEC R4 search.html#date, #prefix */
static void dates(void **state)
{
    UNUSED(state);
    CHECK(
        {"eq: the day contains its moments", "Procedure", "date=eq2013-01-14", "at10 day"},
        {"no prefix is eq", "Procedure", "date=2013-01-14", "at10 day"},
        {"ne: midnight is the next day", "Procedure", "date=ne2013-01-14",
         "from15 midnight onwards until"},
        {"lt: a day includes what is before ten", "Procedure", "date=lt2013-01-14T10:00",
         "day until"},
        {"gt: a day includes what is after ten", "Procedure", "date=gt2013-01-14T10:00",
         "day from15 midnight onwards until"},
        {"ge: onwards may include later times", "Procedure", "date=ge2013-03-14", "from15 onwards"},
        {"le: onwards may include earlier times", "Procedure", "date=le2013-03-14",
         "at10 day midnight onwards until"},
        {"sa: only what starts after", "Procedure", "date=sa2013-03-14", "from15"},
        {"eb: only what ends before", "Procedure", "date=eb2013-03-14", "at10 day midnight until"},
        {"eq: a month is not in a day", "Patient", "birthdate=2013-01-14", "eve"},
        {"eq: both are in the month", "Patient", "birthdate=2013-01", "eve evelyn"},
        {"a zone counts", "Procedure", "date=2013-01-14T12:00%2B02:00", "at10"},
        {"of a Timing only the outer limits matter", "ServiceRequest", "occurrence=ge2013-02-01",
         "timing"},
        {"of a Timing only the outer limits matter", "ServiceRequest", "occurrence=sa2013-02-01",
         ""},
        {"a range of dates", "Procedure", "date=ge2013-01-14&date=lt2013-01-15", "at10 day until"},
        {"when it was written", "Patient", "_lastUpdated=2020-05-06", "eve"});
}

/* SPEC R4 search.html#number */
static void numbers(void **state)
{
    UNUSED(state);
    CHECK({"100 is [99.5, 100.5)", "RiskAssessment", "probability=100", "n100 n99"},
          {"100.00 is [99.995, 100.005)", "RiskAssessment", "probability=100.00", "n100"},
          {"1.00e2 is 100 with three digits", "RiskAssessment", "probability=1.00e2", "n100 n99"},
          {"less than exactly 100", "RiskAssessment", "probability=lt100", "n99 nrange"},
          {"less or equal", "RiskAssessment", "probability=le100", "n100 n99 nrange"},
          {"greater than exactly 100", "RiskAssessment", "probability=gt100", "n1005 nrange"},
          {"greater or equal", "RiskAssessment", "probability=ge100", "n100 n1005 nrange"},
          {"not within 99.5 to 100.5", "RiskAssessment", "probability=ne100", "n1005 nrange"},
          {"all of a range lies above", "RiskAssessment", "probability=sa89",
           "n100 n1005 n99 nrange"},
          {"all of a range lies below", "RiskAssessment", "probability=eb101", "n100 n1005 n99"},
          {"a tenth more or less", "RiskAssessment", "probability=ap111", "n100 n1005 nrange"});
}

/* SPEC R4 search.html#quantity, #composite */
static void quantities(void **state)
{
    UNUSED(state);
    CHECK({"any unit", "Observation", "value-quantity=5.4", "mg unit"},
          {"a UCUM unit, also written in another", "Observation",
           "value-quantity=5.4%7Chttp://unitsofmeasure.org%7Cmg/dL", "g mg"},
          {"exponent and precision", "Observation",
           "value-quantity=5.40e-2%7Chttp://unitsofmeasure.org%7Cg/L", "g mg"},
          {"code or unit as written", "Observation", "value-quantity=5.4%7C%7Cmg/dL", "mg unit"},
          {"less than exactly: what is below 5 is, too", "Observation",
           "value-quantity=lt5.4%7Chttp://unitsofmeasure.org%7Cmg/dL", "below"},
          {"le", "Observation", "value-quantity=le5.4%7Chttp://unitsofmeasure.org%7Cmg/dL",
           "below g mg"},
          {"nothing is 'below 5' for sure", "Observation", "value-quantity=gt4.9", "below mg unit"},
          {"code and value of one observation", "Observation",
           "code-value-quantity=http://loinc.org%7C2823-3$gt0.05", "g mg"},
          {"code and value of one component", "Observation",
           "component-code-value-quantity=http://loinc.org%7C8480-6$lt60", "pressure"},
          {"not of two components", "Observation",
           "component-code-value-quantity=http://loinc.org%7C8462-4$lt60", ""},
          {"characteristic and value", "Group", "characteristic-value=gender$mixed", "mixed"},
          {"one of several pairs", "Group", "characteristic-value=gender$Eve,owner$Eve", "mixed"},
          {"not across pairs", "Group", "characteristic-value=gender$Eve", ""});
}

/* SPEC R4 search.html#token, #missing, #escaping */
static void tokens(void **state)
{
    UNUSED(state);
    CHECK({"system and value", "Patient", "identifier=http://acme.org/patient%7C2345", "eve"},
          {"whatever the system", "Patient", "identifier=2345", "eve evelyn"},
          {"without a system", "Patient", "identifier=%7C2345", "evelyn"},
          {"anything of the system", "Patient", "identifier=http://acme.org/patient%7C", "eve"},
          {"a code", "Patient", "gender=male", "evelyn"},
          {"case counts", "Patient", "gender=MALE", ""},
          {"not, and those without", "Patient", "gender:not=male", "eve severine"},
          {"the negation is of the set", "Patient", "gender:not=male,female", "severine"},
          {"a boolean", "Patient", "active=true", "eve"},
          {"an expression that is no path", "Patient", "deceased=true", "severine"},
          {"by type of the identifier", "Patient",
           "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203%7CMR%7C2345", "eve"},
          {"what stands beside a code", "Condition", "code:text=head", "lung"},
          {"what stands beside an identifier", "Patient", "identifier:text=medical", "eve"},
          {"a display", "Observation", "code:text=k lev", "mg"},
          {"the start of a code, in any case", "Observation", "code:code-text=2823", "g mg"},
          {"a value of a contact", "Patient", "telecom=5551234", "eve"},
          {"phone is phone alone", "Patient", "phone=eve@acme.org", ""},
          {"email is email alone", "Patient", "email=eve@acme.org", "eve"},
          {"no value but an extension is missing", "Patient", "birthdate:missing=true", "severine"},
          {"there", "Patient", "gender:missing=false", "eve evelyn"},
          {"a tag", "Patient", "_tag=http://acme.org/codes%7Cneeds-review", "eve"},
          {"an id", "Patient", "_id=eve,evelyn", "eve evelyn"},
          {"a comma that is part of the code", "Condition", "code=a%5C,b", "comma"},
          {"a comma that is none", "Condition", "code=a,b", ""},
          {"a MIME type with parameters", "DocumentReference", "contenttype:below=text/xml", "xml"},
          {"a MIME type is exact", "DocumentReference", "contenttype=text/xml", ""},
          {"what is below", "Condition", "code:below=http://acme.org/tree%7Cheart", "valve"},
          {"the code itself is below itself", "Condition",
           "code:below=http://acme.org/tree%7Cvalve", "valve"},
          {"what is above", "Condition", "code:above=http://acme.org/tree%7Cvalve", "valve"},
          {"in a value set, by its URL", "Condition", "code:in=http://acme.org/fhir/ValueSet/123",
           "valve"},
          {"in a value set, by its address", "Condition", "code:in=ValueSet/one", "valve"},
          {"not in a value set", "Condition", "code:not-in=ValueSet/one", "comma lung"});
}

/* SPEC R4 search.html#reference, #versions, #recursive, #uri, #list */
static void references(void **state)
{
    UNUSED(state);
    CHECK(
        {"by id", "Procedure", "subject=eve", "at10 day midnight"},
        {"by type and id: relative, absolute and with a version", "Procedure",
         "subject=Patient/evelyn", "from15 onwards"},
        {"by the server's own address", "Procedure", "subject=http://test/fhir/Patient/evelyn",
         "from15 onwards"},
        {"a foreign address", "Procedure", "subject=http://other.org/fhir/Patient/evelyn", "until"},
        {"with the type as a modifier", "Procedure", "subject:Patient=evelyn", "from15 onwards"},
        {"of another type", "Procedure", "subject:Group=evelyn", ""},
        {"patient is subject that is a patient", "Procedure", "patient=evelyn", "from15 onwards"},
        {"by identifier", "Procedure", "subject:identifier=http://acme.org/patient%7C2345",
         "undated"},
        {"a place and all that is part of it", "Procedure", "location:below=Location/house",
         "at10 midnight"},
        {"a place and what it is part of", "Procedure", "location:above=Location/room",
         "at10 midnight"},
        {"a place alone", "Procedure", "location=Location/house", "midnight"},
        {"a canonical of any version", "ServiceRequest",
         "instantiates-canonical=http://acme.com/some-profile", "plain timing"},
        {"of one version", "ServiceRequest",
         "instantiates-canonical=http://acme.com/some-profile%7C1.1", "timing"},
        {"of the versions that begin so", "ServiceRequest",
         "instantiates-canonical:below=http://acme.com/some-profile%7C1", "timing"},
        {"a URI is exact", "ValueSet", "url=http://acme.org/fhir/ValueSet/123", "one"},
        {"a URI below", "ValueSet", "url:below=http://acme.org/fhir/", "one"},
        {"a URI above", "ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/_history/5",
         "one"},
        {"an OID", "ValueSet", "url=urn:oid:1.2.3.4.5", "two"},
        {"a source and what is below", "Patient", "_source:below=http://acme.org/lab",
         "eve evelyn"},
        {"on a list", "Patient", "_list=some", "eve"},
        {"on a list, of another type", "Observation", "_list=some", "g"},
        {"near Brussels", "Location", "near=50.85%7C4.35%7C10%7Ckm", "room"},
        {"Liege is 90 km away", "Location", "near=50.85%7C4.35%7C100", "house room"});
}

/* SPEC R4 search.html#chaining, #has, #contained */
static void chains(void **state)
{
    UNUSED(state);
    CHECK({"through a reference", "Observation", "subject:Patient.name=dupont", "mg"},
          {"through any type that has it", "Observation", "subject.name=carreno", "g"},
          {"two steps", "Observation", "subject:Patient.organization.name=hosp", "mg"},
          {"two links apart are applied apart", "Patient",
           "general-practitioner.name=Joe&general-practitioner:Practitioner.address-state=MN",
           "eve"},
          {"into what is contained", "Patient", "general-practitioner:Practitioner.name=inside",
           "evelyn"},
          {"a composite at the end", "Patient",
           "_has:Observation:patient:code-value-quantity=2823-3$gt5", "eve"},
          {"reverse", "Patient", "_has:Observation:patient:code=2823-3", "eve evelyn"},
          {"reverse, or", "Patient", "_has:Procedure:patient:_id=day,from15", "eve evelyn"},
          {"reverse, nested", "Organization",
           "_has:Patient:organization:_has:Observation:patient:"
           "code=2823-3",
           "hospital"},
          {"reverse behind a chain", "Observation", "subject:Patient._has:Group:member:_id=mixed",
           "mg"},
          {"hierarchies are references too", "Organization", "partof.name=group", "hospital"});
}

/* SPEC R4 search_filter.html */
static void filters(void **state)
{
    UNUSED(state);
    CHECK({"contains", "Patient", "_filter=name co \"eve\"", "eve evelyn severine"},
          {"and", "Patient", "_filter=given eq \"eve\" and birthdate ge 2013-01-10", "eve"},
          {"not the same", "Patient", "_filter=given eq \"eve\" and birthdate gt 2013-01-14", ""},
          {"a chain", "Observation",
           "_filter=code eq http://loinc.org%7C2823-3 and subject.name co \"pont\"", "mg"},
          {"a name for a system", "Observation", "_filter=code eq loinc%7C2823-3", "g mg"},
          {"not", "Patient", "_filter=not (gender eq male)", "eve severine"},
          {"no precedence: left to right", "Patient",
           "_filter=gender eq male or gender eq female and given eq eve", "eve"},
          {"parentheses", "Patient",
           "_filter=gender eq male or (gender eq female and given eq eve)", "eve evelyn"},
          {"there", "Patient", "_filter=birthdate pr true", "eve evelyn"},
          {"not there", "Patient", "_filter=birthdate pr false", "severine"},
          {"ends with", "Patient", "_filter=given ew \"lyn\"", "evelyn"},
          {"starts with", "Patient", "_filter=given sw EV", "eve evelyn"},
          {"overlaps", "Procedure", "_filter=date po 2013-03", "from15 onwards"},
          {"points to", "Procedure", "_filter=subject re Patient/evelyn", "from15 onwards"},
          {"a filter on the way", "Observation", "_filter=subject[gender eq male].name co \"carr\"",
           "g"},
          {"a filter on the way that fails", "Observation",
           "_filter=subject[gender eq female].name co \"carr\"", ""},
          {"one element, by filter", "Group", "_filter=characteristic[code eq owner].value eq Eve",
           "mixed"},
          {"not two elements", "Group", "_filter=characteristic[code eq gender].value eq Eve", ""},
          {"below", "Condition", "_filter=code ss http://acme.org/tree%7Cheart", "valve"},
          {"in a set", "Condition", "_filter=code in ValueSet/one", "valve"},
          {"not in a set", "Condition", "_filter=code ni ValueSet/one", "comma lung"},
          {"a quantity", "Observation",
           "_filter=value-quantity gt 5.3%7Chttp://unitsofmeasure.org%7Cmg/dL", "g mg"});
}

/* SPEC R4 search.html#sort */
static void orders(void **state)
{
    UNUSED(state);
    CHECK({"rising, missing last", "Patient", "_sort=birthdate,_id", "evelyn eve severine"},
          {"falling, missing last", "Patient", "_sort=-birthdate,-_id", "eve evelyn severine"},
          {"two keys", "Patient", "_sort=-gender,_id", "evelyn eve severine"},
          {"text without accents and case", "Patient", "_sort=-given", "severine evelyn eve"},
          {"numbers", "RiskAssessment", "_sort=-probability", "n1005 n100 n99 nrange"});
}

/* SPEC R4 search.html#include, #type; compartmentdefinition.html */
static void includes(void **state)
{
    UNUSED(state);
    static const Case cases[] = {
        {"forward", "Observation", "_id=mg&_include=Observation:subject", "eve"},
        {"of a type", "Observation", "_id=mg&_include=Observation:subject:Group", ""},
        {"not further", "Observation",
         "_id=mg&_include=Observation:subject&_include=Patient:organization", "eve"},
        {"further with iterate", "Observation",
         "_id=mg&_include=Observation:subject&_include:iterate=Patient:organization",
         "eve hospital"},
        {"circular with iterate", "Observation",
         "_id=unit&_include=Observation:performer&_include:iterate=Organization:partof",
         "group hospital"},
        {"reverse", "Patient", "_id=evelyn&_revinclude=Procedure:patient", "from15 onwards"},
        {"all references", "Patient", "_id=eve&_include=Patient:*", "hospital jane joe"},
        {"contained ones are there already", "Patient",
         "_id=evelyn&_include=Patient:general-practitioner", ""},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        OracleAnswer page =
            oracle_matches(oracle, arena, str_of(c->type), STR_EMPTY, str_of(c->query));
        check_str(ids_of(oracle_includes(oracle, arena, str_of(c->query), &page), false),
                  str_of(c->ids));
    }
}

static void wider_searches(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *type, *compartment, *query, *ids;
    } cases[] = {
        {"a compartment", "Observation", "Patient/eve", "", "mg"},
        {"a compartment has other patients' nothing", "Procedure", "Patient/evelyn", "",
         "from15 onwards"},
        {"a compartment and a condition", "Procedure", "Patient/eve", "date=2013-01-15",
         "midnight"},
        {"several types", "", "", "_type=Patient,Observation&_list=some", "eve g"},
        {"the whole system", "", "", "_tag=needs-review", "eve"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        OracleAnswer answer = oracle_matches(oracle, arena, str_of(c->type), str_of(c->compartment),
                                             str_of(c->query));
        check_str(ids_of(answer, false), str_of(c->ids));
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--definitions"))
        definitions = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),        cmocka_unit_test(dates),
        cmocka_unit_test(numbers),        cmocka_unit_test(quantities),
        cmocka_unit_test(tokens),         cmocka_unit_test(references),
        cmocka_unit_test(chains),         cmocka_unit_test(filters),
        cmocka_unit_test(orders),         cmocka_unit_test(includes),
        cmocka_unit_test(wider_searches),
    };
    return cmocka_run_group_tests(tests, build, tear_down);
}
