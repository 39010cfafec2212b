/* demo/pen.c - bundles as text. */
#include "demo/pen.h"

#include <math.h>

void pen_init(Pen *pen, Arena *arena, Str id_stem, size_t bytes_max)
{
    *pen = (Pen){.id_stem = id_stem};
    buf_init(&pen->out, arena, (size_t)128 << 10, bytes_max);
    buf_add_lit(&pen->out, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
}

Status pen_finish(Pen *pen, Str *ret_bundle)
{
    buf_add_lit(&pen->out, "]}");
    TRY(buf_done(&pen->out));
    *ret_bundle = buf_str(&pen->out);
    return STATUS_OK;
}

static void comma(Pen *pen)
{
    char last = pen->out.len ? pen->out.at[pen->out.len - 1] : '{';
    if (last != '{' && last != '[')
        buf_add_char(&pen->out, ',');
}

static void begin_name(Pen *pen, Str name)
{
    comma(pen);
    if (name.len == 0)
        return;
    char *to = buf_reserve(&pen->out, name.len + 3);
    if (!to)
        return;
    *to = '"';
    memcpy(to + 1, name.at, name.len);
    memcpy(to + 1 + name.len, "\":", 2);
    pen->out.len += name.len + 3;
}

static size_t format_serial(char *to, unsigned serial) /* at least three digits */
{
    char digits[10];
    size_t count = 0;
    for (; serial || count < 3; serial /= 10)
        digits[count++] = (char)('0' + serial % 10);
    for (size_t i = 0; i < count; i++)
        to[i] = digits[count - 1 - i];
    return count;
}

void pen_open_id(Pen *pen, Str type, Str id)
{
    assert(id.len <= PEN_ID_MAX);
    pen->type = type;
    memcpy(pen->id, id.at, id.len);
    pen->id_len = id.len;
    comma(pen);
    buf_add_lit(&pen->out, "{\"resource\":{\"resourceType\":\"");
    buf_add_str(&pen->out, type);
    buf_add_lit(&pen->out, "\",\"id\":\"");
    buf_add(&pen->out, pen->id, pen->id_len);
    buf_add_char(&pen->out, '"');
}

unsigned pen_reserve(Pen *pen)
{
    return ++pen->serial;
}

void pen_open_serial(Pen *pen, Str type, unsigned serial)
{
    char id[PEN_ID_MAX];
    size_t len = pen->id_stem.len;
    assert(len + 12 <= PEN_ID_MAX);
    memcpy(id, pen->id_stem.at, len);
    id[len++] = '-';
    len += format_serial(id + len, serial);
    pen_open_id(pen, type, str_n(id, len));
}

unsigned pen_open(Pen *pen, Str type)
{
    unsigned serial = pen_reserve(pen);
    pen_open_serial(pen, type, serial);
    return serial;
}

void pen_close(Pen *pen)
{
    buf_add_lit(&pen->out, "},\"request\":{\"method\":\"PUT\",\"url\":\"");
    buf_add_str(&pen->out, pen->type);
    buf_add_char(&pen->out, '/');
    buf_add(&pen->out, pen->id, pen->id_len);
    buf_add_lit(&pen->out, "\"}}");
}

void pen_object(Pen *pen, Str name)
{
    begin_name(pen, name);
    buf_add_char(&pen->out, '{');
}

void pen_end(Pen *pen)
{
    buf_add_char(&pen->out, '}');
}

void pen_list(Pen *pen, Str name)
{
    begin_name(pen, name);
    buf_add_char(&pen->out, '[');
}

void pen_list_end(Pen *pen)
{
    buf_add_char(&pen->out, ']');
}

static void add_quoted(Pen *pen, Str value)
{
    buf_add_char(&pen->out, '"');
    size_t done = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c != '"' && c != '\\' && (unsigned char)c >= 0x20)
            continue;
        buf_add(&pen->out, value.at + done, i - done);
        done = i + 1;
        if (c == '"' || c == '\\')
            buf_add(&pen->out, (char[]){'\\', c}, 2);
        else if (c == '\n')
            buf_add_lit(&pen->out, "\\n");
        else
            buf_format(&pen->out, "\\u%04x", (unsigned)(unsigned char)c);
    }
    buf_add(&pen->out, value.at + done, value.len - done);
    buf_add_char(&pen->out, '"');
}

void pen_text(Pen *pen, Str name, Str value)
{
    begin_name(pen, name);
    add_quoted(pen, value);
}

void pen_item(Pen *pen, Str value)
{
    comma(pen);
    add_quoted(pen, value);
}

void pen_raw(Pen *pen, Str json)
{
    comma(pen);
    buf_add_str(&pen->out, json);
}

void pen_int(Pen *pen, Str name, int64_t value)
{
    begin_name(pen, name);
    if (value < 0)
        buf_add_char(&pen->out, '-');
    buf_add_u64(&pen->out, (uint64_t)(value < 0 ? -value : value));
}

void pen_bool(Pen *pen, Str name, bool value)
{
    begin_name(pen, name);
    buf_add_str(&pen->out, value ? STR("true") : STR("false"));
}

void pen_decimal(Pen *pen, Str name, double value, unsigned decimals)
{
    static const unsigned powers[] = {1, 10, 100, 1000};
    assert(decimals < COUNT_OF(powers));
    uint64_t scaled = (uint64_t)llround(fabs(value) * powers[decimals]);
    begin_name(pen, name);
    if (value < 0 && scaled)
        buf_add_char(&pen->out, '-');
    buf_add_u64(&pen->out, scaled / powers[decimals]);
    if (decimals == 0)
        return;
    buf_add_char(&pen->out, '.');
    for (unsigned place = powers[decimals] / 10; place; place /= 10)
        buf_add_char(&pen->out, (char)('0' + scaled / place % 10));
}

void pen_day(Pen *pen, Str name, Day day)
{
    char text[DATE_LEN];
    pen_text(pen, name, day_format(day, text));
}

void pen_moment(Pen *pen, Str name, Moment at)
{
    char text[MOMENT_LEN];
    pen_text(pen, name, moment_format(at, text));
}

void pen_period(Pen *pen, Str name, Moment start, int minutes)
{
    pen_object(pen, name);
    pen_moment(pen, STR("start"), start);
    pen_moment(pen, STR("end"), (Moment){start.day, start.minute + minutes});
    pen_end(pen);
}

void pen_days(Pen *pen, Str name, Day start, Day end)
{
    pen_object(pen, name);
    pen_day(pen, STR("start"), start);
    if (end != DAY_NONE)
        pen_day(pen, STR("end"), end);
    pen_end(pen);
}

void pen_coding(Pen *pen, Str system, Str code, Str display)
{
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("system"), system);
    pen_text(pen, STR("code"), code);
    if (display.len)
        pen_text(pen, STR("display"), display);
    pen_end(pen);
}

void pen_concept(Pen *pen, Str name, Str system, Str code, Str text)
{
    pen_object(pen, name);
    if (system.len) {
        pen_list(pen, STR("coding"));
        pen_coding(pen, system, code, text);
        pen_list_end(pen);
    }
    pen_text(pen, STR("text"), text);
    pen_end(pen);
}

void pen_reference(Pen *pen, Str name, Str reference, Str display)
{
    pen_object(pen, name);
    pen_text(pen, STR("reference"), reference);
    if (display.len)
        pen_text(pen, STR("display"), display);
    pen_end(pen);
}

void pen_reference_serial(Pen *pen, Str name, Str type, unsigned serial, Str display)
{
    char text[PEN_ID_MAX + 40];
    assert(type.len < 32);
    memcpy(text, type.at, type.len);
    size_t len = type.len;
    text[len++] = '/';
    memcpy(text + len, pen->id_stem.at, pen->id_stem.len);
    len += pen->id_stem.len;
    text[len++] = '-';
    len += format_serial(text + len, serial);
    pen_reference(pen, name, str_n(text, len), display);
}

void pen_quantity(Pen *pen, Str name, double value, unsigned decimals, Str unit, Str code)
{
    pen_object(pen, name);
    pen_decimal(pen, STR("value"), value, decimals);
    if (unit.len)
        pen_text(pen, STR("unit"), unit);
    PEN_RAW(pen, "\"system\":\"http://unitsofmeasure.org\"");
    pen_text(pen, STR("code"), code);
    pen_end(pen);
}

void pen_base64(Pen *pen, Str name, Str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    begin_name(pen, name);
    buf_add_char(&pen->out, '"');
    char *to = buf_reserve(&pen->out, (bytes.len + 2) / 3 * 4);
    if (!to)
        return;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)(uint8_t)bytes.at[i] << 16;
        if (left > 1)
            three |= (uint32_t)(uint8_t)bytes.at[i + 1] << 8;
        if (left > 2)
            three |= (uint8_t)bytes.at[i + 2];
        *to++ = letters[three >> 18];
        *to++ = letters[three >> 12 & 63];
        *to++ = left > 1 ? letters[three >> 6 & 63] : '=';
        *to++ = left > 2 ? letters[three & 63] : '=';
    }
    pen->out.len += (bytes.len + 2) / 3 * 4;
    buf_add_char(&pen->out, '"');
}
