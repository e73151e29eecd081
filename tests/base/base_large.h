/* Checks of base_large.c. */
#ifndef TESTS_BASE_LARGE_H
#define TESTS_BASE_LARGE_H

void names_of_every_length(void);
void texts_never_move(void);
void one_byte_at_every_offset(void);
void pages_given_back_are_zero(void);
void a_text_given_back_is_read_again(void);
void few_of_many_places(void);

#endif
