#include "tests/support/nginx_server.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void nginx_server_make(struct nginx_server *nginx)
{
    *nginx = (struct nginx_server){0};
    temp_folder_make(nginx->folder);
}

const char *nginx_server_path(const struct nginx_server *nginx, const char *name,
                              char path[NGINX_PATH])
{
    return temp_folder_path(nginx->folder, name, path);
}

void nginx_server_write(const struct nginx_server *nginx, const char *name, const char *text)
{
    temp_folder_write(nginx->folder, name, text);
}

void nginx_server_start(struct nginx_server *nginx, const char *http)
{
    char path[NGINX_PATH];
    nginx_server_write(nginx, "http", http);
    nginx->pid = fork();
    if (nginx->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int in = open(nginx_server_path(nginx, "http", path), O_RDONLY);
        dup2(in, STDIN_FILENO);
        execlp("python3", "python3", "tests/support/nginx.py", nginx->folder, (char *)NULL);
        _exit(127);
    }
    nginx_server_path(nginx, "nginx.pid", path);
    for (int tries = 0; access(path, R_OK) != 0; tries++) {
        ck_assert_msg(tries < 1000 && waitpid(nginx->pid, NULL, WNOHANG) == 0,
                      "nginx did not start");
        usleep(10000);
    }
}

uint16_t nginx_server_port(const struct nginx_server *nginx, const char *name)
{
    char path[NGINX_PATH];
    char line[NGINX_PATH];
    unsigned port = 0;
    FILE *in = fopen(nginx_server_path(nginx, "ports", path), "r");
    ck_assert_ptr_nonnull(in);
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == '=') {
            port = (unsigned)strtoul(line + strlen(name) + 1, NULL, 10);
        }
    }
    fclose(in);
    return (uint16_t)port;
}

void nginx_server_stop(struct nginx_server *nginx)
{
    if (nginx->pid > 0) {
        kill(nginx->pid, SIGKILL);
        waitpid(nginx->pid, NULL, 0);
    }
    temp_folder_remove(nginx->folder);
    *nginx = (struct nginx_server){0};
}
