# tests/server/test_image.py replays these steps without an engine; it reads ARG, ENV, COPY, RUN, HEALTHCHECK, ENTRYPOINT and CMD from here.
FROM python:3.13-slim AS build
# core | demo (the demo's PDF library too)
ARG LOCK=core
WORKDIR /src
COPY . .
RUN python -m venv /opt/build && python -m venv /opt/cabinet
RUN /opt/build/bin/pip install --no-deps --require-hashes -r requirements/build.txt
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --require-hashes -r requirements/$LOCK.txt --wheel-dir /src/wheels
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation . --wheel-dir /src/dist
RUN /opt/cabinet/bin/pip install --no-deps --no-index /src/wheels/*.whl /src/dist/*.whl
# The image's own folder, to be given to its user below: the last stage runs nothing.
RUN mkdir -p /data

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Shared Cabinet" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/cabinet /opt/cabinet
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/cabinet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CABINET_DATA_DIR=/data \
    CABINET_HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["cabinet", "health"]
# Exec form: a shell in between would keep SIGTERM for itself. Works with --read-only --tmpfs /tmp.
ENTRYPOINT ["cabinet"]
CMD ["serve"]
