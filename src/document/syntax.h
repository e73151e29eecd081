/* libyaml's errors in plain words. */
#ifndef DOCUMENT_SYNTAX_H
#define DOCUMENT_SYNTAX_H

#include <yaml.h>

#include "document/layout.h"

/* Complains about what stopped the parser, with its place and what to do. */
void syntax_complain(const yaml_parser_t *parser, struct layout *layout);

#endif
