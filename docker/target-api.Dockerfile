# target-api's image: the program and the libraries it links with.
#
#     docker build -f docker/target-api.Dockerfile -t target-api .        (or: make images)
#
# BASE           base of both stages: Debian 12
# TESTS          tests to run in the build stage: none, `all`, or names as for `make test T=`
# COMMIT, DATE   shown by `target-api -version`, because .git is not here
# VERSION        shown by the label
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
RUN make -j"$(nproc)" install-target-api INSTALL="install -s" DESTDIR=/out COMMIT="$COMMIT" DATE="$DATE" && \
    mkdir -p /out/usr/local/share/target-api && \
    docker/runtime-packages.sh /out/usr/local/bin/target-api >/out/usr/local/share/target-api/packages

FROM ${BASE}
COPY --from=build /out/usr/local/share /usr/local/share
# Logs and caches are useless, and would make every build differ.
RUN apt-get update && \
    xargs apt-get install -y --no-install-recommends </usr/local/share/target-api/packages && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
        /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
COPY --from=build /out/usr/local/bin /usr/local/bin
ENV HEADROOM_BIND=0.0.0.0
EXPOSE 5000 5001
USER 65532:65532
WORKDIR /
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/target-api"]
ARG BASE
ARG COMMIT=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="target-api" \
      org.opencontainers.image.description="A sample REST service to run load tests against" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="${BASE}"
