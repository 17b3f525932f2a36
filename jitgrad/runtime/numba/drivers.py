"""What the texts of drivers are decorated with: `driver`, as `library` has the decorators of
kernels, and these, for drivers that are kernels like others. They are those of `private`, until
`public` puts its own in their place."""

from . import library

body, entry = library.body, library.entry


def driver(signature, **options):
    """What calls kernels, and what Python calls for it."""
    from .private import driver

    return driver(signature, **options)
