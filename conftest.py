"""Root conftest: pytest allows `pytest_plugins` only here."""

pytest_plugins = ["pytester"]
