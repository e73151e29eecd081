/* The limits of planning. `events FILE`: libyaml's events of a file, one after another, and nothing
 * done with them. `arrays N`: the arrays of a plan of N instances with two needs each (a
 * wavefront), written in order and nothing asked: rows of dependents, counts, levels.
 *
 *     bench/plan_limit events FILE | arrays N */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned char *read_whole(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    long length = ftell(file);
    unsigned char *text = malloc((size_t)length + 1);
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)length, file) != (size_t)length)
        fail(path);
    fclose(file);
    *ret_length = (size_t)length;
    return text;
}

static int read_events(const char *path)
{
    size_t length;
    unsigned char *text = read_whole(path, &length);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        fail("libyaml");
    yaml_parser_set_input_string(&parser, text, length);
    long count = 0;
    for (bool is_last = false; !is_last; count++) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            fprintf(stderr, "%s:%zu: %s\n", path, parser.problem_mark.line + 1, parser.problem);
            return 1;
        }
        is_last = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    free(text);
    printf("%ld events\n", count);
    return 0;
}

struct arrays {
    uint32_t *first, *targets, *counts, *levels, *tasks;
};

static uint32_t *numbers(size_t count)
{
    uint32_t *array = malloc(count * sizeof *array);
    if (array == NULL)
        fail("malloc");
    return array;
}

/* Node i needs i - 1 unless it begins a row, and i - side unless it is in the first row. */
static uint32_t write_arrays(const struct arrays *arrays, uint32_t side)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < side; i++)
        for (uint32_t j = 0; j < side; j++) {
            uint32_t node = i * side + j;
            arrays->tasks[node] = 0;
            arrays->first[node] = edges;
            arrays->counts[node] = (i > 0) + (j > 0);
            arrays->levels[node] = 2 * side - 1 - i - j;
            if (j + 1 < side)
                arrays->targets[edges++] = node + 1;
            if (i + 1 < side)
                arrays->targets[edges++] = node + side;
        }
    arrays->first[side * side] = edges;
    return edges;
}

static int make_arrays(const char *text)
{
    uint32_t side = 1;
    size_t wanted = strtoul(text, NULL, 10);
    while ((size_t)(side + 1) * (side + 1) <= wanted)
        side++;
    size_t count = (size_t)side * side;
    struct arrays arrays = {numbers(count + 1), numbers(2 * count), numbers(count), numbers(count),
                            numbers(count)};
    printf("%u edges\n", write_arrays(&arrays, side));
    free(arrays.first);
    free(arrays.targets);
    free(arrays.counts);
    free(arrays.levels);
    free(arrays.tasks);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "events") == 0)
        return read_events(argv[2]);
    if (argc == 3 && strcmp(argv[1], "arrays") == 0)
        return make_arrays(argv[2]);
    fprintf(stderr, "usage: bench/plan_limit events FILE | arrays N\n");
    return 2;
}
