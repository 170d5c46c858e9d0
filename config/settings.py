"""Django's settings. They come from the environment and only compute; docs/settings.md explains each variable."""

from datetime import timedelta
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from config import broker, cache, database, screens
from config.embedded.home import Home
from config.environment import Environment
from config.keys import kept

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment()

# Where this runs ------------------------------------------------------------------------------------------------------

CHORALE_HOME = ENV.path("CHORALE_HOME") or BASE_DIR / "var"
HOME = Home(CHORALE_HOME)
DATABASE_URL = ENV.text("DATABASE_URL")
CHORALE_PREPARED_STATEMENTS = ENV.yes("CHORALE_PREPARED_STATEMENTS", default=True)
BROKER_URL = ENV.text("BROKER_URL")
DEBUG = ENV.yes("CHORALE_DEBUG", default=False)
CHORALE_PORT = ENV.whole("CHORALE_PORT", default=8000, least=1, most=65535)

# With a database of one's own this is an installation for real: nothing that others must know or trust is made up.
if DATABASE_URL:
    WHY = "with DATABASE_URL it is not made up here;"
    SECRET_KEY = ENV.demanded("CHORALE_SECRET_KEY", f"{WHY} a long random text that signs sessions and links.")
    FIELD_KEYS = ENV.demanded("CHORALE_FIELD_KEYS", f"{WHY} the Fernet key that encrypts the secrets of senders.")
    CHORALE_PUBLIC_URL = ENV.site(
        "CHORALE_PUBLIC_URL", ENV.demanded("CHORALE_PUBLIC_URL", f"{WHY} the address that links in messages lead to.")
    )
else:
    SECRET_KEY = ENV.text("CHORALE_SECRET_KEY") or kept(HOME, "secret.key", get_random_secret_key)
    FIELD_KEYS = ENV.text("CHORALE_FIELD_KEYS") or kept(HOME, "field.keys", lambda: Fernet.generate_key().decode())
    CHORALE_PUBLIC_URL = ENV.site("CHORALE_PUBLIC_URL", f"http://127.0.0.1:{CHORALE_PORT}")
CHORALE_FIELD_KEYS = ENV.field_keys("CHORALE_FIELD_KEYS", FIELD_KEYS)
PUBLIC_HOST = CHORALE_PUBLIC_URL.split("://")[1].rsplit(":", 1)[0]
CHORALE_CLOCK = ENV.path("CHORALE_CLOCK")
CHORALE_TIME_ZONE = ENV.zone("CHORALE_TIME_ZONE", "UTC")
CHORALE_CURRENCY = ENV.currency("CHORALE_CURRENCY", "EUR")

# What it consists of --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_celery_beat",
    "auditlog",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "members",
    "content",
    "channels",
    "journeys",
]
MIDDLEWARE = [
    "config.watch.probes.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "members.visits.Visits",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "members.views.guarding.Expiry",
    "members.views.guarding.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "journeys.demo.notice.Notice",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
UNFOLD = screens.UNFOLD

# The API --------------------------------------------------------------------------------------------------------------

CHORALE_API_RATE = ENV.whole("CHORALE_API_RATE", default=6_000, least=1, most=10_000_000)
REST_FRAMEWORK = {
    # What members.api.views.Endpoint does not say itself. A view that is none is closed to programs.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "NUM_PROXIES": 0,  # REMOTE_ADDR is right already
    "EXCEPTION_HANDLER": "members.api.problems.handled",
}
KNOX_TOKEN_MODEL = "members.ApiToken"  # noqa: S105 - the name of a table
# By the prefix, programs that look for leaked secrets know a token.
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_PREFIX": "chorale_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Chorale",
    "DESCRIPTION": "Members and what they did come in; offers, follow-ups, journeys, segments and messages are worked.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # A link inside of a button can be reached by no keyboard.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
}

# Database and broker --------------------------------------------------------------------------------------------------

DATABASES = {"default": database.settings(DATABASE_URL, HOME, prepared=CHORALE_PREPARED_STATEMENTS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHORALE_TICKS_AT_ONCE = ENV.whole("CHORALE_TICKS_AT_ONCE", default=8, least=1, most=64)
CELERY_BROKER_URL = BROKER_URL or broker.embedded_url(HOME)
CELERY_BROKER_USE_SSL = broker.tls(CELERY_BROKER_URL)
CACHES = {"default": cache.settings(CELERY_BROKER_URL)}
CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport_options(CELERY_BROKER_URL)
CELERY_BROKER_HEARTBEAT = 30  # AMQP only: half a minute until a broker that vanished is noticed
CELERY_BROKER_CONNECTION_TIMEOUT = 5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of its broker
# A view that sends a task must not hang on a dead broker: the next look of beat does the same work a second later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_TASK_DEFAULT_QUEUE = "chorale"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True  # PostgreSQL is the truth; a task's result says nothing
CELERY_TASK_ACKS_LATE = True  # a task that dies with its worker is given to another one
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # no worker hoards tasks while another one is idle
# A broker that comes back delivers unacknowledged tasks again. Running them twice is safe, killing them half-way would
# leave messages unconfirmed.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"

# For how many months rows of the tables that only grow are kept; 0 is for ever.
CHORALE_KEEP_TOUCHPOINTS_MONTHS = ENV.whole("CHORALE_KEEP_TOUCHPOINTS_MONTHS", default=0, least=0, most=1200)
CHORALE_KEEP_EVENTS_MONTHS = ENV.whole("CHORALE_KEEP_EVENTS_MONTHS", default=0, least=0, most=1200)
CHORALE_KEEP_PURCHASES_MONTHS = ENV.whole("CHORALE_KEEP_PURCHASES_MONTHS", default=0, least=0, most=1200)
CHORALE_KEEP_POINTS_MONTHS = ENV.whole("CHORALE_KEEP_POINTS_MONTHS", default=0, least=0, most=1200)
CHORALE_KEEP_TRACE_MONTHS = ENV.whole("CHORALE_KEEP_TRACE_MONTHS", default=0, least=0, most=1200)

# People and their sessions --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "members.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# Whoever guesses passwords of a user from an address is not listened to for a while; from elsewhere, the user gets in.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "members.views.signing_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "members.visits.throttled_by"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what the page says about the end of it holds
AXES_DISABLE_ACCESS_LOG = True  # the audit log says who came
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Publishing, exporting, and giving rights: with those of these, a password alone is too little.
CHORALE_TWO_FACTOR = ENV.yes("CHORALE_TWO_FACTOR", default=bool(DATABASE_URL))
SECOND_FACTOR_FOR = ("journeys.change_journey", "members.export_member", "members.change_user")
OTP_TOTP_ISSUER = f"Chorale {PUBLIC_HOST}"

CHORALE_SESSION_HOURS = ENV.whole("CHORALE_SESSION_HOURS", 12, least=1, most=720)
CHORALE_IDLE_MINUTES = ENV.whole("CHORALE_IDLE_MINUTES", 60, least=1, most=1440)
CHORALE_TILL_IDLE_MINUTES = ENV.whole("CHORALE_TILL_IDLE_MINUTES", 15, least=1, most=1440)
SESSION_COOKIE_AGE = CHORALE_SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# The audit log --------------------------------------------------------------------------------------------------------

AUDITLOG_LOGENTRY_MODEL = "members.AuditEntry"
MIGRATION_MODULES = {"auditlog": None, "knox": None}  # their own tables give way to ours

# The web --------------------------------------------------------------------------------------------------------------

HTTPS = CHORALE_PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = ENV.hosts("CHORALE_HOSTS", [PUBLIC_HOST] if DATABASE_URL else [PUBLIC_HOST, "127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = [CHORALE_PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Behind a proxy that speaks HTTPS the application sees HTTP; only the operator knows whether the proxy redirects, and
# whether its X-Forwarded-Proto can be believed.
SECURE_SSL_REDIRECT = ENV.yes("CHORALE_SSL_REDIRECT", default=HTTPS)
if ENV.yes("CHORALE_TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    MIDDLEWARE.insert(1, "config.proxy.BehindProxy")
SECURE_HSTS_SECONDS = ENV.whole("CHORALE_HSTS_SECONDS", 2_592_000 if HTTPS else 0, least=0, most=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"

# Who may read the metrics; without it nobody may.
CHORALE_METRICS_TOKEN = ENV.secret("CHORALE_METRICS_TOKEN", least=16)

STATIC_URL = "/static/"
# WhiteNoise serves the files from where the packages have them: nobody needs collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# Language and time ----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Logs -----------------------------------------------------------------------------------------------------------------

CHORALE_LOG_FORMAT = ENV.choice("CHORALE_LOG_FORMAT", "plain", ["plain", "json"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "config.logs.WithoutPersonalData",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "config.logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": CHORALE_LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handlers would mail requests to administrators and print statements with their parameters.
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.db.backends": {"level": "INFO"},
        "axes": {"level": "ERROR"},  # the audit log says it
        "httpx": {"level": "WARNING"},
    },
}
