/*
 * pilot_process: starting other programs, without a shell in between.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pilot.h"

bool pilot_verbose;

void pilot_command_add(struct pilot_command *command, const char *format, ...)
{
    va_list arguments;
    int length;

    /* The last element stays null: execvp wants that. */
    if (command->count + 1 >= sizeof command->arguments / sizeof command->arguments[0])
        fail("too many arguments for %s", command->arguments[0]);
    va_start(arguments, format);
    length = vasprintf(&command->arguments[command->count++], format, arguments);
    va_end(arguments);
    if (length < 0)
        fail("out of memory");
}

/* Prints the command so that it can be pasted into a shell. */
static void show(const struct pilot_command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        const char *text = command->arguments[i];
        bool plain = text[0] != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                          "0123456789_-=.,:/@%+")] == '\0';

        fputs(i ? " " : "+ ", stderr);
        if (plain) {
            fputs(text, stderr);
            continue;
        }
        fputc('\'', stderr);
        for (; *text; text++) {
            if (*text == '\'')
                fputs("'\\''", stderr);
            else
                fputc(*text, stderr);
        }
        fputc('\'', stderr);
    }
    fputc('\n', stderr);
}

/* In the child: becomes the program, or reports errno through the pipe. */
static _Noreturn void become(const struct pilot_command *command, pid_t parent, int report,
                             int output)
{
    sigset_t none;
    int nothing, error;
    ssize_t written;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* A group of its own: Ctrl-C at the terminal reaches us, and we end the child. But only the
     * terminal's own group may read from it. */
    if (!command->is_interactive)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    nothing = command->is_interactive ? -1 : open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (output >= 0)
        dup2(output, STDOUT_FILENO);
    execvp(command->arguments[0], command->arguments);
    error = errno;
    written = write(report, &error, sizeof error);
    _exit(written == sizeof error ? 127 : 126);
}

pid_t pilot_process_start(const struct pilot_command *command, const char *package, int *output)
{
    int report[2], pipe_ends[2] = {-1, -1};
    int error = 0;
    pid_t self = getpid(), child;

    if (pilot_verbose)
        show(command);
    if (pipe2(report, O_CLOEXEC) != 0 || (output && pipe2(pipe_ends, O_CLOEXEC) != 0))
        fail("cannot make a pipe: %s", strerror(errno));
    fflush(NULL);
    child = fork();
    if (child < 0)
        fail("cannot start a process: %s", strerror(errno));
    if (child == 0)
        become(command, self, report[1], pipe_ends[1]);
    close(report[1]);
    if (output) {
        close(pipe_ends[1]);
        *output = pipe_ends[0];
    }
    /* Nothing comes when exec has succeeded: it closes the pipe. */
    if (read(report[0], &error, sizeof error) == sizeof error) {
        waitpid(child, NULL, 0);
        if (error == ENOENT)
            fail("there is no %s on this machine; the package %s has it", command->arguments[0],
                 package);
        fail("cannot run %s: %s", command->arguments[0], strerror(error));
    }
    close(report[0]);
    return child;
}

int pilot_process_status(const struct pilot_command *command, const char *package)
{
    pid_t child = pilot_process_start(command, package, NULL);
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            fail("lost sight of %s: %s", command->arguments[0], strerror(errno));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void pilot_process_run(const struct pilot_command *command, const char *package)
{
    if (pilot_process_status(command, package) != 0)
        fail("%s failed; its own words are above", command->arguments[0]);
}
