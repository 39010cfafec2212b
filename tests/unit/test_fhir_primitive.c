/* Primitive types, dates as ranges, narratives. */
#include "testing.h"

#include "fhir/fhir.h"
#include "fhir/primitive.h"

/* SPEC R4 datatypes.html#primitive, SPEC R4 datatypes.html#id, SPEC R4 datatypes.html#string */
static void matches_each_format(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *type, *text;
        bool is;
    } cases[] = {
        {"a year", "date", "2020", true},
        {"year zero", "date", "0000", false},
        {"a month", "date", "2020-12", true},
        {"month 13", "date", "2020-13", false},
        {"leap day", "date", "2020-02-29", true},
        {"no leap day", "date", "2019-02-29", false},
        {"no leap day in 1900", "date", "1900-02-29", false},
        {"one digit", "date", "2020-1-1", false},
        {"a time in a date", "date", "2020-01-01T00:00:00Z", false},
        {"with zone", "dateTime", "2020-01-01T10:00:00+01:00", true},
        {"without zone", "dateTime", "2020-01-01T10:00:00", false},
        {"without seconds", "dateTime", "2020-01-01T10:00Z", false},
        {"24:00", "dateTime", "2020-01-01T24:00:00Z", false},
        {"a leap second", "dateTime", "2016-12-31T23:59:60Z", true},
        {"second 61", "dateTime", "2016-12-31T23:59:61Z", false},
        {"zone 14:00", "dateTime", "2020-01-01T10:00:00+14:00", true},
        {"zone 14:01", "dateTime", "2020-01-01T10:00:00+14:01", false},
        {"a point without digits", "instant", "2020-01-01T10:00:00.Z", false},
        {"nanoseconds", "instant", "2020-01-01T10:00:00.123456789Z", true},
        {"a day is no instant", "instant", "2020-01-01", false},
        {"a time", "time", "10:00:00.5", true},
        {"a time with zone", "time", "10:00:00Z", false},
        {"negative zero", "integer", "-0", true},
        {"the smallest", "integer", "-2147483648", true},
        {"beyond the smallest", "integer", "-2147483649", false},
        {"a leading zero", "integer", "01", false},
        {"a fraction", "integer", "1.0", false},
        {"an exponent", "integer", "1e2", false},
        {"many digits", "integer", "99999999999999999999999", false},
        {"zero", "positiveInt", "0", false},
        {"zero", "unsignedInt", "0", true},
        {"minus", "unsignedInt", "-1", false},
        {"digits kept", "decimal", "1.00", true},
        {"an exponent", "decimal", "1.5E-10", true},
        {"no digit behind the point", "decimal", "1.", false},
        {"a plus", "decimal", "+1", false},
        {"a code with a blank", "code", "a b", true},
        {"two blanks are two separators too many", "code", "a  b", false},
        {"a blank in front", "code", " a", false},
        {"64 characters", "id", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.",
         true},
        {"an underscore", "id", "a_b", false},
        {"an arc with leading zero", "oid", "urn:oid:1.02", false},
        {"an arc of zero", "oid", "urn:oid:2.0.1", true},
        {"arc 3", "oid", "urn:oid:3.1", false},
        {"no arc", "oid", "urn:oid:1", false},
        {"a dot at the end", "oid", "urn:oid:1.", false},
        {"capitals", "uuid", "urn:uuid:87E11D66-c137-458a-9754-fe6c4e445a6d", false},
        {"whole groups", "base64Binary", "aGVs bG8=\n", true},
        {"a group too short", "base64Binary", "aGVsbG8", false},
        {"padding in the middle", "base64Binary", "aG=sbG8=", false},
        {"nothing", "base64Binary", "", false},
        {"a URI may be relative", "uri", "a/b", true},
        {"a blank", "uri", "a b", false},
        {"nothing", "string", "", false},
        {"blanks and line ends", "string", " a\r\n\tb ", true},
        {"a form feed", "string", "a\fb", false},
        {"an unknown type", "HumanName", "x", false},
        {"no type", "", "x", false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        if (fhir_primitive_is(str_of(c->type), str_of(c->text)) != c->is)
            fail_msg("%s: %s \"%s\"", c->why, c->type, c->text);
    }
}

static void instant_of(const char *text, char out[TIME_INSTANT_LEN + 1], bool high)
{
    Time lo, hi;
    check(fhir_date_range(str_of(text), &lo, &hi));
    time_format_instant(high ? hi : lo, out);
    out[TIME_INSTANT_LEN] = '\0';
}

/* SPEC R4 search.html#date */
static void dates_are_ranges(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text, *lo, *hi;
    } cases[] = {
        {"a year", "2020", "2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"},
        {"December", "2020-12", "2020-12-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"},
        {"February of a leap year", "2020-02", "2020-02-01T00:00:00.000Z",
         "2020-03-01T00:00:00.000Z"},
        {"a day", "2020-02-29", "2020-02-29T00:00:00.000Z", "2020-03-01T00:00:00.000Z"},
        {"a second east of Greenwich", "2020-01-01T00:30:00+01:00", "2019-12-31T23:30:00.000Z",
         "2019-12-31T23:30:01.000Z"},
        {"a second west of it", "2020-01-01T00:30:00-05:30", "2020-01-01T06:00:00.000Z",
         "2020-01-01T06:00:01.000Z"},
        {"a tenth", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.500Z",
         "2020-01-01T00:00:00.600Z"},
        {"a millisecond", "2020-01-01T00:00:00.250Z", "2020-01-01T00:00:00.250Z",
         "2020-01-01T00:00:00.251Z"},
        {"a minute, in a search", "2020-01-01T10:30", "2020-01-01T10:30:00.000Z",
         "2020-01-01T10:31:00.000Z"},
        {"a minute with a zone", "2020-01-01T10:30+02:00", "2020-01-01T08:30:00.000Z",
         "2020-01-01T08:31:00.000Z"},
        {"without a zone", "2020-01-01T10:30:00", "2020-01-01T10:30:00.000Z",
         "2020-01-01T10:30:01.000Z"},
        {"before 1970", "1969", "1969-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        char text[TIME_INSTANT_LEN + 1];
        instant_of(c->text, text, false);
        check_str(str_of(text), str_of(c->lo));
        instant_of(c->text, text, true);
        check_str(str_of(text), str_of(c->hi));
    }
    static const char *const none[] = {"",
                                       "20",
                                       "2020-",
                                       "2020-1",
                                       "2020-01-01T",
                                       "2020-01-01T10",
                                       "x",
                                       "2020-01-01T10:30:",
                                       "2020-01-01 10:30",
                                       "2020-01-32"};
    FOR_CASES(none, n)
    {
        Time lo, hi;
        CASE(*n);
        check(!fhir_date_range(str_of(*n), &lo, &hi));
    }
}

/* SPEC R4 narrative.html, txt-1, txt-2 */
static void narratives_are_harmless(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text, *fault; /* NULL: none */
        bool links;
    } cases[] = {
        {"text", "<div xmlns=\"http://www.w3.org/1999/xhtml\">a &amp; b &#233; &nbsp;</div>", NULL,
         false},
        {"a link", "<div><a href=\"Patient/1\">x</a></div>", NULL, true},
        {"a picture alone", "<div><img src='x.png' alt=''/></div>", NULL, true},
        {"a picture in the address", "<div><img src=\"data:image/png;base64,AA==\"/></div>", NULL,
         true},
        {"a comment", "<div><!-- x -->y</div>", NULL, false},
        {"a style", "<div style=\"color: red\">x</div>", NULL, false},
        {"nothing in it", "<div> \n</div>", "no content", false},
        {"no div", "<p>x</p>", "<div", false},
        {"nothing", "", "<div", false},
        {"a longer name", "<divx>x</divx>", "<div", false},
        {"script", "<div><script>x</script></div>", "must not have", false},
        {"script in capitals", "<div><SCRIPT>x</SCRIPT></div>", "must not have", false},
        {"a frame", "<div><iframe src='x'>y</iframe></div>", "must not have", false},
        {"a form", "<div><form>y</form></div>", "must not have", false},
        {"a handler", "<div onclick=\"x\">y</div>", "event handler", false},
        {"a handler in capitals", "<div ONload='x'>y</div>", "event handler", false},
        {"a script address", "<div><a href=\"javascript:x\">y</a></div>", "runs a script", false},
        {"with blanks", "<div><a href=\" java\tscript:x\">y</a></div>", "runs a script", false},
        {"with entities", "<div><a href=\"&#106;avascript:x\">y</a></div>", "runs a script", false},
        {"with an entity for the colon", "<div><a href=\"javascript&#58;x\">y</a></div>",
         "runs a script", false},
        {"with a named colon", "<div><a href=\"javascript&colon;x\">y</a></div>", "runs a script",
         false},
        {"a document as data", "<div><a href=\"data:text/html,x\">y</a></div>", "runs a script",
         false},
        {"a drawing that may run", "<div><img src=\"data:image/svg+xml,x\"/></div>",
         "runs a script", false},
        {"a style that runs", "<div style=\"width: expression(x)\">y</div>", "style", false},
        {"a style that hides it", "<div style=\"width: e\\78pression(x)\">y</div>", "style", false},
        {"not closed", "<div>x", "does not end", false},
        {"crossed", "<div><b><i>x</b></i></div>", "without its beginning", false},
        {"two", "<div>x</div><div>y</div>", "behind", false},
        {"a bare &", "<div>a & b</div>", "&", false},
        {"a bare <", "<div>a < b</div>", "must not have", false},
        {"no quotes", "<div class=x>y</div>", "quotes", false},
        {"no value", "<div hidden>y</div>", "without a value", false},
        {"a DOCTYPE", "<div><!DOCTYPE x>y</div>", "declaration", false},
        {"an instruction", "<div><?php x?>y</div>", "must not have", false},
        {"cut in a tag", "<div ", "not closed", false},
        {"cut in an attribute", "<div a=\"", "does not end", false},
        {"cut in a comment", "<div><!-", "declaration", false},
        {"cut behind <", "<div><", "not closed", false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        bool links;
        const char *fault = xhtml_fault(str_of(c->text), &links);
        if (!fault != !c->fault || (fault && !strstr(fault, c->fault)))
            fail_msg("%s: %s", c->why, fault ? fault : "accepted");
        check_int(links, c->links);
    }
}

static void narratives_nest_to_a_limit(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Buf buf;
    bool links;
    buf_init(&buf, cx.arena, 0, (size_t)8 << 20);
    buf_add_lit(&buf, "<div>");
    for (int i = 0; i < 1000000; i++)
        buf_add_lit(&buf, "<b>");
    CASE("a million levels");
    check(strstr(xhtml_fault(buf_str(&buf), &links), "too deep"));
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_each_format),
        cmocka_unit_test(dates_are_ranges),
        cmocka_unit_test(narratives_are_harmless),
        cmocka_unit_test(narratives_nest_to_a_limit),
    };
    return cmocka_run_group_tests_name("fhir primitive", tests, NULL, NULL);
}
