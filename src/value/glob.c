/* Matches a pattern with `**` in one walk of the tree. A directory is visited once, with the set of
 * all segments that may match next: so two `**` cannot make the walk explode, nothing is found
 * twice and, as only a segment that is used up goes through a symbolic link, no loop of links hangs
 * it. */
#include "value/glob.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

enum { MOST_SEGMENTS = 62 };

typedef uint64_t segment_set; /* bit i: segment i may match next; bit count: all have matched */

enum segment_kind { SEGMENT_LITERAL, SEGMENT_PATTERN, SEGMENT_DIRECTORIES };
struct segment {
    char *text;
    enum segment_kind kind;
};

struct walk {
    const char *directory;
    VEC(struct segment) segments;
    segment_set wildcards; /* those that need the directory to be read */
    bool only_directories;
    struct buffer path; /* where the walk is, spelled as the pattern */
    VEC(char *) found;
    struct error *error;
};

struct entry {
    char *name;
    unsigned char type; /* DT_... */
};
typedef VEC(struct entry) entry_list;

static void entry_list_release(entry_list *entries)
{
    for (uint32_t i = 0; i < entries->count; i++)
        memory_free(entries->items[i].name);
    VEC_RELEASE(entries);
}

static bool is_absence(int number)
{
    return number == ENOENT || number == ENOTDIR || number == EACCES || number == ELOOP ||
           number == ENAMETOOLONG;
}

static char *real_path(struct walk *walk)
{
    const char *path = buffer_text(&walk->path);
    return file_join(walk->directory, path[0] == '\0' ? "." : path);
}

/* DT_UNKNOWN if there is nothing. */
static unsigned char type_of(struct walk *walk, int (*ask)(const char *path, struct stat *status))
{
    CLEANUP_FREE char *path = real_path(walk);
    struct stat status;
    return ask(path, &status) == 0 ? (unsigned char)IFTODT(status.st_mode) : DT_UNKNOWN;
}

static bool read_entries(struct walk *walk, entry_list *entries)
{
    CLEANUP_FREE char *path = real_path(walk);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return is_absence(errno) || error_set_system(walk->error, errno, "cannot read %s", path);
    struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *VEC_PUSH(entries) =
                (struct entry){.name = memory_text(entry->d_name), .type = entry->d_type};
    int number = errno;
    closedir(directory);
    return number == 0 || error_set_system(walk->error, number, "cannot read %s", path);
}

/* A `**` may stand for nothing: what follows it may match at once. */
static segment_set with_nothing(const struct walk *walk, segment_set set)
{
    for (uint32_t i = 0; i < walk->segments.count; i++)
        if (set >> i & 1 && walk->segments.items[i].kind == SEGMENT_DIRECTORIES)
            set |= (segment_set)2 << i;
    return set;
}

static bool segment_matches(const struct segment *segment, const char *name)
{
    return segment->kind == SEGMENT_LITERAL ? strcmp(segment->text, name) == 0
                                            : fnmatch(segment->text, name, FNM_PERIOD) == 0;
}

static segment_set after_entry(struct walk *walk, segment_set set, const struct entry *entry)
{
    segment_set next = 0;
    for (uint32_t i = 0; i < walk->segments.count; i++) {
        if (!(set >> i & 1))
            continue;
        const struct segment *segment = &walk->segments.items[i];
        if (segment->kind != SEGMENT_DIRECTORIES)
            next |= segment_matches(segment, entry->name) ? (segment_set)2 << i : 0;
        else if (entry->name[0] != '.')
            next |= (segment_set)1 << i;
    }
    return next;
}

static segment_set directories_of(const struct walk *walk)
{
    segment_set set = 0;
    for (uint32_t i = 0; i < walk->segments.count; i++)
        set |= (segment_set)(walk->segments.items[i].kind == SEGMENT_DIRECTORIES) << i;
    return set;
}

static size_t enter(struct walk *walk, const char *name)
{
    size_t before = walk->path.length;
    if (before > 0 && walk->path.bytes[before - 1] != '/')
        buffer_add_byte(&walk->path, '/');
    buffer_add_text(&walk->path, name);
    return before;
}

static void keep(struct walk *walk)
{
    if (walk->only_directories) {
        if (type_of(walk, stat) != DT_DIR)
            return;
        buffer_add_byte(&walk->path, '/');
    }
    *VEC_PUSH(&walk->found) = memory_text(buffer_text(&walk->path));
}

static bool walk_directory(struct walk *walk, segment_set set);

static bool walk_entry(struct walk *walk, segment_set set, const struct entry *entry)
{
    segment_set next = after_entry(walk, set, entry);
    if (next == 0)
        return true;
    size_t before = enter(walk, entry->name);
    unsigned char type = entry->type == DT_UNKNOWN ? type_of(walk, lstat) : entry->type;
    if (type != DT_DIR)
        next &= ~directories_of(walk);
    segment_set done = (segment_set)1 << walk->segments.count;
    bool is_good = true;
    if (next & ~done && (type == DT_DIR || type == DT_LNK))
        is_good = walk_directory(walk, with_nothing(walk, next & ~done));
    if (next & done)
        keep(walk);
    walk->path.length = before;
    return is_good;
}

/* Names are asked for one by one where only names are wanted, so that a large directory, or one
 * that may not be read, is no hindrance. */
static bool walk_literals(struct walk *walk, segment_set set)
{
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < walk->segments.count; i++) {
        if (!(set >> i & 1))
            continue;
        struct entry entry = {.name = walk->segments.items[i].text};
        size_t before = enter(walk, entry.name);
        entry.type = type_of(walk, lstat);
        walk->path.length = before;
        if (entry.type != DT_UNKNOWN)
            is_good = walk_entry(walk, (segment_set)1 << i, &entry);
    }
    return is_good;
}

/* Recursion no deeper than a path may be long. */
static bool walk_directory(struct walk *walk, segment_set set)
{
    if ((set & walk->wildcards) == 0)
        return walk_literals(walk, set);
    __attribute__((cleanup(entry_list_release))) entry_list entries = {0};
    if (!read_entries(walk, &entries))
        return false;
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < entries.count; i++)
        is_good = walk_entry(walk, set, &entries.items[i]);
    return is_good;
}

static void add_segment(struct walk *walk, const char *text, size_t length)
{
    struct segment segment = {.text = memory_text_n(text, length), .kind = SEGMENT_LITERAL};
    if (strcmp(segment.text, "**") == 0)
        segment.kind = SEGMENT_DIRECTORIES;
    else if (strpbrk(segment.text, "*?[\\") != NULL)
        segment.kind = SEGMENT_PATTERN;
    if (segment.kind != SEGMENT_LITERAL)
        walk->wildcards |= (segment_set)1 << walk->segments.count;
    *VEC_PUSH(&walk->segments) = segment;
}

static bool is_dots(const char *text, size_t length)
{
    return (length == 1 && text[0] == '.') || (length == 2 && memcmp(text, "..", 2) == 0);
}

/* Takes names in front of the first wildcard as they are: they may be "..". */
static bool parse(struct walk *walk, const char *pattern)
{
    if (pattern[0] == '/')
        buffer_add_byte(&walk->path, '/');
    for (const char *at = pattern + strspn(pattern, "/"); *at != '\0'; at += strspn(at, "/")) {
        size_t length = strcspn(at, "/");
        if (walk->wildcards != 0 && is_dots(at, length))
            return error_set(walk->error, PLACE_NONE,
                             "the pattern '%s' has '%.*s' behind a wildcard", pattern, (int)length,
                             at);
        if (walk->segments.count == MOST_SEGMENTS)
            return error_set(walk->error, PLACE_NONE, "a pattern has more than %d parts",
                             MOST_SEGMENTS);
        add_segment(walk, at, length);
        at += length;
        walk->only_directories = *at == '/';
    }
    uint32_t count = walk->segments.count;
    if (count > 0 && walk->segments.items[count - 1].kind == SEGMENT_DIRECTORIES)
        add_segment(walk, "*", 1);
    return true;
}

static void walk_release(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->segments.count; i++)
        memory_free(walk->segments.items[i].text);
    for (uint32_t i = 0; i < walk->found.count; i++)
        memory_free(walk->found.items[i]);
    VEC_RELEASE(&walk->segments);
    VEC_RELEASE(&walk->found);
    buffer_release(&walk->path);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *found_list(struct walk *walk)
{
    if (walk->found.count > 1)
        qsort(walk->found.items, walk->found.count, sizeof *walk->found.items, compare_paths);
    json_t *list = json_array();
    for (uint32_t i = 0; i < walk->found.count; i++) {
        if (json_array_append_new(list, json_string(walk->found.items[i])) == 0)
            continue;
        error_set(walk->error, PLACE_NONE, "the path '%s' is not UTF-8", walk->found.items[i]);
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *glob_paths(const char *directory, const char *pattern, struct error *error)
{
    __attribute__((cleanup(walk_release))) struct walk walk = {.directory = directory,
                                                               .error = error};
    if (!parse(&walk, pattern))
        return NULL;
    if (walk.segments.count > 0 && !walk_directory(&walk, with_nothing(&walk, 1)))
        return NULL;
    return found_list(&walk);
}
