"""Settings, read from the environment; `.env.example` explains every name.

There are two modes: `embedded` (the default: one machine, SQLite, a broker in the file system) and `production`
(PostgreSQL and Redis; it refuses to start without what it needs, see `mikano_cx.preflight`).
"""

import logging
import secrets
import sqlite3
import sys
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

HUB_MODE = env.str("HUB_MODE", "embedded")
if HUB_MODE not in ("embedded", "production"):
    raise ImproperlyConfigured(f"HUB_MODE is {HUB_MODE!r}; it is 'embedded' or 'production'.")
PRODUCTION = HUB_MODE == "production"
VAR_DIR = Path(env.str("HUB_VAR_DIR", str(BASE_DIR / "var")))
DROP_DIR = Path(env.str("HUB_DROP_DIR", str(VAR_DIR / "drop")))  # the ERP puts its files into folders below this one
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _required_variable(name: str, why: str) -> str:
    """The value of a variable that production can't start without."""
    value: str = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why} (see .env.example).")
    return value


def _own_secret() -> str:
    """The secret key that an embedded hub keeps beside its database."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = (
    _required_variable("SECRET_KEY", "it signs sessions and password links")
    if PRODUCTION
    else env.str("SECRET_KEY", "") or _own_secret()
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: the host names the hub answers to (see .env.example).")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG is on: production never starts with it.")

INSTALLED_APPS = [
    "mikano_cx.kit",
    "accounts",
    "interactions",
    "ownership",
    "kpis",
    "mikano_cx.pages",
    "mikano_cx.demo",
    "mikano_cx.adminsite.HubAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "django_celery_beat",
    "django_celery_results",
    "import_export",
    "lucide",
    "simple_history",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "mikano_cx.middleware.NoNullBytesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "accounts.people.access.DeclaredAccessMiddleware",
    "mikano_cx.adminsite.AdminStyleMiddleware",
]

ROOT_URLCONF = "mikano_cx.urls"
WSGI_APPLICATION = "mikano_cx.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mikano_cx.pages.context.hub",
            ],
            "builtins": ["mikano_cx.kit.templatetags.hub"],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = (
    _required_variable("DATABASE_URL", "production keeps its data in PostgreSQL")
    if PRODUCTION
    else env.str("DATABASE_URL", "") or f"sqlite:///{VAR_DIR / 'hub.sqlite3'}"
)
_database = env.db_url_config(DATABASE_URL)
if "postgresql" in _database["ENGINE"]:
    # A page's queries are too short for parallel workers or compilation, and most rows are in memory. `keep_plan` needs
    # parameters bound by the server, so that PostgreSQL can keep plans.
    _database["OPTIONS"] = {
        "options": "-c max_parallel_workers_per_gather=0 -c jit=off -c random_page_cost=1.1 -c temp_buffers=64MB",
        **_database.get("OPTIONS", {}),  # options from the address, such as sslmode
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", 10), "timeout": 10},
        "server_side_binding": True,
    }
elif "sqlite" in _database["ENGINE"]:
    if PRODUCTION:
        raise ImproperlyConfigured("DATABASE_URL names SQLite: production needs PostgreSQL.")
    # WAL only with SQLite versions that have the fix for the WAL-reset bug; others use the rollback journal.
    _v = sqlite3.sqlite_version_info
    _wal = _v >= (3, 51, 3) or (3, 50, 7) <= _v < (3, 51) or (3, 44, 6) <= _v < (3, 45)
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode={'WAL' if _wal else 'TRUNCATE'}; PRAGMA synchronous=FULL;",
    }
DATABASES = {"default": _database}

REDIS_URL = (
    _required_variable("REDIS_URL", "the broker and the shared cache live in Redis")
    if PRODUCTION
    else env.str("REDIS_URL", "")
)
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends." + ("cached_db" if REDIS_URL else "db")
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- language, time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Africa/Lagos"
USE_TZ = True
FORMAT_MODULE_PATH = ["mikano_cx.formats"]
PHONENUMBER_DEFAULT_REGION = "NG"

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns without it
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "mikano_cx.kit.stylesheets.ComponentStyles",
]
MEDIA_ROOT = VAR_DIR / "media"  # never served directly: jobs read uploads, and views give them back
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
WORKBOOK_MAX_BYTES = env.int("WORKBOOK_MAX_BYTES", 150 * 2**20)

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["accounts.people.signin.StaffBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "full_name", "email")}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:home"
ACCOUNT_ADAPTER = "accounts.people.signin.ClosedSignup"
ACCOUNT_FORMS = {
    "login": "accounts.people.signin.SignInForm",
    "change_password": "accounts.people.signin.ChangePasswordForm",
    "reset_password": "accounts.people.signin.AskForLinkForm",
    "reset_password_from_key": "accounts.people.signin.NewPasswordForm",
    "reauthenticate": "accounts.people.signin.ConfirmForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None  # the sign-in page has a box for it
# Django's own generator, because allauth's writes a row whenever a link is opened.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to unknown addresses, and the same answer on the page
# accounts.people.signin knows the longest waits that these cause.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "10/m/ip,3/m/key"}
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- mail -----------------------------------------------------------------------------------------------------------
_mail = env.email_url("EMAIL_URL", default="consolemail://")
_kept = not PRODUCTION and not env.str("EMAIL_URL", "")
EMAIL_BACKEND = "mikano_cx.mail.KeptMail" if _kept else _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "localhost", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 15
HUB_ADDRESS = env.str("HUB_ADDRESS", "")  # the beginning of links in the hub's own mails
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "CX Hub <cx-hub@localhost>")

# --- jobs -----------------------------------------------------------------------------------------------------------
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 3600,
        # A page never waits for an absent broker: the job's row is saved, and its wake-up is sent again later.
        "max_retries": 1,
        "interval_start": 0,
        "connect_retries_timeout": 1,
        "socket_connect_timeout": 1,
    }
else:
    _queue = VAR_DIR / "broker"
    for _part in ("queue", "control", "processed"):
        (_queue / _part).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "queue"),
        "data_folder_out": str(_queue / "queue"),
        "control_folder": str(_queue / "control"),
        "processed_folder": str(_queue / "processed"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
CELERY_RESULT_BACKEND = "django-db"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TRACK_STARTED = True
CELERY_RESULT_EXPIRES = 7 * 24 * 3600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- safety ---------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # without it all visitors would share one address's rate limit
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

# --- tables, logs ---------------------------------------------------------------------------------------------------
DJANGO_TABLES2_TEMPLATE = "components/table.html"
FILTERS_EMPTY_CHOICE_LABEL = "Any"
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
]


def _is_news(record: logging.LogRecord) -> bool:
    """Whether to log the record: a forbidden page isn't, because the request's own log line says it already."""
    return not (record.exc_info and isinstance(record.exc_info[1], PermissionDenied))


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"refusals": {"()": "django.utils.log.CallbackFilter", "callback": _is_news}},
    "formatters": {
        "lines": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": structlog.processors.JSONRenderer()
            if PRODUCTION
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),  # no colour codes in a file
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING" if "pytest" in sys.modules else "INFO")},
}
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
