/* tests/fonts.h - for tests that make PDF, in one file of theirs: what the libraries of fonts keep
 * for as long as the process lives is no leak of ours. */
#ifndef ACESO_TESTS_FONTS_H
#define ACESO_TESTS_FONTS_H

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

#endif
