"""Django's settings, made from the hub's configuration. Nothing else is decided here."""

from __future__ import annotations

import hashlib
import os

from stockwire.hub import config as hub_config
from stockwire.hub.database import django_parameters

CONFIG = hub_config.load()
STOCKWIRE_SECRET_KEYS = hub_config.secret_keys(CONFIG)
# Sessions and CSRF tokens get a key of their own, so that they never reveal the one of the vault.
SECRET_KEY = hashlib.sha256(b"stockwire sessions:" + STOCKWIRE_SECRET_KEYS[0].encode()).hexdigest()

DEBUG = False
ALLOWED_HOSTS = CONFIG.allowed_hosts
ROOT_URLCONF = "stockwire.hub.urls"
ASGI_APPLICATION = "stockwire.hub.asgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "stockwire.hub",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stockwire.hub.console.headers.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
AUTH_USER_MODEL = "hub.User"
AUTHENTICATION_BACKENDS = ["stockwire.hub.console.signing_in.ConsoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

_admin = os.environ.get("STOCKWIRE_AS_OWNER") == "1"
DATABASES = {
    "default": django_parameters(
        CONFIG.database_admin_url if _admin else CONFIG.database_url, pool=not _admin
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Procrastinate reads jobs through the same database; its worker is ours to start (see jobs.py).
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = None

USE_TZ = True
TIME_ZONE = "Africa/Johannesburg"
LANGUAGE_CODE = "en-za"
USE_I18N = False
STATIC_URL = "/static/"
STATICFILES_DIRS: list[str] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(CONFIG.tls_certificate or CONFIG.behind_tls_proxy)
SESSION_COOKIE_AGE = 12 * 3600
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
if CONFIG.behind_tls_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
# Agent batches may be large; webhooks have a bound of their own (api/webhooks.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "stockwire.hub.api.public.uploads.NamelessUpload",
]
LOGGING_CONFIG = None

# Without a mail server mailing.py sends nothing.
EMAIL_HOST, EMAIL_PORT = CONFIG.smtp_host, CONFIG.smtp_port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = CONFIG.smtp_user, CONFIG.smtp_password
EMAIL_USE_TLS, EMAIL_USE_SSL = CONFIG.smtp_security == "starttls", CONFIG.smtp_security == "tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = CONFIG.mail_from or CONFIG.smtp_user or "stockwire@localhost"
SILENCED_SYSTEM_CHECKS: list[str] = []
