/* libclamav alone: what is possible. Loads the signatures once, then for each line
 *     FILE PROCESSES MESSAGES SECONDS
 * on standard input forks so many processes, each of which scans copies of FILE from memory with libclamav's own mail
 * parser, one after another, in a temporary folder of its own; MESSAGES in all, none begun after SECONDS. Prints one
 * JSON line each. The clean cache is off, as it is everywhere in this comparison: with it a repeated file is not
 * scanned, and a load that repeats a file measures the cache.
 *
 *     scan DATABASE TEMPORARY_FOLDER
 */
#define _GNU_SOURCE
#include <clamav.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kMostMessages = 1 << 20, kMostMarks = 64 };

static struct cl_engine *engine;
static char *message;
static size_t size, marks[kMostMarks];
static int mark_count;

/* Shared by the processes. */
static struct {
  atomic_long next, failed;
  double latencies[kMostMessages];
} *shared;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_of_children(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void set(enum cl_engine_field field, long long value) { cl_engine_set_num(engine, field, value); }

static int load(const char *database) {
  unsigned signatures = 0;
  if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS || (engine = cl_engine_new()) == NULL) return 1;
  set(CL_ENGINE_MAX_SCANSIZE, 400LL << 20);
  set(CL_ENGINE_MAX_FILESIZE, 100LL << 20);
  set(CL_ENGINE_DISABLE_CACHE, 1);
  if (cl_load(database, engine, &signatures, CL_DB_STDOPT) != CL_SUCCESS) return 1;
  if (cl_engine_compile(engine) != CL_SUCCESS) return 1;
  printf("{\"signatures\": %u, \"version\": \"%s\"}\n", signatures, cl_retver());
  fflush(stdout);
  return 0;
}

static int read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 1;
  fseek(file, 0, SEEK_END);
  size = (size_t)ftell(file);
  rewind(file);
  message = realloc(message, size);
  if (fread(message, 1, size, file) != size) return 1;
  fclose(file);
  mark_count = 0;
  char *at = message;
  while (mark_count < kMostMarks && (at = memmem(at, (size_t)(message + size - at), "UNIQ0000", 8)) != NULL) {
    marks[mark_count++] = (size_t)(at + 4 - message);
    at += 8;
  }
  return 0;
}

static void scan_copies(const char *folder, long messages, double deadline) {
  char own[4096], number[21];
  struct cl_scan_options options = {.general = CL_SCAN_GENERAL_HEURISTICS, .parse = ~0U};
  snprintf(own, sizeof own, "%s/scan-%d", folder, getpid());
  mkdir(own, 0700);
  cl_engine_set_str(engine, CL_ENGINE_TMPDIR, own);
  while (now() < deadline) {
    long index = atomic_fetch_add(&shared->next, 1);
    if (index >= messages) break;
    snprintf(number, sizeof number, "%020ld", index);
    for (int i = 0; i < mark_count; ++i) memcpy(message + marks[i], number, 20);
    const char *virus = NULL;
    unsigned long scanned = 0;
    double start = now();
    cl_fmap_t *map = cl_fmap_open_memory(message, size);
    if (cl_scanmap_callback(map, NULL, &virus, &scanned, engine, &options, NULL) != CL_CLEAN) shared->failed++;
    cl_fmap_close(map);
    shared->latencies[index] = now() - start;
  }
  rmdir(own);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void run(const char *folder, int processes, long messages, double seconds) {
  if (messages > kMostMessages) messages = kMostMessages;
  shared->next = shared->failed = 0;
  memset(shared->latencies, 0, sizeof(double) * (size_t)messages);
  double start = now(), cpu = cpu_of_children();
  for (int i = 0; i < processes; ++i) {
    if (fork() == 0) {
      scan_copies(folder, messages, start + seconds);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) continue;
  double end = now();
  long done = 0;
  for (long i = 0; i < messages; ++i) {
    if (shared->latencies[i] > 0) shared->latencies[done++] = shared->latencies[i];
  }
  qsort(shared->latencies, (size_t)done, sizeof(double), by_value);
  printf("{\"accepted\": %ld, \"refused\": 0, \"deferred\": 0, \"lost\": %ld, \"arrived\": %ld, \"seconds\": %.6f, "
         "\"cpu_seconds\": %.6f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
         done, (long)shared->failed, done, end - start, cpu_of_children() - cpu,
         done ? shared->latencies[done / 2] * 1e3 : 0, done ? shared->latencies[done * 99 / 100] * 1e3 : 0);
  fflush(stdout);
}

int main(int argc, char **argv) {
  char line[4096], path[4000];
  int processes;
  long messages;
  double seconds;
  if (argc != 3 || load(argv[1]) != 0) {
    fprintf(stderr, "scan: signatures can't be loaded\n");
    return 1;
  }
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%3999s %d %ld %lf", path, &processes, &messages, &seconds) != 4 || read_file(path) != 0) {
      fprintf(stderr, "scan: not understood: %s", line);
      return 2;
    }
    run(argv[2], processes, messages, seconds);
  }
  return 0;
}
