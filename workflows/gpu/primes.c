/* Primes counted by an OpenCL kernel, for flow.yml. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <pargraph/task.h>
#include <stdlib.h>

PARGRAPH_LIBRARY

enum { MOST_PLATFORMS = 16, MOST_DEVICES = 64 };

static const char kernel_text[] = "kernel void count(ulong first, global volatile uint *found)\n"
                                  "{\n"
                                  "    ulong n = first + get_global_id(0), is_prime = n >= 2;\n"
                                  "    for (ulong d = 2; d * d <= n && is_prime; d++)\n"
                                  "        is_prime = n % d != 0;\n"
                                  "    if (is_prime)\n"
                                  "        atomic_inc(found);\n"
                                  "}\n";

/* All devices of all platforms, GPUs first: so numbers count GPUs, and where there is none a
 * processor that can do the work stands in. */
static size_t find_devices(cl_device_id *devices)
{
    const cl_device_type types[] = {CL_DEVICE_TYPE_GPU,
                                    CL_DEVICE_TYPE_ALL & ~(cl_device_type)CL_DEVICE_TYPE_GPU};
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint platform_count = 0, added;
    size_t count = 0;
    if (clGetPlatformIDs(MOST_PLATFORMS, platforms, &platform_count) != CL_SUCCESS)
        return 0;
    if (platform_count > MOST_PLATFORMS)
        platform_count = MOST_PLATFORMS;
    for (int i = 0; i < 2; i++)
        for (cl_uint p = 0; p < platform_count && count < MOST_DEVICES; p++) {
            cl_uint room = (cl_uint)(MOST_DEVICES - count);
            if (clGetDeviceIDs(platforms[p], types[i], room, devices + count, &added) == CL_SUCCESS)
                count += added < room ? added : room;
        }
    return count;
}

/* The device that the task has: run says its number. */
static int own_device(pargraph_task *task, cl_device_id *ret)
{
    cl_device_id devices[MOST_DEVICES];
    size_t count = find_devices(devices);
    const char *own = pargraph_env(task, "PARGRAPH_GPUS");
    if (own == NULL)
        return pargraph_fail(task, "the task has no GPU (resources: {gpu: 1})");
    unsigned long number = strtoul(own, NULL, 10);
    if (number >= count)
        return pargraph_fail(task, "GPU %lu is not there: OpenCL finds %zu devices", number, count);
    *ret = devices[number];
    char name[256] = "";
    clGetDeviceInfo(*ret, CL_DEVICE_NAME, sizeof name - 1, name, NULL);
    pargraph_log(task, "on %s", name);
    return PARGRAPH_OK;
}

/* What a call makes in OpenCL; all of it is given back, however far it came. */
struct work {
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem found;
};

static void give_back(struct work *work)
{
    if (work->found != NULL)
        clReleaseMemObject(work->found);
    if (work->kernel != NULL)
        clReleaseKernel(work->kernel);
    if (work->program != NULL)
        clReleaseProgram(work->program);
    if (work->queue != NULL)
        clReleaseCommandQueue(work->queue);
    if (work->context != NULL)
        clReleaseContext(work->context);
}

static cl_int prepare(struct work *work, cl_device_id device)
{
    const char *text = kernel_text;
    cl_int status;
    work->context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    if (status == CL_SUCCESS)
        work->queue = clCreateCommandQueue(work->context, device, 0, &status);
    if (status == CL_SUCCESS)
        work->program = clCreateProgramWithSource(work->context, 1, &text, NULL, &status);
    if (status == CL_SUCCESS)
        status = clBuildProgram(work->program, 1, &device, "", NULL, NULL);
    if (status == CL_SUCCESS)
        work->kernel = clCreateKernel(work->program, "count", &status);
    if (status == CL_SUCCESS)
        work->found =
            clCreateBuffer(work->context, CL_MEM_READ_WRITE, sizeof(cl_uint), NULL, &status);
    return status;
}

/* One work item for each number. */
static cl_int run(struct work *work, cl_ulong first, size_t length, cl_uint *ret)
{
    *ret = 0;
    cl_int status =
        clEnqueueWriteBuffer(work->queue, work->found, CL_TRUE, 0, sizeof *ret, ret, 0, NULL, NULL);
    if (status == CL_SUCCESS)
        status = clSetKernelArg(work->kernel, 0, sizeof first, &first);
    if (status == CL_SUCCESS)
        status = clSetKernelArg(work->kernel, 1, sizeof work->found, &work->found);
    if (status == CL_SUCCESS)
        status = clEnqueueNDRangeKernel(work->queue, work->kernel, 1, NULL, &length, NULL, 0, NULL,
                                        NULL);
    if (status == CL_SUCCESS)
        status = clEnqueueReadBuffer(work->queue, work->found, CL_TRUE, 0, sizeof *ret, ret, 0,
                                     NULL, NULL);
    return status;
}

/* How many primes there are from `first` up to `end`, which is not counted; args by name. */
PARGRAPH_FUNCTION(count)
{
    int64_t first, end;
    cl_device_id device;
    cl_uint found = 0;
    if (pargraph_read_int(task, pargraph_named(task, "first"), &first) ||
        pargraph_read_int(task, pargraph_named(task, "end"), &end) || own_device(task, &device))
        return PARGRAPH_FAILED;
    if (first < 0 || end <= first)
        return pargraph_put_int(task, 0);
    struct work work = {0};
    cl_int status = prepare(&work, device);
    if (status == CL_SUCCESS)
        status = run(&work, (cl_ulong)first, (size_t)(end - first), &found);
    give_back(&work);
    if (status != CL_SUCCESS)
        return pargraph_fail(task, "OpenCL fails with %d", (int)status);
    return pargraph_put_int(task, found);
}
