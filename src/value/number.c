/* The text of numbers. The digits are the fewest that read back as the same double, and of those
 * the nearest to it; where they stand around the point is ECMA-262's rule. */
#include "value/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 17 };

struct decimal {
    char digits[MOST_DIGITS + 1]; /* without zeros at the end */
    int count;
    int point; /* digits before the point; the value is 0.DIGITS times 10 to it */
};

static double decimal_value(const struct decimal *decimal)
{
    char text[48];
    snprintf(text, sizeof text, "0.%se%d", decimal->digits, decimal->point);
    return strtod(text, NULL);
}

static void trim(struct decimal *decimal)
{
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
    decimal->digits[decimal->count] = '\0';
}

static struct decimal decimal_of(double number, int precision)
{
    char text[40];
    struct decimal decimal = {.count = precision};
    snprintf(text, sizeof text, "%.*e", precision - 1, number);
    decimal.digits[0] = text[0];
    if (precision > 1)
        memcpy(decimal.digits + 1, text + 2, (size_t)precision - 1);
    decimal.point = atoi(strchr(text, 'e') + 1) + 1;
    return decimal;
}

static void step_up(struct decimal *decimal)
{
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9')
        decimal->digits[i--] = '0';
    if (i >= 0) {
        decimal->digits[i]++;
        return;
    }
    decimal->digits[0] = '1';
    decimal->point++;
}

static bool fits(double number, int precision, struct decimal *ret)
{
    *ret = decimal_of(number, precision);
    if (decimal_value(ret) == number)
        return true;
    /* Below a power of two the doubles lie twice as close: the nearest decimal may miss where the
     * next one above hits. */
    int exponent;
    if (frexp(number, &exponent) != 0.5)
        return false;
    step_up(ret);
    return decimal_value(ret) == number;
}

static struct decimal shortest(double number)
{
    struct decimal decimal;
    /* Every decimal of 15 digits survives a normal double, so fewer need not be tried. */
    int precision = number < DBL_MIN ? 1 : DBL_DIG;
    while (!fits(number, precision, &decimal) && precision < MOST_DIGITS)
        precision++;
    trim(&decimal);
    return decimal;
}

static void add_zeros(struct buffer *out, int count)
{
    for (int i = 0; i < count; i++)
        buffer_add_byte(out, '0');
}

static void write_exponent(const struct decimal *decimal, struct buffer *out)
{
    buffer_add_byte(out, decimal->digits[0]);
    if (decimal->count > 1) {
        buffer_add_byte(out, '.');
        buffer_add_text(out, decimal->digits + 1);
    }
    buffer_printf(out, "e%+d", decimal->point - 1);
}

static void write_decimal(const struct decimal *decimal, struct buffer *out)
{
    int point = decimal->point;
    if (point > 21 || point <= -6) {
        write_exponent(decimal, out);
    } else if (point <= 0) {
        buffer_add_text(out, "0.");
        add_zeros(out, -point);
        buffer_add_text(out, decimal->digits);
    } else if (decimal->count <= point) {
        buffer_add_text(out, decimal->digits);
        add_zeros(out, point - decimal->count);
    } else {
        buffer_add(out, decimal->digits, (size_t)point);
        buffer_add_byte(out, '.');
        buffer_add_text(out, decimal->digits + point);
    }
}

void value_write_number(double number, struct buffer *out)
{
    if (isnan(number)) {
        buffer_add_text(out, "NaN");
        return;
    }
    if (number == 0) {
        buffer_add_byte(out, '0');
        return;
    }
    if (number < 0)
        buffer_add_byte(out, '-');
    if (isinf(number)) {
        buffer_add_text(out, "Infinity");
        return;
    }
    struct decimal decimal = shortest(fabs(number));
    write_decimal(&decimal, out);
}
