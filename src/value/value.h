/* Values: what expressions give, matrices hold and tasks put out. A value is a jansson json_t, with
 * jansson's reference counts; "borrowed" and "new" below are its words. JSON null is a value. */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Once, before any value: from then on jansson takes its memory as all others do, so none of its
 * calls fails for want of it (base/memory.h). */
void value_init(void);

/* A number's text as ECMAScript's Number::toString gives it (ECMA-262, 6.1.6.1.20): the shortest
 * decimal that reads back the same, whole numbers without ".0", exponents from 1e21 and 1e-7. */
void value_write_number(double number, struct buffer *out);

/* The text of a scalar: a string as it is, true/false, numbers as above. False, with an error that
 * suggests json() or join(), for a list, a map or null. */
bool value_write_text(const json_t *value, struct buffer *out, struct error *error);

/* Compact JSON, keys in their order of insertion; any value, never fails. Numbers as above,
 * with ".0" behind what would be read as an integer too large. */
void value_write_json(const json_t *value, struct buffer *out);

/* Reads JSON text (any value). NULL with an error otherwise. New. */
json_t *value_from_json(const char *text, size_t length, struct error *error);

/* What a scalar's text stands for under YAML 1.2's core schema. */
enum scalar_type { SCALAR_NULL, SCALAR_BOOL, SCALAR_INT, SCALAR_FLOAT, SCALAR_TEXT };
enum scalar_type value_scalar_type(const char *text, size_t length);
/* The texts of null; one NULL ends them. */
enum { VALUE_NULLS = 5 };
extern const char *const value_nulls[];
/* The value of a plain scalar. A number that would not be written back the same (3.10, 007, 1e3,
 * 0x10, too many digits, .inf) is an error: NULL, "quote it". New. */
json_t *value_from_scalar(const char *text, size_t length, struct error *error);

/* Types of params and outputs. */
enum value_type { TYPE_TEXT, TYPE_INT, TYPE_FLOAT, TYPE_BOOL, TYPE_JSON, TYPE_ENUM };
bool value_type_from_text(const char *text, enum value_type *ret);
const char *value_type_text(enum value_type type);
/* Reads text as a value of a type (text and enum: as it is). NULL with an error "'x' is not an int"
 * otherwise. New. */
json_t *value_from_text(enum value_type type, const char *text, size_t length, struct error *error);
/* Is this value of the type (an int is a float too)? */
bool value_has_type(const json_t *value, enum value_type type);

/* Equal as selectors and `exclude` mean it: same type and content, 1 equals 1.0. */
bool value_equal(const json_t *a, const json_t *b);

#endif
