/* tools/embed_text.c - a text file as a C array: rules inside the program.
 *
 *   embed_text OUT.c NAME FILE
 *
 * Writes `const char NAME[]` and `const size_t NAME_len`. A program of the build: it never meets
 * strangers, and ends at the first fault. */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *in = argc == 4 ? fopen(argv[3], "rb") : NULL;
    FILE *out = in ? fopen(argv[1], "wb") : NULL;
    if (!out) {
        fprintf(stderr, "embed_text OUT.c NAME FILE\n");
        return 1;
    }
    fprintf(out, "#include <stddef.h>\nextern const char %s[];\nextern const size_t %s_len;\n",
            argv[2], argv[2]);
    fprintf(out, "const char %s[] = {", argv[2]);
    size_t len = 0;
    for (int c; (c = getc(in)) != EOF; len++)
        fprintf(out, "%s%d,", len % 20 ? "" : "\n", c);
    fprintf(out, "0};\nconst size_t %s_len = %zu;\n", argv[2], len);
    return ferror(in) || fclose(in) || fclose(out);
}
