/* fhir/xhtml.c - is this narrative a well-formed <div> that shows text and does nothing?
 *
 * A bounded scanner, not an XML library: elements from a list, nested properly, attributes
 * quoted, no handlers, no scripts, no addresses that run. It copies and resolves nothing.
 * SPEC R4 narrative.html, invariants txt-1 and txt-2 */
#include "fhir/primitive.h"

enum {
    NESTING_MAX = 100,
    ADDRESS_HEAD = 128, /* bytes of an address in a style that are looked at */
};

/* HTML 4.0 chapters 7 to 11 and 15, with a and img; sorted. */
static const Str allowed[] = {
    STR_INIT("a"),      STR_INIT("abbr"),    STR_INIT("acronym"),  STR_INIT("address"),
    STR_INIT("b"),      STR_INIT("bdo"),     STR_INIT("big"),      STR_INIT("blockquote"),
    STR_INIT("br"),     STR_INIT("caption"), STR_INIT("center"),   STR_INIT("cite"),
    STR_INIT("code"),   STR_INIT("col"),     STR_INIT("colgroup"), STR_INIT("dd"),
    STR_INIT("del"),    STR_INIT("dfn"),     STR_INIT("div"),      STR_INIT("dl"),
    STR_INIT("dt"),     STR_INIT("em"),      STR_INIT("font"),     STR_INIT("h1"),
    STR_INIT("h2"),     STR_INIT("h3"),      STR_INIT("h4"),       STR_INIT("h5"),
    STR_INIT("h6"),     STR_INIT("hr"),      STR_INIT("i"),        STR_INIT("img"),
    STR_INIT("ins"),    STR_INIT("kbd"),     STR_INIT("li"),       STR_INIT("ol"),
    STR_INIT("p"),      STR_INIT("pre"),     STR_INIT("q"),        STR_INIT("s"),
    STR_INIT("samp"),   STR_INIT("small"),   STR_INIT("span"),     STR_INIT("strike"),
    STR_INIT("strong"), STR_INIT("sub"),     STR_INIT("sup"),      STR_INIT("table"),
    STR_INIT("tbody"),  STR_INIT("td"),      STR_INIT("tfoot"),    STR_INIT("th"),
    STR_INIT("thead"),  STR_INIT("tr"),      STR_INIT("tt"),       STR_INIT("u"),
    STR_INIT("ul"),     STR_INIT("var"),
};

typedef struct {
    const char *at, *end;
    Str open[NESTING_MAX];
    size_t depth;
    bool content, links;
} Scan;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(Scan *x)
{
    while (x->at < x->end && is_space(*x->at))
        x->at++;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ':' || c == '.';
}

static Str take_name(Scan *x)
{
    const char *from = x->at;
    while (x->at < x->end && is_name_char(*x->at))
        x->at++;
    return str_n(from, (size_t)(x->at - from));
}

static bool is_allowed(Str name)
{
    size_t low = 0, high = COUNT_OF(allowed);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(allowed[middle], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* &name; &#123; &#x1f; */
static const char *scan_entity(Scan *x)
{
    const char *from = ++x->at;
    while (x->at < x->end && x->at - from < 32 && *x->at != ';') {
        if (!is_name_char(*x->at) && !(x->at == from && *x->at == '#'))
            break;
        x->at++;
    }
    if (x->at == x->end || *x->at != ';' || x->at == from)
        return "a & that is not &amp; and begins no entity";
    x->at++;
    return NULL;
}

static bool find_nocase(Str s, Str what)
{
    for (size_t i = 0; i + what.len <= s.len; i++) {
        if (str_eq_nocase(str_n(s.at + i, what.len), what))
            return true;
    }
    return false;
}

/* An address that a browser would run instead of fetch. Entities and blanks can hide a
 * scheme from this look, so an address that has them where a scheme may stand is refused. */
static bool is_active_address(Str value)
{
    Str trimmed = str_trim(value);
    size_t i = 0;
    for (; i < trimmed.len && trimmed.at[i] != ':'; i++) {
        char c = trimmed.at[i];
        if (c == '/' || c == '?' || c == '#')
            return false; /* relative */
        if ((unsigned char)c <= 0x20 || c == '&')
            return true;
    }
    Str scheme = str_head(trimmed, i), content = str_trim(str_from(trimmed, i + 1));
    return i < trimmed.len &&
           (str_eq_nocase(scheme, STR("javascript")) || str_eq_nocase(scheme, STR("vbscript")) ||
            (str_eq_nocase(scheme, STR("data")) &&
             (!str_eq_nocase(str_head(content, 6), STR("image/")) ||
              find_nocase(str_head(content, 32), STR("svg")))));
}

/* A style may name a picture, and nothing that runs. */
static bool is_active_style(Str value)
{
    for (Str rest = value; rest.len; rest = str_from(rest, 1)) {
        if (str_eq_nocase(str_head(rest, 4), STR("url("))) {
            Str address = str_head(str_from(rest, 4), ADDRESS_HEAD);
            while (address.len &&
                   (is_space(address.at[0]) || address.at[0] == '\'' || address.at[0] == '"'))
                address = str_from(address, 1);
            if (address.len == 0 || is_active_address(str_head(address, str_index(address, ')'))))
                return true;
        }
    }
    return find_nocase(value, STR("expression(")) || find_nocase(value, STR("javascript:")) ||
           find_nocase(value, STR("@import")) || str_index(value, '\\') != SIZE_MAX;
}

static const char *check_attribute(Scan *x, Str name, Str value)
{
    if (name.len > 2 && str_eq_nocase(str_head(name, 2), STR("on")))
        return "an event handler";
    if (str_eq(name, STR("href")) || str_eq(name, STR("src"))) {
        x->links = true;
        if (is_active_address(value))
            return "an address that runs a script";
    }
    if (str_eq(name, STR("style")) && is_active_style(value))
        return "a style that loads or runs something";
    return NULL;
}

static const char *scan_attribute(Scan *x)
{
    Str name = take_name(x);
    if (!name.len)
        return "a tag that is not closed";
    skip_space(x);
    if (x->at == x->end || *x->at != '=')
        return "an attribute without a value";
    x->at++;
    skip_space(x);
    if (x->at == x->end || (*x->at != '"' && *x->at != '\''))
        return "an attribute that is not in quotes";
    char quote = *x->at++;
    const char *from = x->at;
    while (x->at < x->end && *x->at != quote) {
        const char *fault = NULL;
        if (*x->at == '<')
            return "a < within an attribute";
        if (*x->at == '&')
            fault = scan_entity(x);
        else
            x->at++;
        if (fault)
            return fault;
    }
    if (x->at == x->end)
        return "an attribute that does not end";
    Str value = str_n(from, (size_t)(x->at - from));
    x->at++;
    return check_attribute(x, name, value);
}

static const char *scan_end_tag(Scan *x)
{
    Str name = take_name(x);
    skip_space(x);
    if (x->at == x->end || *x->at != '>')
        return "a tag that is not closed";
    x->at++;
    if (!x->depth || !str_eq(x->open[x->depth - 1], name))
        return "an end tag without its beginning";
    x->depth--;
    return NULL;
}

static const char *scan_start_tag(Scan *x)
{
    Str name = take_name(x);
    if (!is_allowed(name))
        return "an element that narratives must not have";
    if (x->depth == NESTING_MAX)
        return "elements nested too deep";
    x->content = x->content || str_eq(name, STR("img"));
    for (;;) {
        const char *before = x->at;
        skip_space(x);
        if (x->at == x->end)
            return "a tag that is not closed";
        if (*x->at == '>') {
            x->at++;
            x->open[x->depth++] = name;
            return NULL;
        }
        if (*x->at == '/' && x->end - x->at > 1 && x->at[1] == '>') {
            x->at += 2;
            return NULL;
        }
        if (before == x->at)
            return "a tag that is not closed";
        const char *fault = scan_attribute(x);
        if (fault)
            return fault;
    }
}

static const char *scan_comment(Scan *x)
{
    Str rest = str_n(x->at, (size_t)(x->end - x->at));
    if (!str_has_prefix(rest, STR("!--")))
        return "a declaration, where only elements may stand";
    for (x->at += 3; x->end - x->at >= 3; x->at++) {
        if (x->at[0] == '-' && x->at[1] == '-') {
            if (x->at[2] != '>')
                return "a comment with -- in it";
            x->at += 3;
            return NULL;
        }
    }
    return "a comment that does not end";
}

static const char *scan_markup(Scan *x)
{
    x->at++;
    if (x->at == x->end)
        return "a tag that is not closed";
    if (*x->at == '/') {
        x->at++;
        return scan_end_tag(x);
    }
    if (*x->at == '!')
        return scan_comment(x);
    return scan_start_tag(x);
}

static const char *scan_text(Scan *x)
{
    unsigned char c = (unsigned char)*x->at;
    if (c < 0x20 && !is_space((char)c))
        return "a control character";
    x->content = x->content || !is_space((char)c);
    if (c == '&')
        return scan_entity(x);
    x->at++;
    return NULL;
}

const char *xhtml_fault(Str text, bool *ret_links)
{
    Scan x = {.at = text.at, .end = text.at + text.len};
    *ret_links = false;
    skip_space(&x);
    if (!str_has_prefix(str_n(x.at, (size_t)(x.end - x.at)), STR("<div")) || x.end - x.at < 5 ||
        is_name_char(x.at[4]))
        return "something that does not begin with <div";
    do {
        const char *fault = *x.at == '<' ? scan_markup(&x) : scan_text(&x);
        if (fault)
            return fault;
    } while (x.depth && x.at < x.end);
    if (x.depth)
        return "an element that does not end";
    skip_space(&x);
    if (x.at != x.end)
        return "something behind the </div>";
    *ret_links = x.links;
    return x.content ? NULL : "no content at all";
}
