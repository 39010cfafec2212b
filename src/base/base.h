/* base/base.h - what every module stands on: Status, Str, Buf, Arena, Ctx.
 *
 * This is the front door of the lowest floor; including it is enough for most
 * files. It knows nothing of FHIR, JSON, HTTP or storage. */
#ifndef ACESO_BASE_H
#define ACESO_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ctx.h"
#include "base/status.h"
#include "base/str.h"
#include "base/uri.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define UNUSED(x)       ((void)(x))

/* Functions that people call by habit and that read or write past the end. Their own
 * headers are included above, before the names become unspeakable. */
#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atof strncpy strncat

#endif
