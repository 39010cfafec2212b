/* tests/spec/suite.h - files of the official suites: reading one, walking a folder. */
#ifndef ACESO_TESTS_SUITE_H
#define ACESO_TESTS_SUITE_H

#include <dirent.h>

#include "testing.h"

/* The whole file, in the arena; at = NULL when it cannot be read. */
static inline Str suite_read(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    if (!file || fstat(fileno(file), &st) != 0)
        return (Str){NULL, 0};
    char *text = arena_alloc_raw(arena, (size_t)st.st_size + 16);
    size_t len = text ? fread(text, 1, (size_t)st.st_size, file) : 0;
    fclose(file);
    return (Str){text, len};
}

/* A file of the shared folder; the test fails when it is not there. */
static inline Str suite_shared(Arena *arena, const char *name)
{
    Str path = arena_format(arena, "%s/%s", testing_shared(), name);
    Str text = suite_read(arena, path.at);
    if (!text.at)
        fail_msg("%s cannot be read", path.at);
    return text;
}

static inline int suite_compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The sorted names in a folder; NULL when it is not there. */
static inline const char **suite_names(Arena *arena, const char *folder, size_t *ret_count)
{
    enum { NAMES_MAX = 20000 };
    DIR *dir = opendir(folder);
    const char **names = arena_array_of(arena, const char *, NAMES_MAX);
    *ret_count = 0;
    if (!dir || !names)
        return NULL;
    for (struct dirent *entry; (entry = readdir(dir)) && *ret_count < NAMES_MAX;) {
        if (entry->d_name[0] != '.')
            names[(*ret_count)++] = arena_str(arena, str_of(entry->d_name)).at;
    }
    closedir(dir);
    qsort(names, *ret_count, sizeof(*names), suite_compare_names);
    return names;
}

#endif
