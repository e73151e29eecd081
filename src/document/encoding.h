/* Whether bytes are text that YAML allows. */
#ifndef DOCUMENT_ENCODING_H
#define DOCUMENT_ENCODING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/source.h"

/* Complains about the first thing that is not: size, encoding, control characters. */
bool encoding_check(const struct source *source, struct diagnostics *diagnostics);

#endif
