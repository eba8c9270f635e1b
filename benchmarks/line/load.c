/* Plays any number of clients of docs/protocol.md against one server and measures what reaches them.
 *
 * One thread, one epoll. Each client sends an INPUT at a steady rate, spread evenly over the period, and a PING once a second, as a
 * player's program would; it reads every frame strictly (RFC 6455, then the messages, then the number of fragments), but keeps no
 * world. It must cost less than any server that it measures, and says what it costs.
 *
 * It prints "measuring" to stderr when all clients play and the warm-up is over, and one JSON object to stdout when the
 * measurement has ended. Exit codes: 0 measured (look at the errors in the object), 1 not all clients came to play, 2 wrong usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_FIELDS = 16,              /* values of an input: docs/api.md */
    MAX_FRAME = 2 * 1024 * 1024,  /* bytes of a frame to a client: docs/protocol.md, section 1 */
    MAX_DEPTH = 64,               /* of nested arrays; the deepest message has four levels */
    READ_BYTES = 256 * 1024,      /* several snapshots of a large room */
    EVENTS = 128,                 /* taken from epoll at once, so that inputs are never sent much too late */
    HOLD = 8,                     /* an input value changes at one in so many sends: keys are held for a while */
    LEAD = 2,                     /* ticks that an input is stamped ahead of the newest snapshot: it is in time, and waits for a tick */
    MAX_LEAD = 4,                 /* beyond it the stamps are counted anew */
    JOIN_SECONDS = 60,            /* until all clients must play */
    NOTICE_DRAINING = 3,          /* the only NOTICE that does not end the line */
};

/* The example of RFC 6455, section 1.3: with a constant key the right answer is a constant, too. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

enum state { IDLE, CONNECTING, UPGRADING, GREETING, LOADING, PLAYING, LOST };

struct client {
    int fd;
    enum state state;
    uint8_t *rest; /* an unfinished frame */
    size_t rest_length, rest_room;
    int64_t newest;  /* tick of the last snapshot, -1 before the first */
    int64_t stamped; /* tick of the last input */
    int64_t event;   /* sequence of the last EVENT */
    int64_t epoch;
    uint64_t arrived; /* when the last snapshot came */
    uint32_t chance;
    int pings;
    int8_t values[MAX_FIELDS];
    uint64_t snapshots, bytes; /* of the measurement */
    int64_t tick_before;       /* newest tick when it began */
};

struct field {
    int64_t low, high;
};

/* Counts of durations in steps of 10 us, up to 10 s. */
enum { STEP_NS = 10000, STEPS = 1000000 };
struct histogram {
    uint32_t *counts;
    uint64_t total, longest;
};

static struct {
    const char *host, *game, *room;
    int port, clients, rooms_of, handshakes;
    double hz, seconds, warmup;
} options = {"127.0.0.1", "drive", "drive", 8765, 50, 50, 64, 30.0, 10.0, 2.0};

static struct client *clients;
static struct field fields[MAX_FIELDS];
static int width = -1; /* values of one input, once a WELCOME has said it */
static int poller, playing, lost, joining, begun;
static uint64_t protocol_errors, inputs_sent, inputs_unsent, slots_missed, late_longest;
static char first_error[200];
static bool measuring;
static struct histogram gaps, trips;
static uint8_t incoming[READ_BYTES];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void *claim(void *memory) {
    if (memory == NULL) {
        fputs("load: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static uint32_t draw(struct client *c) { /* a linear congruential generator; its high bits are good enough */
    c->chance = c->chance * 1664525u + 1013904223u;
    return c->chance >> 8;
}

static void record(struct histogram *h, uint64_t ns) {
    uint64_t step = ns / STEP_NS;
    h->counts[step < STEPS ? step : STEPS - 1]++;
    h->total++;
    if (ns > h->longest) h->longest = ns;
}

static double quantile_ms(const struct histogram *h, double share) {
    uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
    for (int i = 0; i < STEPS; i++)
        if ((seen += h->counts[i]) > wanted) return (i + 0.5) * STEP_NS / 1e6;
    return 0.0;
}

/* -- losing a client ------------------------------------------------------------------------------------------------------ */
static void lose(struct client *c, const char *format, ...) {
    if (c->state == LOST) return;
    if (first_error[0] == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(first_error, sizeof first_error, format, arguments);
        va_end(arguments);
    }
    if (c->state == PLAYING) playing--;
    else if (c->state != LOADING) joining--;
    c->state = LOST;
    lost++;
    close(c->fd);
}

/* -- msgpack -------------------------------------------------------------------------------------------------------------- */
struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t take(struct reader *r, int bytes) {
    uint64_t value = 0;
    if (r->end - r->at < bytes) {
        r->bad = true;
        r->at = r->end;
        return 0;
    }
    while (bytes--) value = value << 8 | *r->at++;
    return value;
}

static void pass(struct reader *r, uint64_t bytes) {
    if ((uint64_t)(r->end - r->at) < bytes) r->bad = true, r->at = r->end;
    else r->at += bytes;
}

static uint32_t read_array(struct reader *r) {
    uint8_t lead = (uint8_t)take(r, 1);
    if ((lead & 0xf0) == 0x90) return lead & 0x0f;
    if (lead == 0xdc) return (uint32_t)take(r, 2);
    if (lead == 0xdd) return (uint32_t)take(r, 4);
    r->bad = true;
    return 0;
}

static uint32_t read_map(struct reader *r) {
    uint8_t lead = (uint8_t)take(r, 1);
    if ((lead & 0xf0) == 0x80) return lead & 0x0f;
    if (lead == 0xde) return (uint32_t)take(r, 2);
    if (lead == 0xdf) return (uint32_t)take(r, 4);
    r->bad = true;
    return 0;
}

static int64_t read_integer(struct reader *r) {
    uint8_t lead = (uint8_t)take(r, 1);
    if (lead < 0x80) return lead;
    if (lead >= 0xe0) return (int8_t)lead;
    switch (lead) {
    case 0xcc: return (int64_t)take(r, 1);
    case 0xcd: return (int64_t)take(r, 2);
    case 0xce: return (int64_t)take(r, 4);
    case 0xcf: return (int64_t)take(r, 8);
    case 0xd0: return (int8_t)take(r, 1);
    case 0xd1: return (int16_t)take(r, 2);
    case 0xd2: return (int32_t)take(r, 4);
    case 0xd3: return (int64_t)take(r, 8);
    }
    r->bad = true;
    return 0;
}

static bool read_nil(struct reader *r) {
    if (r->at < r->end && *r->at == 0xc0) {
        r->at++;
        return true;
    }
    return false;
}

static const uint8_t *read_bytes(struct reader *r, uint32_t *length) { /* of a str or bin */
    uint8_t lead = (uint8_t)take(r, 1);
    if ((lead & 0xe0) == 0xa0) *length = lead & 0x1f;
    else if (lead == 0xd9 || lead == 0xc4) *length = (uint32_t)take(r, 1);
    else if (lead == 0xda || lead == 0xc5) *length = (uint32_t)take(r, 2);
    else if (lead == 0xdb || lead == 0xc6) *length = (uint32_t)take(r, 4);
    else *length = 0, r->bad = true;
    const uint8_t *from = r->at;
    pass(r, *length);
    return from;
}

static bool read_word(struct reader *r, const char *word) { /* is the next str this word? It is taken in any case */
    uint32_t length;
    const uint8_t *from = read_bytes(r, &length);
    return !r->bad && length == strlen(word) && memcmp(from, word, length) == 0;
}

static void skip(struct reader *r, uint64_t values) {
    uint32_t length;
    while (values > 0 && !r->bad) {
        if (r->at >= r->end) {
            r->bad = true;
            return;
        }
        uint8_t lead = *r->at;
        values--;
        if (lead < 0x80 || lead >= 0xe0 || lead == 0xc0 || lead == 0xc2 || lead == 0xc3) r->at++;
        else if ((lead & 0xf0) == 0x90 || lead == 0xdc || lead == 0xdd) values += read_array(r);
        else if (lead < 0x90 || lead == 0xde || lead == 0xdf) values += 2 * (uint64_t)read_map(r);
        else if (lead >= 0xcc && lead <= 0xd3) read_integer(r);
        else read_bytes(r, &length); /* a float or ext ends here, too: there are none in the protocol */
    }
}

struct writer {
    uint8_t bytes[256]; /* the longest message is a HELLO of about 100 */
    size_t length;
};

static void put(struct writer *w, uint64_t value, int bytes) {
    while (bytes--) w->bytes[w->length++] = (uint8_t)(value >> 8 * bytes);
}

static void put_integer(struct writer *w, int64_t value) { /* in the shortest encoding */
    if (value >= -32 && value < 128) put(w, (uint8_t)value, 1);
    else if (value >= 0 && value <= UINT8_MAX) put(w, 0xcc, 1), put(w, (uint64_t)value, 1);
    else if (value >= 0 && value <= UINT16_MAX) put(w, 0xcd, 1), put(w, (uint64_t)value, 2);
    else if (value >= 0 && value <= UINT32_MAX) put(w, 0xce, 1), put(w, (uint64_t)value, 4);
    else if (value >= 0) put(w, 0xcf, 1), put(w, (uint64_t)value, 8);
    else put(w, 0xd3, 1), put(w, (uint64_t)value, 8); /* never happens: nothing negative but -1 is sent */
}

static void put_text(struct writer *w, const char *text) {
    size_t length = strlen(text);
    put(w, 0xd9, 1);
    put(w, length, 1);
    memcpy(w->bytes + w->length, text, length);
    w->length += length;
}

/* -- sending -------------------------------------------------------------------------------------------------------------- */
/* Sends one masked frame. False if it did not fit into the kernel's buffer; a line that took half of it is lost. */
static bool say(struct client *c, const struct writer *w, uint8_t opcode) {
    uint8_t frame[8 + sizeof w->bytes];
    size_t at = 0;
    frame[at++] = 0x80 | opcode;
    if (w->length < 126) frame[at++] = 0x80 | (uint8_t)w->length;
    else frame[at++] = 0x80 | 126, frame[at++] = (uint8_t)(w->length >> 8), frame[at++] = (uint8_t)w->length;
    uint8_t *mask = frame + at;
    uint32_t random = draw(c) << 8 | (draw(c) & 0xff);
    memcpy(mask, &random, 4);
    at += 4;
    for (size_t i = 0; i < w->length; i++) frame[at + i] = w->bytes[i] ^ mask[i & 3];
    at += w->length;
    ssize_t sent = send(c->fd, frame, at, MSG_NOSIGNAL);
    if (sent == (ssize_t)at) return true;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    lose(c, sent < 0 ? "send: %s" : "half of a frame was sent", strerror(errno));
    return false;
}

static void room_of(const struct client *c, char *name, size_t size) {
    snprintf(name, size, "%s%d", options.room, (int)(c - clients) / options.rooms_of + 1);
}

static void ask_for_upgrade(struct client *c) {
    char text[512], room[64];
    room_of(c, room, sizeof room);
    int length = snprintf(text, sizeof text,
                          "GET /ws/%s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          room, options.host, options.port, KEY);
    if (send(c->fd, text, (size_t)length, MSG_NOSIGNAL) != length) lose(c, "the upgrade was not sent: %s", strerror(errno));
    else c->state = UPGRADING;
}

static void say_hello(struct client *c) {
    struct writer w = {.length = 0};
    char room[64], name[32];
    room_of(c, room, sizeof room);
    snprintf(name, sizeof name, "load %d", (int)(c - clients) + 1);
    put(&w, 0x97, 1); /* [0, protocol 1, game, room, no credential, player, name] */
    put_integer(&w, 0);
    put_integer(&w, 1);
    put_text(&w, options.game);
    put_text(&w, room);
    put(&w, 0xc0, 1);
    put_integer(&w, 0);
    put_text(&w, name);
    c->state = GREETING;
    say(c, &w, 2);
}

static void say_ready(struct client *c, const uint8_t *map_hash) {
    struct writer w = {.length = 0};
    put(&w, 0x92, 1);
    put_integer(&w, 1);
    if (map_hash == NULL) put(&w, 0xc0, 1);
    else {
        put(&w, 0xc420, 2);
        memcpy(w.bytes + w.length, map_hash, 32);
        w.length += 32;
    }
    c->state = LOADING;
    joining--;
    say(c, &w, 2);
}

static void say_input(struct client *c) {
    struct writer w = {.length = 0};
    c->stamped++;
    if (c->stamped <= c->newest || c->stamped > c->newest + MAX_LEAD) c->stamped = c->newest + LEAD;
    put(&w, 0x96, 1); /* [2, first_tick, ack_tick, ack_event, view_tick, values] */
    put_integer(&w, 2);
    put_integer(&w, c->stamped);
    put_integer(&w, c->newest);
    put_integer(&w, c->event);
    put(&w, 0xc0, 1);
    put(&w, 0xdc, 1);
    put(&w, (uint64_t)width, 2);
    for (int i = 0; i < width; i++) {
        if (draw(c) % HOLD == 0) {
            int64_t value = (int64_t)(draw(c) % 3) - 1;
            c->values[i] = (int8_t)(value < fields[i].low ? fields[i].low : value > fields[i].high ? fields[i].high : value);
        }
        put_integer(&w, c->values[i]);
    }
    if (say(c, &w, 2)) inputs_sent++;
    else inputs_unsent++;
}

static void say_ping(struct client *c) {
    struct writer w = {.length = 0};
    put(&w, 0x93, 1);
    put_integer(&w, 3);
    put_integer(&w, ++c->pings);
    put_integer(&w, (int64_t)(now_ns() / 1000));
    say(c, &w, 2);
}

/* -- what the server says ------------------------------------------------------------------------------------------------- */
static void wrong(struct client *c, const char *what) {
    if (c->state == LOST) return;
    protocol_errors++;
    lose(c, "%s", what);
}

/* One FIELD of the schema's input (docs/protocol.md, section 6): which values it takes. */
static struct field read_field(struct reader *r) {
    struct field f = {INT8_MIN, INT8_MAX};
    for (uint32_t keys = read_map(r); keys > 0 && !r->bad; keys--) {
        uint32_t length;
        const uint8_t *key = read_bytes(r, &length);
        if (length == 3 && memcmp(key, "low", 3) == 0) f.low = read_integer(r);
        else if (length == 4 && memcmp(key, "high", 4) == 0) f.high = read_integer(r);
        else if (length == 5 && memcmp(key, "steps", 5) == 0) f.low = 0, f.high = read_integer(r) - 1;
        else if (length == 4 && memcmp(key, "type", 4) == 0) {
            if (read_word(r, "boolean")) f.low = 0, f.high = 1;
        } else skip(r, 1);
    }
    return f;
}

static void hear_welcome(struct client *c, struct reader *r) {
    uint32_t elements = read_array(r);
    if (elements < 9 || read_integer(r) != 0) {
        wrong(c, "the first message is no WELCOME");
        return;
    }
    skip(r, 4); /* player, role, resume, tick rate */
    int count = 0;
    for (uint32_t keys = read_map(r); keys > 0 && !r->bad; keys--) {
        if (!read_word(r, "input")) {
            skip(r, 1);
            continue;
        }
        count = (int)read_array(r);
        if (count < 0 || count > MAX_FIELDS) {
            wrong(c, "an input has too many fields");
            return;
        }
        for (int i = 0; i < count; i++) fields[i] = read_field(r);
    }
    const uint8_t *map_hash = NULL;
    if (!read_nil(r)) {
        uint32_t length;
        uint32_t parts = read_array(r);
        skip(r, 1);
        map_hash = read_bytes(r, &length);
        if (parts < 3 || length != 32) r->bad = true;
        skip(r, parts - 2);
    }
    skip(r, elements - 7);
    if (r->bad || r->at != r->end || (width >= 0 && width != count)) {
        wrong(c, "a WELCOME that cannot be read");
        return;
    }
    width = count;
    say_ready(c, map_hash);
}

static void hear_snapshot(struct client *c, struct reader *r, uint32_t elements, uint64_t now) {
    if (elements < 8) r->bad = true;
    int64_t epoch = read_integer(r), tick = read_integer(r);
    read_integer(r);                             /* flags */
    if (!read_nil(r)) read_integer(r);           /* input_ack */
    if (!read_nil(r)) read_integer(r);           /* margin */
    skip(r, 1);                                  /* control */
    int64_t fragments = read_integer(r);
    skip(r, r->bad ? 0 : elements - 8);
    for (; fragments > 0 && !r->bad; fragments--) {
        uint32_t of_fragment = read_array(r);
        if (of_fragment < 5) r->bad = true;
        skip(r, of_fragment);
    }
    if (r->bad || r->at != r->end) return wrong(c, "a SNAPSHOT that cannot be read");
    if (epoch < c->epoch || (epoch == c->epoch && tick <= c->newest)) return wrong(c, "the tick of a SNAPSHOT does not grow");
    if (c->state == LOADING) {
        c->state = PLAYING;
        playing++;
    } else if (measuring) record(&gaps, now - c->arrived);
    c->epoch = epoch;
    c->newest = tick;
    c->arrived = now;
    c->snapshots += measuring;
}

static void hear_pong(struct reader *r, uint64_t now) {
    read_integer(r); /* sequence */
    int64_t client_time = read_integer(r);
    read_integer(r); /* tick */
    read_integer(r); /* into_tick */
    int64_t trip = (int64_t)(now / 1000) - client_time - read_integer(r);
    if (measuring && !r->bad) record(&trips, trip > 0 ? (uint64_t)trip * 1000 : 0);
}

static void hear_notice(struct client *c, struct reader *r) {
    int64_t code = read_integer(r);
    uint32_t length;
    const uint8_t *text = read_bytes(r, &length);
    if (!r->bad && code != NOTICE_DRAINING) lose(c, "NOTICE %d: %.*s", (int)code, (int)length, (const char *)text);
}

static void hear(struct client *c, const uint8_t *payload, size_t length, uint64_t now) {
    struct reader r = {payload, payload + length, false};
    if (length == 0) return wrong(c, "an empty message");
    while (r.at < r.end && c->state != LOST) {
        const uint8_t *begin = r.at;
        uint32_t elements = read_array(&r);
        int64_t kind = elements > 0 ? read_integer(&r) : -1;
        const uint32_t least[] = {9, 8, 5, 6, 4, 4};
        if (r.bad || kind < 0 || kind > 5 || elements < least[kind]) return wrong(c, "a message that cannot be read");
        if (c->state == GREETING && kind != 5) {
            r.at = begin;
            return hear_welcome(c, &r);
        }
        uint32_t read = 1;
        if (kind == 1) return hear_snapshot(c, &r, elements, now);
        if (kind == 0) return wrong(c, "a second WELCOME");
        if (kind == 2) {
            int64_t sequence = read_integer(&r);
            if (sequence != c->event + 1) return wrong(c, "an EVENT is missing");
            c->event = sequence;
            read = 2;
        } else if (kind == 3) {
            hear_pong(&r, now);
            read = 6;
        } else if (kind == 5) {
            hear_notice(c, &r);
            read = 3;
        }
        skip(&r, elements - read);
        if (r.bad) return wrong(c, "a message that cannot be read");
    }
}

/* Hands out the whole frames in these bytes; returns how many bytes they took. */
static size_t hear_frames(struct client *c, const uint8_t *bytes, size_t length, uint64_t now) {
    size_t at = 0;
    while (c->state != LOST && length - at >= 2) {
        uint8_t first = bytes[at], second = bytes[at + 1];
        uint64_t size = second & 0x7f;
        size_t header = size < 126 ? 2 : size == 126 ? 4 : 10;
        if (second & 0x80) return wrong(c, "a masked frame"), length;
        if (length - at < header) break;
        if (size >= 126) {
            size = 0;
            for (size_t i = 2; i < header; i++) size = size << 8 | bytes[at + i];
            if (size < (header == 4 ? 126u : 65536u)) return wrong(c, "a length that is not minimal"), length;
        }
        if (size > MAX_FRAME) return wrong(c, "a frame that is too large"), length;
        if (length - at - header < size) break;
        const uint8_t *payload = bytes + at + header;
        if (first == 0x82) hear(c, payload, size, now);
        else if (first == 0x88) lose(c, "closed with %d", size >= 2 ? payload[0] << 8 | payload[1] : 1005);
        else if (first == 0x89 && size < 126) {
            struct writer w = {.length = size};
            memcpy(w.bytes, payload, size);
            say(c, &w, 10);
        } else if (first != 0x8a) wrong(c, "neither a whole binary message nor a control frame");
        if (measuring) c->bytes += header + size;
        at += header + size;
    }
    return at;
}

/* The answer to the upgrade (RFC 6455 4.1); returns how many bytes it took, 0 while it is not whole. */
static size_t hear_answer(struct client *c, const uint8_t *bytes, size_t length) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (end == NULL) {
        if (length > 4096) wrong(c, "the answer to the upgrade does not end");
        return 0;
    }
    size_t size = (size_t)(end - bytes) + 4;
    char *head = claim(strndup((const char *)bytes, size));
    bool accepted = false, extended = false;
    for (char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, "sec-websocket-accept:", 21) == 0) {
            char *value = line + 21 + strspn(line + 21, " \t");
            accepted = strncmp(value, ACCEPT, strlen(ACCEPT)) == 0;
        }
        extended = extended || strncasecmp(line, "sec-websocket-extensions:", 25) == 0;
    }
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0 || !accepted || extended) wrong(c, "the upgrade was refused");
    else say_hello(c);
    free(head);
    return size;
}

static void keep(struct client *c, const uint8_t *bytes, size_t length) {
    if (length > c->rest_room) {
        c->rest = claim(realloc(c->rest, length));
        c->rest_room = length;
    }
    memmove(c->rest, bytes, length);
    c->rest_length = length;
}

static void read_from(struct client *c) {
    size_t room = sizeof incoming - c->rest_length;
    if (c->rest_length > sizeof incoming / 2) { /* a WELCOME with a large map: collect it apart */
        if (c->rest_room < MAX_FRAME + READ_BYTES) {
            c->rest = claim(realloc(c->rest, MAX_FRAME + READ_BYTES));
            c->rest_room = MAX_FRAME + READ_BYTES;
        }
        room = c->rest_room - c->rest_length;
    }
    bool apart = c->rest_length > sizeof incoming / 2;
    uint8_t *from = apart ? c->rest : incoming;
    if (!apart && c->rest_length > 0) memcpy(incoming, c->rest, c->rest_length);
    ssize_t got = recv(c->fd, from + c->rest_length, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) {
        lose(c, got < 0 ? "recv: %s" : "the server closed the connection", strerror(errno));
        return;
    }
    uint64_t now = now_ns();
    size_t length = c->rest_length + (size_t)got, at = 0;
    if (c->state == UPGRADING) at = hear_answer(c, from, length);
    if (c->state != UPGRADING && c->state != LOST) at += hear_frames(c, from + at, length - at, now);
    if (c->state == LOST) return;
    keep(c, from + at, length - at);
}

/* -- the run -------------------------------------------------------------------------------------------------------------- */
static void join(struct client *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    inet_pton(AF_INET, options.host, &address.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    c->state = CONNECTING;
    joining++;
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (c->fd < 0 || (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)) {
        lose(c, "connect: %s", strerror(errno));
        return;
    }
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &wanted);
}

static void on_event(struct client *c, uint32_t events) {
    if (c->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int problem = 0;
        socklen_t size = sizeof problem;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) {
            lose(c, "connect: %s", strerror(problem));
            return;
        }
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &wanted);
        ask_for_upgrade(c);
    }
    if (c->state != LOST && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_from(c);
}

/* Sends what is due: slot k of the schedule belongs to client k modulo their number, so they are spread over the period. */
static uint64_t send_due(uint64_t start, uint64_t slot, uint64_t now) {
    double slot_ns = 1e9 / options.hz / options.clients;
    uint64_t due = (uint64_t)((double)(now - start) / slot_ns);
    uint64_t a_period = (uint64_t)options.clients;
    if (due > slot + a_period) { /* so far behind that a client's turn would come twice at once: say so, and go on from here */
        if (measuring) slots_missed += due - slot - a_period;
        slot = due - a_period;
    }
    if (measuring && slot < due) {
        uint64_t late = (uint64_t)((double)(due - slot) * slot_ns);
        if (late > late_longest) late_longest = late;
    }
    for (; slot < due; slot++) {
        struct client *c = &clients[slot % a_period];
        if (c->state != PLAYING) continue;
        say_input(c);
        if ((slot / a_period + slot % a_period) % (uint64_t)(options.hz + 0.5) == 0 && c->state == PLAYING) say_ping(c);
    }
    return slot;
}

static void begin_measuring(void) {
    for (int i = 0; i < options.clients; i++) {
        clients[i].snapshots = clients[i].bytes = 0;
        clients[i].tick_before = clients[i].newest;
    }
    inputs_sent = inputs_unsent = 0;
    measuring = true;
    fputs("measuring\n", stderr);
}

static void print_text(const char *text) { /* as a JSON string */
    putchar('"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar((unsigned char)*text < 0x20 ? ' ' : *text);
    }
    putchar('"');
}

static void report(double seconds, double cpu) {
    uint64_t least = UINT64_MAX, snapshots = 0, bytes = 0, ticks = 0;
    for (int i = 0; i < options.clients; i++) {
        const struct client *c = &clients[i];
        if (c->snapshots < least) least = c->snapshots;
        snapshots += c->snapshots;
        bytes += c->bytes;
        ticks += (uint64_t)(c->newest - c->tick_before);
    }
    double n = options.clients;
    printf("{\"clients\": %d, \"rooms_of\": %d, \"seconds\": %.3f, \"ticks\": %.2f, ", options.clients, options.rooms_of, seconds,
           (double)ticks / n);
    printf("\"snapshots_per_second\": {\"min\": %.2f, \"mean\": %.2f}, ", (double)least / seconds, (double)snapshots / n / seconds);
    printf("\"gap_ms\": {\"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}, ", quantile_ms(&gaps, 0.5), quantile_ms(&gaps, 0.99),
           (double)gaps.longest / 1e6);
    if (trips.total > 0)
        printf("\"round_trip_ms\": {\"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}, ", quantile_ms(&trips, 0.5),
               quantile_ms(&trips, 0.99), (double)trips.longest / 1e6);
    else printf("\"round_trip_ms\": null, ");
    printf("\"bytes_per_client_second\": %.0f, \"bytes_per_snapshot\": %.1f, ", (double)bytes / n / seconds,
           snapshots > 0 ? (double)bytes / (double)snapshots : 0.0);
    printf("\"inputs_per_second\": %.2f, \"inputs_unsent\": %llu, ", (double)inputs_sent / n / seconds,
           (unsigned long long)inputs_unsent);
    printf("\"lost\": %d, \"protocol_errors\": %llu, \"first_error\": ", lost, (unsigned long long)protocol_errors);
    print_text(first_error);
    printf(", \"generator\": {\"cpu_us_per_client_second\": %.1f, \"core_share\": %.3f, \"latest_ms\": %.2f, "
           "\"slots_missed\": %llu}}\n",
           cpu * 1e6 / n / seconds, cpu / seconds, (double)late_longest / 1e6, (unsigned long long)slots_missed);
    fflush(stdout);
}

/* Plays until the measurement is over. False if not all clients came to play. */
static bool play(void) {
    struct epoll_event events[EVENTS];
    uint64_t start = now_ns(), slot = 0, all_played = 0, measure_from = 0;
    double cpu_before = 0.0;
    for (;;) {
        while (begun < options.clients && joining < options.handshakes) join(&clients[begun++]);
        int count = epoll_wait(poller, events, EVENTS, 1);
        for (int i = 0; i < count; i++) on_event(events[i].data.ptr, events[i].events);
        uint64_t now = now_ns();
        slot = send_due(start, slot, now);
        if (all_played == 0) {
            if (playing == options.clients) all_played = now;
            else if (lost > 0 || now - start > JOIN_SECONDS * 1000000000ull) return false;
        } else if (!measuring && (double)(now - all_played) >= options.warmup * 1e9) {
            begin_measuring();
            measure_from = now_ns();
            cpu_before = cpu_seconds();
        } else if (measuring && (double)(now - measure_from) >= options.seconds * 1e9) {
            report((double)(now - measure_from) / 1e9, cpu_seconds() - cpu_before);
            return true;
        }
    }
}

static void say_goodbye(void) {
    for (int i = 0; i < options.clients; i++) {
        struct writer w = {.bytes = {0x91, 5}, .length = 2};
        if (clients[i].state == PLAYING) say(&clients[i], &w, 2);
    }
}

static double positive(const char *text, const char *name) {
    char *end;
    double value = strtod(text, &end);
    if (*end != 0 || !(value > 0.0)) {
        fprintf(stderr, "load: --%s takes a number above 0, not %s\n", name, text);
        exit(2);
    }
    return value;
}

static void read_options(int count, char **words) {
    enum { HOST, PORT, GAME, ROOM, CLIENTS, ROOMS_OF, HZ, SECONDS, WARMUP, HANDSHAKES };
    static const struct option known[] = {
        {"host", 1, NULL, HOST},       {"port", 1, NULL, PORT},         {"game", 1, NULL, GAME}, {"room", 1, NULL, ROOM},
        {"clients", 1, NULL, CLIENTS}, {"rooms-of", 1, NULL, ROOMS_OF}, {"hz", 1, NULL, HZ},     {"seconds", 1, NULL, SECONDS},
        {"warmup", 1, NULL, WARMUP},   {"handshakes", 1, NULL, HANDSHAKES}, {0}};
    int found, which = 0;
    while ((found = getopt_long(count, words, "", known, &which)) != -1) {
        switch (found) {
        case HOST: options.host = optarg; break;
        case PORT: options.port = (int)positive(optarg, "port"); break;
        case GAME: options.game = optarg; break;
        case ROOM: options.room = optarg; break;
        case CLIENTS: options.clients = (int)positive(optarg, "clients"); break;
        case ROOMS_OF: options.rooms_of = (int)positive(optarg, "rooms-of"); break;
        case HZ: options.hz = positive(optarg, "hz"); break;
        case SECONDS: options.seconds = positive(optarg, "seconds"); break;
        case WARMUP: options.warmup = positive(optarg, "warmup"); break;
        case HANDSHAKES: options.handshakes = (int)positive(optarg, "handshakes"); break;
        default: exit(2);
        }
    }
    struct in_addr address;
    if (optind < count || inet_pton(AF_INET, options.host, &address) != 1 || strlen(options.game) > 32 || strlen(options.room) > 24) {
        fputs("load: --host takes an IPv4 address; --game and --room take short names\n", stderr);
        exit(2);
    }
}

int main(int count, char **words) {
    read_options(count, words);
    clients = claim(calloc((size_t)options.clients, sizeof *clients));
    gaps.counts = claim(calloc(STEPS, sizeof *gaps.counts));
    trips.counts = claim(calloc(STEPS, sizeof *trips.counts));
    for (int i = 0; i < options.clients; i++) {
        clients[i].newest = clients[i].stamped = -1;
        clients[i].chance = (uint32_t)i * 2654435761u + 1; /* the same inputs in every run */
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!play()) {
        fprintf(stderr, "load: %d of %d clients play, %d are lost: %s\n", playing, options.clients, lost, first_error);
        return 1;
    }
    say_goodbye();
    return 0;
}
