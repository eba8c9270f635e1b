/* The least there is: for each client and tick one recv, and one send of a frame as large as a snapshot of the scene.
 *
 * It upgrades, takes whatever comes for HELLO and READY, and says a WELCOME that it was given as a file. It decodes nothing, steps
 * nothing and answers no PING: what a server needs above this is its own work. No epoll: a tick reads every line of its room once.
 *
 * Usage: floor PORT SEATS BYTES WELCOME    SEATS: clients of a room; BYTES: of a snapshot, its frame's header not counted.
 * It prints the port that it listens on (PORT 0: any) and serves until a signal ends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_RATE = 30,
    MAX_ROOMS = 256,           /* as gameserver */
    MAX_SEATS = 255,           /* as gameserver */
    MAX_WELCOME = 65536,       /* the scene has no map: its WELCOME takes about a kilobyte */
    MAX_SNAPSHOT = 65535,      /* so that the length takes two bytes */
    HEAD_BYTES = 4096,         /* of a request, as gameserver */
    GOLDEN_PERMYRIAD = 6180,   /* rooms lie apart in the tick by this share of it, modulo 1: spread evenly, as in gameserver */
};

enum state { EMPTY, UPGRADING, GREETING, LOADING, PLAYING };

struct client {
    int fd;
    enum state state;
    size_t have;
    char *head; /* of the request, while it is UPGRADING */
};

struct room {
    char name[64];
    int64_t tick;
    uint64_t due; /* of the next tick */
    int count;
    struct client seats[MAX_SEATS];
};

static struct room rooms[MAX_ROOMS];
static int room_count, seats;
static uint8_t welcome[MAX_WELCOME + 4], snapshot[MAX_SNAPSHOT + 4];
static size_t welcome_length, snapshot_length;

/* A connection that has not said its path yet is in no room. */
enum { MAX_NEWCOMERS = 256 };
static struct client newcomers[MAX_NEWCOMERS];
static int newcomer_count;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* -- the upgrade's answer: SHA-1 (FIPS 180-4) in base64 ------------------------------------------------------------------- */
static uint32_t rotate(uint32_t x, int bits) { return x << bits | x >> (32 - bits); }

static void sha1_block(uint32_t h[5], const uint8_t *block) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 80; t++) w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        uint32_t f = t < 20   ? (b & c) | (~b & d)
                     : t < 40 ? b ^ c ^ d
                     : t < 60 ? (b & c) | (b & d) | (c & d)
                              : b ^ c ^ d;
        const uint32_t k[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        uint32_t next = rotate(a, 5) + f + e + k[t / 20] + w[t];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const char *text, size_t length, uint8_t digest[20]) { /* of at most 119 bytes */
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t padded[128] = {0};
    size_t size = length < 56 ? 64 : 128;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    padded[size - 2] = (uint8_t)(length * 8 >> 8);
    padded[size - 1] = (uint8_t)(length * 8);
    for (size_t at = 0; at < size; at += 64) sha1_block(h, padded + at);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64_of_digest(const uint8_t digest[20], char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | (i < 6 ? digest[3 * i + 2] : 0);
        for (int j = 0; j < 4; j++) text[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

/* The value of a header; false if it is not there or longer than `size` - 1. */
static bool header_value(const char *head, const char *name, char *value, size_t size) {
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        size_t length = strlen(name);
        if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':') continue;
        const char *from = line + 3 + length;
        from += strspn(from, " \t");
        size_t taken = strcspn(from, " \t\r");
        if (taken >= size) return false;
        memcpy(value, from, taken);
        value[taken] = 0;
        return true;
    }
    return false;
}

/* -- frames --------------------------------------------------------------------------------------------------------------- */
static size_t frame_header(uint8_t *to, size_t length) { /* always four bytes, as for every snapshot of the scene */
    to[0] = 0x82;
    to[1] = 126;
    to[2] = (uint8_t)(length >> 8);
    to[3] = (uint8_t)length;
    return 4;
}

static void put(uint8_t **at, uint64_t value, int bytes) {
    while (bytes--) *(*at)++ = (uint8_t)(value >> 8 * bytes);
}

/* [1, epoch, tick, flags, nil, nil, nil, 1], then one fragment [0, 1, [], [], [0, …]] that fills the size. */
enum { SNAPSHOT_HEAD = 1 + 1 + 1 + 5 + 1 + 3 + 1, TICK_AT = 4 + 4, FRAGMENT_HEAD = 1 + 4 + 3 };

static void make_snapshot(size_t length) {
    size_t zeros = length - SNAPSHOT_HEAD - FRAGMENT_HEAD;
    uint8_t *at = snapshot + frame_header(snapshot, length);
    put(&at, 0x980100ce, 4); /* an array of 8: SNAPSHOT, epoch 0, and the tick in four bytes */
    put(&at, 0, 4);
    put(&at, 0x00c0c0c001, 5);
    put(&at, 0x9500019090, 5); /* an array of 5: part 0, 1 back, nothing entered or left */
    put(&at, 0xdc0000 | zeros, 3);
    memset(at, 0, zeros);
    snapshot_length = 4 + length;
}

static void stamp_snapshot(int64_t tick) {
    uint8_t *at = snapshot + TICK_AT;
    put(&at, (uint64_t)tick, 4);
}

/* -- clients -------------------------------------------------------------------------------------------------------------- */
static void leave(struct client *c) {
    close(c->fd);
    free(c->head);
    c->head = NULL;
    c->state = EMPTY;
}

static struct room *room_named(const char *name, uint64_t now) {
    for (int i = 0; i < room_count; i++)
        if (strcmp(rooms[i].name, name) == 0) return &rooms[i];
    if (room_count == MAX_ROOMS) return NULL;
    struct room *r = &rooms[room_count];
    strcpy(r->name, name);
    r->due = now + (uint64_t)(room_count * GOLDEN_PERMYRIAD % 10000) * 100000 / TICK_RATE;
    room_count++;
    return r;
}

/* Answers a whole request and gives it a seat. True when the newcomer has moved there or is gone. */
static bool seat(struct client *c, uint64_t now) {
    ssize_t got = recv(c->fd, c->head + c->have, HEAD_BYTES - c->have - 1, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) return leave(c), true;
    c->have += (size_t)got;
    c->head[c->have] = 0;
    if (strstr(c->head, "\r\n\r\n") == NULL) {
        if (c->have + 1 >= HEAD_BYTES) return leave(c), true;
        return false;
    }
    char name[64], key[32], joined[80], accept[29], answer[200];
    uint8_t digest[20];
    struct room *r = NULL;
    if (sscanf(c->head, "GET /ws/%63[a-z0-9] HTTP/1.1", name) == 1 && header_value(c->head, "Sec-WebSocket-Key", key, sizeof key))
        r = room_named(name, now);
    if (r == NULL || r->count >= seats) return leave(c), true;
    int length = snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(joined, (size_t)length, digest);
    base64_of_digest(digest, accept);
    length = snprintf(answer, sizeof answer,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\n\r\n",
                      accept);
    if (send(c->fd, answer, (size_t)length, MSG_NOSIGNAL) != length) return leave(c), true;
    free(c->head);
    c->head = NULL;
    c->state = GREETING;
    r->seats[r->count++] = *c;
    return true;
}

static void let_in(int listener, uint64_t now) {
    while (newcomer_count < MAX_NEWCOMERS) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) break;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        char *head = malloc(HEAD_BYTES);
        if (head == NULL) exit(1);
        newcomers[newcomer_count++] = (struct client){.fd = fd, .state = UPGRADING, .head = head};
    }
    for (int i = newcomer_count - 1; i >= 0; i--)
        if (seat(&newcomers[i], now)) newcomers[i] = newcomers[--newcomer_count];
}

static void serve(struct client *c) {
    static uint8_t incoming[4096];
    ssize_t got = recv(c->fd, incoming, sizeof incoming, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return leave(c);
    if (c->state == PLAYING) {
        ssize_t sent = send(c->fd, snapshot, snapshot_length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent != (ssize_t)snapshot_length && !(sent < 0 && errno == EAGAIN)) leave(c); /* half a frame has torn the line */
    } else if (got > 0 && c->state == GREETING) {
        c->state = LOADING;
        if (send(c->fd, welcome, welcome_length, MSG_NOSIGNAL) != (ssize_t)welcome_length) leave(c);
    } else if (got > 0) c->state = PLAYING; /* from the next tick on */
}

static void tick(struct room *r) {
    stamp_snapshot(++r->tick);
    for (int i = r->count - 1; i >= 0; i--) {
        serve(&r->seats[i]);
        if (r->seats[i].state == EMPTY) r->seats[i] = r->seats[--r->count];
    }
    r->due += 1000000000u / TICK_RATE;
}

static int listen_at(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1024) < 0) {
        perror("floor: cannot listen");
        exit(1);
    }
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static size_t read_file(const char *path, uint8_t *to, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(to, 1, room, file) : 0;
    if (length == 0 || length == room) {
        fprintf(stderr, "floor: %s cannot be read, or is empty or too large\n", path);
        exit(2);
    }
    fclose(file);
    return length;
}

int main(int count, char **words) {
    long bytes = count == 5 ? atol(words[3]) : 0;
    seats = count == 5 ? atoi(words[2]) : 0;
    if (bytes < SNAPSHOT_HEAD + FRAGMENT_HEAD || bytes < 126 || bytes > MAX_SNAPSHOT || seats < 1 || seats > MAX_SEATS) {
        fputs("usage: floor PORT SEATS BYTES WELCOME\n", stderr);
        return 2;
    }
    size_t length = read_file(words[4], welcome + 4, MAX_WELCOME);
    welcome_length = frame_header(welcome, length) + length;
    make_snapshot((size_t)bytes);
    int listener = listen_at(atoi(words[1]));
    for (;;) {
        uint64_t now = now_ns(), next = now + 1000000000u / TICK_RATE; /* newcomers wait a tick at most */
        let_in(listener, now);
        for (int i = 0; i < room_count; i++) {
            if (rooms[i].due <= now) tick(&rooms[i]);
            if (rooms[i].due < next) next = rooms[i].due;
        }
        struct timespec until = {.tv_sec = (time_t)(next / 1000000000u), .tv_nsec = (long)(next % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
}
