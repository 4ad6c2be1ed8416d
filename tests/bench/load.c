/* SMTP load, and the next hop that it is to arrive at, in one process: so it knows when each message has come
 * through, also through a program that has a queue.
 *
 * Prints {"next_hop": PORT}, then for each line
 *     PORT FILE CONNECTIONS MESSAGES SECONDS PER_CONNECTION
 * on standard input sends copies of FILE to 127.0.0.1:PORT: no more than MESSAGES, none begun after SECONDS, over
 * CONNECTIONS at a time with PER_CONNECTION messages each. Commands go one by one, as Postfix's proxy filter client
 * sends them. Each copy has a number of its own in place of the digits after "UNIQ". Prints one JSON line when all
 * that was accepted has arrived. Latency: from connect() (later messages of a connection: MAIL) to the last reply.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMostConnections = 256, kMostMarks = 64, kSilence = 60, kArrivalWait = 60 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int put(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return -1;
    bytes += sent;
    size -= (size_t)sent;
  }
  return 0;
}

static void say(int fd, const char *text) { put(fd, text, strlen(text)); }

/* -- the next hop -- */

static atomic_long arrived;
static _Atomic double last_arrival;

/* Reads up to CRLF.CRLF; `have` bytes of the message are in `buffer` already, before which 4 bytes may be written.
 * Returns how many bytes behind the end were read, moved to the front of the buffer, or -1. */
static ssize_t read_message(int fd, char *buffer, size_t size, size_t have) {
  size_t kept = 2;  /* of the bytes before `buffer`, for an end that two blocks share */
  memcpy(buffer - 2, "\r\n", 2);
  for (;;) {
    char *end = memmem(buffer - kept, kept + have, "\r\n.\r\n", 5);
    if (end != NULL) {
      size_t rest = (size_t)(buffer + have - (end + 5));
      memmove(buffer, end + 5, rest);
      return (ssize_t)rest;
    }
    size_t keep = kept + have < 4 ? kept + have : 4;
    memmove(buffer - keep, buffer + have - keep, keep);
    kept = keep;
    ssize_t got = recv(fd, buffer, size, 0);
    if (got <= 0) return -1;
    have = (size_t)got;
  }
}

static void *receive(void *argument) {
  int fd = (int)(long)argument;
  enum { kSize = 1 << 18 };
  char *storage = malloc(4 + kSize), *buffer = storage + 4;
  size_t have = 0;
  no_delay(fd);
  say(fd, "220 sink ESMTP\r\n");
  for (;;) {
    char *end = memchr(buffer, '\n', have);
    if (end == NULL) {
      ssize_t got = have < kSize ? recv(fd, buffer + have, kSize - have, 0) : -1;
      if (got <= 0) break;
      have += (size_t)got;
      continue;
    }
    char verb = (char)(buffer[0] & ~0x20), second = (char)(buffer[1] & ~0x20);
    have -= (size_t)(end + 1 - buffer);
    memmove(buffer, end + 1, have);
    if (verb == 'E' || verb == 'L') {
      say(fd, "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n");
    } else if (verb == 'D') {
      say(fd, "354 go\r\n");
      ssize_t rest = read_message(fd, buffer, kSize, have);
      if (rest < 0) break;
      have = (size_t)rest;
      last_arrival = now();
      arrived++;
      say(fd, "250 2.0.0 taken\r\n");
    } else if (verb == 'Q' && second == 'U') {
      say(fd, "221 bye\r\n");
      break;
    } else {
      say(fd, "250 2.0.0 ok\r\n");
    }
  }
  free(storage);
  close(fd);
  return NULL;
}

static void *accept_all(void *argument) {
  for (int listener = (int)(long)argument;;) {
    int fd = accept(listener, NULL, NULL);
    pthread_t thread;
    if (fd >= 0 && pthread_create(&thread, NULL, receive, (void *)(long)fd) == 0) pthread_detach(thread);
  }
  return NULL;
}

/* -- the load -- */

static struct {
  int port, per_connection;
  char *message;
  size_t size, marks[kMostMarks];
  int mark_count;
  double deadline, *latencies;
  atomic_long left, timed, accepted, refused, deferred, lost, serial;
} job;

static int reply(int fd, char *buffer, size_t size) {
  size_t have = 0, line = 0;
  for (;;) {
    ssize_t got = recv(fd, buffer + have, size - 1 - have, 0);
    if (got <= 0) return -1;
    have += (size_t)got;
    buffer[have] = 0;
    for (char *end; (end = memchr(buffer + line, '\n', have - line)) != NULL; line = (size_t)(end + 1 - buffer)) {
      if (end - (buffer + line) >= 4 && buffer[line + 3] != '-') return atoi(buffer + line);
    }
    if (have == size - 1) return -1;
  }
}

static int ask(int fd, const char *command) {
  char buffer[8192];
  if (put(fd, command, strlen(command)) != 0) return -1;
  return reply(fd, buffer, sizeof buffer);
}

static int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)job.port)};
  struct timeval silence = {kSilence, 0};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  no_delay(fd);
  return fd;
}

static int send_message(int fd, char *message) {
  char buffer[8192], number[21];
  snprintf(number, sizeof number, "%020ld", atomic_fetch_add(&job.serial, 1));
  for (int i = 0; i < job.mark_count; ++i) memcpy(message + job.marks[i], number, 20);
  int code = ask(fd, "MAIL FROM:<form@sender.example>\r\n");
  if (code == 250) code = ask(fd, "RCPT TO:<info@customer.example>\r\n");
  if (code == 250) code = ask(fd, "DATA\r\n");
  if (code != 354) return code;
  return put(fd, message, job.size) == 0 ? reply(fd, buffer, sizeof buffer) : -1;
}

static void count(int code, double since) {
  if (code == 250) job.latencies[job.timed++] = now() - since;
  atomic_long *counter = code == 250 ? &job.accepted : code >= 500 ? &job.refused : code >= 400 ? &job.deferred : &job.lost;
  ++*counter;
}

static int may_send(void) { return now() < job.deadline && atomic_fetch_sub(&job.left, 1) > 0; }

static void *converse(void *unused) {
  char buffer[8192];
  char *message = malloc(job.size);
  memcpy(message, job.message, job.size);
  while (may_send()) {
    double since = now();
    int fd = dial();
    int code = fd < 0 || reply(fd, buffer, sizeof buffer) != 220 ? -1 : ask(fd, "EHLO sender.example\r\n");
    if (code != 250) {
      count(-1, since);
      if (fd >= 0) close(fd);
      usleep(20000);
      continue;
    }
    for (int i = 0; i < job.per_connection && code >= 0; ++i) {
      if (i > 0) {
        if (!may_send()) break;
        since = now();
      }
      count(code = send_message(fd, message), since);
    }
    if (code >= 0) ask(fd, "QUIT\r\n");
    close(fd);
  }
  free(message);
  return unused;
}

/* The file with its dots doubled and the end of data behind it, and where its copies differ. */
static int read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return -1;
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char *raw = malloc(size + 1);
  if (fread(raw, 1, size, file) != size) return -1;
  fclose(file);
  free(job.message);
  job.message = malloc(2 * size + 4);
  job.size = 0;
  for (size_t i = 0; i < size; ++i) {
    if (raw[i] == '.' && (i == 0 || raw[i - 1] == '\n')) job.message[job.size++] = '.';
    job.message[job.size++] = raw[i];
  }
  memcpy(job.message + job.size, ".\r\n", 3);
  job.size += 3;
  free(raw);
  job.mark_count = 0;
  char *at = job.message;
  while (job.mark_count < kMostMarks &&
         (at = memmem(at, (size_t)(job.message + job.size - at), "UNIQ0000", 8)) != NULL) {
    job.marks[job.mark_count++] = (size_t)(at + 4 - job.message);
    at += 8;
  }
  return 0;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void run(int connections, long messages, double seconds) {
  pthread_t threads[kMostConnections];
  job.latencies = malloc(sizeof(double) * (size_t)(messages + kMostConnections));
  job.accepted = job.refused = job.deferred = job.lost = job.timed = 0;
  job.left = messages;
  long before = arrived;
  double start = now();
  job.deadline = start + seconds;
  for (int i = 0; i < connections; ++i) pthread_create(&threads[i], NULL, converse, NULL);
  for (int i = 0; i < connections; ++i) pthread_join(threads[i], NULL);
  double end = now();
  while (arrived - before < job.accepted && now() - end < kArrivalWait) usleep(1000);
  if (last_arrival > end) end = last_arrival;
  long timed = job.timed;
  qsort(job.latencies, (size_t)timed, sizeof(double), by_value);
  printf("{\"accepted\": %ld, \"refused\": %ld, \"deferred\": %ld, \"lost\": %ld, \"arrived\": %ld, "
         "\"seconds\": %.6f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"longest_ms\": %.3f}\n",
         (long)job.accepted, (long)job.refused, (long)job.deferred, (long)job.lost, arrived - before, end - start,
         timed ? job.latencies[timed / 2] * 1e3 : 0, timed ? job.latencies[timed * 99 / 100] * 1e3 : 0,
         timed ? job.latencies[timed - 1] * 1e3 : 0);
  fflush(stdout);
  free(job.latencies);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  pthread_t thread;
  char line[4096], path[4000];
  int connections;
  long messages;
  double seconds;
  signal(SIGPIPE, SIG_IGN);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
    perror("load");
    return 1;
  }
  pthread_create(&thread, NULL, accept_all, (void *)(long)listener);
  printf("{\"next_hop\": %d}\n", ntohs(address.sin_port));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%d %3999s %d %ld %lf %d", &job.port, path, &connections, &messages, &seconds,
               &job.per_connection) != 6 ||
        connections > kMostConnections || read_file(path) != 0) {
      fprintf(stderr, "load: not understood: %s", line);
      return 2;
    }
    run(connections, messages, seconds);
  }
  return 0;
}
