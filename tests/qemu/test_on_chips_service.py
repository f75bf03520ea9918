"""What the services, the loader's rescue and the other ways in do over the network, on the models
of the board's own Ethernet chips.

SPDX-License-Identifier: BSD-2-Clause
"""
import test_entry
import test_refusal
import test_rescue
import test_service
import test_uboot
from on_chip import Lan7515, Lan9514, inherited_tests, only

FROM_CARD_TO_NETWORK = ("test_a_card_without_the_file_gives_way_to_the_network",
                        "test_a_card_full_of_noise_gives_way_to_the_network")


class TestDnsClientsLan9514(Lan9514, test_service.TestDnsClients):
    pass


class TestDnsClientsLan7515(Lan7515, test_service.TestDnsClients):
    pass


class TestEchoLan9514(Lan9514, test_service.TestEcho):
    pass


class TestEchoLan7515(Lan7515, test_service.TestEcho):
    pass


class TestEndsLan9514(Lan9514, test_service.TestEnds):
    pass


class TestEndsLan7515(Lan7515, test_service.TestEnds):
    pass


class TestFaultsWithoutLoaderLan9514(Lan9514, test_service.TestFaultsWithoutLoader):
    pass


class TestFaultsWithoutLoaderLan7515(Lan7515, test_service.TestFaultsWithoutLoader):
    pass


class TestSettingsLan9514(Lan9514, test_service.TestSettings):
    pass


class TestSettingsLan7515(Lan7515, test_service.TestSettings):
    pass


@only(*FROM_CARD_TO_NETWORK)
class TestCardLan9514(Lan9514, test_service.TestCard):
    pass


@only(*FROM_CARD_TO_NETWORK)
class TestCardLan7515(Lan7515, test_service.TestCard):
    pass


class TestRescueLan9514(Lan9514, test_rescue.TestRescue):
    pass


class TestRescueLan7515(Lan7515, test_rescue.TestRescue):
    pass


# Each kind of bad ELF comes over one of the models, by turns: who refuses it does not see which.
REFUSALS = sorted(inherited_tests(test_refusal.TestRefusal))


@only(*REFUSALS[::2])
class TestRefusalLan9514(Lan9514, test_refusal.TestRefusal):
    pass


@only(*REFUSALS[1::2])
class TestRefusalLan7515(Lan7515, test_refusal.TestRefusal):
    pass


class TestWithoutLoaderLan9514(Lan9514, test_entry.TestWithoutLoader):
    pass


class TestWithoutLoaderLan7515(Lan7515, test_entry.TestWithoutLoader):
    pass


class TestUBootLan9514(Lan9514, test_uboot.TestUBoot):
    pass


class TestUBootLan7515(Lan7515, test_uboot.TestUBoot):
    pass
