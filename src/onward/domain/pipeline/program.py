"""Jobs for a program for people without Python: built on each system, signed where there are secrets, put into a release.

Words of Apple's tools are those of their manual pages (codesign, security, notarytool, hdiutil).
"""

import shlex

import msgspec

from onward.domain.pipeline.model import DIST, FETCHED, Facts, Job, Program, Step

RELEASE = "release"
"""The environment that holds the secrets to sign with."""

_RUNNERS = {"macos": "macOS", "windows": "Windows"}  # as RUNNER_OS says it


def program_jobs(facts: Facts, program: Program, before: tuple[str, ...]) -> tuple[Job, ...]:
    """Give the jobs that build and sign ``program``; all are for a tag."""
    linux = _linux(facts, program, before)
    built = tuple(_elsewhere(facts, program, before, system) for system in _RUNNERS)
    signed = (_macos(facts, program), _windows(facts, program))
    return (linux, *built, *signed)


def _linux(facts: Facts, program: Program, before: tuple[str, ...]) -> Job:
    wanted = "debootstrap xvfb fonts-dejavu-core" if program.windowed else "debootstrap"
    lent = Step(name="app-needs", title="Get what starts it without Python", script=_apt(wanted))
    app = Step(
        name="app",
        title="Build the program, and start it in a root without Python",
        argv=("ship", "app", "--format", "deb,tar.gz", "--out", DIST),
        onward=True,
        as_root=True,
    )
    ours = Step(
        name="app-ours",
        title="Make the files of root readable for the next step",
        script=f'sudo chown -R "$(id -u):$(id -g)" {DIST}\n',
    )
    return Job(
        name="app",
        title="Program for Linux",
        steps=(lent, app, ours),
        needs=before,
        python=facts.python,
        minutes=60,
        tag=facts.tag,
        keeps=DIST,
        plain=(
            msgspec.structs.replace(lent, script=lent.script.replace("sudo ", "")),
            msgspec.structs.replace(app, as_root=False),  # it is root already
        ),
    )


def _elsewhere(facts: Facts, program: Program, before: tuple[str, ...], system: str) -> Job:
    build = Step(
        name=f"app-{system}",
        title="Build the program",
        argv=("ship", "app", "--format", "folder", "--no-prove", "--out", DIST),
        onward=True,
    )
    lines = [f'"$program" {shlex.join(words)}' for words in program.starts]
    starts = (" || ".join(lines) if program.one_is_enough else "\n".join(lines)) + "\n"
    started = Step(
        name=f"start-{system}", title="Start it", script=_find(program, DIST) + starts
    )  # of windows nobody would know here whether they open
    pack = Step(
        name=f"pack-{system}",
        title="Pack it, since files of a job lose their right to be started",
        script=f'mkdir packed\ntar -czf "packed/{program.slug}.tar.gz" -C {DIST} .\n',
    )
    return Job(
        name=f"app-{system}",
        title=f"Program for {_RUNNERS[system]}",
        steps=(build, started, pack) if program.starts else (build, pack),
        needs=before,
        systems=(system,),
        python=facts.python,
        minutes=60,
        tag=facts.tag,
        keeps="packed",
        anywhere=False,
    )


def _macos(facts: Facts, program: Program) -> Job:
    image = f"{DIST}/{program.slug}-macos.dmg"
    unpack = Step(name="unpack-macos", title="Unpack the program", script=_unpack(program))
    sign = Step(
        name="codesign",
        title="Sign the program, where there is a certificate",
        script=_CODESIGN,
        secrets=(
            ("CERTIFICATE", "MACOS_CERTIFICATE"),
            ("CERTIFICATE_PASSWORD", "MACOS_CERTIFICATE_PASSWORD"),
            ("IDENTITY", "MACOS_IDENTITY"),
        ),
    )
    pack = Step(
        name="dmg",
        title="Make a disk image",
        script=f"mkdir {DIST}\nhdiutil create -volname {program.slug} -srcfolder program -format UDZO {image}\n",
    )
    notarize = Step(
        name="notarize",
        title="Let Apple look at it, where there is a key",
        script=_NOTARIZE.replace("IMAGE", image),
        secrets=(
            ("NOTARY_KEY", "NOTARY_KEY"),
            ("NOTARY_KEY_ID", "NOTARY_KEY_ID"),
            ("NOTARY_ISSUER", "NOTARY_ISSUER"),
        ),
    )
    return Job(
        name="macos",
        title="Disk image for macOS",
        steps=(unpack, sign, pack, notarize),
        needs=("app-macos",),
        systems=("macos",),
        minutes=60,
        tag=facts.tag,
        keeps=DIST,
        fetches=("app-macos",),
        environment=RELEASE,
        anywhere=False,
        sources=False,
    )


def _windows(facts: Facts, program: Program) -> Job:
    needs = Step(
        name="windows-needs",
        title="Get what makes installers",
        script=_apt("nsis p7zip-full wixl msitools osslsigncode"),
    )
    unpack = Step(name="unpack-windows", title="Unpack the program", script=_unpack(program))
    make = Step(
        name="installers",
        title="Make a setup program and an MSI, signed where there is a certificate",
        script=_find(program, "program") + _INSTALLERS.replace("DIST", DIST),
        secrets=(
            ("CERTIFICATE", "WINDOWS_CERTIFICATE"),
            ("ONWARD_SIGNING_PASSWORD", "WINDOWS_CERTIFICATE_PASSWORD"),
        ),
    )
    return Job(
        name="windows",
        title="Installers for Windows",
        steps=(needs, unpack, make),
        needs=("app-windows",),
        python=facts.python,
        minutes=30,
        tag=facts.tag,
        keeps=DIST,
        fetches=("app-windows",),
        environment=RELEASE,
        anywhere=False,
    )


def release_job(facts: Facts, before: tuple[str, ...]) -> Job:
    """Give the job that puts what was built for each system into the release of the tag."""
    sums = Step(
        name="sums",
        title="Write the checksum of each file",
        script=f"cd {FETCHED}\nrm -f SHA256SUMS\nsha256sum -- * > ../SHA256SUMS\nmv ../SHA256SUMS .\ncat SHA256SUMS\n",
    )
    attest = Step(name="attest", title="Sign where the files come from", attests=f"{FETCHED}/*")
    release = Step(
        name="release",
        title="Put them into the release of the tag",
        script=f'gh release create "$GITHUB_REF_NAME" --repo "$GITHUB_REPOSITORY" --verify-tag --generate-notes {FETCHED}/*\n',
        token=True,
    )
    return Job(
        name="release",
        title="Release",
        steps=(sums, attest, release),
        needs=before,
        minutes=20,
        tag=facts.tag,
        fetches=("app", "macos", "windows"),
        rights=(
            ("contents", "write", "to make the release"),
            ("id-token", "write", "to sign as this job"),
            ("attestations", "write", "to keep the signatures"),
        ),
        environment=RELEASE,
        anywhere=False,
        sources=False,
    )


def _apt(packages: str) -> str:
    return f"sudo apt-get update\nsudo apt-get install --yes --no-install-recommends {packages}\n"


def _unpack(program: Program) -> str:
    return f"mkdir program\ntar -xzf {FETCHED}/{program.slug}.tar.gz -C program\n"


def _find(program: Program, folder: str) -> str:
    """Give lines that put the path of the program into ``$program``."""
    names = f"-name {program.slug} -o -name {program.slug}.exe"
    return (
        f'program="$(find {folder} -type f \\( {names} \\) | sed -n 1p)"\n'
        'test -n "$program"\n'
    )  # fmt: skip


_CODESIGN = """\
if [ -z "$CERTIFICATE" ]; then
  echo "::warning::not signed: there is no secret MACOS_CERTIFICATE"
  exit 0
fi
keychain="$RUNNER_TEMP/sign.keychain-db"
secret="$(openssl rand -hex 20)"
umask 077
printf '%s' "$CERTIFICATE" | base64 --decode > "$RUNNER_TEMP/certificate.p12"
security create-keychain -p "$secret" "$keychain"
security set-keychain-settings -lut 3600 "$keychain"
security unlock-keychain -p "$secret" "$keychain"
security import "$RUNNER_TEMP/certificate.p12" -k "$keychain" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign
rm "$RUNNER_TEMP/certificate.p12"
security set-key-partition-list -S apple-tool:,apple: -k "$secret" "$keychain"
security list-keychains -d user -s "$keychain"
find program -type f \\( -perm -u+x -o -name '*.dylib' -o -name '*.so' \\) -print0 |
  xargs -0 codesign --force --timestamp --options runtime --keychain "$keychain" --sign "$IDENTITY"
find program -maxdepth 1 -type d -name '*.app' \\
  -exec codesign --force --timestamp --options runtime --keychain "$keychain" --sign "$IDENTITY" {} \\;
"""

_NOTARIZE = """\
if [ -z "$NOTARY_KEY" ]; then
  echo "::warning::not notarized: there is no secret NOTARY_KEY"
  exit 0
fi
umask 077
printf '%s' "$NOTARY_KEY" | base64 --decode > "$RUNNER_TEMP/notary.p8"
xcrun notarytool submit IMAGE --key "$RUNNER_TEMP/notary.p8" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER" --wait
rm "$RUNNER_TEMP/notary.p8"
xcrun stapler staple IMAGE
"""

_INSTALLERS = """\
set -- ship installer "$(dirname "$program")" --format exe,msi --out DIST
if [ -n "$CERTIFICATE" ]; then
  umask 077
  printf '%s' "$CERTIFICATE" | base64 --decode > "$RUNNER_TEMP/certificate.pfx"
  set -- "$@" --sign "$RUNNER_TEMP/certificate.pfx"
else
  echo "::warning::not signed: there is no secret WINDOWS_CERTIFICATE"
fi
ONWARD "$@"
"""
