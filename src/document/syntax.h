/* libyaml's errors in plain words. */
#ifndef DOCUMENT_SYNTAX_H
#define DOCUMENT_SYNTAX_H

#include <yaml.h>

#include "document/document.h"
#include "document/layout.h"

/* Complains about what stopped the parser, with its place and what to do. flow is the innermost
 * flow collection that is open, or NULL. */
void syntax_complain(const yaml_parser_t *parser, const struct node *flow, struct layout *layout);

#endif
