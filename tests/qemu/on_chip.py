"""on_chip: the tests of the machine on usb-net become tests of it on the models of the board's own
Ethernet chips:

    class TestEchoLan9514(Lan9514, test_service.TestEcho): ...

Import the module of the tests, not its classes: unittest would run those once more.

SPDX-License-Identifier: BSD-2-Clause
"""


class Lan9514:
    """For a Case, before it: the Pi 3 Model B's."""

    adapter = "lan9514"


class Lan7515:
    """The Pi 3 Model B+'s."""

    adapter = "lan7515"


def inherited_tests(case):
    return {name for name in dir(case) if name.startswith("test_")}


def only(*names):
    """Of the tests that a class inherits, these."""
    return lambda case: without(*(inherited_tests(case) - set(names)))(case)


def without(*names):
    """What a class inherits, but for these tests."""

    def strike_out(case):
        if missing := set(names) - inherited_tests(case):
            raise AttributeError(f"{case.__name__} has no {missing}")
        for name in names:
            setattr(case, name, None)   # no function: unittest passes over it
        if not any(callable(getattr(case, name)) for name in inherited_tests(case)):
            raise AttributeError(f"{case.__name__} has no test left")
        return case

    return strike_out
