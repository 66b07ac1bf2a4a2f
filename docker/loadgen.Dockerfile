# loadgen's image: the program, its link `vegeta`, bash, and the libraries it links with.
#
#     docker build -f docker/loadgen.Dockerfile -t loadgen .        (or: make images)
#
# BASE           base of both stages: Debian 12
# TESTS          tests to run in the build stage: none, `all`, or names as for `make test T=`
# COMMIT, DATE   shown by `loadgen -version`, because .git is not here
# VERSION        shown by the label
#
# `loadgen idle` waits as process 1; start attacks with: kubectl exec POD -- vegeta attack ...
# With LOCUST_MODE, docker/entrypoint.sh starts what Locust's images start.
ARG BASE=docker.io/library/debian:12-slim

FROM ${BASE} AS build
WORKDIR /src
COPY Makefile ./
COPY tests/deps.sh tests/
RUN apt-get update && apt-get install -y --no-install-recommends make && make deps FOR=build
COPY . .
ARG COMMIT=unknown
ARG DATE=unknown
ARG TESTS=
RUN [ -z "$TESTS" ] || make -j"$(nproc)" test T="${TESTS#all}" COMMIT="$COMMIT" DATE="$DATE"
# Beside the linked libraries: bash, for `bash -c "vegeta attack ... | ..."`, and CA certificates for https.
RUN make -j"$(nproc)" install-loadgen INSTALL="install -s" DESTDIR=/out COMMIT="$COMMIT" DATE="$DATE" && \
    install docker/entrypoint.sh /out/usr/local/bin/loadgen-entrypoint && \
    mkdir -p /out/usr/local/share/loadgen && \
    { docker/runtime-packages.sh /out/usr/local/bin/loadgen && printf '%s\n' bash ca-certificates; } \
        >/out/usr/local/share/loadgen/packages

FROM ${BASE}
COPY --from=build /out/usr/local/share /usr/local/share
# Logs and caches are useless, and would make every build differ.
RUN apt-get update && \
    xargs apt-get install -y --no-install-recommends </usr/local/share/loadgen/packages && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
        /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
COPY --from=build /out/usr/local/bin /usr/local/bin
EXPOSE 5001 8089
USER 65532:65532
WORKDIR /
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/loadgen-entrypoint"]
CMD ["idle", "-probe-addr", ":5001"]
ARG BASE
ARG COMMIT=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="loadgen" \
      org.opencontainers.image.description="Measures how many requests per second a web API can serve" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="${BASE}"
