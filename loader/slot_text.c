/*
 * slot_text: the slot store as a person reads it, and versions in a person's order. Part of
 * slot_store.h.
 *
 * What headers say is shown only of intact ones, whose strings are printable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "slot_store.h"

/* ---- versions ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compares two numbers of any length and moves behind them. */
static int compare_numbers(const char **a, const char **b)
{
    size_t a_digits = 0, b_digits = 0;
    int difference;

    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    while (is_digit((*a)[a_digits]))
        a_digits++;
    while (is_digit((*b)[b_digits]))
        b_digits++;
    difference = a_digits != b_digits ? (a_digits > b_digits) - (a_digits < b_digits)
                                      : memcmp(*a, *b, a_digits);
    *a += a_digits;
    *b += b_digits;
    return difference;
}

int slot_version_compare(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        int difference;

        if (is_digit(*a) && is_digit(*b)) {
            difference = compare_numbers(&a, &b);
            if (difference != 0)
                return difference;
        } else if (*a != *b) {
            return (unsigned char)*a - (unsigned char)*b;
        } else {
            a++;
            b++;
        }
    }
    return 0;
}

/* ---- the table ---- */

struct text {
    char *at;
    size_t capacity, length; /* length < capacity, and terminated there */
};

/* Appends; what does not fit is cut off. */
__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    size_t room = text->capacity - text->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text->at + text->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* A word and so many spaces that the longest name would end there too. */
static void add_name(struct text *text, const char *name, size_t width)
{
    add(text, "%s", name);
    for (size_t i = strlen(name); i < width + 2; i++)
        add(text, " ");
}

/* A number that belongs to the state, or a dash. */
static void add_count(struct text *text, bool has_one, unsigned count, int width)
{
    char digits[12] = "-";

    if (has_one)
        snprintf(digits, sizeof digits, "%u", count);
    for (int i = (int)strlen(digits); i < width + 2; i++)
        add(text, " ");
    add(text, "%s", digits);
}

static void add_note(struct text *text, bool *is_first, const char *note)
{
    add(text, "%s%s", *is_first ? "  " : ", ", note);
    *is_first = false;
}

static void add_notes(struct text *text, const struct slot_store *self, unsigned service,
                      unsigned slot, bool is_running, int header_status)
{
    const struct slot_table *table = &self->table;
    uint8_t order[SLOT_SLOTS] = {0};
    bool is_first = true;
    char floor[24];

    slot_table_order(table, service, order);
    if (is_running)
        add_note(text, &is_first, "running");
    /* With the slot that would be started. */
    if (table->standard == service && slot == order[0])
        add_note(text, &is_first, "default");
    if (table->once == service && slot == order[0])
        add_note(text, &is_first, "next");
    if (table->services[service].floor != 0 && slot == 0) {
        snprintf(floor, sizeof floor, "floor %u", table->services[service].floor);
        add_note(text, &is_first, floor);
    }
    if (header_status == ERROR_CORRUPT || header_status == ERROR_UNSUPPORTED)
        add_note(text, &is_first, "damaged");
    else if (header_status < 0 && header_status != ERROR_ABSENT)
        add_note(text, &is_first, "cannot be read");
}

static void add_slot(struct text *text, struct slot_store *self, unsigned service, unsigned slot,
                     bool is_running, size_t width)
{
    const struct slot_service *row = &self->table.services[service];
    const struct slot_entry *entry = &row->slots[slot];
    struct slot_image image = {.version = "-"};
    char reason[SLOT_REASON_BYTES], bytes[24] = "-";
    int status = slot_store_header(self, service, slot, &image, reason);

    if (status == 0)
        snprintf(bytes, sizeof bytes, "%lu", (unsigned long)image.bytes);
    add_name(text, row->name, width);
    add(text, "%s     %-9s  %-15s", slot ? "B" : "A", slot_state_name(entry->state),
        image.version[0] != '\0' ? image.version : "-");
    add_count(text, entry->state == SLOT_PENDING || entry->state == SLOT_TRIAL, entry->tries, 5);
    add_count(text, entry->state == SLOT_CONFIRMED, entry->failures, 8);
    add_count(text, status == 0, image.security_counter, 7);
    add(text, "  %9s", bytes);
    add_notes(text, self, service, slot, is_running, status);
    add(text, "\n");
}

size_t slot_store_text(struct slot_store *self, int running_service, unsigned running_slot,
                       char *text, size_t capacity)
{
    struct text out = {text, capacity, 0};
    size_t width = strlen("service");
    unsigned services = 0;

    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        size_t length = strlen(self->table.services[i].name);

        services += length != 0;
        width = length > width ? length : width;
    }
    if (services == 0)
        add(&out, "no services\n");
    else
        add_name(&out, "service", width);
    if (services != 0)
        add(&out, "slot  %-9s  %-15s  tries  failures  counter      bytes  notes\n", "state",
            "version");
    for (unsigned i = 0; i < SLOT_SERVICES_MAX * SLOT_SLOTS; i++) {
        unsigned service = i / SLOT_SLOTS, slot = i % SLOT_SLOTS;

        if (self->table.services[service].name[0] != '\0')
            add_slot(&out, self, service, slot,
                     (int)service == running_service && slot == running_slot, width);
    }
    if (self->was_lost)
        add(&out, "All slot records were lost; nothing is believed to be confirmed.\n");
    if (self->is_read_only)
        add(&out, "The card cannot be written; no trial is started.\n");
    return out.length;
}
