/* loadsse - a lean load client for servers that stream answers over SSE.
 *
 * One thread, epoll, no dependencies.  Holds N concurrent answers open; when one ends the
 * next is asked on the same connection (or a new one when the server closed it).  Tokens
 * are recognised by content ('~' + five base-64 digits, see mockllm.c), so the same client
 * measures any dialect.  Prints one JSON object.
 *
 *   loadsse -u 127.0.0.1:9000/path -b body.json [-H 'name: value']... -n streams
 *           [-r ramp_ms] [-w warm_ms] [-t measure_ms] [-k tokens_per_answer]
 *           [-p pid,pid...]   processes of the server under test: CPU clock over the window, memory at its end
 *           [-q pid,...]      processes to account separately (the mock)
 *           [-F n -f '/path/%s' -x header]  n followers per answer, id taken from that response header
 *           [-1]  one answer per stream, no reopening        [-C] new connection for each answer
 *           [-m METHOD]
 *           [-d ms]  after the window go on reading, at most so long, until every answer has ended (with -1)
 *           [-e text]  what the last 1,024 bytes of a whole answer contain: counted as "ended"
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

enum { CONNECTING, WAIT_HEAD, BODY, DEAD };
typedef struct conn {
    int fd, state, follower, chunked, cst, keep, tst, nlrun, ntok, status;
    uint64_t left; int has_len;             /* identity body bytes left */
    uint64_t t_req, t_first, t_last; uint32_t val;
    char *head; size_t head_len;
    char path[160], tail[1024]; int tail_len;
} conn;

static uint64_t H_ttft[2048], H_gap[2048], H_tr[2048], H_ftr[2048];
static uint64_t M_ttft, M_gap, M_tr, M_ftr;
static struct sockaddr_in addr;
static char *req, *post_path = "/"; static size_t req_len; static char hdrs[2048], hostport[64];
static int ep, N = 10, expect_k, F, once, newconn; static char *ffmt, *fhdr, *method = "POST";
static int live, in_window;
static uint64_t w_tok, w_ftok, w_frames, w_bytes, w_reads, w_done, w_extra, all_short, all_err, all_connerr, all_done, all_tok, w_started, w_first, all_ended; static char *end_mark; static long rss_kb, pss_kb; static char first_err[512];
static signed char D64[256];

static uint64_t now_us(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }
static int bucket(uint64_t v) { if (v < 64) return v; int e = 63 - __builtin_clzll(v); int i = (e - 5) * 32 + 32 + ((v >> (e - 5)) & 31); return i > 2047 ? 2047 : i; }
static double unbucket(int i) { if (i < 64) return i; int e = (i - 32) / 32 + 5; return (double)((32ull | (i & 31)) << (e - 5)) + (double)(1ull << (e - 5)) / 2; }
static void rec(uint64_t *h, uint64_t *m, uint64_t v) { h[bucket(v)]++; if (v > *m) *m = v; }
static double pct(uint64_t *h, double q) { uint64_t n = 0, c = 0; for (int i = 0; i < 2048; i++) n += h[i]; if (!n) return -1; uint64_t want = (uint64_t)(q * (n - 1)) + 1; for (int i = 0; i < 2048; i++) { c += h[i]; if (c >= want) return unbucket(i); } return -1; }

static void mod(conn *c, int op, int ev) { struct epoll_event e = {.events = ev, .data.ptr = c}; epoll_ctl(ep, op, c->fd, &e); }
static void reset(conn *c) { c->state = WAIT_HEAD; c->chunked = c->cst = c->tst = c->nlrun = c->ntok = c->has_len = 0; c->left = 0; c->head_len = 0; c->keep = 1; c->t_first = c->t_last = 0; c->tail_len = 0; }
static void kill_conn(conn *c) { close(c->fd); free(c->head); c->state = DEAD; if (!c->follower) live--; free(c); }
static conn *dead[4096]; static int ndead;

static void start_request(conn *c) {
    reset(c); c->t_req = now_us(); if (in_window) w_started++;
    char buf[512]; const char *p = req; size_t n = req_len;
    if (c->follower) { n = snprintf(buf, sizeof buf, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n", c->path, hostport, hdrs); p = buf; }
    if (send(c->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n) { all_connerr++; }
}
static conn *open_conn(int follower, const char *path) {
    conn *c = calloc(1, sizeof *c); c->follower = follower; if (path) snprintf(c->path, sizeof c->path, "%s", path);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->head = malloc(16384); c->state = CONNECTING; if (!follower) live++;
    if (connect(c->fd, (void *)&addr, sizeof addr) && errno != EINPROGRESS) { if (all_connerr++ == 0) perror("connect"); }
    mod(c, EPOLL_CTL_ADD, EPOLLOUT); return c;
}
static int reopen_due; /* streams to open again */

static void finished(conn *c, int closed) {    /* response over */
    all_done++; if (in_window) w_done++;
    if (c->status != 200) { if (!all_err++) { } }
    else if (expect_k && c->ntok < expect_k) all_short++;
    if (end_mark && memmem(c->tail, c->tail_len, end_mark, strlen(end_mark))) all_ended++;
    int again = !once && !c->follower;
    if (again && !closed && c->keep && !newconn && c->status == 200) { start_request(c); return; }
    c->state = DEAD; dead[ndead++] = c; if (again) reopen_due++;
}

static void keep_tail(conn *c, const unsigned char *p, size_t n) {
    int cap = sizeof c->tail;
    if (n >= (size_t)cap) { memcpy(c->tail, p + n - cap, cap); c->tail_len = cap; return; }
    int spare = cap - (int)n, old = c->tail_len > spare ? spare : c->tail_len;
    memmove(c->tail, c->tail + c->tail_len - old, old); memcpy(c->tail + old, p, n); c->tail_len = old + n;
}
/* body bytes: count frames, find tokens */
static void body(conn *c, const unsigned char *p, size_t n, uint64_t t) {
    if (in_window) w_bytes += n;
    if (end_mark) keep_tail(c, p, n);
    if (c->status != 200) { size_t l = strlen(first_err); if (l < sizeof first_err - 1) { size_t k = sizeof first_err - 1 - l; if (k > n) k = n; memcpy(first_err + l, p, k); } return; }
    for (size_t i = 0; i < n; i++) {
        unsigned char ch = p[i];
        if (ch == '\n') { if (++c->nlrun == 2 && in_window) w_frames++; } else if (ch != '\r') c->nlrun = 0;
        if (c->tst) {
            int d = D64[ch];
            if (d < 0) { c->tst = ch == '~'; c->val = 0; continue; }
            c->val = c->val << 6 | d;
            if (++c->tst == 6) {
                c->tst = 0; c->ntok++; all_tok++;
                if (expect_k && c->ntok > expect_k) { w_extra++; continue; }
                uint64_t tr = ((t & 0x3fffffff) - c->val) & 0x3fffffff;
                if (in_window) {
                    if (c->follower) { w_ftok++; rec(H_ftr, &M_ftr, tr); }
                    else { w_tok++; rec(H_tr, &M_tr, tr); if (c->t_last) rec(H_gap, &M_gap, t - c->t_last); }
                    if (!c->t_first && !c->follower) { rec(H_ttft, &M_ttft, t - c->t_req); w_first++; }
                }
                if (!c->t_first) c->t_first = t;
                c->t_last = t;
            }
        } else if (ch == '~') { c->tst = 1; c->val = 0; }
    }
}
/* returns 1 when the response is over, else 0; *used = bytes consumed */
static int feed_body(conn *c, const unsigned char *p, size_t n, uint64_t t, size_t *used) {
    size_t i = 0;
    if (!c->chunked) {
        size_t k = n; if (c->has_len && k > c->left) k = c->left;
        body(c, p, k, t); *used = k; if (c->has_len) { c->left -= k; return c->left == 0; } return 0;
    }
    while (i < n) switch (c->cst) {
        case 0: { unsigned char ch = p[i++]; if (ch == '\n') { c->cst = c->left ? 1 : 3; c->nlrun = c->nlrun; if (c->cst == 3) c->has_len = 0; } else if (ch == ';') c->cst = 4; else if (ch != '\r') { int v = ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10; c->left = c->left * 16 + v; } break; }
        case 4: if (p[i++] == '\n') c->cst = c->left ? 1 : 3; break;
        case 1: { size_t k = n - i; if (k > c->left) k = c->left; body(c, p + i, k, t); i += k; c->left -= k; if (!c->left) c->cst = 2; break; }
        case 2: if (p[i++] == '\n') c->cst = 0; break;
        case 3: if (p[i] == '\n') { i++; if (c->has_len == 0) { *used = i; return 1; } c->has_len = 0; } else { if (p[i] != '\r') c->has_len = 1; i++; } break;
    }
    *used = i; return 0;
}
static void on_read(conn *c) {
    static unsigned char buf[1 << 18];
    ssize_t r = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0) {
        if (c->state == BODY && !c->chunked && !c->has_len) { finished(c, 1); return; }
        if (c->state == BODY || c->state == WAIT_HEAD) { if (!(c->state == WAIT_HEAD && c->head_len == 0)) all_connerr++; else all_connerr++; }
        int again = !once && !c->follower; c->state = DEAD; dead[ndead++] = c; if (again) reopen_due++; return;
    }
    if (in_window) w_reads++;
    uint64_t t = now_us(); unsigned char *p = buf; size_t n = r;
    while (n && c->state != DEAD) {
        if (c->state == WAIT_HEAD) {
            size_t k = 16383 - c->head_len; if (k > n) k = n; memcpy(c->head + c->head_len, p, k); size_t old = c->head_len; c->head_len += k; c->head[c->head_len] = 0;
            char *e = strstr(c->head, "\r\n\r\n"); if (!e) return;
            size_t hl = e - c->head + 4, used = hl - old; p += used; n -= used; e[2] = 0;
            c->status = atoi(c->head + 9);
            for (char *q = strstr(c->head, "\r\n"); q && *(q += 2); q = strstr(q, "\r\n")) {
                if (!strncasecmp(q, "transfer-encoding: chunked", 26)) c->chunked = 1;
                else if (!strncasecmp(q, "content-length:", 15)) { c->has_len = 1; c->left = strtoull(q + 15, 0, 10); }
                else if (!strncasecmp(q, "connection: close", 17)) c->keep = 0;
                else if (F && !c->follower && !strncasecmp(q, fhdr, strlen(fhdr)) && q[strlen(fhdr)] == ':') {
                    char id[80]; if (sscanf(q + strlen(fhdr) + 1, " %79[^\r\n]", id) == 1) { char path[160]; snprintf(path, sizeof path, ffmt, id); for (int i = 0; i < F; i++) open_conn(1, path); }
                }
            }
            if (!c->chunked && !c->has_len) c->keep = 0;
            c->state = BODY; if (c->has_len && !c->left && !c->chunked) { finished(c, 0); continue; }
            c->has_len = c->chunked ? 0 : c->has_len; c->left = c->chunked ? 0 : c->left;
        } else {
            size_t used = 0; int over = feed_body(c, p, n, t, &used); p += used; n -= used;
            if (over) finished(c, 0);
        }
    }
}
static double cpu_of(int *pids, int n) { double s = 0; for (int i = 0; i < n; i++) { struct timespec t; clockid_t id = (~(clockid_t)pids[i] << 3) | 2; if (!clock_gettime(id, &t)) s += t.tv_sec + t.tv_nsec / 1e9; } return s; }
static long kb_of(int *pids, int n, const char *key) { long s = 0; for (int i = 0; i < n; i++) { char f[64], l[256]; snprintf(f, sizeof f, "/proc/%d/smaps_rollup", pids[i]); FILE *fp = fopen(f, "r"); if (!fp) continue; while (fgets(l, sizeof l, fp)) if (!strncmp(l, key, strlen(key))) s += atol(l + strlen(key)); fclose(fp); } return s; }
static int parse_pids(char *s, int *out) { int n = 0; for (char *t = strtok(s, ","); t; t = strtok(0, ",")) out[n++] = atoi(t); return n; }
static void hist(const char *name, uint64_t *h, uint64_t max) { printf(",\"%s_us\":{\"p50\":%.0f,\"p90\":%.0f,\"p95\":%.0f,\"p99\":%.0f,\"p999\":%.0f,\"max\":%lu}", name, pct(h, .5), pct(h, .9), pct(h, .95), pct(h, .99), pct(h, .999), max); }

int main(int argc, char **argv) {
    int o, ramp = 500, warm = 1000, meas = 5000, drain = 0, np = 0, nq = 0, pids[64], qids[64]; char *url = "127.0.0.1:9000/", *bodyf = NULL, *label = "";
    while ((o = getopt(argc, argv, "u:b:H:n:r:w:t:k:p:q:F:f:x:1Cm:L:d:e:")) > 0) switch (o) {
        case 'u': url = optarg; break; case 'b': bodyf = optarg; break; case 'H': strcat(hdrs, optarg); strcat(hdrs, "\r\n"); break;
        case 'n': N = atoi(optarg); break; case 'r': ramp = atoi(optarg); break; case 'w': warm = atoi(optarg); break; case 't': meas = atoi(optarg); break;
        case 'k': expect_k = atoi(optarg); break; case 'p': np = parse_pids(optarg, pids); break; case 'q': nq = parse_pids(optarg, qids); break;
        case 'F': F = atoi(optarg); break; case 'f': ffmt = optarg; break; case 'x': fhdr = optarg; break; case '1': once = 1; break; case 'C': newconn = 1; break;
        case 'm': method = optarg; break; case 'd': drain = atoi(optarg); break; case 'e': end_mark = optarg; break; case 'L': label = optarg; break; }
    struct rlimit rl = {100000, 100000}; if (setrlimit(RLIMIT_NOFILE, &rl)) { getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl); }
    signal(SIGPIPE, SIG_IGN); memset(D64, -1, sizeof D64); for (int i = 0; i < 64; i++) D64[(unsigned char)"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[i]] = i;
    char host[64]; int port = 80; char *sl = strchr(url, '/'); post_path = sl ? sl : "/"; snprintf(hostport, sizeof hostport, "%.*s", (int)(sl ? sl - url : (long)strlen(url)), url);
    sscanf(hostport, "%63[^:]:%d", host, &port); addr.sin_family = AF_INET; addr.sin_port = htons(port); addr.sin_addr.s_addr = inet_addr(host);
    static char bodybuf[65536]; size_t bl = 0; if (bodyf) { if (bodyf[0] == '{') { bl = strlen(bodyf); memcpy(bodybuf, bodyf, bl); } else { FILE *f = fopen(bodyf, "r"); bl = f ? fread(bodybuf, 1, sizeof bodybuf, f) : 0; } }
    req = malloc(bl + 4096); req_len = snprintf(req, 4096, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n", method, post_path, hostport, hdrs, bl);
    memcpy(req + req_len, bodybuf, bl); req_len += bl;
    ep = epoll_create1(0);
    uint64_t t0 = now_us(), w0 = t0 + (ramp + warm) * 1000ull, w1 = w0 + meas * 1000ull, next_reopen = 0, tw0 = 0, tw1 = 0; int opened = 0, wlive = 0;
    double c0 = 0, q0 = 0, s0 = 0, wall = 0, cpu = 0, qcpu = 0, self = 0; struct rusage ru; static struct epoll_event ev[1024];
    for (;;) {
        uint64_t t = now_us();
        while (opened < N && t >= t0 + (uint64_t)ramp * 1000 * opened / N) { open_conn(0, NULL); opened++; }
        if (reopen_due && t >= next_reopen) { int k = reopen_due > 64 ? 64 : reopen_due; reopen_due -= k; while (k--) open_conn(0, NULL); next_reopen = t + (all_err + all_connerr ? 20000 : 0); }
        if (!in_window && !tw0 && t >= w0) { in_window = 1; c0 = cpu_of(pids, np); q0 = cpu_of(qids, nq); getrusage(RUSAGE_SELF, &ru); s0 = ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6; tw0 = now_us(); }
        int over = once && opened == N && live == 0;
        if (in_window && (t >= w1 || over)) {     /* the figures are those of the window; what follows is only counted */
            in_window = 0; tw1 = now_us(); wall = (tw1 - tw0 + 1) / 1e6; cpu = cpu_of(pids, np) - c0; qcpu = cpu_of(qids, nq) - q0; getrusage(RUSAGE_SELF, &ru);
            self = ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6 - s0;
            rss_kb = kb_of(pids, np, "Rss:"); pss_kb = kb_of(pids, np, "Pss:"); wlive = live;
        }
        if (tw1 && (over || t >= w1 + drain * 1000ull)) break;
        uint64_t next = tw1 ? w1 + drain * 1000ull : in_window ? w1 : w0; if (opened < N) { uint64_t d = t0 + (uint64_t)ramp * 1000 * opened / N; if (d < next) next = d; } if (reopen_due && next_reopen < next) next = next_reopen;
        int64_t d = (int64_t)next - (int64_t)t; if (d < 0) d = 0; struct timespec ts = {d / 1000000, d % 1000000 * 1000};
        int n = epoll_pwait2(ep, ev, 1024, &ts, NULL);
        for (int i = 0; i < n; i++) {
            conn *c = ev[i].data.ptr; if (c->state == DEAD) continue;
            if (c->state == CONNECTING) {
                int err = 0; socklen_t l = sizeof err; getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
                if (err) { all_connerr++; if (!c->follower && !once) reopen_due++; c->state = DEAD; dead[ndead++] = c; continue; }
                mod(c, EPOLL_CTL_MOD, EPOLLIN); start_request(c);
            } else on_read(c);
        }
        for (int i = 0; i < ndead; i++) kill_conn(dead[i]);
        ndead = 0;
    }
    uint64_t tok = w_tok + w_ftok;
    printf("{\"label\":\"%s\",\"streams\":%d,\"live\":%d,\"wall_s\":%.3f,\"tokens\":%lu,\"follower_tokens\":%lu,\"tok_per_s\":%.0f,\"server_cpu_s\":%.4f,\"cpu_us_per_token\":%.2f,\"server_cpu_frac\":%.3f,\"tokens_per_cpu_s\":%.0f,\"mock_cpu_frac\":%.3f,\"client_cpu_frac\":%.3f,\"requests_done\":%lu,\"requests_started\":%lu,\"frames_per_token\":%.2f,\"bytes_per_token\":%.1f,\"reads_per_token\":%.3f,\"all_tokens\":%lu,\"all_done\":%lu,\"ended\":%lu,\"open_at_end\":%d,\"extra_tokens\":%lu,\"short\":%lu,\"http_errors\":%lu,\"conn_errors\":%lu,\"rss_kb\":%ld,\"pss_kb\":%ld",
        label, N, wlive, wall, w_tok, w_ftok, tok / wall, cpu, tok ? cpu / tok * 1e6 : -1, cpu / wall, cpu > 0 ? tok / cpu : -1, qcpu / wall, self / wall, w_done, w_started, tok ? (double)w_frames / tok : 0, tok ? (double)w_bytes / tok : 0, tok ? (double)w_reads / tok : 0, all_tok, all_done, all_ended, live, w_extra, all_short, all_err, all_connerr, rss_kb, pss_kb);
    hist("ttft", H_ttft, M_ttft); hist("gap", H_gap, M_gap); hist("transit", H_tr, M_tr); if (F) hist("follower_transit", H_ftr, M_ftr);
    if (all_err) { for (char *p = first_err; *p; p++) if (*p < 32 || *p == '"' || *p == '\\') *p = ' '; printf(",\"first_error\":\"%.300s\"", first_err); }
    printf("}\n"); return 0;
}
