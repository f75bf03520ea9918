/*
 * sd_hosts: the card's first blocks through each of the board's two SD controllers.
 *
 * Reads only. The loader has the card on one of them; the pins are led to the other and back. A
 * card that was started anew gives itself an address anew, perhaps the one that the loader knows:
 * the loader makes sure when it next needs the card, and starts it itself if it has to
 * (block_device_sd_adopt).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "self_test.h"

#include "block_device_sd.h"
#include "clock.h"
#include "cpu.h"
#include "crc32c.h"
#include "gpio_bcm2835.h"
#include "guard_call.h"
#include "memory_map.h"
#include "mmio.h"
#include "properties.h"
#include "sd_host_arasan.h"
#include "sd_host_bcm2835.h"

#define NAME        "sd-hosts"
#define BLOCKS      128
#define BLOCK_BYTES 512
#define CLOCK_EMMC  1
#define CLOCK_CORE  4
#define SELECT_3X   (GPIO + 0x0c) /* functions of pins 30-39, */
#define SELECT_4X   (GPIO + 0x10) /* of 40-49, */
#define SELECT_5X   (GPIO + 0x14) /* and of 50-53 */

struct host {
    const char *name;
    int status;   /* of the card there */
    uint32_t crc; /* of its first blocks */
    uint64_t took_us, blocks;
};

static uint8_t contents[BLOCKS * BLOCK_BYTES] __attribute__((aligned(64)));

static uint32_t clock_rate(uint32_t id, uint32_t otherwise)
{
    uint32_t rate[2] = {id, 0};

    return property_ask(PROPERTY_CLOCK_RATE, rate) == 0 && rate[1] != 0 ? rate[1] : otherwise;
}

/* QEMU moves the card back to EMMC only by way of inputs; to a board it is all the same. */
static void lead_pins(enum gpio_function function)
{
    gpio_bcm2835_select(GPIO, SD_PIN_FIRST, SD_PIN_LAST, GPIO_INPUT);
    gpio_bcm2835_select(GPIO, SD_PIN_FIRST, SD_PIN_LAST, function);
}

/* The blocks of a card that is smaller than that are not there: it is an error like any. */
static void read_card(struct host *found, struct sd_host *host)
{
    static struct block_device_sd card;
    uint64_t begun_us;

    block_device_sd_init(&card, host);
    found->name = host->name;
    found->status = block_device_sd_start(&card);
    if (found->status < 0)
        return;
    memset(contents, 0xa5, sizeof contents);
    begun_us = clock_now_us();
    found->status = card.device.read(&card.device, 0, BLOCKS, contents);
    found->took_us = clock_now_us() - begun_us + 1;
    found->crc = crc32c(0, contents, sizeof contents);
    found->blocks = card.device.block_count;
}

static void try_both(struct host *emmc, struct host *sdhost)
{
    static struct sd_host_arasan arasan;
    static struct sd_host_bcm2835 bcm2835;
    uint32_t select_3x = mmio_read32(SELECT_3X);
    uint32_t select_4x = mmio_read32(SELECT_4X), select_5x = mmio_read32(SELECT_5X);
    bool was_on_sdhost = (select_4x >> (SD_PIN_FIRST % 10 * 3) & 7) == SD_PINS_TO_SDHOST;

    /* The WiFi's are led to EMMC by some firmware: two cards would answer at once. */
    gpio_bcm2835_select(GPIO, WIFI_PIN_FIRST, WIFI_PIN_LAST, GPIO_INPUT);
    lead_pins(SD_PINS_TO_EMMC);
    sd_host_arasan_init(&arasan, EMMC, clock_rate(CLOCK_EMMC, EMMC_CLOCK_HZ));
    read_card(emmc, &arasan.host);
    lead_pins(SD_PINS_TO_SDHOST);
    sd_host_bcm2835_init(&bcm2835, SDHOST, clock_rate(CLOCK_CORE, CORE_CLOCK_HZ));
    read_card(sdhost, &bcm2835.host);
    if (!was_on_sdhost)
        lead_pins(SD_PINS_TO_EMMC);
    mmio_write32(SELECT_4X, select_4x);
    mmio_write32(SELECT_5X, select_5x);
    /* The card is awake on the controller that had it. */
    if (!was_on_sdhost && emmc->status == 0)
        emmc->status = block_device_sd_start(&(struct block_device_sd){.host = &arasan.host});
    mmio_write32(SELECT_3X, select_3x);
}

/* The loader has read slots from it; what else a card may be good for it does not tell. */
static bool loader_has_card(void)
{
    uint64_t position = 0;
    char byte;

    return self_test.info->guarded && cpu_guard_call(GUARD_READ, GUARD_FILE_SLOTS, position,
                                                     (uintptr_t)&byte, 1, &position) > 0;
}

static unsigned kb_per_s(const struct host *host)
{
    return (unsigned)(sizeof contents * 1000000ull / host->took_us / 1024);
}

void check_sd_hosts(void)
{
    struct host emmc = {0}, sdhost = {0};
    bool has_card = loader_has_card();

    try_both(&emmc, &sdhost);
    if (is_corrupted(NAME))
        sdhost.crc ^= 1;
    if (emmc.status == ERROR_ABSENT && sdhost.status == ERROR_ABSENT)
        verdict(has_card ? SELFTEST_FAIL : SELFTEST_NOT_APPLICABLE, NAME,
                "no card answers on either controller%s",
                has_card ? ", but the loader reads one" : "");
    else if (emmc.status < 0 || sdhost.status < 0)
        verdict(SELFTEST_FAIL, NAME, "emmc: error %d, sdhost: error %d (0: the card was read)",
                emmc.status, sdhost.status);
    else
        verdict(
            emmc.crc == sdhost.crc && emmc.blocks == sdhost.blocks ? SELFTEST_PASS : SELFTEST_FAIL,
            NAME, "%d blocks of %lu: CRC-32C %08x by emmc in %u KB/s, %08x by sdhost in %u KB/s",
            BLOCKS, emmc.blocks, (unsigned)emmc.crc, kb_per_s(&emmc), (unsigned)sdhost.crc,
            kb_per_s(&sdhost));
    check_done();
}
