/* tests/support/card_browser.c - OpenSSL as a browser. */
#include "support/card_browser.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

static const Card *in_reader;
static bool was_asked;

static int show_card(SSL *ssl, X509 **ret_certificate, EVP_PKEY **ret_key)
{
    (void)ssl;
    was_asked = true;
    if (!in_reader)
        return 0;
    const uint8_t *at = (const uint8_t *)in_reader->chain[0].at;
    BIO *bio = BIO_new_mem_buf(in_reader->key_pem.at, (int)in_reader->key_pem.len);
    *ret_certificate = d2i_X509(NULL, &at, (long)in_reader->chain[0].len);
    *ret_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return 1;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static Answer read_answer(Arena *arena, SSL *ssl)
{
    char *bytes = arena_alloc_raw(arena, 64 * 1024);
    size_t len = 0;
    for (int got; len < 64 * 1024 && (got = SSL_read(ssl, bytes + len, 64 * 1024 - (int)len)) > 0;)
        len += (size_t)got;
    Str all = str_n(bytes, len);
    const char *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
    Answer answer = {0};
    if (!end || len < 12)
        return answer;
    answer.status = (unsigned)strtoul(arena_str(arena, str_n(bytes + 9, 3)).at, NULL, 10);
    const char *line = memmem(bytes, len, "\r\n", 2);
    answer.headers = str_n(line + 2, (size_t)(end - line));
    answer.body = str_from(all, (size_t)(end + 4 - bytes));
    answer.closed = true;
    return answer;
}

Answer card_browser_get(Arena *arena, uint16_t port, Str target, Str headers, const Card *card,
                        int version, bool *ret_asked)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int number = version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX_set_min_proto_version(context, number);
    SSL_CTX_set_max_proto_version(context, number);
    SSL_CTX_set_client_cert_cb(context, show_card);
    SSL *ssl = SSL_new(context);
    int fd = connect_to(port);
    Answer answer = {0};
    Str request =
        arena_format(arena, "GET " STR_FMT " HTTP/1.1\r\nHost: localhost\r\n" STR_FMT "\r\n",
                     STR_ARG(target), STR_ARG(headers));
    in_reader = card;
    was_asked = false;
    if (card && card->chain[1].len) { /* what the middleware brings along */
        const uint8_t *at = (const uint8_t *)card->chain[1].at;
        SSL_CTX_add_extra_chain_cert(context, d2i_X509(NULL, &at, (long)card->chain[1].len));
    }
    if (fd >= 0 && SSL_set_fd(ssl, fd) && SSL_connect(ssl) == 1 &&
        SSL_write(ssl, request.at, (int)request.len) == (int)request.len)
        answer = read_answer(arena, ssl);
    if (ret_asked)
        *ret_asked = was_asked;
    SSL_free(ssl);
    SSL_CTX_free(context);
    if (fd >= 0)
        close(fd);
    return answer;
}
