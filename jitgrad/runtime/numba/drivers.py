"""What the texts of drivers are decorated with: `driver`, as `library` has the decorators of
kernels. It is that of `private`, until `public` puts its own in its place."""


def driver(signature, **options):
    """What calls kernels, and what Python calls for it."""
    from .private import driver

    return driver(signature, **options)
