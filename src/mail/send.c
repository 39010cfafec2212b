/* mail/send.c - a letter on its way, by libcurl. */
#include "mail/mail.h"

#include <curl/curl.h>
#include <pthread.h>

enum { TIMEOUT_S = 20 };

static const struct {
    Str scheme;
    const char *curl; /* how libcurl calls it */
    long use_ssl;
} schemes[] = {
    {STR_INIT("smtps://"), "smtps://", CURLUSESSL_ALL},
    {STR_INIT("smtp://"), "smtp://", CURLUSESSL_ALL},
    {STR_INIT("smtp+plain://"), "smtp://", CURLUSESSL_NONE},
};

static pthread_once_t started = PTHREAD_ONCE_INIT;
static bool ready;

static void start(void)
{
    ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static size_t scheme_of(Str server)
{
    size_t i = 0;
    while (i < COUNT_OF(schemes) && !str_has_prefix(server, schemes[i].scheme))
        i++;
    return i;
}

Status mail_check(Ctx *cx, const MailOptions *options)
{
    size_t i = scheme_of(options->server);
    Str host = i < COUNT_OF(schemes) ? str_from(options->server, schemes[i].scheme.len) : STR_EMPTY;
    if (!host.len || str_index(host, '/') != SIZE_MAX || str_index(host, '@') != SIZE_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "mail_server must be like smtp://mail.example.org:587, smtps://... or "
                        "smtp+plain://localhost:25.");
    if (str_index(options->from, '@') == SIZE_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "mail_from must be an address: aceso@example.org.");
    return STATUS_OK;
}

static size_t give(char *to, size_t size, size_t count, void *of)
{
    Str *rest = of;
    size_t len = rest->len < size * count ? rest->len : size * count;
    memcpy(to, rest->at, len);
    *rest = str_from(*rest, len);
    return len;
}

static bool set_texts(CURL *curl, Ctx *cx, const MailOptions *options, const MailLetter *letter,
                      struct curl_slist **to)
{
    size_t i = scheme_of(options->server);
    Str url = arena_format(cx->arena, "%s" STR_FMT, schemes[i].curl,
                           STR_ARG(str_from(options->server, schemes[i].scheme.len)));
    Str from = arena_format(cx->arena, "<" STR_FMT ">", STR_ARG(options->from));
    Str rcpt = arena_format(cx->arena, "<" STR_FMT ">", STR_ARG(letter->to));
    Str user = arena_str(cx->arena, options->user);
    Str password = arena_str(cx->arena, options->password);
    if (!url.at || !from.at || !rcpt.at || !user.at || !password.at)
        return false;
    *to = curl_slist_append(NULL, rcpt.at);
    bool good = *to && !curl_easy_setopt(curl, CURLOPT_URL, url.at) &&
                !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") &&
                !curl_easy_setopt(curl, CURLOPT_USE_SSL, schemes[i].use_ssl) &&
                !curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.at) &&
                !curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, *to);
    if (good && options->user.len)
        good = !curl_easy_setopt(curl, CURLOPT_USERNAME, user.at) &&
               !curl_easy_setopt(curl, CURLOPT_PASSWORD, password.at);
    return good;
}

static CURLcode perform(CURL *curl, const MailOptions *options, Str *message)
{
    long timeout = options->timeout_s ? (long)options->timeout_s : TIMEOUT_S;
    bool good = !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
                !curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout) &&
                !curl_easy_setopt(curl, CURLOPT_PROXY, "") && /* none of the environment's */
                !curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) &&
                !curl_easy_setopt(curl, CURLOPT_READFUNCTION, give) &&
                !curl_easy_setopt(curl, CURLOPT_READDATA, message);
    return good ? curl_easy_perform(curl) : CURLE_FAILED_INIT;
}

Status mail_send(Ctx *cx, const MailOptions *options, const MailLetter *letter)
{
    Str message;
    struct curl_slist *to = NULL;
    TRY(mail_check(cx, options));
    TRY(mail_message(cx, options, letter, time_now(), &message));
    pthread_once(&started, start);
    CURL *curl = ready ? curl_easy_init() : NULL;
    if (!curl)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "libcurl cannot start.");
    CURLcode code = set_texts(curl, cx, options, letter, &to) ? perform(curl, options, &message)
                                                              : CURLE_OUT_OF_MEMORY;
    curl_slist_free_all(to);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The mail could not be sent: %s.",
                        curl_easy_strerror(code));
    return STATUS_OK;
}
