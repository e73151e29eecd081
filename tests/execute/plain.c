/* A library that says nothing of pargraph. */
int nothing(void *task);
int nothing(void *task)
{
    return task == 0;
}
