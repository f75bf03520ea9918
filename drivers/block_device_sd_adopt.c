/*
 * block_device_sd_adopt: a card changes hands while it is in use.
 *
 * A card chooses its address when it is identified and loses it with its power. So a card
 * that answers to the address, is selected, and has a block where the last one was, is the
 * card that was described. That block is read, since only data tell whether both sides still
 * use four lines.
 * Reference: SD Physical Layer Simplified Specification 6.00, section 4.3.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>

#include "block_device_sd.h"
#include "boot_tags.h"
#include "clock.h"
#include "error.h"
#include "sd_host.h"
#include "sd_protocol.h"

#define ADOPT_US 25000 /* both commands; what the host waits comes on top */

/* Sends a command that the card must take at once. */
static int try_command(struct block_device_sd *self, struct sd_command *command,
                       uint64_t deadline_us)
{
    int status;

    command->response = SD_RESPONSE_48;
    status = self->host->command(self->host, command, deadline_us);
    if (status < 0)
        return status;
    return is_ready(command->reply[0]) && !(command->reply[0] & STATUS_ERRORS) ? 0 : ERROR_CORRUPT;
}

int block_device_sd_adopt(struct block_device_sd *self, const struct boot_card *was)
{
    uint64_t deadline_us = clock_now_us() + ADOPT_US;
    uint32_t block[BLOCK_BYTES / 4];
    struct sd_command ask = {.index = SEND_STATUS, .argument = was->address};
    struct sd_command read = {.index = READ_SINGLE,
                              .data = (uint8_t *)block,
                              .block_bytes = BLOCK_BYTES,
                              .block_count = 1};
    int status;

    self->device.block_count = 0;
    if (was->address == 0 || was->address & 0xffff || was->counts_blocks > 1 ||
        was->read_only > 1 || was->block_count == 0 ||
        was->block_count > (was->counts_blocks ? 1ull << 32 : (1ull << 32) / BLOCK_BYTES))
        return ERROR_INVALID;
    self->address = was->address;
    self->counts_blocks = was->counts_blocks;
    self->read_only = was->read_only;
    read.argument = (uint32_t)(was->counts_blocks ? was->block_count - 1
                                                  : (was->block_count - 1) * BLOCK_BYTES);
    status = self->host->adopt(self->host);
    if (status == 0)
        status = self->host->set_clock(self->host, TRANSFER_HZ);
    if (status == 0)
        status = self->host->set_bus_width(self->host, 4);
    if (status == 0)
        status = try_command(self, &ask, deadline_us);
    if (status == 0)
        status = try_command(self, &read, deadline_us);
    if (status == 0)
        self->device.block_count = was->block_count;
    return status;
}

int block_device_sd_describe(const struct block_device_sd *self, struct boot_card *card)
{
    if (self->device.block_count == 0)
        return ERROR_ABSENT;
    *card = (struct boot_card){
        .counts_blocks = self->counts_blocks,
        .read_only = self->read_only,
        .address = self->address,
        .block_count = self->device.block_count,
    };
    return 0;
}
