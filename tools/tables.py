"""Pages of tables of a library's names: the rows, and whether a page is as it should be. Start at
`is_stale`."""


def rows(found, order):
    """Lines of a table, of (name, (kind, why)): a line for each kind and reason, by the order of
    kinds."""
    grouped = {}
    for name, row in found:
        grouped.setdefault(row, []).append(name)
    for (kind, why), names in sorted(
        grouped.items(), key=lambda row: (order.index(row[0][0]), row[0][1])
    ):
        yield f"| {kind} | {why} | {', '.join(names)} |"


def minor(library):
    """The library's version without its last part."""
    return ".".join(library.__version__.split(".")[:2])


def is_stale(page, title, library, text):
    """Whether a page is not what `text()` gives; one for another version of the library, whose name
    in the page is `title`, is left alone."""
    now = page.read_text() if page.exists() else ""
    return (not now or f"{title}\n{minor(library)}:" in now) and now != text()


def write(page, stale, text, only_check):
    """Writes a page that is stale, or says so; 1 if it is, and only checked."""
    if not stale:
        return 0
    print(f"{'stale' if only_check else 'written'}: {page}")
    if only_check:
        return 1
    page.write_text(text())
    return 0
