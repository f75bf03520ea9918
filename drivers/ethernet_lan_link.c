/*
 * ethernet_lan_link: follows the cable, and switches the chip on and off by it.
 *
 * While the link is up, an update only has the interrupt endpoint asked once, without waiting,
 * which costs the processor no request; the PHY is looked at when that brought an event, and
 * every 16th time (4 s), since an event can be lost. While the link is down, each time.
 * BMSR keeps a lost link until it is read: a link that was up and reads as up the first time
 * has never been down since, and is what it was.
 *
 * Never reception while the link is down: it stalls the system on the board. So reception goes
 * off in the chip first, then the transfers are ended.
 *
 * An update also has mended what receive and send cannot (ethernet_lan_mend.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"
#include "ethernet_lan_parts.h"
#include "log.h"

#define LOOK_EVERY 16 /* updates */

/* Registers of the MII, IEEE 802.3, clauses 22.2.4 and 28.2.4. */
#define MII_CONTROL            0
#define MII_CONTROL_NEGOTIATE  (1u << 12)
#define MII_CONTROL_RESTART    (1u << 9)
#define MII_STATUS             1
#define MII_STATUS_NEGOTIATED  (1u << 5)
#define MII_STATUS_LINK        (1u << 2)
#define MII_ADVERTISEMENT      4
#define MII_PARTNER            5
#define MII_ABILITY_IEEE_802_3 (1u << 0)
#define MII_ABILITY_10_HALF    (1u << 5)
#define MII_ABILITY_10_FULL    (1u << 6)
#define MII_ABILITY_100_HALF   (1u << 7)
#define MII_ABILITY_100_FULL   (1u << 8)
#define MII_ABILITY_PAUSE      (1u << 10)

/* PAUSE both ways or not at all: asking for silence is what we want (a FIFO that overruns costs
 * most of the speed), and who can only ask us is not worth the cases. */
#define OUR_ABILITIES                                                                              \
    (MII_ABILITY_IEEE_802_3 | MII_ABILITY_10_HALF | MII_ABILITY_10_FULL | MII_ABILITY_100_HALF |   \
     MII_ABILITY_100_FULL | MII_ABILITY_PAUSE)

static const struct ethernet_lan_link link_down;

int ethernet_lan_negotiate(struct ethernet_lan *self)
{
    int status = ethernet_lan_mii_write(self, MII_ADVERTISEMENT, OUR_ABILITIES);

    if (status < 0)
        return status;
    return ethernet_lan_mii_write(self, MII_CONTROL, MII_CONTROL_NEGOTIATE | MII_CONTROL_RESTART);
}

/* A partner that does not negotiate shows in the register with what the PHY has found it to
 * speak, half duplex. */
static int read_abilities(struct ethernet_lan *self, struct ethernet_lan_link *link)
{
    uint16_t partner;
    int status = ethernet_lan_mii_read(self, MII_PARTNER, &partner);
    uint32_t common = status < 0 ? 0 : partner & OUR_ABILITIES;

    if (common & (MII_ABILITY_100_FULL | MII_ABILITY_100_HALF)) {
        link->megabits = 100;
        link->full_duplex = common & MII_ABILITY_100_FULL;
    } else if (common & (MII_ABILITY_10_FULL | MII_ABILITY_10_HALF)) {
        link->megabits = 10;
        link->full_duplex = common & MII_ABILITY_10_FULL;
    }
    link->up = link->megabits;
    link->pause_send = link->pause_obey = common & MII_ABILITY_PAUSE;
    return status;
}

static int read_link(struct ethernet_lan *self, struct ethernet_lan_link *link)
{
    uint16_t value;
    int status;

    *link = link_down;
    status = ethernet_lan_mii_read(self, MII_STATUS, &value);
    if (status == 0 && self->link.up && value & MII_STATUS_LINK) {
        *link = self->link;
        return 0;
    }
    if (status == 0 && !(value & MII_STATUS_LINK))
        status = ethernet_lan_mii_read(self, MII_STATUS, &value);
    if (status < 0 || ~value & (MII_STATUS_LINK | MII_STATUS_NEGOTIATED))
        return status;
    status = read_abilities(self, link);
    if (status == 0 && self->chip->read_link)
        status = self->chip->read_link(self, link);
    if (status < 0 || !link->up)
        *link = link_down;
    else if (!link->full_duplex)
        link->pause_send = link->pause_obey = false;
    return status;
}

static bool is_same(const struct ethernet_lan_link *a, const struct ethernet_lan_link *b)
{
    return a->up == b->up && a->full_duplex == b->full_duplex && a->megabits == b->megabits &&
           a->pause_send == b->pause_send && a->pause_obey == b->pause_obey;
}

int ethernet_lan_switch_off(struct ethernet_lan *self)
{
    int ended = ethernet_lan_end_send(self);
    int status = self->chip->set_link(self, &link_down);

    self->chip_is_on = status < 0;
    return status < 0 ? status : ended;
}

/* Also what is left of a change that failed halfway. */
static int go_down(struct ethernet_lan *self)
{
    int status, ended;

    self->link = link_down;
    ethernet_lan_wait_for_sends(self);
    status = ethernet_lan_switch_off(self);
    ended = ethernet_lan_end_receive(self);
    return status < 0 ? status : ended;
}

static int go_up(struct ethernet_lan *self, const struct ethernet_lan_link *link)
{
    int status;

    self->chip_is_on = true;
    status = self->chip->set_link(self, link);
    if (status < 0)
        return status;
    self->link = *link;
    ethernet_lan_begin_watch(self);
    ethernet_lan_start_receive(self);
    log_line(self->chip->name, "%u Mbit/s, %s duplex, PAUSE %s", link->megabits,
             link->full_duplex ? "full" : "half", link->pause_send ? "on" : "off");
    return 0;
}

static int look(struct ethernet_lan *self)
{
    bool acknowledged = self->ethernet.link_event;
    struct ethernet_lan_link now;
    int status = 0;

    self->ethernet.link_event = false;
    /* First acknowledge, then read: what changes in between is an event again. */
    if (acknowledged)
        status = self->chip->acknowledge(self);
    if (status == 0)
        status = read_link(self, &now);
    if (status < 0 || is_same(&now, &self->link))
        return status;
    if (!acknowledged) {
        status = self->chip->acknowledge(self);
        if (status == 0)
            status = read_link(self, &now);
    }
    if (status == 0 && self->link.up)
        status = go_down(self);
    if (status == 0 && now.up)
        status = go_up(self, &now);
    return status;
}

void ethernet_lan_look_now(struct ethernet_lan *self)
{
    self->quiet_updates = LOOK_EVERY;
}

int ethernet_lan_resume(struct ethernet_lan *self, const struct ethernet_lan_link *was)
{
    struct ethernet_lan_link now;
    int status;

    self->link = was ? *was : link_down;
    status = read_link(self, &now);
    self->link = link_down;
    if (status == 0 && now.up)
        status = go_up(self, &now);
    if (status < 0 && self->chip_is_on)
        (void)go_down(self); /* what is given up must not be left receiving */
    return status;
}

/* ---- the functions of ethernet_device ---- */

bool ethernet_lan_link_is_up(struct ethernet_device *ethernet)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;

    return self->link.up && !self->gone && !self->stopped;
}

/* The answer comes as a link_event, or not. That the host has no channel free now is no harm. */
static int ask_for_event(struct ethernet_lan *self)
{
    struct usb_host *host = self->device->bus->host;
    int status = 0;

    if (self->events.status == ERROR_BUSY)
        return 0;
    if (self->events.status == ERROR_STALLED)
        status = usb_clear_halt(self->device, &self->event);
    if (status == 0)
        (void)host->submit(host, &self->events);
    return status;
}

static int update(struct ethernet_lan *self)
{
    int status;

    ethernet_lan_watch_sends(self);
    if (self->chip_is_on && !self->link.up)
        status = go_down(self);
    else
        status = ethernet_lan_mend(self);
    if (status < 0)
        return status;
    if (self->link.up && !self->ethernet.link_event && self->quiet_updates < LOOK_EVERY - 1) {
        self->quiet_updates++;
        return ask_for_event(self);
    }
    status = look(self);
    /* After a failure it looks again the next time. */
    self->quiet_updates = status < 0 ? LOOK_EVERY : 0;
    return status;
}

int ethernet_lan_update_link(struct ethernet_device *ethernet)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status;

    if (!host->port_is_connected(host))
        self->gone = true;
    if (self->gone || self->stopped)
        return ERROR_IO;
    status = update(self);
    /* With a link frames pass all the same when only the PHY does not answer; without one there is
     * nothing to lose by beginning anew. */
    if (status == 0 || (self->link.up && self->mii_in_doubt && self->answers)) {
        self->update_failures = 0;
        return status == 0 ? 0 : ERROR_TIMEOUT;
    }
    if (++self->update_failures >= ETHERNET_LAN_FAILURES_MAX)
        self->gone = true;
    return self->gone ? ERROR_IO : ERROR_TIMEOUT;
}
