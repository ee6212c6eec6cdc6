"""The allocators we are compared with: Debian's packages, and whatever --peer names."""

import pathlib

LIBRARIES = {
    "mimalloc": "libmimalloc.so.2",
    "jemalloc": "libjemalloc.so.2",
    "tcmalloc": "libtcmalloc_minimal.so.4",
    "tbbmalloc": "libtbbmalloc_proxy.so.2",
}
DIRECTORIES = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]


def find(library):
    for directory in DIRECTORIES:
        path = pathlib.Path(directory) / library
        if path.exists():
            return str(path)
    return None


def installed(extra):
    """Name -> library to preload; glibc's own malloc has none."""
    found = {"glibc": None}
    for name, library in LIBRARIES.items():
        path = find(library)
        if path:
            found[name] = path
    for item in extra:
        name, _, path = item.partition("=")
        found[name] = path
    return found
