/*
 * fuzz_configuration: any bytes as pilot.conf, then as boot arguments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot_arguments.h"
#include "configuration.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static unsigned reports;

static void require(int condition)
{
    if (!condition)
        abort();
}

static void report(void *context, const char *sentence)
{
    (void)context;
    reports++;
    for (; *sentence != '\0'; sentence++)
        require(*sentence >= 0x20 && *sentence <= 0x7e);
}

static void require_usable(const struct configuration *configuration)
{
    char name[NET_NAME_MAX];

    require(configuration->source_count >= 1 &&
            configuration->source_count <= CONFIGURATION_SOURCES);
    for (unsigned i = 0; i < configuration->source_count; i++)
        require(configuration->sources[i] <= CONFIGURATION_IMAGE);
    require(configuration->tries >= 1 && configuration->tries <= 15);
    require(memchr(configuration->image, '\0', sizeof configuration->image) != NULL);
    require(memchr(configuration->initrd, '\0', sizeof configuration->initrd) != NULL);
    require(memchr(configuration->bootargs, '\0', sizeof configuration->bootargs) != NULL);
    require(memchr(configuration->file, '\0', sizeof configuration->file) != NULL);
    require(memchr(configuration->service, '\0', sizeof configuration->service) != NULL);
    require(memchr(configuration->arguments, '\0', sizeof configuration->arguments) != NULL);
    require(configuration->card_host <= BOARD_CARD_SDHOST);
    require(configuration->deploy <= BOOT_DEPLOY_ANY);
    require(configuration->exit <= CONFIGURATION_EXIT_OFF);
    require(configuration->core <= CONFIGURATION_CORE_SEND);
    require(configuration->wait_ms >= 1000 && configuration->wait_ms <= 3600000);
    require(configuration->watchdog_ms == 0 ||
            (configuration->watchdog_ms >= 100 && configuration->watchdog_ms <= 3600000));
    require(configuration->confirm_ms == 0 ||
            (configuration->confirm_ms >= 1000 && configuration->confirm_ms <= 3600000));
    configuration_file(configuration, name);
    require(memchr(name, '\0', sizeof name) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct configuration configuration;
    static struct boot_arguments arguments;
    const char *why = NULL;
    unsigned errors;

    configuration_defaults(&configuration);
    reports = 0;
    errors =
        configuration_read(&configuration, "pilot.conf", (const char *)bytes, length, report, NULL);
    require(reports <= CONFIGURATION_ERRORS_MAX + 1 && (errors == 0) == (reports == 0));
    require_usable(&configuration);

    reports = 0;
    errors =
        boot_arguments_read((const char *)bytes, length, &configuration, &arguments, report, NULL);
    require(reports <= CONFIGURATION_ERRORS_MAX && (errors == 0) == (reports == 0));
    require_usable(&configuration);
    require(configuration_check(&configuration, length % 2 == 0, &why) == (why == NULL));
    require(!configuration.is_static || memcmp(configuration.mask.ip, "\0\0\0\0", 4) != 0);
    require(arguments.count <= BOOT_ARGUMENTS_MAX && arguments.length <= sizeof arguments.bytes);
    for (size_t i = 0; i < arguments.length; i++)
        arguments.count -= arguments.bytes[i] == '\0';
    require(arguments.count == 0);
    return 0;
}
