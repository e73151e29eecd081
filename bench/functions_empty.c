/* The empty function of bench/functions. */
#include <pargraph/task.h>

PARGRAPH_LIBRARY

PARGRAPH_FUNCTION(nothing)
{
    (void)task;
    return PARGRAPH_OK;
}
