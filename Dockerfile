# The hub as one image: web, worker, beat and migrate are entry points in deploy/ (see docker-compose.yml).
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
COPY . .
# Compressed, with hashed names. The values are only for this step and stay behind in it.
RUN HUB_MODE=production SECRET_KEY=build ALLOWED_HOSTS=build REDIS_URL=redis://build DATABASE_URL=postgresql://build/build \
    python manage.py collectstatic --noinput \
    && python -m compileall -q /opt/venv /app

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin hub
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=root:root /app /app
# Uploads wait here for the worker; both mount the same volume, which takes its owner from this folder.
RUN mkdir -p /app/var/media && chown -R hub /app/var
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HUB_MODE=production WEB_TMP_DIR=/dev/shm
USER 10001
EXPOSE 8000
CMD ["deploy/web"]
