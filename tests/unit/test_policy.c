/*
 * policy: the rules case by case, then what must hold for all facts there can be. Services that
 * fail: test_policy_failures.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "policy_bench.h"

enum { CONFIRMED = 1, RUNNING_KEPT = 2, FALLBACK_KEPT = 4, SLOT_PASSED = 8, SERVICES = 16 };

static const char *const actions[] = {"boot",  "uploaded", "running",  "fallback",
                                      "named", "wait",     "power off"};

struct row {
    const char *sentence;
    enum policy_reason reason;
    unsigned service; /* CONFIRMED ... */
    unsigned failures;
    enum policy_action action;
    uint32_t delay_us;
    int status;
    enum configuration_exit exit;
};

static const struct row rows[] = {
    {"Power-on goes to the boot sources", POLICY_POWER_ON, 0, 0, POLICY_BOOT, 0, 0, 0},
    {"What was pushed starts at once", POLICY_DEPLOY, 7, 0, POLICY_START_UPLOADED, 0, 0, 0},
    {"What was pushed starts at once after many failures too", POLICY_DEPLOY, 7, 6,
     POLICY_START_UPLOADED, 0, 0, 0},
    {"A reboot goes to the boot sources", POLICY_REBOOT, 7, 0, POLICY_BOOT, 0, 0, 0},
    {"A service that keeps rebooting before it confirms is slowed down", POLICY_REBOOT, 0, 3,
     POLICY_BOOT, 1 * S, 0, 0},
    {"The next service is looked for by name", POLICY_NEXT, 7, 0, POLICY_START_NAMED, 0, 0, 0},
    {"Services that keep calling each other are slowed down", POLICY_NEXT, 0, 4, POLICY_START_NAMED,
     2 * S, 0, 0},

    {"A service that was selected is looked for by name", POLICY_SELECTED, 7, 0, POLICY_START_NAMED,
     0, 0, 0},
    {"... at once, whatever was before: somebody waits for it", POLICY_SELECTED, 0, 6,
     POLICY_START_NAMED, 0, 0, 0},

    {"A trial from a slot gives way at once to what the card has", POLICY_CRASH, SLOT_PASSED, 1,
     POLICY_BOOT, 0, 0, 0},
    {"... but rather to what is in RAM", POLICY_HANG, SLOT_PASSED | RUNNING_KEPT | FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 0, 0},
    {"... and with a pause when the card's fail one after another", POLICY_CRASH, SLOT_PASSED, 3,
     POLICY_BOOT, 1 * S, 0, 0},
    {"A confirmed slot whose turn is over is not started from RAM", POLICY_CRASH, 7 | SLOT_PASSED,
     1, POLICY_BOOT, 0, 0, 0},
    {"... and not at once after the third failure", POLICY_CRASH, 7 | SLOT_PASSED, 3, POLICY_BOOT,
     1 * S, 0, 0},

    {"A pushed image that crashes is rolled back at once", POLICY_CRASH, FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 0, 0},
    {"A pushed image that hangs is rolled back at once", POLICY_HANG, FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 0, 0},
    {"A pushed image that exits with an error is rolled back", POLICY_EXIT, FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 3, CONFIGURATION_EXIT_OFF},
    {"A pushed image that does not confirm is rolled back", POLICY_UNCONFIRMED, FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 0, 0},
    {"An unconfirmed image is not started again though it is in RAM", POLICY_CRASH,
     RUNNING_KEPT | FALLBACK_KEPT, 1, POLICY_START_FALLBACK, 0, 0, 0},
    {"Without a fallback a pause and the boot sources follow", POLICY_CRASH, RUNNING_KEPT, 1,
     POLICY_BOOT, 1 * S, 0, 0},
    {"The second time the pause is longer", POLICY_HANG, 0, 2, POLICY_BOOT, 2 * S, 0, 0},
    {"The pause ends to grow at 16 s", POLICY_UNCONFIRMED, 0, 5, POLICY_BOOT, 16 * S, 0, 0},
    {"... however often it fails", POLICY_CRASH, 0, UINT_MAX, POLICY_BOOT, 16 * S, 0, 0},
    {"A failure that nobody counted has its pause", POLICY_CRASH, 0, 0, POLICY_BOOT, 1 * S, 0, 0},
    {"A fallback that fails as well is tried again, slowly", POLICY_CRASH, FALLBACK_KEPT, 4,
     POLICY_START_FALLBACK, 2 * S, 0, 0},

    {"A confirmed image that crashes starts again at once", POLICY_CRASH, 7, 1,
     POLICY_START_RUNNING, 0, 0, 0},
    {"A confirmed image that hangs a second time starts again at once", POLICY_HANG, 7, 2,
     POLICY_START_RUNNING, 0, 0, 0},
    {"A confirmed image that exits with an error starts again", POLICY_EXIT, 7, 1,
     POLICY_START_RUNNING, 0, -1, CONFIGURATION_EXIT_WAIT},
    {"The third failure in a row sends it to the boot sources", POLICY_CRASH, 7, 3, POLICY_BOOT,
     1 * S, 0, 0},
    {"The fourth has a longer pause", POLICY_CRASH, 7, 4, POLICY_BOOT, 2 * S, 0, 0},
    {"The pause ends to grow at 16 s here too", POLICY_CRASH, 7, 8, POLICY_BOOT, 16 * S, 0, 0},
    {"... however often it fails", POLICY_HANG, 7, UINT_MAX, POLICY_BOOT, 16 * S, 0, 0},
    {"A confirmed image that was too large to keep comes from the boot sources again", POLICY_CRASH,
     CONFIRMED, 1, POLICY_BOOT, 0, 0, 0},
    {"... even if an older one is kept", POLICY_CRASH, CONFIRMED | FALLBACK_KEPT, 2, POLICY_BOOT, 0,
     0, 0},
    {"... and with a pause after the third time", POLICY_CRASH, CONFIRMED, 3, POLICY_BOOT, 1 * S, 0,
     0},

    {"A service that is done leaves the board waiting for a push", POLICY_EXIT, 7, 0, POLICY_WAIT,
     0, 0, CONFIGURATION_EXIT_WAIT},
    {"... before it confirmed, too", POLICY_EXIT, FALLBACK_KEPT, 0, POLICY_WAIT, 0, 0,
     CONFIGURATION_EXIT_WAIT},
    {"A service that is done powers off when that is wanted", POLICY_EXIT, 7, 0, POLICY_POWER_OFF,
     0, 0, CONFIGURATION_EXIT_OFF},
    {"An error does not power off", POLICY_EXIT, 7, 1, POLICY_START_RUNNING, 0, 1,
     CONFIGURATION_EXIT_OFF},
    {"A service that is done starts again when that is wanted", POLICY_EXIT, 7, 1,
     POLICY_START_RUNNING, 0, 0, CONFIGURATION_EXIT_RESTART},
    {"... and goes on doing so, slowly, when it is done at once", POLICY_EXIT, 7, 3,
     POLICY_START_RUNNING, 1 * S, 0, CONFIGURATION_EXIT_RESTART},
    {"... but not when it never confirmed", POLICY_EXIT, RUNNING_KEPT | FALLBACK_KEPT, 1,
     POLICY_START_FALLBACK, 0, 0, CONFIGURATION_EXIT_RESTART},
    {"... and from the boot sources when it is not kept", POLICY_EXIT, CONFIRMED, 1, POLICY_BOOT, 0,
     0, CONFIGURATION_EXIT_RESTART},
};

static struct policy_facts facts_of(const struct row *row)
{
    return (struct policy_facts){
        .reason = row->reason,
        .status = row->status,
        .confirmed = row->service & CONFIRMED,
        .running_is_kept = row->service & RUNNING_KEPT,
        .fallback_is_kept = row->service & FALLBACK_KEPT,
        .slot_is_passed = row->service & SLOT_PASSED,
        .failures = row->failures,
        .exit = row->exit,
    };
}

static void test_every_rule_case_by_case(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_facts facts = facts_of(&rows[i]);
        struct policy_decision decision = policy_decide(&facts);

        if (decision.action == rows[i].action && decision.delay_us == rows[i].delay_us)
            continue;
        wrong++;
        print_error("%s: %s after %u us, not %s after %u us\n", rows[i].sentence,
                    actions[decision.action], decision.delay_us, actions[rows[i].action],
                    rows[i].delay_us);
    }
    assert_int_equal(wrong, 0);
}

static bool is_asked_for(enum policy_reason reason)
{
    return reason == POLICY_POWER_ON || reason == POLICY_DEPLOY || reason == POLICY_SELECTED;
}

static bool fails(const struct policy_facts *facts)
{
    return facts->reason >= POLICY_CRASH || (facts->reason == POLICY_EXIT && facts->status != 0);
}

/* What must hold of any decision, whatever the rules are. Returns what does not. */
static const char *broken_promise(const struct policy_facts *facts,
                                  const struct policy_decision *decision)
{
    enum policy_action action = decision->action;
    bool starts = action != POLICY_WAIT && action != POLICY_POWER_OFF;
    bool done = facts->reason == POLICY_EXIT && facts->status == 0;

    if (action == POLICY_START_RUNNING && !facts->running_is_kept)
        return "starts an image that is not kept";
    if (action == POLICY_START_FALLBACK && !facts->fallback_is_kept)
        return "falls back on an image that is not kept";
    if (action == POLICY_START_RUNNING &&
        (!facts->confirmed || facts->reason == POLICY_UNCONFIRMED))
        return "starts an unconfirmed image again";
    if (starts && decision->delay_us == 0 && facts->failures >= POLICY_FAILURES_MAX &&
        !is_asked_for(facts->reason))
        return "loops without a pause";
    if (decision->delay_us > 16 * S)
        return "pauses for too long";
    if ((action == POLICY_POWER_OFF) != (done && facts->exit == CONFIGURATION_EXIT_OFF))
        return "powers off unasked, or not when asked";
    if ((action == POLICY_WAIT) != (done && facts->exit == CONFIGURATION_EXIT_WAIT))
        return "waits unasked, or not when asked";
    if ((action == POLICY_START_UPLOADED) != (facts->reason == POLICY_DEPLOY))
        return "starts an upload that nobody pushed, or not the one somebody did";
    if ((action == POLICY_START_NAMED) !=
        (facts->reason == POLICY_NEXT || facts->reason == POLICY_SELECTED))
        return "looks for a name that nobody said, or not for the one somebody did";
    if (is_asked_for(facts->reason) && decision->delay_us != 0)
        return "lets somebody wait who asked";
    if (fails(facts) && !facts->confirmed && facts->fallback_is_kept &&
        action != POLICY_START_FALLBACK)
        return "does not fall back";
    if (fails(facts) && facts->slot_is_passed && action == POLICY_START_RUNNING)
        return "starts from RAM what the card has passed over";
    if (decision->why == NULL || decision->why[0] == '\0' || strlen(decision->why) > 60)
        return "has no short reason";
    return NULL;
}

static void test_promises_hold_for_all_facts_there_can_be(void **state)
{
    static const int statuses[] = {0, 1, -1, INT_MIN};
    unsigned walked = 0;

    (void)state;
    for (unsigned reason = POLICY_POWER_ON; reason <= POLICY_UNCONFIRMED; reason++)
        for (unsigned service = 0; service < SERVICES; service++)
            for (unsigned failures = 0; failures <= 6; failures++)
                for (unsigned status = 0; status < 4; status++)
                    for (unsigned exit = 0; exit <= CONFIGURATION_EXIT_OFF; exit++) {
                        struct row row = {
                            "", reason, service,          failures,
                            0,  0,      statuses[status], (enum configuration_exit)exit};
                        struct policy_facts facts = facts_of(&row);
                        struct policy_decision decision = policy_decide(&facts);
                        const char *broken = broken_promise(&facts, &decision);

                        if (broken != NULL)
                            fail_msg("%s, service %u, status %d, %u failures, exit %u: %s",
                                     reasons[reason], service, statuses[status], failures, exit,
                                     broken);
                        walked++;
                    }
    assert_int_equal(walked, 9 * SERVICES * 7 * 4 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_case_by_case),
        cmocka_unit_test(test_promises_hold_for_all_facts_there_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
