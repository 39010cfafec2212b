/* harden/inner.h - what the files of harden share. */
#ifndef ACESO_HARDEN_INNER_H
#define ACESO_HARDEN_INNER_H

#include "harden/harden.h"

/* Whether this process is the successor of one that gave up what we are about to. */
bool hardened_before(void);

/* AddressSanitizer and its kin map and trace as no program does; what they find is worth more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HARDEN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HARDEN_SANITIZED 1
#endif
#endif
#ifndef HARDEN_SANITIZED
#define HARDEN_SANITIZED 0
#endif

#endif
