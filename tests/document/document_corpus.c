/* The cases of the YAML test suite: what it calls an error must be refused, what it calls valid may
 * be refused for the reasons listed here and for libyaml's own limits, and nothing may crash. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "document/document_support.h"
#include "support/check.h"

static const char *const our_reasons[] = {
    "unknown tag",
    "unknown directive '%TAG'",
    "a second document begins here",
    "cannot be a key",
    "the file is empty",
    "duplicate key",
    "the file holds nothing but comments",
};

/* Valid YAML that libyaml 0.2.5 cannot read. */
static const char *const beyond_libyaml[] = {
    "2JQS", "2LFX",    "2SXE",    "4ABK", "4MUZ/00",  "4MUZ/01",  "4MUZ/02", "58MP",    "5MUD",
    "5T43", "6BCT",    "6CA3",    "6LVF", "6M2F",     "7Z25",     "8XYN",    "96NN/00", "96NN/01",
    "9SA2", "A2M4",    "BEC7",    "CFD4", "DBG4",     "DK3J",     "DK95/00", "DK95/03", "DK95/04",
    "FP8R", "FRK4",    "HM87/00", "HWV9", "K3WX",     "M2N8/00",  "M7A3",    "MUS6/05", "MUS6/06",
    "NHX8", "NJ66",    "NKF9",    "Q5MG", "QT73",     "R4YG",     "S3PD",    "SM9W/01", "UKK6/00",
    "UT92", "VJP3/01", "W4TN",    "W5VH", "Y79Y/001", "Y79Y/010",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_beyond_libyaml(const char *name)
{
    for (size_t i = 0; i < COUNT(beyond_libyaml); i++)
        if (strcmp(beyond_libyaml[i], name) == 0)
            return true;
    return false;
}

static bool has_our_reason(const char *message)
{
    for (size_t i = 0; i < COUNT(our_reasons); i++)
        if (strstr(message, our_reasons[i]) != NULL)
            return true;
    return false;
}

static bool is_as_expected(const struct reading *reading, const char *name, bool is_error)
{
    if (is_error)
        return !reading->is_read;
    return reading->is_read || is_beyond_libyaml(name) || has_our_reason(reading->text.bytes);
}

/* Reads folder/name/in.yaml; returns whether there is one. */
static bool check_case(const char *folder, const char *name, unsigned *ret_wrong)
{
    CLEANUP_FREE char *directory = file_join(folder, name);
    CLEANUP_FREE char *file = file_join(directory, "in.yaml");
    CLEANUP_FREE char *mark = file_join(directory, "error");
    CLEANUP_FREE char *text = NULL;
    CLEANUP_ERROR struct error error = {0};
    size_t length;
    if (!file_read(file, 1 << 20, &text, &length, &error))
        return false;
    struct reading reading;
    reading_of(&reading, text, length);
    bool is_error = access(mark, F_OK) == 0;
    if (!is_as_expected(&reading, name, is_error)) {
        printf("%s: %s\n%s\n", name, is_error ? "must be refused, but is" : "is refused",
               reading.text.bytes);
        ++*ret_wrong;
    }
    reading_release(&reading);
    return true;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A case of several parts has a folder for each. */
static unsigned check_parts(const char *folder, const char *name, unsigned *ret_wrong)
{
    CLEANUP_FREE char *directory = file_join(folder, name);
    struct dirent **parts;
    int count = scandir(directory, &parts, is_visible, alphasort);
    if (count < 0)
        return 0;
    unsigned cases = 0;
    for (int i = 0; i < count; i++) {
        CLEANUP_FREE char *part = file_join(name, parts[i]->d_name);
        cases += check_case(folder, part, ret_wrong);
        free(parts[i]);
    }
    free(parts);
    return cases;
}

void check_corpus(void)
{
    const char *root = getenv("srcdir");
    CLEANUP_FREE char *folder =
        file_join(root != NULL ? root : ".", "../shared/corpora/yaml-test-suite");
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0) {
        printf("skipped: the YAML test suite is not at %s\n", folder);
        return;
    }
    unsigned cases = 0, wrong = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        cases += check_case(folder, name, &wrong) ? 1 : check_parts(folder, name, &wrong);
        free(entries[i]);
    }
    free(entries);
    CU_ASSERT_EQUAL(cases, 402);
    CU_ASSERT_EQUAL(wrong, 0);
}
