# One image for every service; docker-compose.yml says which one a container is.
# Any base with Python 3.11, venv, pip and useradd will do.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_CERT
RUN python3 -m venv --without-pip /opt/txlink
COPY requirements/services.txt /tmp/
RUN python3 -m pip --python /opt/txlink/bin/python install --no-cache-dir \
        --disable-pip-version-check --require-hashes --only-binary :all: -r /tmp/services.txt

FROM ${BASE_IMAGE}
# The uid is fixed, so that the journal's volume outlives any rebuild of the image.
RUN groupadd --gid 10001 txlink \
    && useradd --uid 10001 --gid txlink --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin txlink \
    && install --directory --owner txlink --group txlink --mode 0750 /var/lib/txlink
COPY --from=build /opt/txlink /opt/txlink
WORKDIR /srv/txlink
COPY pyproject.toml ./
COPY migrations migrations
COPY shared shared
COPY services services
ENV PATH=/opt/txlink/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    TXLINK_DATA_DIR=/var/lib/txlink
RUN python -m compileall -q migrations services shared
USER 10001:10001
CMD ["python", "-m", "services.api"]
