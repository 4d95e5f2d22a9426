/* mockllm - a lean mock of an OpenAI-compatible chat completions upstream.
 *
 * One thread, epoll, no dependencies.  Every token it streams is six ASCII bytes,
 * '~' + five base-64 digits of the microsecond (CLOCK_MONOTONIC, modulo 2^30) at which
 * the token was handed to the kernel.  Whatever a relay does with the text, a load
 * client on the same machine can therefore count tokens and measure the transit time
 * of every one of them, in any wire dialect.
 *
 *   mockllm [-p port] [-n tokens] [-i itl_us] [-t ttft_us] [-b burst] [-j jitter_percent]
 *
 *   POST  .../chat/completions   stream:true -> SSE chunks as api.openai.com sends them
 *                                (role chunk, content chunks, finish chunk, optional usage
 *                                chunk, [DONE]); otherwise one JSON completion
 *   GET   /v1/models
 *   GET   /control?n=&itl=&ttft=&burst=&jitter=   change settings (new answers only), itl in us
 *   GET   /stats                                   counters as JSON (and reset of max lag)
 *   GET   /closes                                  [[tag, us]...]: when (CLOCK_MONOTONIC) the peer closed a stream whose
 *                                                  request contained "#tag-<number>"; each is told once
 *
 *   Port 0 takes a free one; the port is printed as the first line.
 *
 *   itl = 0: as fast as the socket takes it (one chunk per write, round robin).
 *   burst = k: k chunks per write, the mean rate stays 1/itl.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char B64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

typedef struct conn {
    int fd, heap_pos;           /* heap_pos: -1 when not in the heap */
    uint64_t due;               /* ns: next token */
    uint32_t sent, total;       /* content tokens */
    uint64_t itl_ns;
    uint32_t burst, jitter;
    int state;                  /* 0 idle/reading, 1 streaming, 2 blocked in write */
    int usage, started;
    uint32_t seq; int64_t tag;    /* tag: -1 when the request had none */
    char *out; size_t out_len, out_off, out_cap;   /* bytes the socket would not take */
    char *in; size_t in_len, in_cap;
} conn;

static conn *conns[1 << 17];
static conn **heap; static int heap_n, heap_cap;
static int ep;
static uint32_t cfg_n = 200, cfg_itl = 50000, cfg_ttft = 0, cfg_burst = 1, cfg_jitter = 0;
static uint64_t st_tokens, st_streams, st_done, st_blocked, st_maxlag, st_open, st_aborted;
static uint32_t next_seq = 1;
static struct { int64_t tag; uint64_t us; } closes[1 << 16]; static int n_closes;

static uint64_t now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }

/* ---- binary heap on due ---- */
static void hset(int i, conn *c) { heap[i] = c; c->heap_pos = i; }
static void hup(int i) { conn *c = heap[i]; while (i) { int p = (i - 1) / 2; if (heap[p]->due <= c->due) break; hset(i, heap[p]); i = p; } hset(i, c); }
static void hdown(int i) { conn *c = heap[i]; for (;;) { int k = 2 * i + 1; if (k >= heap_n) break; if (k + 1 < heap_n && heap[k + 1]->due < heap[k]->due) k++; if (heap[k]->due >= c->due) break; hset(i, heap[k]); i = k; } hset(i, c); }
static void hpush(conn *c) { if (heap_n == heap_cap) { heap_cap = heap_cap ? heap_cap * 2 : 1024; heap = realloc(heap, heap_cap * sizeof *heap); } hset(heap_n++, c); hup(c->heap_pos); }
static void hdel(conn *c) { int i = c->heap_pos; if (i < 0) return; c->heap_pos = -1; conn *l = heap[--heap_n]; if (l != c) { hset(i, l); hup(i); hdown(l->heap_pos); } }

/* ---- frame templates: chunk header, SSE data line, chunk trailer in one piece ---- */
#define ID "chatcmpl-CqX7bM2vQhT0aJ5nYwE%08x"
#define HEADJ "{\"id\":\"" ID "\",\"object\":\"chat.completion.chunk\",\"created\":1763674000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_560af6e559\","
static char tok_tpl[1024]; static size_t tok_len, tok_id, tok_txt;
static size_t mkframe(char *out, size_t cap, const char *json) { size_t n = strlen(json) + 8; return snprintf(out, cap, "%zx\r\ndata: %s\n\n\r\n", n, json); }
static void mk_templates(void) {
    char j[900];
    snprintf(j, sizeof j, HEADJ "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"~ABCDE\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"q7XbLw2\"}", 0);
    tok_len = mkframe(tok_tpl, sizeof tok_tpl, j);
    tok_id = strstr(tok_tpl, "00000000") - tok_tpl;
    tok_txt = strstr(tok_tpl, "~ABCDE") - tok_tpl + 1;
}
static inline void patch(char *f, uint32_t seq, uint32_t us) {
    static const char H[] = "0123456789abcdef";
    for (int i = 7; i >= 0; i--) { f[tok_id + i] = H[seq & 15]; seq >>= 4; }
    for (int i = 4; i >= 0; i--) { f[tok_txt + i] = B64[us & 63]; us >>= 6; }
}

static void mod(conn *c, int ev) { struct epoll_event e = {.events = ev, .data.ptr = c}; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e); }
static void closec(conn *c) {
    if (c->state) {
        st_open--; st_aborted++;
        if (c->tag >= 0 && n_closes < 1 << 16) { closes[n_closes].tag = c->tag; closes[n_closes++].us = now_ns() / 1000; }
    }
    hdel(c); conns[c->fd] = NULL; close(c->fd); free(c->out); free(c->in); free(c);
}
/* returns 0 ok, 1 blocked (rest buffered), -1 closed */
static int put(conn *c, const char *b, size_t n) {
    if (c->out_len == c->out_off) {
        ssize_t r = send(c->fd, b, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r < 0) { if (errno != EAGAIN) { closec(c); return -1; } r = 0; }
        if ((size_t)r == n) return 0;
        b += r; n -= r; c->out_len = c->out_off = 0; st_blocked++;
    }
    if (c->out_len + n > c->out_cap) { c->out_cap = c->out_len + n + 4096; c->out = realloc(c->out, c->out_cap); }
    memcpy(c->out + c->out_len, b, n); c->out_len += n;
    mod(c, EPOLLIN | EPOLLOUT);
    return 1;
}
static int handle_input(conn *c);

static void tick(conn *c, uint64_t now) {   /* send what is due for one stream */
    char buf[65536]; size_t len = 0; int fin = 0;
    if (!c->started) {                      /* headers went out already; role chunk rides with the first token */
        char j[900]; snprintf(j, sizeof j, HEADJ "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"Zr\"}", c->seq);
        len += mkframe(buf + len, sizeof buf - len, j); c->started = 1;
    }
    if (now > c->due && now - c->due > st_maxlag && c->itl_ns) st_maxlag = now - c->due;
    uint32_t k = c->burst; if (k > c->total - c->sent) k = c->total - c->sent;
    if (k > 128) k = 128;
    uint32_t us = now / 1000 & 0x3fffffff;
    for (uint32_t i = 0; i < k; i++) { memcpy(buf + len, tok_tpl, tok_len); patch(buf + len, c->seq, us); len += tok_len; }
    c->sent += k; st_tokens += k;
    if (c->sent >= c->total) {
        char j[900]; fin = 1;
        snprintf(j, sizeof j, HEADJ "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null,\"obfuscation\":\"8\"}", c->seq);
        len += mkframe(buf + len, sizeof buf - len, j);
        if (c->usage) {
            snprintf(j, sizeof j, HEADJ "\"choices\":[],\"usage\":{\"prompt_tokens\":812,\"completion_tokens\":%u,\"total_tokens\":%u,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},\"obfuscation\":\"pLm\"}", c->seq, c->total, c->total + 812);
            len += mkframe(buf + len, sizeof buf - len, j);
        }
        memcpy(buf + len, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24); len += 24;
    }
    uint64_t step = c->itl_ns * k;
    if (c->jitter) { int64_t d = (int64_t)step * (int)c->jitter / 100; if (d) step += (int64_t)(random() % (2 * d + 1)) - d; }
    c->due = c->itl_ns ? c->due + step : now;
    if (fin) { hdel(c); c->state = 0; st_open--; st_done++; }
    int r = put(c, buf, len);
    if (r < 0) return;
    if (fin) { if (r == 0 && c->in_len) handle_input(c); return; }
    if (r == 1) { hdel(c); c->state = 2; }
    else hdown(c->heap_pos);
}

static int json_reply(conn *c, const char *body) {
    char h[4096]; size_t n = snprintf(h, sizeof h, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", strlen(body), body);
    return put(c, h, n);
}
static int closes_reply(conn *c) {
    size_t cap = 64 + n_closes * 48, n = 1; char *j = malloc(cap + 256), *b = j + 256; b[0] = '[';
    for (int i = 0; i < n_closes; i++) n += snprintf(b + n, cap - n, "%s[%ld,%lu]", i ? "," : "", (long)closes[i].tag, closes[i].us);
    b[n++] = ']'; n_closes = 0;
    char h[256]; size_t hl = snprintf(h, sizeof h, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n", n);
    memcpy(b - hl, h, hl); int r = put(c, b - hl, hl + n); free(j); return r;
}
static uint32_t qs(const char *q, const char *k, uint32_t d) { const char *p = strstr(q, k); return p ? strtoul(p + strlen(k), 0, 10) : d; }
static const char *find(const char *h, size_t n, const char *needle) { return memmem(h, n, needle, strlen(needle)); }

/* parse one request if complete; returns 0, or -1 when the connection is gone */
static int handle_input(conn *c) {
    for (;;) {
        char *e = memmem(c->in, c->in_len, "\r\n\r\n", 4);
        if (!e) return 0;
        size_t hl = e - c->in + 4, cl = 0; char *body;
        int chunked = 0;
        for (char *p = c->in; p < e; p = strchr(p, '\n') + 1) {
            if (!strncasecmp(p, "content-length:", 15)) cl = strtoul(p + 15, 0, 10);
            if (!strncasecmp(p, "transfer-encoding:", 18)) chunked = 1;
            if (!memchr(p, '\n', e + 2 - p)) break;
        }
        body = c->in + hl;
        if (chunked) {      /* whole body must be here: look for the last chunk */
            char *z = memmem(body, c->in_len - hl, "0\r\n\r\n", 5);
            if (!z) return 0;
            cl = z + 5 - body;
        }
        if (c->in_len < hl + cl) return 0;
        char *eol = strchr(c->in, '\r'); *eol = 0;
        int r = 0;
        if (strstr(c->in, "/chat/completions")) {
            int stream = find(body, cl, "\"stream\":true") || find(body, cl, "\"stream\": true");
            if (stream) {
                c->usage = find(body, cl, "\"include_usage\":true") || find(body, cl, "\"include_usage\": true");
                c->total = cfg_n; c->sent = 0; c->itl_ns = cfg_itl * 1000ull; c->burst = cfg_burst; c->jitter = cfg_jitter; c->started = 0; c->seq = next_seq++;
                const char *g = find(body, cl, "#tag-"); c->tag = g ? atoll(g + 5) : -1;
                uint64_t now = now_ns(); c->due = now + cfg_ttft * 1000ull; c->state = 1; st_open++; st_streams++;
                static const char H[] = "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 21:40:00 GMT\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\nopenai-processing-ms: 212\r\nopenai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\nx-request-id: req_0a1b2c3d4e5f60718293a4b5c6d7e8f9\r\n\r\n";
                size_t rest = c->in_len - hl - cl; memmove(c->in, c->in + hl + cl, rest); c->in_len = rest;
                hpush(c);
                if ((r = put(c, H, sizeof H - 1)) < 0) return -1;
                if (r == 1) { hdel(c); c->state = 2; }
                return 0;
            }
            r = json_reply(c, "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1763674000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":1,\"total_tokens\":9}}");
        } else if (strstr(c->in, "/control")) {
            cfg_n = qs(c->in, "n=", cfg_n); cfg_itl = qs(c->in, "itl=", cfg_itl); cfg_ttft = qs(c->in, "ttft=", cfg_ttft); cfg_burst = qs(c->in, "burst=", cfg_burst); cfg_jitter = qs(c->in, "jitter=", cfg_jitter);
            if (!cfg_burst) cfg_burst = 1;
            if (!cfg_n) cfg_n = 1;
            r = json_reply(c, "{\"ok\":true}");
        } else if (strstr(c->in, "/stats")) {
            char j[400]; struct rusage ru; getrusage(RUSAGE_SELF, &ru);
            snprintf(j, sizeof j, "{\"tokens\":%lu,\"streams\":%lu,\"done\":%lu,\"open\":%lu,\"aborted\":%lu,\"blocked_writes\":%lu,\"max_lag_us\":%lu,\"cpu_s\":%.6f}", st_tokens, st_streams, st_done, st_open, st_aborted, st_blocked, st_maxlag / 1000,
                ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
            st_maxlag = 0; r = json_reply(c, j);
        } else if (strstr(c->in, "/closes")) {
            r = closes_reply(c);
        } else if (strstr(c->in, "/models")) {
            r = json_reply(c, "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o-mini\",\"object\":\"model\",\"created\":1721172741,\"owned_by\":\"system\"}]}");
        } else r = json_reply(c, "{}");
        if (r < 0) return -1;
        size_t rest = c->in_len - hl - cl; memmove(c->in, c->in + hl + cl, rest); c->in_len = rest;
        if (!rest) return 0;
    }
}

int main(int argc, char **argv) {
    int port = 9001, o;
    while ((o = getopt(argc, argv, "p:n:i:t:b:j:")) > 0) switch (o) {
        case 'p': port = atoi(optarg); break; case 'n': cfg_n = atoi(optarg); break; case 'i': cfg_itl = atoi(optarg); break;
        case 't': cfg_ttft = atoi(optarg); break; case 'b': cfg_burst = atoi(optarg); break; case 'j': cfg_jitter = atoi(optarg); break; }
    signal(SIGPIPE, SIG_IGN); mk_templates();
    struct rlimit rl = {100000, 100000}; if (setrlimit(RLIMIT_NOFILE, &rl)) { getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl); }
    int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1; setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) { perror("bind"); return 1; }
    socklen_t al = sizeof a; getsockname(ls, (void *)&a, &al); printf("%d\n", ntohs(a.sin_port)); fflush(stdout);
    ep = epoll_create1(0); struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}; epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
    static struct epoll_event ev[1024];
    for (;;) {
        struct timespec ts, *tp = NULL;
        if (heap_n) { uint64_t now = now_ns(), d = heap[0]->due > now ? heap[0]->due - now : 0; ts.tv_sec = d / 1000000000; ts.tv_nsec = d % 1000000000; tp = &ts; }
        int n = epoll_pwait2(ep, ev, 1024, tp, NULL);
        for (int i = 0; i < n; i++) {
            conn *c = ev[i].data.ptr;
            if (!c) {
                for (;;) {
                    int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK); if (fd < 0) break;
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    c = calloc(1, sizeof *c); c->fd = fd; c->heap_pos = -1; conns[fd] = c;
                    struct epoll_event e2 = {.events = EPOLLIN, .data.ptr = c}; epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e2);
                }
                continue;
            }
            if (ev[i].events & EPOLLOUT) {
                ssize_t r = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (r < 0 && errno != EAGAIN) { closec(c); continue; }
                if (r > 0) c->out_off += r;
                if (c->out_off == c->out_len) { c->out_off = c->out_len = 0; mod(c, EPOLLIN); if (c->state == 2) { c->state = 1; hpush(c); } else if (c->state == 0 && c->in_len && handle_input(c) < 0) continue; }
            }
            if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
                if (c->in_len + 16384 > c->in_cap) { c->in_cap = c->in_len + 32768; c->in = realloc(c->in, c->in_cap + 1); }
                ssize_t r = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, MSG_DONTWAIT);
                if (r == 0 || (r < 0 && errno != EAGAIN)) { closec(c); continue; }
                if (r > 0) { c->in_len += r; c->in[c->in_len] = 0; if (c->state == 0) handle_input(c); }
            }
        }
        uint64_t now = now_ns(); int guard = heap_n;      /* at most one round per stream before looking at sockets again */
        while (heap_n && guard-- > 0 && heap[0]->due <= now) { tick(heap[0], now); now = now_ns(); }
    }
}
