/*
 * main: `make powerloss`.
 *
 *     powerloss [--quick] [--plant NAME] [ID]
 *
 * Without an id all cuts; the last line is `N cuts, M failed`, and the exit status 1 if any
 * failed. With one, that cut alone, step by step. --plant puts a bug in (plants.h).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "powerloss.h"

static struct powerloss powerloss;

static int usage(void)
{
    fprintf(stderr, "usage: powerloss [--quick] [--plant NAME] [ID]\nplants:\n");
    for (unsigned i = 0; i < plant_count; i++)
        fprintf(stderr, "  %-16s %s\n", plants[i].name, plants[i].what);
    return 2;
}

int main(int argument_count, char **arguments)
{
    const struct plant *plant = NULL;
    const char *id = NULL;
    bool is_quick = false;

    for (int i = 1; i < argument_count; i++) {
        if (strcmp(arguments[i], "--quick") == 0) {
            is_quick = true;
        } else if (strcmp(arguments[i], "--plant") == 0 && i + 1 < argument_count) {
            plant = plants_find(arguments[++i]);
            if (plant == NULL)
                return usage();
        } else if (arguments[i][0] != '-' && id == NULL) {
            id = arguments[i];
        } else {
            return usage();
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    powerloss_init(&powerloss, plant);
    powerloss.is_quick = is_quick;
    powerloss.is_printing = true;
    if (id != NULL && !powerloss_run_one(&powerloss, id)) {
        fprintf(stderr, "powerloss: %s is the id of no cut\n", id);
        return 2;
    }
    if (id == NULL)
        powerloss_run(&powerloss);
    printf("%u steps, %u events, seed %#x\n", workload_steps, powerloss.events, POWER_CUT_SEED);
    printf("%lu cuts, %lu failed\n", powerloss.cuts, powerloss.failed);
    powerloss_free(&powerloss);
    return powerloss.failed != 0;
}
