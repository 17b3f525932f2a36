"""``asv publish``, with pages that need no net: ``python -m benchmarks.tools.publish``, then ``asv
preview``.

The pages of asv load jQuery, flot and Bootstrap from three hosts, and show nothing where one of
them cannot be reached. Here the same files are taken from their npm packages (``npm pack``, which
runs nothing of them), checked against the hashes below, kept beside the results for the next time,
and put into ``vendor/`` of the pages. Start at `vendor`.
"""

import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]


class File(NamedTuple):
    package: str
    path: str
    sha256: str


#: The end of an address in asv's page -> the file. flot's package has the sources of the ".min"
#: files.
FILES = {
    "jquery-3.3.1.min.js": File(
        "jquery@3.3.1",
        "package/dist/jquery.min.js",
        "160a426ff2894252cd7cebbdd6d6b7da8fcd319c65b70468f10b6690c45d02ef",
    ),
    "jquery.flot.min.js": File(
        "flot@0.8.3",
        "package/jquery.flot.js",
        "b7b931f273c38b1277b9c6c1f4e05c4ec09885a487bddaf3279e2d7e49a38e12",
    ),
    "jquery.flot.time.min.js": File(
        "flot@0.8.3",
        "package/jquery.flot.time.js",
        "a582c832adc7138a6b05aaf61f16ebac274701f1be4afea77e739a1c34b9c41a",
    ),
    "jquery.flot.selection.min.js": File(
        "flot@0.8.3",
        "package/jquery.flot.selection.js",
        "e6c85f6c1ebe4b4da29d8ae238c7c5060283f05f7ef054f6b91817d02c092918",
    ),
    "jquery.flot.categories.min.js": File(
        "flot@0.8.3",
        "package/jquery.flot.categories.js",
        "6e81664b28ea795c734906f4aa15614640a75ac7fbd399a7fb9084040698351a",
    ),
    "jquery.flot.orderBars.js": File(
        "flot-orderbars@1.0.0",
        "package/js/jquery.flot.orderBars.js",
        "39735b4f46f96ff4e082572401f47c55a2767b366fd1d1e821e44a8d830a12bf",
    ),
    "stupidtable.min.js": File(
        "stupid-table-plugin@1.1.3",
        "package/stupidtable.min.js",
        "4642380f28ebe9ed7cac251793b281ef8620c4386205d92788f9b12f5cceb4e0",
    ),
    "md5.min.js": File(
        "blueimp-md5@2.19.0",
        "package/js/md5.min.js",
        "64d7ded388c562e4bde9e58ce205e5fa01b9734fcd434d496eb7b4fbfe9b927d",
    ),
    "bootstrap.min.js": File(
        "bootstrap@3.1.1",
        "package/dist/js/bootstrap.min.js",
        "898d05a17f2cfc5120ddcdba47a885c378c0b466f30f0700e502757e24b403a1",
    ),
    "bootstrap.min.css": File(
        "bootstrap@3.1.1",
        "package/dist/css/bootstrap.min.css",
        "e9503448692b738dd260fbd7f7cabf2e11f09b600fa97e6eb3a56eba5b1a7e9b",
    ),
}

#: An address of another host in a tag, and the attributes that only make sense with it.
REMOTE = re.compile(
    r'(?P<attribute>src|href)="(?P<address>https://[^"]+)"(?P<rest>[^>]*\sintegrity="[^"]*"[^>]*)'
)
DROPPED = re.compile(r'\s+(integrity|crossorigin|referrerpolicy|onerror)="[^"]*"')


class PublishError(Exception):
    """What to say instead of a traceback."""


def packed(package, folder):
    """The archive of a package, from npm."""
    if shutil.which("npm") is None:
        raise PublishError(
            "found no npm, which fetches the scripts of the pages. Install Node.js and try again; "
            "until then the pages need the net."
        )
    done = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise PublishError(
            f"npm pack {package} failed; until it works the pages need the "
            f"net:\n{done.stderr.strip()}"
        )
    return pathlib.Path(folder) / done.stdout.split()[-1]


def fetch(files, kept):
    """Puts what is missing of the files into the folder `kept`, once their hashes are right."""
    missing = {}
    for name, file in files.items():
        if not (kept / name).exists() or digest((kept / name).read_bytes()) != file.sha256:
            missing.setdefault(file.package, {})[name] = file
    kept.mkdir(parents=True, exist_ok=True)
    for package, wanted in missing.items():
        with (
            tempfile.TemporaryDirectory() as folder,
            tarfile.open(packed(package, folder)) as archive,
        ):
            for name, file in wanted.items():
                content = archive.extractfile(file.path).read()
                if digest(content) != file.sha256:
                    raise PublishError(
                        f"{file.path} of {package} has sha256 {digest(content)}, expected "
                        f"{file.sha256}"
                    )
                (kept / name).write_bytes(content)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def vendor(pages, kept):
    """Makes the pages in the folder `pages` load their scripts from there; returns the addresses it
    does not know."""
    index = pages / "index.html"
    text = index.read_text()
    names = [match["address"].rpartition("/")[2] for match in REMOTE.finditer(text)]
    used = {name: FILES[name] for name in names if name in FILES}
    fetch(used, kept)
    (pages / "vendor").mkdir(exist_ok=True)
    for name in used:
        shutil.copy(kept / name, pages / "vendor" / name)

    def local(match):
        name = match["address"].rpartition("/")[2]
        if name not in used:
            return match[0]
        return f'{match["attribute"]}="vendor/{name}"' + DROPPED.sub("", match["rest"])

    index.write_text(REMOTE.sub(local, text))
    return [match["address"] for match in REMOTE.finditer(index.read_text())]


def leave_out(pages):
    """Takes benchmarks that have no results out of the pages, which would ask for their graphs in
    vain."""
    index = pages / "index.json"
    content = json.loads(index.read_text())
    graphs = {path.stem for path in (pages / "graphs" / "summary").glob("*.json")}
    content["benchmarks"] = {
        name: value for name, value in content["benchmarks"].items() if name in graphs
    }
    index.write_text(json.dumps(content))


def folders(config, html_dir=None):
    """The folders of the pages and of what is kept, from asv's configuration."""
    options = json.loads(config.read_text())
    pages = pathlib.Path(html_dir) if html_dir else config.parent / options["html_dir"]
    return pages, config.parent / options["results_dir"] / ".." / "vendor"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.publish", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--config", type=pathlib.Path, default=ROOT / "asv.conf.json")
    parser.add_argument(
        "--html-dir", help="where the pages go, instead of where the configuration says"
    )
    options, more = parser.parse_known_args(arguments)  # the rest is for asv
    pages, kept = folders(options.config, options.html_dir)
    command = [
        sys.executable,
        "-m",
        "asv",
        "publish",
        "--config",
        str(options.config),
        "--html-dir",
        str(pages),
        *more,
    ]
    if code := subprocess.run(command).returncode:
        return code
    leave_out(pages)
    try:
        left = vendor(pages, kept)
    except PublishError as error:
        print(error, file=sys.stderr)
        return 1
    for address in left:
        print(
            f"{address} is not in benchmarks/tools/publish.py; the pages load it from the net",
            file=sys.stderr,
        )
    print(f"{pages / 'index.html'}: see it with `asv preview`; its requests need a server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
