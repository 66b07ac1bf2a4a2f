#include "tests/support/nats_server.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_US = 10000, POLLS = 1000, CONFIGURATION = 4096, ANY_PORT = -1 };

void nats_server_make(struct nats_server *nats)
{
    *nats = (struct nats_server){0};
    temp_folder_make(nats->folder);
}

void nats_server_certify(const struct nats_server *nats, const char *name, const char *whom)
{
    char command[512];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "
             "%s.key -out %s.crt -subj /CN=x -addext subjectAltName=%s 2>/dev/null",
             name, name, whom);
    temp_folder_run(nats->folder, command);
}

/* The file in which the broker writes its ports once it listens. */
static const char *ports_path(const struct nats_server *nats, char path[TEMP_PATH])
{
    char name[TEMP_FOLDER];
    snprintf(name, sizeof name, "nats-server_%d.ports", (int)nats->pid);
    return temp_folder_path(nats->folder, name, path);
}

static uint16_t read_port(const struct nats_server *nats)
{
    char path[TEMP_PATH];
    char text[CONFIGURATION] = "";
    FILE *in = fopen(ports_path(nats, path), "r");
    if (!in) {
        return 0;
    }
    size_t length = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[length] = '\0';
    const char *port = strstr(text, "127.0.0.1:");
    return port ? (uint16_t)strtoul(strchr(port, ':') + 1, NULL, 10) : 0;
}

void nats_server_start(struct nats_server *nats, const char *configuration)
{
    char all[CONFIGURATION];
    snprintf(all, sizeof all, "listen: \"127.0.0.1:%d\"\nports_file_dir: \".\"\nlog_file: log\n%s",
             nats->port ? nats->port : ANY_PORT, configuration);
    temp_folder_write(nats->folder, "configuration", all);
    nats->pid = fork();
    if (nats->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(nats->folder) == 0) {
            execlp("nats-server", "nats-server", "-c", "configuration", (char *)NULL);
            execl("/usr/sbin/nats-server", "nats-server", "-c", "configuration", (char *)NULL);
        }
        _exit(127);
    }
    uint16_t port = read_port(nats);
    for (int polls = 0; port == 0; polls++) {
        ck_assert_msg(polls < POLLS && waitpid(nats->pid, NULL, WNOHANG) == 0,
                      "nats-server did not start; see %s/log", nats->folder);
        usleep(POLL_US);
        port = read_port(nats);
    }
    nats->port = port;
}

const char *nats_server_url(const struct nats_server *nats, char url[NATS_URL])
{
    snprintf(url, NATS_URL, "nats://127.0.0.1:%u", (unsigned)nats->port);
    return url;
}

void nats_server_kill(struct nats_server *nats)
{
    if (nats->pid > 0) {
        kill(nats->pid, SIGKILL);
        waitpid(nats->pid, NULL, 0);
    }
    nats->pid = 0;
}

void nats_server_pause(const struct nats_server *nats)
{
    kill(nats->pid, SIGSTOP);
    waitpid(nats->pid, NULL, WUNTRACED);
}

void nats_server_resume(const struct nats_server *nats)
{
    kill(nats->pid, SIGCONT);
}

void nats_server_stop(struct nats_server *nats)
{
    nats_server_kill(nats);
    temp_folder_remove(nats->folder);
}
