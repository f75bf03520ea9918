/*
 * log_console_bench: lib/log.c with consoles that take as much as a test allows, and a recorder.
 *
 * The file under test is compiled in, so that each test begins with an empty ring and one can begin
 * just before the counters wrap; the simulator's own log is not involved. No header may do that
 * (they compile alone), so test_log.c and test_log_consoles.c include this as it includes log.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define log_add_console  real_log_add_console
#define log_line         real_log_line
#define log_vline        real_log_vline
#define log_bytes        real_log_bytes
#define log_drain        real_log_drain
#define log_flush        real_log_flush
#define log_set_recorder real_log_set_recorder
#define log_preload      real_log_preload
#define log_undrained    real_log_undrained
#define log_hand_over    real_log_hand_over
#include "../../lib/log.c"

#include "sim.h"

/* A console that takes so many bytes at a time as the test allows. */
struct line {
    struct console console;
    size_t room; /* bytes it takes before it is full */
    char text[3 * RING_BYTES];
    size_t length;
};

static struct line one, two, three;

static inline size_t take(struct console *console, const char *bytes, size_t length)
{
    struct line *self = (struct line *)console;
    size_t taken = length < self->room ? length : self->room;

    if (length == 0)
        sim_stop("a console is offered nothing");
    if (self->length + taken >= sizeof self->text)
        sim_stop("more text than was written");
    memcpy(self->text + self->length, bytes, taken);
    self->length += taken;
    self->text[self->length] = 0;
    self->room -= taken;
    return taken;
}

static inline void line_init(struct line *line, size_t room)
{
    memset(line, 0, sizeof *line);
    line->console.write = take;
    line->room = room;
}

/* What a recorder was told. */
static char recorded[3 * RING_BYTES];
static size_t recorded_length;

static inline void note(const char *text, size_t length)
{
    assert_true(length <= sizeof recorded - recorded_length);
    memcpy(recorded + recorded_length, text, length);
    recorded_length += length;
}

static inline int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(ring, 0, sizeof ring);
    memset(readers, 0, sizeof readers);
    written = held = 0;
    recorder = NULL;
    recorded_length = 0;
    line_init(&one, SIZE_MAX);
    line_init(&two, SIZE_MAX);
    line_init(&three, SIZE_MAX);
    return 0;
}

/* Byte number n of the text the overflow tests write. */
static inline char letter(size_t n)
{
    return (char)('a' + n % 23);
}

static inline void write_letters(size_t first, size_t count)
{
    for (size_t n = first; n < first + count; n++) {
        char byte = letter(n);

        real_log_bytes(&byte, 1);
    }
}
