/* The edges of gangs. */
#ifndef PLAN_GANG_H
#define PLAN_GANG_H

#include "plan/build.h"
#include "plan/weaver.h"

/* Lets all members of each gang come after what any of them needs; all other needs have their
 * edges.
 */
void gangs_connect(struct weaver *weaver);

#endif
