/* pargraph schema. The lines are those of schemas/pargraph.schema.json, made into C by the build.
 */
#include "cli/cli.h"

extern const char *const schema_lines[];

static const struct option_entry options[] = {{0}};

static const struct command_help help = {
    "schema", "",
    "Prints the JSON Schema (2020-12) of workflows, for editors that check and complete them.",
    options,
    "A workflow names it in its first line:\n"
    "# yaml-language-server: $schema=pargraph.schema.json\n"};

int command_schema(int argc, char **argv)
{
    int operands;
    int status = cli_options(argc, argv, &help, NULL, &operands);
    if (status >= 0)
        return status;
    if (operands > 0)
        return cli_usage("schema", "schema takes no arguments");
    CLEANUP_BUFFER struct buffer text = {0};
    for (const char *const *line = schema_lines; *line != NULL; line++)
        buffer_add_text(&text, *line);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}
