/* tools/embed_text.c - one file as a C array: what the program brings along as data.
 *
 *   embed_text NAME IN OUT.c
 *
 * A program of the build: it never meets strangers, and ends at the first fault. */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *in = argc == 4 ? fopen(argv[2], "rb") : NULL;
    FILE *out = in ? fopen(argv[3], "wb") : NULL;
    int c;
    if (!out) {
        fprintf(stderr, "embed_text: NAME IN OUT.c, and both files must open\n");
        return 1;
    }
    fprintf(out, "#include <stddef.h>\n\nextern const unsigned char %s[];\n", argv[1]);
    fprintf(out, "extern const size_t %s_len;\nconst unsigned char %s[] = {", argv[1], argv[1]);
    for (size_t i = 0; (c = getc(in)) != EOF; i++)
        fprintf(out, "%s%d,", i % 24 ? "" : "\n    ", c);
    fprintf(out, "\n};\nconst size_t %s_len = sizeof(%s);\n", argv[1], argv[1]);
    return fclose(in) || fclose(out) ? 1 : 0;
}
