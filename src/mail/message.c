/* mail/message.c - a letter as RFC 5322 has it: text in UTF-8, as base64, so that no line is too
 * long and no byte too high for any server on the way. */
#include "mail/mail.h"

enum { LINE_BYTES = 57 }; /* 76 letters. SPEC RFC 2045 6.8 */

static void add_base64(Buf *buf, Str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)(uint8_t)bytes.at[i] << 16;
        group |= have > 1 ? (uint32_t)(uint8_t)bytes.at[i + 1] << 8 : 0;
        group |= have > 2 ? (uint32_t)(uint8_t)bytes.at[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            buf_add_char(buf, k <= have ? letters[group >> (18 - 6 * k) & 63] : '=');
    }
}

/* Encoded words of at most 75 letters, none of which cuts a letter of the text in half.
 * SPEC RFC 2047 2, 5 */
static void add_subject(Buf *buf, Str text)
{
    enum { WORD_BYTES = 42 };
    buf_add_lit(buf, "Subject:");
    while (text.len) {
        size_t len = text.len < WORD_BYTES ? text.len : WORD_BYTES;
        while (len < text.len && len > 1 && ((uint8_t)text.at[len] & 0xc0) == 0x80)
            len--;
        buf_add_lit(buf, " =?UTF-8?B?");
        add_base64(buf, str_head(text, len));
        buf_add_lit(buf, "?=\r\n");
        text = str_from(text, len);
    }
}

static void add_date(Buf *buf, Time now)
{
    char date[TIME_HTTP_LEN];
    Str text = time_format_http(now, date); /* "Sat, 21 Nov 2026 09:30:00 GMT" */
    buf_add_lit(buf, "Date: ");
    buf_add_str(buf, str_head(text, text.len - 3));
    buf_add_lit(buf, "+0000\r\n");
}

/* No header can be had by writing one into an address. */
static bool is_one_line(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 127)
            return false;
    }
    return true;
}

Status mail_message(Ctx *cx, const MailOptions *options, const MailLetter *letter, Time now,
                    Str *ret_message)
{
    Buf buf;
    if (!is_one_line(letter->to) || !is_one_line(letter->subject) || !is_one_line(options->from) ||
        letter->text.len > MAIL_TEXT_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A letter has one line where it must.");
    buf_init(&buf, cx->arena, 4096, 4 * MAIL_TEXT_BYTES_MAX);
    add_date(&buf, now);
    buf_format(&buf, "From: Aceso <" STR_FMT ">\r\nTo: <" STR_FMT ">\r\n", STR_ARG(options->from),
               STR_ARG(letter->to));
    add_subject(&buf, letter->subject);
    buf_add_lit(&buf, "Auto-Submitted: auto-generated\r\n" /* SPEC RFC 3834 5 */
                      "MIME-Version: 1.0\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\n");
    for (Str rest = letter->text; rest.len; rest = str_from(rest, LINE_BYTES)) {
        add_base64(&buf, str_head(rest, LINE_BYTES));
        buf_add_lit(&buf, "\r\n");
        if (rest.len <= LINE_BYTES)
            break;
    }
    TRY(buf_done(&buf));
    *ret_message = buf_str(&buf);
    return STATUS_OK;
}
