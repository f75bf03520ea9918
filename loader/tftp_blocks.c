/*
 * tftp_blocks: where the blocks of a TFTP transfer go. See tftp_blocks.h.
 *
 * Blocks are counted in 64 bits; 16 of them travel. After 65535 comes 0 with nearly all
 * servers, 1 with some; no RFC says. See find_block for how the two are told apart.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_blocks.h"

#include <string.h>

#include "boot_source.h"
#include "tftp_options.h"

#define NO_BLOCK   UINT64_MAX
#define WRAP_HINTS 5

void tftp_blocks_start(struct tftp_blocks *blocks)
{
    blocks->block_bytes = TFTP_BLOCK_DEFAULT;
    blocks->window = 1;
    blocks->file_bytes = 0;
    blocks->next = 1;
    blocks->ahead = 0;
    blocks->last = NO_BLOCK;
    blocks->length = 0;
    blocks->shown = 0;
    blocks->wrap_hints = 0;
    blocks->wraps_to_one = false;
    if (blocks->sink != NULL)
        blocks->sink->restart(blocks->sink);
}

bool tftp_blocks_complete(const struct tftp_blocks *blocks)
{
    return blocks->next > blocks->last;
}

uint16_t tftp_blocks_number(const struct tftp_blocks *blocks, uint64_t block)
{
    if (blocks->wraps_to_one && block != 0)
        return (uint16_t)((block - 1) % 65535 + 1);
    return (uint16_t)block;
}

/*
 * 1 came where 0 was due. With a window of one nothing can be lost between 65535 and 1, so
 * that settles it. In a larger window 0 may just be lost; the caller then asks for the
 * window again, and a server that sends 1 and never 0, several times, is one that skips 0.
 * (A wrong guess would need 0 lost each time and 1 never; it shows in the file's length.)
 */
static bool detect_wrap_to_one(struct tftp_blocks *blocks, uint16_t number)
{
    if (blocks->wraps_to_one || blocks->next != 65536 || number != 1)
        return false;
    if (blocks->window > 1 && ++blocks->wrap_hints < WRAP_HINTS)
        return false;
    /* What came behind the 1 was taken for one block later than it is. */
    blocks->wraps_to_one = true;
    blocks->ahead = 0;
    blocks->last = NO_BLOCK;
    return true;
}

/* The true number of the block that travels as number: the one nearest to next, within the
 * window ahead or two windows behind. NO_BLOCK if there is none. */
static uint64_t find_block(struct tftp_blocks *blocks, uint16_t number)
{
    uint32_t period, distance;

    if (detect_wrap_to_one(blocks, number))
        return blocks->next;
    if (blocks->wraps_to_one && number == 0)
        return NO_BLOCK;
    period = blocks->wraps_to_one ? 65535 : 65536;
    distance = (number + period - tftp_blocks_number(blocks, blocks->next)) % period;
    if (distance < blocks->window)
        return blocks->next + distance;
    distance = period - distance;
    if (distance > 2 * blocks->window || distance >= blocks->next)
        return NO_BLOCK;
    return blocks->next - distance;
}

/* Moves next over everything that is there without a gap. */
static void advance(struct tftp_blocks *blocks)
{
    unsigned count = blocks->ahead == UINT64_MAX ? 64 : (unsigned)__builtin_ctzll(~blocks->ahead);
    size_t bytes = (size_t)count * blocks->block_bytes;

    if (count == 0)
        return;
    if (blocks->last < blocks->next + count) {
        count = (unsigned)(blocks->last + 1 - blocks->next);
        bytes = (size_t)(count - 1) * blocks->block_bytes + blocks->last_bytes;
    }
    blocks->next += count;
    blocks->length += bytes;
    blocks->ahead = count < 64 ? blocks->ahead >> count : 0;
}

void tftp_blocks_show(struct tftp_blocks *blocks)
{
    size_t begin = blocks->shown;

    blocks->shown = blocks->length;
    if (blocks->sink != NULL && begin < blocks->length)
        blocks->sink->update(blocks->sink, blocks->buffer + begin, blocks->length - begin);
}

enum tftp_block tftp_blocks_take(struct tftp_blocks *blocks, uint16_t number, const uint8_t *bytes,
                                 size_t length, uint64_t *block)
{
    uint64_t found = find_block(blocks, number), ahead;
    size_t offset;

    if (found == NO_BLOCK || found > blocks->last)
        return TFTP_BLOCK_STRAY;
    *block = found;
    ahead = found - blocks->next;
    if (found < blocks->next || (blocks->ahead & 1ull << ahead))
        return TFTP_BLOCK_REPEATED;
    if (length > blocks->block_bytes)
        return TFTP_BLOCK_TOO_LONG;
    /* ahead < 64 and block_bytes < 65536: the product is small, and length <= capacity. */
    offset = blocks->length + (size_t)ahead * blocks->block_bytes;
    if (offset > blocks->capacity || length > blocks->capacity - offset)
        return TFTP_BLOCK_NO_ROOM;
    if (blocks->file_bytes != 0 && offset + length > blocks->file_bytes)
        return TFTP_BLOCK_PAST_END;
    memcpy(blocks->buffer + offset, bytes, length);
    blocks->ahead |= 1ull << ahead;
    if (length < blocks->block_bytes) {
        blocks->last = found;
        blocks->last_bytes = (uint32_t)length;
    }
    advance(blocks);
    return TFTP_BLOCK_NEW;
}
