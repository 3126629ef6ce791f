# Python as the official slim image has it, as far as our Dockerfile leans on it.
ARG ROOT_IMAGE
FROM ${ROOT_IMAGE}
# The machine's own certificates: its registry may be reached through a proxy that signs anew.
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s /usr/bin/python3 /usr/local/bin/python \
    && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED \
    && printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\nroot-user-action = ignore\n' \
        > /etc/pip.conf
ENV LANG=C.UTF-8
CMD ["python3"]
