"""The settings of our private PostgreSQL: no network, a password from everybody, sizes for a small machine.

Written anew at every start, so that a newer Stockwire brings newer settings; `local.conf` is the operator's.
"""

from __future__ import annotations

from pathlib import Path

WHO_MAY_CONNECT = (
    "# Everybody shows a password; the socket is the only way in.\nlocal all all scram-sha-256\n"
)
_SETTINGS = """\
# Written at every start. Put settings of your own into local.conf beside this file.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777  # the folder around it is private; the password is asked of everybody
hba_file = '{hba}'
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '128MB'
max_wal_size = '1GB'
fsync = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'  # one file a weekday, so a week is kept
log_truncate_on_rotation = on
log_rotation_size = 0
log_line_prefix = '%m [%p] %q%u@%d '
log_parameter_max_length_on_error = 0
include_if_exists = '{local}'
"""


def settings_for(folder: Path, socket_folder: Path, port: int) -> str:
    """Return the text of postgresql.conf. The port only names the socket's file."""
    return _SETTINGS.format(
        port=port,
        socket=_quoted(socket_folder),
        hba=_quoted(folder / "hba.conf"),
        local=_quoted(folder / "local.conf"),
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
