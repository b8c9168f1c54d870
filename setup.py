"""Maps the top-level data folders into the package (`devtoolkit.bundle.*`); the rest stands in pyproject.toml."""

from setuptools import find_packages, setup

BUNDLED = ("micros_source", "precompiled", "drivers")

setup(
    py_modules=["devToolKit"],
    packages=[*find_packages(include=["devtoolkit", "devtoolkit.*"]), *(f"devtoolkit.bundle.{n}" for n in BUNDLED)],
    package_dir={f"devtoolkit.bundle.{name}": name for name in BUNDLED},
    package_data={
        "devtoolkit": [
            "**/*.toml",
            "gateway/static/*",
            "gui/languages/*.json",
            "gui/resources/*",
            "profiles/*",
            "services/devtools/*.html",
            "simulator/shims/*.py",
            "simulator/vm/*.py",
        ],
        **{f"devtoolkit.bundle.{name}": ["*", "*/*"] for name in BUNDLED},
    },
)
