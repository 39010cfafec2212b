/* tools/embed.c - the files of a folder as a C table: the browser app inside the program.
 *
 *   embed OUT.c FOLDER
 *
 * Writes the array of src/http/site.h, sorted by path. Text is kept compressed alone, what
 * does not shrink is kept as it is. A folder that is not there gives an empty table. OUT is
 * touched only when its content changes. A program of the build: it never meets strangers,
 * and ends at the first fault. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { FILES_MAX = 4096, PATH_BYTES_MAX = 1024 };

typedef struct {
    char path[PATH_BYTES_MAX]; /* from the folder, with a leading '/' */
    unsigned char *bytes, *gzip;
    size_t len, gzip_len;
} File;

static File *files[FILES_MAX];
static size_t file_count;

static void die(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s: %s\n", what, name);
    exit(1);
}

static void *need(void *memory)
{
    if (!memory)
        die("out of memory", "-");
    return memory;
}

static unsigned char *read_all(const char *name, size_t *ret_len)
{
    FILE *in = fopen(name, "rb");
    struct stat st;
    if (!in || fstat(fileno(in), &st))
        die("cannot read", name);
    size_t len = (size_t)st.st_size;
    unsigned char *bytes = need(malloc(len + 1));
    if (fread(bytes, 1, len, in) != len)
        die("cannot read", name);
    fclose(in);
    *ret_len = len;
    return bytes;
}

static void compress_file(File *file)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        die("zlib does not start", file->path);
    size_t room = deflateBound(&stream, (unsigned long)file->len);
    file->gzip = need(malloc(room));
    stream.next_in = file->bytes;
    stream.avail_in = (unsigned)file->len;
    stream.next_out = file->gzip;
    stream.avail_out = (unsigned)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        die("zlib does not finish", file->path);
    file->gzip_len = stream.total_out;
    deflateEnd(&stream);
    if (file->gzip_len + file->len / 20 >= file->len)
        file->gzip_len = 0; /* pictures and fonts are compressed already */
}

static void add_file(const char *name, const char *path)
{
    if (file_count == FILES_MAX)
        die("too many files", path);
    File *file = need(calloc(1, sizeof(File)));
    snprintf(file->path, sizeof(file->path), "%s", path);
    file->bytes = read_all(name, &file->len);
    compress_file(file);
    files[file_count++] = file;
}

static void walk(const char *folder, const char *path)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char name[PATH_BYTES_MAX], below[PATH_BYTES_MAX];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        int a = snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
        int b = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (a < 0 || b < 0 || (size_t)a >= sizeof(name) || (size_t)b >= sizeof(below))
            die("a path is too long", entry->d_name);
        if (stat(name, &st))
            die("cannot look at", name);
        if (S_ISDIR(st.st_mode))
            walk(name, below);
        else
            add_file(name, below);
    }
    closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(File *const *)a)->path, (*(File *const *)b)->path);
}

static const char *content_type(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len = strlen(types[i][0]), all = strlen(path);
        if (all >= len && strcmp(path + all - len, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

static uint64_t fnv(const unsigned char *bytes, size_t len)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

/* As string literals: a compiler reads them ten times faster than numbers. */
static void write_bytes(FILE *out, const char *kind, size_t number, const unsigned char *bytes,
                        size_t len)
{
    fprintf(out, "static const char %s_%zu[] =", kind, number);
    for (size_t i = 0; i < len; i++) {
        if (i % 64 == 0)
            fprintf(out, "%s\n\"", i ? "\"" : "");
        fprintf(out, "\\%03o", bytes[i]);
    }
    fprintf(out, "%s;\n", len ? "\"" : " \"\"");
}

static void write_row(FILE *out, const File *file, size_t number)
{
    bool hashed = strncmp(file->path, "/assets/", 8) == 0;
    fprintf(out, "    {\"%s\", \"%s\", \"\\\"%016llx\\\"\", %s, ", file->path,
            content_type(file->path), (unsigned long long)fnv(file->bytes, file->len),
            hashed ? "true" : "false");
    if (file->gzip_len)
        fprintf(out, "gzip_%zu, %zu, NULL, 0},\n", number, file->gzip_len);
    else
        fprintf(out, "NULL, 0, plain_%zu, %zu},\n", number, file->len);
}

static void write_table(FILE *out)
{
    fprintf(out, "/* Made by tools/embed.c from the folder of the built app. */\n"
                 "#include \"http/site.h\"\n\n"
                 "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n");
    for (size_t i = 0; i < file_count; i++) {
        if (files[i]->gzip_len)
            write_bytes(out, "gzip", i, files[i]->gzip, files[i]->gzip_len);
        else
            write_bytes(out, "plain", i, files[i]->bytes, files[i]->len);
    }
    fprintf(out, "\nconst SiteFile site_files[] = {\n");
    for (size_t i = 0; i < file_count; i++)
        write_row(out, files[i], i);
    fprintf(out,
            "    {\"\", \"\", \"\", false, NULL, 0, NULL, 0},\n};\n"
            "const size_t site_file_count = %zu;\n",
            file_count);
}

/* Leaves a file alone that has these bytes: its time is what a build goes by. */
static void write_if_changed(const char *name, const char *text, size_t len)
{
    struct stat st;
    size_t old_len = 0;
    unsigned char *old = stat(name, &st) == 0 ? read_all(name, &old_len) : NULL;
    bool same = old && old_len == len && memcmp(old, text, len) == 0;
    free(old);
    if (same)
        return;
    FILE *out = fopen(name, "wb");
    if (!out || fwrite(text, 1, len, out) != len || fclose(out))
        die("cannot write", name);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage", "embed OUT.c FOLDER");
    walk(argv[2], "");
    qsort(files, file_count, sizeof(files[0]), by_path);
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (!memory)
        die("out of memory", argv[1]);
    write_table(memory);
    fclose(memory);
    write_if_changed(argv[1], text, len);
    free(text);
    return 0;
}
