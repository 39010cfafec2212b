/* storm_bench - what a storm of sign-ins does to somebody who reads.
 *
 *   storm_bench --port 8080 --token TOKEN --path /fhir/Patient/x [--rate 1000] [--seconds 10]
 *
 * One connection reads, two hundred times a second; then the same while `rate` sign-ins a second
 * arrive, each with another name and a wrong password, from 200 addresses of 127.0.0.0/8, whether
 * they are answered or not (open loop). Prints the time that a read took, without and with. Over
 * plain HTTP, on this machine: the storm's own TLS would be measured otherwise. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

enum { ADDRESSES = 200, READS_PER_S = 200, SAMPLES_MAX = 100000, ROUNDS = 5 };

static struct {
    uint16_t port;
    const char *token, *path;
    unsigned rate, seconds;
} options = {8080, "", "/fhir/Patient/x", 1000, 10};

static atomic_bool storming;
static atomic_uint sent, refused, busy, wrong;
static Time samples[SAMPLES_MAX];

static int connect_from(unsigned host)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
    from.sin_addr.s_addr = htonl(0x7f000001u + (host << 8));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(options.port);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* Everything up to the end of the body; the status, or 0. */
static unsigned read_answer(int fd)
{
    char text[65536];
    size_t len = 0;
    while (len < sizeof text - 1) {
        ssize_t got = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            return 0;
        len += (size_t)got;
        text[len] = 0;
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        size_t body = length && end && length < end ? strtoul(length + 16, NULL, 10) : 0;
        if (end && len >= (size_t)(end - text) + 4 + body)
            return (unsigned)strtoul(text + 9, NULL, 10);
    }
    return 0;
}

/* ---- the storm --------------------------------------------------------------------- */

static void count(unsigned status)
{
    atomic_fetch_add(status == 401 ? &wrong : status == 429 ? &refused : &busy, 1);
}

static bool send_one(int fd, unsigned number)
{
    char body[128], text[512];
    int body_len = snprintf(body, sizeof body,
                            "{\"user\":\"nobody.%u\",\"password\":\"not the right one\"}", number);
    int len = snprintf(text, sizeof text,
                       "POST /auth/sign-in HTTP/1.1\r\nHost: localhost\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       body_len, body);
    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

/* Takes what has been answered; a connection that is busy keeps its turn for the next. */
static void take_answers(struct pollfd *fds, bool *waiting)
{
    while (poll(fds, ADDRESSES, 0) > 0) {
        bool any = false;
        for (unsigned i = 0; i < ADDRESSES; i++) {
            if (!fds[i].revents || !waiting[i])
                continue;
            unsigned status = read_answer(fds[i].fd);
            count(status);
            waiting[i] = false;
            any = true;
            if (!status) {
                close(fds[i].fd);
                fds[i].fd = connect_from(i + 1);
            }
        }
        if (!any)
            return;
    }
}

static void *storm(void *of)
{
    static struct pollfd fds[ADDRESSES];
    static bool waiting[ADDRESSES];
    static unsigned names; /* new ones in each round: who is locked out costs little */
    UNUSED(of);
    for (unsigned i = 0; i < ADDRESSES; i++)
        fds[i] = (struct pollfd){.fd = connect_from(i + 1), .events = POLLIN};
    Time begun = time_monotonic();
    for (unsigned number = 0, at = 0; atomic_load(&storming);) {
        Time due = begun + (Time)number * TIME_SECOND / options.rate;
        take_answers(fds, waiting);
        if (time_monotonic() < due) {
            usleep(200);
            continue;
        }
        for (unsigned tries = 0; tries < ADDRESSES && waiting[at]; tries++)
            at = (at + 1) % ADDRESSES;
        number++;
        if (waiting[at] || fds[at].fd < 0)
            continue; /* all wait: it counts as sent by a client who is still connecting */
        waiting[at] = send_one(fds[at].fd, names++);
        atomic_fetch_add(&sent, 1);
        at = (at + 1) % ADDRESSES;
    }
    return NULL;
}

/* ---- who reads ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    Time x = *(const Time *)a, y = *(const Time *)b;
    return x < y ? -1 : x > y;
}

static int compare_ratios(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static Time measure(const char *what)
{
    char text[1024];
    int fd = connect_from(0), len;
    size_t count_of = 0;
    unsigned errors = 0;
    len = snprintf(text, sizeof text,
                   "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                   options.path, options.token);
    Time end = time_monotonic() + options.seconds * TIME_SECOND;
    while (time_monotonic() < end && count_of < SAMPLES_MAX) {
        Time begun = time_monotonic();
        bool good = send(fd, text, (size_t)len, MSG_NOSIGNAL) == len && read_answer(fd) == 200;
        errors += !good;
        samples[count_of++] = time_monotonic() - begun;
        Time rest = TIME_SECOND / READS_PER_S - (time_monotonic() - begun);
        if (rest > 0)
            usleep((useconds_t)rest);
    }
    close(fd);
    qsort(samples, count_of, sizeof samples[0], compare);
    printf("%-14s %6zu reads, %u errors, p50 %lld us, p90 %lld us, p99 %lld us, max %lld us\n",
           what, count_of, errors, (long long)samples[count_of / 2],
           (long long)samples[count_of * 9 / 10], (long long)samples[count_of * 99 / 100],
           (long long)samples[count_of - 1]);
    return samples[count_of * 99 / 100];
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        Str name = str_of(argv[i]);
        if (str_eq(name, STR("--port")))
            options.port = (uint16_t)strtoul(argv[i + 1], NULL, 10);
        else if (str_eq(name, STR("--token")))
            options.token = argv[i + 1];
        else if (str_eq(name, STR("--path")))
            options.path = argv[i + 1];
        else if (str_eq(name, STR("--rate")))
            options.rate = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (str_eq(name, STR("--seconds")))
            options.seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
    double ratios[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) { /* in turn: others use the machine too */
        pthread_t thread;
        Time quiet = measure("quiet");
        atomic_store(&storming, true);
        if (pthread_create(&thread, NULL, storm, NULL) != 0)
            return 1;
        usleep(500000);
        Time loud = measure("in the storm");
        atomic_store(&storming, false);
        pthread_join(thread, NULL);
        ratios[i] = (double)loud / (double)quiet;
    }
    printf("sign-ins: %u sent, %u compared and wrong, %u locked out, %u turned away\n",
           atomic_load(&sent), atomic_load(&wrong), atomic_load(&refused), atomic_load(&busy));
    qsort(ratios, ROUNDS, sizeof ratios[0], compare_ratios);
    printf("p99 in the storm: %.2f times that of the quiet (median of %d; %.2f to %.2f)\n",
           ratios[ROUNDS / 2], ROUNDS, ratios[0], ratios[ROUNDS - 1]);
    return 0;
}
