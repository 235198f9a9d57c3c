/* A load of WebSocket clients on 127.0.0.1, on one thread, with as little work for each message as measuring allows.
 *
 *   wsload get PORT CONNECTIONS PIPELINE SECONDS        get of one key, so many outstanding on each connection
 *   wsload subscribe PORT SUBSCRIBERS SLOW RATE SECONDS PID   changes to all of them; SLOW of them read 1 KiB a second
 *   wsload idle PORT CONNECTIONS PID                    connections that only answer pings
 *
 * Prints one line of JSON. Messages of the hub are taken apart only as far as the frames' heads.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, SAMPLES = 1 << 20 };

struct peer {
    int file, slow;
    size_t used;
    long received;
    double due;
    double *sent; /* a ring of when requests left */
    unsigned head, tail;
    unsigned char *in;
};

static double latencies[SAMPLES];
static long latency_count;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "wsload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void sample(double seconds) { latencies[latency_count++ % SAMPLES] = seconds; }

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double part) {
    long count = latency_count < SAMPLES ? latency_count : SAMPLES;
    if (!count) return 0;
    return latencies[(long)(part * (count - 1))] * 1e3;
}

static void sort_latencies(void) {
    qsort(latencies, latency_count < SAMPLES ? latency_count : SAMPLES, sizeof *latencies, ascending);
}

static long resident_kib(int pid) {
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    fclose(file);
    return kib;
}

static void write_all(int file, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count) {
        ssize_t n = send(file, at, count, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) fail("send");
        at += n;
        count -= n;
    }
}

/* The hub lets 512 in from one address: each 400 come from another. */
static int dial(int port, int index, int receive_buffer) {
    int file = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001 + index / 400)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7F000001)};
    if (receive_buffer) setsockopt(file, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (bind(file, (void *)&from, sizeof from) || connect(file, (void *)&to, sizeof to)) fail("connect");
    const char *request =
        "GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    write_all(file, request, strlen(request));
    char head[4096];
    size_t used = 0;
    while (used < 4 || memcmp(head + used - 4, "\r\n\r\n", 4)) {
        if (used == sizeof head || recv(file, head + used, 1, 0) != 1) fail("handshake");
        used++;
    }
    if (!memmem(head, used, " 101 ", 5)) fail("no websocket");
    return file;
}

static size_t put_frame(unsigned char *out, int opcode, const char *text, size_t count) {
    size_t at = 0;
    out[at++] = 0x80 | opcode;
    if (count < 126) {
        out[at++] = 0x80 | count;
    } else if (count < 65536) {
        out[at++] = 0x80 | 126;
        out[at++] = count >> 8;
        out[at++] = count;
    } else {
        out[at++] = 0x80 | 127;
        for (int i = 7; i >= 0; i--) out[at++] = (unsigned long)count >> (8 * i);
    }
    memset(out + at, 0, 4);
    memcpy(out + at + 4, text, count);
    return at + 4 + count;
}

static void send_text(int file, const char *text) {
    static unsigned char frame[1 << 18];
    write_all(file, frame, put_frame(frame, 1, text, strlen(text)));
}

/* Reads what is there; calls `message` for each whole one and answers pings. Returns 0 where the hub has closed. */
static int receive(struct peer *peer, size_t limit, void (*message)(struct peer *, const char *, size_t)) {
    ssize_t n = recv(peer->file, peer->in + peer->used, limit < BUFFER - peer->used ? limit : BUFFER - peer->used, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return 0;
    peer->used += n;
    size_t at = 0;
    while (peer->used - at >= 2) {
        const unsigned char *head = peer->in + at;
        size_t skip = 2, count = head[1] & 127;
        if (count == 126) {
            if (peer->used - at < 4) break;
            count = head[2] << 8 | head[3];
            skip = 4;
        } else if (count == 127) {
            if (peer->used - at < 10) break;
            count = 0;
            for (int i = 0; i < 8; i++) count = count << 8 | head[2 + i];
            skip = 10;
        }
        if (peer->used - at < skip + count) break;
        if ((head[0] & 15) == 9) {
            unsigned char pong[140];
            write_all(peer->file, pong, put_frame(pong, 10, (const char *)head + skip, count));
        } else if ((head[0] & 15) == 8) {
            return 0;
        } else {
            peer->received++;
            if (message) message(peer, (const char *)head + skip, count);
        }
        at += skip + count;
    }
    memmove(peer->in, peer->in + at, peer->used -= at);
    return 1;
}

static struct peer *make_peers(int epoll, int port, int count, int slow) {
    struct peer *peers = calloc(count, sizeof *peers);
    for (int i = 0; i < count; i++) {
        peers[i].slow = i < slow;
        peers[i].file = dial(port, i, i < slow ? 4096 : 0);
        peers[i].in = malloc(BUFFER);
        peers[i].sent = malloc(4096 * sizeof(double));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
        if (!peers[i].slow && epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].file, &event)) fail("epoll");
    }
    return peers;
}

static void answered(struct peer *peer, const char *text, size_t count) {
    (void)text, (void)count;
    sample(now() - peer->sent[peer->tail++ % 4096]);
}

static void ask(struct peer *peer, unsigned count) {
    static unsigned char out[1 << 18];
    size_t used = 0;
    for (unsigned i = 0; i < count; i++) {
        char text[80];
        int length = snprintf(text, sizeof text, "{\"get\":{\"key\":\"bench.value\"},\"query_id\":%u}", peer->head);
        used += put_frame(out + used, 1, text, length);
        peer->sent[peer->head++ % 4096] = now();
    }
    write_all(peer->file, out, used);
}

static int run_get(int port, int connections, int pipeline, double seconds) {
    int epoll = epoll_create1(0);
    struct peer *peers = make_peers(epoll, port, connections, 0);
    char buffer[256];
    send_text(peers[0].file, "{\"put\":{\"key\":\"bench.value\",\"value\":21.5}}");
    if (recv(peers[0].file, buffer, sizeof buffer, 0) <= 0) fail("put");
    for (int i = 0; i < connections; i++) ask(&peers[i], pipeline);
    double start = now(), end = start + seconds;
    while (now() < end) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            long before = peer->received;
            if (!receive(peer, BUFFER, answered)) fail("the hub closed a connection");
            if (peer->received > before) ask(peer, peer->received - before);
        }
    }
    double took = now() - start;
    long total = 0;
    for (int i = 0; i < connections; i++) total += peers[i].received;
    sort_latencies();
    printf("{\"gets_per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"connections\":%d,\"pipeline\":%d}\n", total / took,
           percentile(0.5), percentile(0.99), connections, pipeline);
    return 0;
}

static double origin;
static long skipped, told;

/* The value is when the change was put. */
static void changed(struct peer *peer, const char *text, size_t count) {
    (void)peer;
    const char *value = memmem(text, count, "\"value\":", 8);
    if (!value || !memmem(text, count, "\"pub\"", 5)) return;
    told++;
    const char *left_out = memmem(text, count, "\"skipped\":", 10);
    if (left_out) skipped += atol(left_out + 10);
    sample(now() - origin - atof(value + 8));
}

static void put_changes(int writer, int round, int count) {
    static char text[1 << 17];
    size_t used = 0;
    for (int i = 0; i < count; i++)
        used += snprintf(text + used, sizeof text - used, "%c{\"put\":{\"key\":\"bench.k%d\",\"value\":%.6f,\"wait\":false}}",
                         i ? ',' : '[', (round * count + i) % 50, now() - origin);
    snprintf(text + used, sizeof text - used, "]");
    send_text(writer, text);
}

static int run_subscribe(int port, int subscribers, int slow, int rate, double seconds, int pid) {
    int epoll = epoll_create1(0);
    origin = now();
    struct peer *peers = make_peers(epoll, port, subscribers, slow);
    struct peer writer = {.file = dial(port, 900, 0), .in = malloc(BUFFER)};
    for (int i = 0; i < subscribers; i++) send_text(peers[i].file, "{\"sub\":{\"pattern\":\"bench.**\"}}");
    usleep(500000);
    long before = resident_kib(pid), peak = before, slow_bytes = 0, lost = 0;
    double start = now(), end = start + seconds, next = start, look = start;
    int round = 0, at_once = rate / 50 ? rate / 50 : 1;
    long put = 0;
    while (now() < end) {
        if (now() >= next) {
            put_changes(writer.file, round++, at_once);
            put += at_once;
            next += (double)at_once / rate;
        }
        receive(&writer, BUFFER, NULL);
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, 2);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!receive(peer, BUFFER, changed)) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, peer->file, NULL);
                lost++;
            }
        }
        if (now() < look) continue;
        look += 1;
        for (int i = 0; i < slow; i++) {
            char some[1024];
            ssize_t n = recv(peers[i].file, some, sizeof some, MSG_DONTWAIT);
            if (n == 0) lost++;
            if (n > 0) slow_bytes += n;
            /* The hub's pings stand behind what it does not read yet; a pong may come unasked. */
            if (n) send(peers[i].file, "\x8a\x80\0\0\0\0", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        long kib = resident_kib(pid);
        if (kib > peak) peak = kib;
    }
    double took = now() - start;
    sort_latencies();
    printf("{\"subscribers\":%d,\"slow\":%d,\"puts_per_second\":%.0f,\"pushes_per_second\":%.0f,\"pushes_per_fast_subscriber\":%.1f,"
           "\"skipped\":%ld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"hub_grew_kib\":%ld,\"closed\":%ld,\"slow_read_bytes\":%ld}\n",
           subscribers, slow, put / took, told / took, (double)told / took / (subscribers - slow), skipped, percentile(0.5),
           percentile(0.99), peak - before, lost, slow_bytes);
    return 0;
}

static int run_idle(int port, int connections, int pid) {
    int epoll = epoll_create1(0);
    struct peer *warm = make_peers(epoll, port, 20, 0);
    sleep(1);
    for (int i = 0; i < 20; i++) receive(&warm[i], BUFFER, NULL);
    long before = resident_kib(pid);
    struct peer *peers = make_peers(epoll, port, connections, 0);
    for (double end = now() + 3; now() < end;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < count; i++) receive(events[i].data.ptr, BUFFER, NULL);
    }
    (void)peers;
    printf("{\"connections\":%d,\"kib_per_connection\":%.1f}\n", connections,
           (double)(resident_kib(pid) - before) / connections);
    return 0;
}

int main(int count, char **words) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (count == 6 && !strcmp(words[1], "get"))
        return run_get(atoi(words[2]), atoi(words[3]), atoi(words[4]), atof(words[5]));
    if (count == 8 && !strcmp(words[1], "subscribe"))
        return run_subscribe(atoi(words[2]), atoi(words[3]), atoi(words[4]), atoi(words[5]), atof(words[6]), atoi(words[7]));
    if (count == 5 && !strcmp(words[1], "idle")) return run_idle(atoi(words[2]), atoi(words[3]), atoi(words[4]));
    fprintf(stderr, "usage: wsload get|subscribe|idle …\n");
    return 2;
}
