/* auth/breached.c - whether a password is on a list of breached ones.
 *
 * The list is a file of lines "SHA-1 in hex:count", in order of the hashes, as it can be had in one
 * piece; or a folder with one file for each beginning of five letters (00000 to FFFFF, with or
 * without .txt), whose lines have the other 35. It is looked through in place, by halves: a file
 * of 40 GB costs 36 reads of a line, and no memory. A list that cannot be read refuses nobody a
 * password, and `aceso serve` says at its start that it is not there.
 *
 * SPEC NIST SP 800-63B 5.1.1.2 */
#include "auth/inner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_LETTERS = 2 * CRYPTO_SHA1_BYTES, PREFIX_LETTERS = 5, LINE_BYTES_MAX = 128 };

/* The first line that begins at or behind `at`; *ret_line is where it begins. */
static Str line_from(int fd, off_t at, char room[LINE_BYTES_MAX], off_t *ret_line)
{
    off_t from = at ? at - 1 : 0; /* the end of the line before tells that one begins at `at` */
    ssize_t got = pread(fd, room, LINE_BYTES_MAX, from);
    Str text = str_n(room, got > 0 ? (size_t)got : 0);
    if (at) {
        size_t end = str_index(text, '\n');
        if (end == SIZE_MAX)
            return STR_EMPTY;
        from += (off_t)end + 1;
        got = pread(fd, room, LINE_BYTES_MAX, from);
        text = str_n(room, got > 0 ? (size_t)got : 0);
    }
    *ret_line = from;
    return str_cut(&text, '\n');
}

static int compare_hash(Str line, Str wanted)
{
    for (size_t i = 0; i < wanted.len; i++) {
        char c = i < line.len ? line.at[i] : 0;
        c = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
        if (c != wanted.at[i])
            return c < wanted.at[i] ? -1 : 1;
    }
    return 0;
}

static bool file_has(int fd, Str wanted)
{
    struct stat about;
    char room[LINE_BYTES_MAX];
    if (fstat(fd, &about) != 0)
        return false;
    off_t low = 0, high = about.st_size; /* where the wanted line may begin */
    while (low < high) {
        off_t middle = low + (high - low) / 2, begins;
        Str line = line_from(fd, middle, room, &begins);
        int order = line.len ? compare_hash(line, wanted) : 1;
        if (order == 0)
            return true;
        if (order < 0)
            low = begins + (off_t)line.len + 1;
        else
            high = middle;
    }
    return false;
}

static int open_list(Arena *arena, Str list, Str *hash)
{
    static const char *const ends[] = {"", ".txt"};
    struct stat about;
    if (stat(list.at, &about) != 0)
        return -1;
    if (!S_ISDIR(about.st_mode))
        return open(list.at, O_RDONLY | O_CLOEXEC);
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < COUNT_OF(ends); i++) {
        Str path = arena_format(arena, STR_FMT "/%.*s%s", STR_ARG(list), PREFIX_LETTERS, hash->at,
                                ends[i]);
        fd = path.at ? open(path.at, O_RDONLY | O_CLOEXEC) : -1;
    }
    *hash = str_from(*hash, PREFIX_LETTERS);
    return fd;
}

bool breached_has(Ctx *cx, Str list, Str password)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t hash[CRYPTO_SHA1_BYTES];
    char letters[HASH_LETTERS];
    if (!list.len || !crypto_sha1(password, hash))
        return false;
    for (size_t i = 0; i < HASH_LETTERS; i++)
        letters[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
    Str wanted = str_n(letters, HASH_LETTERS);
    int fd = open_list(cx->arena, list, &wanted);
    if (fd < 0)
        return false;
    bool found = file_has(fd, wanted);
    close(fd);
    return found;
}
