# One static binary on an empty image. Build: docker build -t stockroom .
# Run: docker run -p 8080:8080 -v stockroom:/data --read-only --cap-drop ALL --security-opt no-new-privileges stockroom
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The target is named, so that the flag is for our code alone and not for the macros that the compiler loads.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
    && RUSTFLAGS='-Ctarget-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' cargo build --release --locked --bin stockroom --target "$host" \
    && install -D "target/$host/release/stockroom" /image/stockroom \
    && install -d -m 0700 /image/data

FROM scratch
LABEL org.opencontainers.image.title="Stockroom" \
      org.opencontainers.image.description="An inventory portal in one file" \
      org.opencontainers.image.version="0.1.0"
COPY --from=build --chown=65532:65532 /image/ /
USER 65532:65532
# There is no /tmp: the little that is not the site's own goes beside its data.
ENV STOCKROOM_DATA_DIR=/data TMPDIR=/data
VOLUME ["/data"]
EXPOSE 8080
# Longer than open requests have (`server.drain_timeout`), as in: docker stop -t 45
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/stockroom", "healthcheck"]
ENTRYPOINT ["/stockroom"]
CMD ["serve"]
