/*
 * pilot_machine: puts QEMU's command line together and starts it.
 *
 * kernel8.img is the loader, as the firmware would start it. The service reaches it as on
 * the board: over TFTP from a private folder (QEMU's own server, user-mode networking, no
 * root), or from a card image.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pilot_block.h"
#include "pilot_card.h"
#include "pilot_machine.h"
#include "pilot_signature.h"

enum {
    /* GPIO function select registers 4 and 5: pins 48 to 53 to their function 0 lead the
     * card to the SDHOST controller, as U-Boot leaves it. */
    GPIO_SELECT_4 = 0x3f200010,
    GPIO_SELECT_4_SDHOST = 0x24000000,
    GPIO_SELECT_5 = 0x3f200014,
    GPIO_SELECT_5_SDHOST = 0x00000924,
};

/* With its NUL: what the loader (NET_NAME_MAX in net/net.h) and the file field of a DHCP
 * answer hold. QEMU ends in an assertion on a longer one. */
#define LOADER_NAME_BYTES 128

static struct pilot_machine *running; /* for the end of the program */
static int test_socket = -1;          /* to QEMU's qtest and monitor, when in use */
static int monitor_socket = -1;

/* The name the loader asks for: the file's own when that is plain and not too long, else
 * one of ours. */
static const char *name_for_loader(const char *elf)
{
    const char *slash = strrchr(elf, '/');
    const char *name = slash ? slash + 1 : elf;
    bool plain = name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._-")] == '\0' &&
                 name[0] != '.' && name[0] != '-' && strlen(name) < LOADER_NAME_BYTES;

    return plain ? name : "service.elf";
}

/* A UDP port of the loopback that is free now. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, length) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        fail("cannot find a free UDP port on 127.0.0.1: %s", strerror(errno));
    close(descriptor);
    return ntohs(address.sin_port);
}

/* QEMU's options end at a comma; two stand for one. */
static void double_commas(char text[2 * PATH_MAX], const char *path)
{
    while (*path) {
        if (*path == ',')
            *text++ = ',';
        *text++ = *path++;
    }
    *text = '\0';
}

static void add_network(struct pilot_machine *machine, struct pilot_command *qemu)
{
    char folder[PATH_MAX], escaped[2 * PATH_MAX], served[PATH_MAX];
    char *options = NULL;
    size_t length;
    FILE *stream = open_memstream(&options, &length);

    if (!stream)
        fail("out of memory");
    if (machine->elf && !machine->from_card) {
        const char *name = name_for_loader(machine->elf);
        struct pilot_file elf = pilot_file_read(machine->elf);

        pilot_signature_attach(&elf, machine->elf);
        pilot_join(folder, pilot_temporary(), "tftp");
        if (mkdir(folder, 0700) != 0)
            fail("cannot make %s: %s", folder, strerror(errno));
        pilot_join(served, folder, name);
        pilot_file_write(served, elf.bytes, elf.length);
        free(elf.bytes);
        double_commas(escaped, folder);
        fprintf(stream, ",tftp=%s,bootfile=%s", escaped, name);
    }
    for (unsigned i = 0; i < machine->forward_count; i++) {
        machine->forwards[i].here = free_port();
        fprintf(stream, ",hostfwd=udp:127.0.0.1:%u-:%u", machine->forwards[i].here,
                machine->forwards[i].port);
    }
    if (fclose(stream) != 0)
        fail("out of memory");
    pilot_command_add(qemu, "-netdev");
    pilot_command_add(qemu, "user,id=net%s", options);
    free(options);
    pilot_command_add(qemu, "-device");
    pilot_command_add(qemu, "usb-net,netdev=net%s", machine->behind_hub ? "" : ",port=1");
}

/* One socket pair to QEMU; returns our end and writes the number of QEMU's. */
static int connect_to_qemu(int *theirs)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("cannot make a socket: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    *theirs = ends[1];
    return ends[0];
}

static void add_card(const struct pilot_machine *machine, struct pilot_command *qemu, int theirs[2])
{
    char image[PATH_MAX], escaped[2 * PATH_MAX];

    if (machine->card)
        /* To QEMU "a:b" is a protocol, "./a:b" a file. */
        snprintf(image, sizeof image, "%s%s", machine->card[0] == '/' ? "" : "./", machine->card);
    else if (machine->from_card)
        pilot_card_make(image, machine->elf, name_for_loader(machine->elf));
    else
        return;
    double_commas(escaped, image);
    pilot_command_add(qemu, "-drive");
    pilot_command_add(qemu, "if=sd,format=raw,file=%s", escaped);
    if (!machine->card_on_sdhost)
        return;
    /* The card is at EMMC after reset. Only a write to the GPIO moves it, and that has
     * to come before the loader's first instruction: stopped start, qtest, continue. */
    test_socket = connect_to_qemu(&theirs[0]);
    monitor_socket = connect_to_qemu(&theirs[1]);
    pilot_command_add(qemu, "-S");
    pilot_command_add(qemu, "-chardev");
    pilot_command_add(qemu, "socket,id=test,fd=%d", theirs[0]);
    pilot_command_add(qemu, "-object");
    pilot_command_add(qemu, "qtest,id=qtest,chardev=test,log=/dev/null");
    pilot_command_add(qemu, "-chardev");
    pilot_command_add(qemu, "socket,id=monitor,fd=%d", theirs[1]);
    pilot_command_add(qemu, "-mon");
    pilot_command_add(qemu, "monitor");
}

/* What follows "--" on the kernel's command line is the service's; double quotes group
 * there, and there is no escape (loader/boot_arguments.h). */
static void add_arguments(const struct pilot_machine *machine, struct pilot_command *qemu)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        fail("out of memory");
    /* A service that ends with 0 ends the run: QEMU ends when the machine is off. What a card of
     * the user's says of that holds. */
    if (!machine->card)
        fputs("pilot.exit=off", stream);
    if (machine->argument_count > 0)
        fputs(" --", stream);
    for (int i = 0; i < machine->argument_count; i++) {
        const char *argument = machine->arguments[i];
        const char *quote = argument[0] == '\0' || strchr(argument, ' ') ? "\"" : "";

        for (const char *c = argument; *c; c++) {
            if (*c < ' ' || *c > '~' || *c == '"')
                fail("argument %d of the service has the character 0x%02x, which the board's "
                     "command line cannot carry",
                     i + 1, (unsigned char)*c);
        }
        fprintf(stream, " %s%s%s", quote, argument, quote);
    }
    if (fclose(stream) != 0)
        fail("out of memory");
    pilot_command_add(qemu, "-append");
    pilot_command_add(qemu, "%s", text);
    free(text);
}

static void tell_qemu(int descriptor, const char *command, bool wait_for_answer)
{
    char answer[128];

    if (write(descriptor, command, strlen(command)) != (ssize_t)strlen(command) ||
        (wait_for_answer &&
         (read(descriptor, answer, sizeof answer) < 3 || strncmp(answer, "OK", 2) != 0)))
        fail("QEMU did not take the command %.*s", (int)strcspn(command, "\n"), command);
}

static void move_card_to_sdhost(void)
{
    char command[64];

    snprintf(command, sizeof command, "writel %#x %#x\n", GPIO_SELECT_4, GPIO_SELECT_4_SDHOST);
    tell_qemu(test_socket, command, true);
    snprintf(command, sizeof command, "writel %#x %#x\n", GPIO_SELECT_5, GPIO_SELECT_5_SDHOST);
    tell_qemu(test_socket, command, true);
    tell_qemu(monitor_socket, "cont\n", false);
}

/* Nothing in QEMU needs a farewell (its files are temporary), and SIGTERM would make it
 * print a line of its own. */
static void end_qemu(void)
{
    if (running->qemu <= 0)
        return;
    kill(running->qemu, SIGKILL);
    waitpid(running->qemu, NULL, 0);
    running->qemu = 0;
}

/* The loader: ours, or the one on the user's card. Looks at the card before QEMU does, which
 * says less. */
static void find_loader(const struct pilot_machine *machine, char kernel[PATH_MAX])
{
    struct stat status;

    if (!machine->card) {
        pilot_built_path("kernel8.img", kernel);
        return;
    }
    pilot_block_check_unused(machine->card);
    if (stat(machine->card, &status) == 0 && (status.st_size & (status.st_size - 1)) != 0)
        fail("%s has %lld bytes; QEMU wants a card's size to be a power of two, as pilot sdcard "
             "makes it",
             machine->card, (long long)status.st_size);
    pilot_join(kernel, pilot_temporary(), "kernel8.img");
    pilot_card_fetch(machine->card, "kernel8.img", kernel);
}

void pilot_machine_start(struct pilot_machine *machine)
{
    struct pilot_command qemu = {0};
    char kernel[PATH_MAX], tree[PATH_MAX];
    int theirs[2] = {-1, -1};

    find_loader(machine, kernel);
    pilot_built_path("raspi3b.dtb", tree);
    pilot_command_add(&qemu, "qemu-system-aarch64");
    pilot_command_add(&qemu, "-M");
    pilot_command_add(&qemu, "raspi3b");
    pilot_command_add(&qemu, "-accel");
    pilot_command_add(&qemu, "tcg,thread=single");
    pilot_command_add(&qemu, "-display");
    pilot_command_add(&qemu, "none");
    pilot_command_add(&qemu, "-monitor");
    pilot_command_add(&qemu, "none");
    /* The PL011 and the mini UART, on which U-Boot and Linux are, if a card starts them. */
    pilot_command_add(&qemu, "-chardev");
    pilot_command_add(&qemu, "stdio,id=serial,mux=on");
    pilot_command_add(&qemu, "-serial");
    pilot_command_add(&qemu, "chardev:serial");
    pilot_command_add(&qemu, "-serial");
    pilot_command_add(&qemu, "chardev:serial");
    pilot_command_add(&qemu, "-kernel");
    pilot_command_add(&qemu, "%s", kernel);
    pilot_command_add(&qemu, "-dtb");
    pilot_command_add(&qemu, "%s", tree);
    add_arguments(machine, &qemu);
    add_network(machine, &qemu);
    add_card(machine, &qemu, theirs);
    machine->qemu = pilot_process_start(&qemu, "qemu-system-arm", &machine->serial);
    running = machine;
    atexit(end_qemu);
    if (theirs[0] >= 0) {
        close(theirs[0]);
        close(theirs[1]);
        move_card_to_sdhost();
    }
}
