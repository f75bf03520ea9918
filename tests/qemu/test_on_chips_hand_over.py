"""Pushes, hand-backs and crashes on the models of the board's own Ethernet chips, which go from
service to loader to service as they are. A chip that is reset or asked anew while it receives
breaks a rule of the models (reception-left-on).

SPDX-License-Identifier: BSD-2-Clause
"""
import test_guard
import test_hand_backs
import test_push
import test_redeploy
import test_warm
from on_chip import Lan7515, Lan9514, only, without

HUB = "test_nor_does_it_behind_a_hub"       # QEMU's only hub is a full-speed one

# Of each kind one that ends at the server's side, at the client's and by time; the images and
# requests themselves are test_push's.
PUSHES = ("test_a_push_given_up_after_any_block_changes_nothing",
          "test_a_push_begun_anew_after_any_block_arrives_in_the_end",
          "test_the_host_of_a_client_that_fell_silent_may_soon_begin_anew")

AGAIN = "test_a_confirmed_service_is_started_again_twice_then_the_boot_sources_are_asked"
TOO_LATE = "test_a_service_that_does_not_confirm_itself_in_time_is_replaced"


class TestClientsLan9514(Lan9514, test_redeploy.TestClients):
    pass


class TestClientsLan7515(Lan7515, test_redeploy.TestClients):
    pass


class AtRest:
    """For a test_redeploy.TestUnderLoad: between two services a chip receives nothing, as on a
    board, so that no query from then is answered. How many that are depends on how long it takes."""

    redeploys = 20

    def check_lost(self, load, taken_over, in_each):
        """In each redeploy those that were sent in one gap between answers, and no other: all are
        answered before it, and all after it."""
        for begin, end in taken_over:
            lost = [number for number, at in load.sent_at.items()
                    if begin <= at <= end and number not in load.answered_at]
            if lost:
                self.assertEqual(lost, list(range(lost[0], lost[-1] + 1)), "lost without a gap")


class TestUnderLoadLan9514(Lan9514, AtRest, test_redeploy.TestUnderLoad):
    pass


class TestUnderLoadLan7515(Lan7515, AtRest, test_redeploy.TestUnderLoad):
    pass


@without(HUB)
class TestWarmLan9514(Lan9514, test_warm.TestWarm):
    hubs = (True,)


@without(HUB)
class TestWarmLan7515(Lan7515, test_warm.TestWarm):
    hubs = (True,)


class TestWarmOnWireLan9514(Lan9514, test_warm.TestWarmOnWire):
    pass


class TestWarmOnWireLan7515(Lan7515, test_warm.TestWarmOnWire):
    pass


@only(*PUSHES)
class TestBrokenPushLan9514(Lan9514, test_push.TestBrokenPush):
    pass


@only(*PUSHES)
class TestBrokenPushLan7515(Lan7515, test_push.TestBrokenPush):
    pass


class TestUnwantedRequestsLan9514(Lan9514, test_push.TestUnwantedRequests):
    pass


class TestUnwantedRequestsLan7515(Lan7515, test_push.TestUnwantedRequests):
    pass


class TestFaultsLan9514(Lan9514, test_guard.TestFaults):
    """Of each way to be stopped one: by the processor, by the kernel, by the watchdog."""

    FAULTS = [fault for fault in test_guard.TestFaults.FAULTS
              if fault[0] in ("read-null", "smash-stack", "loop-masked")]


class TestFaultsLan7515(Lan7515, test_guard.TestFaults):
    """As with the LAN9514."""

    FAULTS = TestFaultsLan9514.FAULTS


@only(AGAIN, TOO_LATE)
class TestOtherEndsLan9514(Lan9514, test_guard.TestOtherEnds):
    pass


@only(AGAIN, TOO_LATE)
class TestOtherEndsLan7515(Lan7515, test_guard.TestOtherEnds):
    pass


class TestHandBacksLan9514(Lan9514, test_hand_backs.TestHandBacks):
    hand_backs = 50


class TestHandBacksLan7515(Lan7515, test_hand_backs.TestHandBacks):
    hand_backs = 50
