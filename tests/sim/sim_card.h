/*
 * sim_card: an SD memory card, as a controller sees it on the bus.
 *
 * Strict where cards differ: a command that its state does not allow gets no answer, a
 * block on the wrong number of lines has a wrong CRC, and a clock that is too fast for
 * what is going on stops the test. All faults are fields that a test sets at any time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_CARD_H
#define SIM_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_CARD_BLOCK_BYTES 512

enum sim_card_kind { SIM_CARD_SDHC, SIM_CARD_SDSC, SIM_CARD_SDSC_VERSION_1 };

struct sim_card {
    enum sim_card_kind kind;
    uint8_t *storage;     /* block_count blocks, the caller's */
    uint64_t block_count; /* SDHC: a multiple of 1024; SDSC: of 512, up to 2^22 */

    /* Faults. */
    bool absent;              /* answers nothing */
    bool swapped;             /* plugged in while the clock was fast: deaf to that */
    bool never_ready;         /* ACMD41 says busy for ever */
    unsigned busy_answers;    /* ... or so many times first */
    bool wrong_pattern;       /* answers CMD8 with something else */
    bool unknown_csd;         /* a CSD from the future */
    bool write_protected;     /* its CSD says so */
    unsigned damaged_reads;   /* the next blocks it sends have a wrong CRC */
    unsigned damaged_writes;  /* it finds the next blocks it gets damaged */
    unsigned damaged_answers; /* the next answers have a wrong CRC */
    bool sends_nothing;       /* accepts a read and sends no data */
    bool stuck_busy;          /* never ready again after a write */
    uint32_t program_us;      /* busy for so long after each write */
    uint32_t error_bits;      /* set in the card status of the next answer */
    uint32_t data_error_bits; /* the next block it moves sets them there: once */

    /* What happened. */
    unsigned commands[64]; /* how often each came, ACMDs apart */
    unsigned blocks_read, blocks_written;
    unsigned bus_width;

    /* The model's own. */
    int state;
    bool application; /* the last command was CMD55 */
    bool multiple;
    bool illegal;
    uint64_t position; /* next block to move */
    uint64_t busy_until_ns;
};

/* A healthy card that was just plugged in. */
void sim_card_init(struct sim_card *card, enum sim_card_kind kind, uint8_t *storage,
                   uint64_t block_count);

/* What a controller sees after it sent a command at clock_hz. */
enum sim_card_answer { SIM_CARD_SILENT, SIM_CARD_48, SIM_CARD_136, SIM_CARD_DAMAGED };

/* reply: as struct sd_command's. */
enum sim_card_answer sim_card_command(struct sim_card *card, unsigned index, uint32_t argument,
                                      uint32_t clock_hz, uint32_t reply[4]);

/* The next block in either direction, on width lines. Return 0, ERROR_IO (wrong CRC) or
 * ERROR_TIMEOUT (nothing came, or nobody took it). */
int sim_card_send_block(struct sim_card *card, unsigned width, uint8_t *block, size_t length);
int sim_card_receive_block(struct sim_card *card, unsigned width, const uint8_t *block,
                           size_t length);

/* True while the card holds DAT0 low. */
bool sim_card_is_busy(const struct sim_card *card);

#endif
